import { join } from 'node:path'
import { build } from 'esbuild'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { forward } from '../../src/forwarder/forward.ts'
import { compileRoutes } from '../../src/forwarder/routes.ts'
import { forwardingCases } from '../../src/verify/cases.ts'
import { cloudfrontHarness, type Harness, lambdaHarness } from '../e2e/exported.ts'
import { exported, planOf } from './fixture.ts'

const origin = 'https://oauth.example.com'

test.each(['fetch', 'lambda'])('the core for %s bundles without any Node API, in 9 kB', async (adapter) => {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(import.meta.dirname, `../../src/export/core/${adapter}.ts`)],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'neutral',
    format: 'esm',
    minify: true,
  })
  const [output] = Object.values(metafile.outputs)
  expect(output?.imports).toEqual([])
  expect(outputFiles[0]?.text).not.toMatch(/\b(Buffer|process|require|node:)\b/)
  expect(output?.bytes).toBeLessThanOrEqual(9 * 1024)
})

/** What each adapter answers to a request for a target. */
async function adapters(): Promise<Readonly<Record<string, Harness>>> {
  const [worker] = await exported('cloudflare')
  const module = await import(`data:text/javascript,${encodeURIComponent(worker?.text ?? '')}`)
  return {
    worker: async ({ method, target, headers }) => {
      // Not a Request: making one writes the URL anew, and engines pass on what arrived.
      const response: Response = module.default.fetch({
        url: `${origin}${target}`,
        method,
        headers: new Headers(headers),
      })
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: await response.text(),
      }
    },
    lambda: await lambdaHarness(await exported('lambda')),
    cloudfront: cloudfrontHarness(await exported('cloudfront')),
  }
}

const lower = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

describe('each adapter answers as the forwarder does', () => {
  const paths = [
    '/oauth_callback/strava',
    '/oauth_callback/Strava',
    '/oauth_callback/',
    '/oauth_callback/strava/',
    '/oauth_callback/..%2fstrava',
    '/connect/oura/call$1back',
    '/connect/oura/callback',
    '/google0123456789abcdef.html',
    '/unknown',
  ]
  const hosts = ['oauth.example.com', 'OAUTH.example.com:443', 'other.example.org', 'foreign.example']

  test.each(['worker', 'lambda', 'cloudfront'])('%s', async (name) => {
    const plan = await planOf('test')
    const table = compileRoutes(plan, [])
    const ask = (await adapters())[name] as Harness
    let compared = 0
    for (const path of paths) {
      for (const host of hosts) {
        for (const method of ['GET', 'HEAD', 'POST', 'DELETE']) {
          // Neither platform tells a bare "?" from none.
          const queries = ['', '?code=a%2Fb+c&state=x', '?a=?&&=%zz']
          for (const query of queries) {
            const target = path + query
            const facts = { method, target, http10: false, rawHeaders: ['host', host], expect: undefined }
            const expected = forward(facts, { table, maxTarget: 32_768, ready: true })
            const answer = await ask({ method, target, headers: { host } })
            expect([path, host, method, answer.status]).toEqual([path, host, method, expected.status])
            const location = expected.headers[expected.headers.indexOf('Location') + 1]
            if (expected.status === 307) expect(lower(answer.headers).location).toBe(location)
            if (expected.status === 405) expect(lower(answer.headers).allow).toBe('GET, HEAD')
            expect(lower(answer.headers)).toMatchObject({
              'cache-control': 'no-store',
              'referrer-policy': 'no-referrer',
              'x-content-type-options': 'nosniff',
            })
            compared += 1
          }
        }
      }
    }
    expect(compared).toBe(paths.length * hosts.length * 4 * 3)
  })

  test.each(['worker', 'lambda', 'cloudfront'])('%s passes every query of verify on', async (name) => {
    const ask = (await adapters())[name] as Harness
    for (const { id, query } of forwardingCases) {
      if (query === '?' && name === 'lambda') continue
      if (query.length > 8000 && name === 'cloudfront') continue
      const answer = await ask({
        method: 'GET',
        target: `/oauth_callback/strava${query}`,
        headers: { host: 'oauth.example.com' },
      })
      expect([id, lower(answer.headers).location]).toEqual([
        id,
        `https://api.us.junction.com/v2/link/connect/strava${query}`,
      ])
    }
  })

  test('any query of printable bytes', async () => {
    const all = Object.values(await adapters())
    const byte = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code))
    const query = fc
      .string({ unit: byte, minLength: 1, maxLength: 200 })
      .filter((text) => !text.includes('#'))
    await fc.assert(
      fc.asyncProperty(query, async (text) => {
        for (const ask of all) {
          const target = `/oauth_callback/strava?${text}`
          const answer = await ask({ method: 'GET', target, headers: { host: 'oauth.example.com' } })
          expect(lower(answer.headers).location).toBe(
            `https://api.us.junction.com/v2/link/connect/strava?${text}`,
          )
        }
      }),
      { numRuns: 200 },
    )
  })
})
