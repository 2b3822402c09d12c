import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Route, slugPattern } from '../../src/config/config.ts'
import { compileRoutes, findDestination } from '../../src/forwarder/routes.ts'
import { pathsOverlap } from '../config/paths-overlap.ts'

const segments = ['a', 'b', 'strava', 'oura', 'cb']
const segment = fc.constantFrom(...segments)
const slugs = fc.uniqueArray(fc.constantFrom('strava', 'oura', 'polar'), { minLength: 1 })

const fixed = fc.record({
  before: fc.array(segment, { minLength: 1, maxLength: 3 }),
  provider: fc.constant('polar'),
})
const open = fc.record({
  before: fc.array(segment, { maxLength: 3 }),
  after: fc.array(segment, { maxLength: 2 }),
  providers: fc.option(slugs, { nil: undefined }),
})
const route = fc.oneof(
  fixed.map(({ before, provider }) => ({ path: `/${before.join('/')}`, provider, providers: undefined })),
  open.map(({ before, after, providers }) => ({
    path: `/${[...before, '{provider}', ...after].join('/')}`,
    provider: undefined,
    providers,
  })),
)

/** Routes of which no two take the same path, as a configuration has them. */
const routes = fc.array(route, { minLength: 1, maxLength: 12 }).map((all) => {
  const apart: Route[] = []
  for (const [index, { path, provider, providers }] of all.entries()) {
    const place = { path, providers: provider === undefined ? providers : [provider] }
    if (apart.some((other) => pathsOverlap({ ...other, ...places.get(other) }, place))) continue
    const made: Route = {
      ...{ path, provider, providers, url: undefined, host: undefined, environment: undefined },
      target:
        provider === undefined ? `https://t${index}.example/{provider}/x` : `https://t${index}.example/x`,
    }
    places.set(made, place)
    apart.push(made)
  }
  return apart
})
const places = new Map<Route, { path: string; providers: readonly string[] | undefined }>()

/** Where a path leads by definition: the first route that it fits, and that takes its provider. */
function first(all: readonly Route[], path: string): string | undefined {
  for (const { path: template, provider, providers, target } of all) {
    if (provider !== undefined && path === template) return target
    const [before = '', after] = template.split('{provider}')
    if (after === undefined || !path.startsWith(before) || !path.endsWith(after)) continue
    const slug = path.slice(before.length, path.length - after.length)
    if (slugPattern.test(slug) && (providers?.includes(slug) ?? true))
      return target.replace('{provider}', slug)
  }
  return undefined
}

test('a path is found as by looking at one route after the other', () => {
  const asked = fc.array(fc.oneof(segment, fc.constantFrom('polar', 'x', '', 'X', '{provider}')), {
    maxLength: 5,
  })
  let found = 0
  fc.assert(
    fc.property(routes, fc.array(asked, { minLength: 20, maxLength: 20 }), (all, paths) => {
      const table = compileRoutes({ routes: all, siteVerification: new Map() }, ['strava'])
      for (const path of paths.map((parts) => `/${parts.join('/')}`)) {
        const expected = first(all, path)
        if (expected !== undefined) found += 1
        expect(findDestination(table, table.paths, path)?.location).toBe(expected)
      }
    }),
    { numRuns: 1500 },
  )
  expect(found).toBeGreaterThan(300)
})

test('a look-up takes no longer with 3,000 routes than with one, and a path of slashes neither', () => {
  const make = (count: number) => {
    const all = Array.from(
      { length: count },
      (_, index): Route => ({
        ...{
          url: undefined,
          host: undefined,
          provider: undefined,
          providers: undefined,
          environment: undefined,
        },
        path: `/customer-${index}/oauth_callback/{provider}`,
        target: `https://t${index}.example/{provider}`,
      }),
    )
    return compileRoutes({ routes: all, siteVerification: new Map() }, ['strava'])
  }
  const tables = [make(1), make(3000)] as const
  const slashes = `${'/a'.repeat(16_000)}`
  const quickest = tables.map(() => Number.POSITIVE_INFINITY)
  for (let round = 0; round < 40; round += 1) {
    for (const [index, table] of tables.entries()) {
      const started = performance.now()
      for (let count = 0; count < 500; count += 1) {
        findDestination(table, table.paths, '/customer-0/oauth_callback/strava')
        findDestination(table, table.paths, slashes)
      }
      quickest[index] = Math.min(quickest[index] ?? 0, performance.now() - started)
    }
  }
  const [one = 0, many = 0] = quickest
  // By looking at each it is some thousand times as long.
  expect(many).toBeLessThan(one * 20)
})
