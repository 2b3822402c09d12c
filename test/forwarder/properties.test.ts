import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { forward } from '../../src/forwarder/forward.ts'
import { compileRoutes, type RouteTable } from '../../src/forwarder/routes.ts'
import { ask, header } from '../raw-http.ts'
import { type StartedForwarder, startForwarder } from './start-forwarder.ts'

const target = 'https://api.eu.junction.com/v2/link/connect/'

let forwarder: StartedForwarder
beforeAll(async () => {
  forwarder = await startForwarder(`
routes:
  - { url: "https://oauth.example.com/oauth_callback/{provider}", environment: production/eu }
`)
})
afterAll(() => forwarder.stop(1000))

const table: RouteTable = compileRoutes(
  {
    routes: [
      {
        url: undefined,
        host: undefined,
        path: '/oauth_callback/{provider}',
        provider: undefined,
        providers: undefined,
        environment: 'production/eu',
        environments: undefined,
        otherwise: undefined,
        target: `${target}{provider}`,
      },
    ],
    siteVerification: new Map(),
  },
  [],
)

function decide(requestTarget: string) {
  const reply = forward(
    { method: 'GET', target: requestTarget, http10: false, rawHeaders: ['Host', 'h'], expect: undefined },
    { table, maxTarget: 65_536, ready: true },
  )
  const at = reply.headers.indexOf('Location')
  return at === -1 ? undefined : reply.headers[at + 1]
}

/** Any printable ASCII byte but `#`, which no browser sends in a request target. */
const query = fc.string({
  unit: fc
    .integer({ min: 0x21, max: 0x7e })
    .map((byte) => String.fromCharCode(byte))
    .filter((byte) => byte !== '#'),
  maxLength: 400,
})

describe('for any query', () => {
  test('Location is the target and the query, exactly (decision)', () => {
    fc.assert(
      fc.property(query, (text) => {
        expect(decide(`/oauth_callback/strava?${text}`)).toBe(`${target}strava?${text}`)
      }),
      { numRuns: 20_000 },
    )
  })

  test('Location is the target and the query, exactly (wire)', async () => {
    await fc.assert(
      fc.asyncProperty(query, async (text) => {
        const request = `GET /oauth_callback/strava?${text} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`
        expect(header(await ask(forwarder.port, request), 'location')).toBe(`${target}strava?${text}`)
      }),
      { numRuns: 300 },
    )
  })
})

describe('for any slug', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.string({ unit: 'grapheme-ascii', maxLength: 80 }),
    fc.webUrl().map((url) => url.replace('http', '')),
    fc
      .array(fc.constantFrom('..', '.', '/', '\\', '@', ':', '%2f', '%2e', 'evil.example', '//', 'a'), {
        maxLength: 8,
      })
      .map((parts) => parts.join('')),
  )

  test('the Location host is the configured one, or there is no Location', () => {
    fc.assert(
      fc.property(hostile, (slug) => {
        const location = decide(`/oauth_callback/${slug}?code=c`)
        if (location === undefined) return
        expect(new URL(location).origin).toBe('https://api.eu.junction.com')
        expect(new URL(location).pathname.startsWith('/v2/link/connect/')).toBe(true)
      }),
      { numRuns: 20_000 },
    )
  })

  test('any target at all is answered, never thrown at', () => {
    fc.assert(
      fc.property(fc.oneof(hostile, fc.webUrl(), fc.string({ unit: 'binary' })), (text) => {
        expect(() => decide(text)).not.toThrow()
      }),
      { numRuns: 20_000 },
    )
  })
})
