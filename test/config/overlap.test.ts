import fc from 'fast-check'
import { expect, test } from 'vitest'
import { firstClaims, firstOverlaps, type Place } from '../../src/config/overlap.ts'
import { readYamlConfig } from '../../src/config/read-yaml-config.ts'
import { pathsOverlap } from '../../src/config/url.ts'

const segment = fc.constantFrom('a', 'b', 'strava', 'oura', 'Not-a-slug', '')
const providers = fc.option(fc.subarray(['a', 'strava', 'oura'], { minLength: 1 }), { nil: undefined })
const place: fc.Arbitrary<Place> = fc
  .record({
    host: fc.constantFrom('one.example', 'two.example', undefined),
    segments: fc.array(segment, { minLength: 1, maxLength: 3 }),
    at: fc.nat(3),
    providers,
  })
  .map(({ host, segments, at, providers }) => {
    const path = `/${segments.map((one, index) => (index === at ? '{provider}' : one)).join('/')}`
    return { host, path, providers: path.includes('{') ? providers : undefined }
  })

test('the first overlap is the one that comparing every pair finds', () => {
  fc.assert(
    fc.property(fc.array(place, { maxLength: 12 }), (places) => {
      const pairwise = places.map((later, index) => {
        const found = places
          .slice(0, index)
          .findIndex(
            (earlier) =>
              (!earlier.host || !later.host || earlier.host === later.host) && pathsOverlap(earlier, later),
          )
        return found < 0 ? undefined : found
      })
      expect(firstOverlaps(places)).toEqual(pairwise)
    }),
    { numRuns: 3000 },
  )
})

test('a claim is found twice exactly when every pair says so', () => {
  const claim = fc.record({
    environments: fc.subarray(['production/us', 'sandbox/us'], { minLength: 1 }),
    providers,
  })
  fc.assert(
    fc.property(fc.array(claim, { maxLength: 6 }), (claims) => {
      const pairwise = claims.map((later, index) =>
        claims
          .slice(0, index)
          .some(
            (earlier) =>
              earlier.environments.some((name) => later.environments.includes(name)) &&
              (!earlier.providers ||
                !later.providers ||
                earlier.providers.some((slug) => later.providers?.includes(slug))),
          ),
      )
      expect(firstClaims(claims).map(Boolean)).toEqual(pairwise)
    }),
  )
})

test('3,000 routes are compared in less than a second', () => {
  const routes = Array.from({ length: 3000 }, (_, index) => ({
    url: `https://o${index % 7}.example/cb${index}/{provider}`,
    environment: 'sandbox/us',
    primary: index === 0,
  }))
  const started = performance.now()
  expect(readYamlConfig('byoo.yaml', JSON.stringify({ routes }), 'management').faults).toEqual([])
  expect(performance.now() - started).toBeLessThan(5000)
  const places = routes.map(({ url }) => ({ host: new URL(url).host, path: `${new URL(url).pathname}` }))
  const comparing = performance.now()
  expect(firstOverlaps(places).every((found) => found === undefined)).toBe(true)
  expect(performance.now() - comparing).toBeLessThan(1000)
})
