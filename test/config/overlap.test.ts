import fc from 'fast-check'
import { expect, test } from 'vitest'
import { firstOverlaps, type Place, repeatedClaims } from '../../src/config/overlap.ts'
import { pathsOverlap } from './paths-overlap.ts'

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
      const repeated = Array.from(repeatedClaims(claims), ({ claim }) => claim)
      expect(claims.map((claim) => repeated.includes(claim))).toEqual(pairwise)
    }),
  )
})

test('each of 3,000 routes is looked at a few times, not once for every other', () => {
  let looks = 0
  const places = Array.from({ length: 3000 }, (_, index) => ({
    host: `o${index % 7}.example`,
    get path() {
      looks += 1
      return `/cb${index}/{provider}`
    },
  }))
  expect(firstOverlaps(places).every((found) => found === undefined)).toBe(true)
  expect(looks).toBeLessThan(10 * places.length)
})
