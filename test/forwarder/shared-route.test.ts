import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Route } from '../../src/config/config.ts'
import { forward } from '../../src/forwarder/forward.ts'
import { compileRoutes } from '../../src/forwarder/routes.ts'
import { environmentOfState } from '../../src/forwarder/shared-route.ts'
import type { JunctionEnvironment } from '../../src/junction/environments.ts'
import { createRandom } from '../e2e/fuzz/random.ts'
import { ask, header } from '../raw-http.ts'
import { type StartedForwarder, startForwarder } from './start-forwarder.ts'

const app = 'https://app.example.com/internal/oauth/oura'
const listed: readonly JunctionEnvironment[] = ['production/us', 'sandbox/us']
const route: Route = {
  url: 'https://app.example.com/oauth/oura',
  host: 'app.example.com',
  path: '/oauth/oura',
  provider: 'oura',
  providers: undefined,
  environment: undefined,
  environments: listed,
  otherwise: app,
  target: app,
}
const table = compileRoutes({ routes: [route], siteVerification: new Map() }, [])

const base64Url = (text: string) => Buffer.from(text).toString('base64url')
const token = (claims: string) => `${base64Url('{"alg":"HS256"}')}.${base64Url(claims)}.c2lnbmF0dXJl`
const tokenFor = (aud: unknown) => token(JSON.stringify({ sub: 's', aud, team_id: 't' }))
const production = 'https://api.us.junction.com/v2/link'
const decide = (query: string) => environmentOfState(query, new Set(listed))

describe('a state of Junction goes to its environment', () => {
  test.each([
    [production, 'production/us'],
    ['https://api.tryvital.io/v2/link', 'production/us'],
    ['https://api.sandbox.us.junction.com/v2/link', 'sandbox/us'],
    ['https://api.sandbox.tryvital.io/v2/link', 'sandbox/us'],
  ])('%s', (aud, environment) => {
    const state = tokenFor(aud)
    expect(decide(`?state=${state}`)).toBe(environment)
    expect(decide(`?code=a%2Fb&&x&state=${state}&scope=a?state=b`)).toBe(environment)
  })

  test('whatever else its payload says, up to 4 kB', () => {
    const room = 4096 - JSON.stringify({ aud: production, x: '' }).length
    expect(decide(`?state=${token(JSON.stringify({ aud: production, x: 'x'.repeat(room) }))}`)).toBe(
      'production/us',
    )
    expect(decide(`?state=${token(JSON.stringify({ x: 'é\u2028🏃', aud: production }))}`)).toBe(
      'production/us',
    )
  })
})

const state = tokenFor(production)
test.each([
  ['no query', ''],
  ['no state', '?oauth_token=a&oauth_verifier=b'],
  ['no question mark', `state=${state}`],
  ['an empty state', '?state='],
  ['a name alone', '?state'],
  ['a state of the app', '?state=5f2b&code=c'],
  ['two states', `?state=${state}&state=${state}`],
  ['a second one without value', `?state=${state}&state`],
  ['a first one without value', `?state&state=${state}`],
  ['another name', `?State=${state}`],
  ['a longer name', `?xstate=${state}&state2=${state}`],
  ['an encoded name', `?st%61te=${state}`],
  ['a name behind a second question mark', `??state=${state}`],
  ['an encoded value', `?state=${state.replace('.', '%2E')}`],
  ['two parts', `?state=${state.slice(0, state.lastIndexOf('.'))}`],
  ['four parts', `?state=${state}.x`],
  ['an empty signature', `?state=${state.slice(0, state.lastIndexOf('.') + 1)}`],
  ['padding', `?state=${state.replace('.c2ln', '=.c2ln')}`],
  ['a line after it', `?state=${state}\n`],
  ['an environment that is not listed', `?state=${tokenFor('https://api.eu.junction.com/v2/link')}`],
  ['another path', `?state=${tokenFor('https://api.us.junction.com/v2/linkx')}`],
  ['a slash more', `?state=${tokenFor(`${production}/`)}`],
  ['another host', `?state=${tokenFor('https://api.us.junction.com.evil.example/v2/link')}`],
  ['plain http', `?state=${tokenFor('http://api.us.junction.com/v2/link')}`],
  ['a list of audiences', `?state=${tokenFor([production])}`],
  ['no audience', `?state=${token('{"sub":"s"}')}`],
  ['an audience of its prototype', `?state=${token(`{"__proto__":{"aud":"${production}"}}`)}`],
  ['a list around it', `?state=${token(`[{"aud":"${production}"}]`)}`],
  ['a text', `?state=${token(`"${production}"`)}`],
  ['null', `?state=${token('null')}`],
  ['no JSON', `?state=${token(`{"aud":"${production}"`)}`],
  ['65 brackets', `?state=${token(`{"aud":"${production}","x":${'['.repeat(64)}${']'.repeat(64)}}`)}`],
  ['no base64url', `?state=a.${base64Url(`{"aud":"${production}"}`).slice(0, 5)}.b`],
  ['a payload over 4 kB', `?state=${token(JSON.stringify({ aud: production, x: 'x'.repeat(4096) }))}`],
  ['a state over 8,192 octets', `?state=${state}${'x'.repeat(8193 - state.length)}`],
])('%s goes on to the app', (_, query) => {
  expect(decide(query)).toBe(undefined)
})

test('claims with 64 brackets are read', () => {
  const claims = `{"aud":"${production}","x":${'['.repeat(63)}${']'.repeat(63)}}`
  expect(decide(`?state=${token(claims)}`)).toBe('production/us')
})

test('a state of 8,192 octets is read', () => {
  expect(decide(`?state=${state}${'x'.repeat(8192 - state.length)}`)).toBe('production/us')
})

// Other work on the machine only adds: the quickest of many batches counts.
test.each([
  ['a link token', `?code=a%2Fb&scope=read&state=${tokenFor(production)}`],
  ['a state of the app', '?code=a%2Fb&state=5f2b8e7c'],
  ['a state of the app that is much too long', `?code=c&state=${'a.'.repeat(4000)}`],
  ['a payload nested in thousands', `?state=${token(`{"a":${'['.repeat(4000)}`)}`],
])('to decide about %s takes at most 50 µs, 99 times of 100', (_, query) => {
  const batches = Array.from({ length: 60 }, () => {
    const times = Array.from({ length: 300 }, () => {
      const start = performance.now()
      decide(query)
      return (performance.now() - start) * 1000
    })
    return times.sort((left, right) => left - right)[297] ?? Number.POSITIVE_INFINITY
  })
  expect(Math.min(...batches)).toBeLessThanOrEqual(50)
})

describe('whatever is asked for', () => {
  const targets = new Map<string, string>([
    ['production/us', 'https://api.us.junction.com/v2/link/connect/oura'],
    ['sandbox/us', 'https://api.sandbox.us.junction.com/v2/link/connect/oura'],
    ['otherwise', app],
  ])
  const states = [state, tokenFor('https://api.sandbox.tryvital.io/v2/link'), tokenFor('x'), 'state', '']
  const harmed = fc.integer({ min: 0, max: 2 ** 31 - 1 }).map((seed) => {
    const random = createRandom(seed)
    const pieces = Array.from({ length: random.integer(5) }, () =>
      random.pick(['state=', '&', '&state=', '?', 'x=1', '%', '.', ...states]),
    )
    const text = `?${pieces.join('')}state=${random.pick(states)}`
    const at = 1 + random.integer(text.length)
    return random.integer(2) === 0
      ? text
      : text.slice(0, at) + random.pick(['', 'A', '&', '.']) + text.slice(at + 1)
  })
  const printable = fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  })
  const query = fc.oneof(
    harmed,
    printable.map((text) => `?${text.replaceAll('#', '')}`),
  )

  test('the query goes on byte for byte, to a target of the file, and the log says to which', () => {
    const seen = new Set<string | undefined>()
    fc.assert(
      fc.property(query, (text) => {
        const request = {
          target: `/oauth/oura${text}`,
          method: 'GET',
          http10: true,
          rawHeaders: [],
          expect: undefined,
        }
        const { status, headers, to } = forward(request, { table, maxTarget: 65_536, ready: true })
        seen.add(to)
        expect(status).toBe(307)
        expect(headers[1]).toBe(`${targets.get(to ?? '')}${text}`)
        const values = text
          .slice(1)
          .split('&')
          .filter((part) => /^state(=|$)/.test(part))
        const claims = Buffer.from(values[0]?.split('.')[1] ?? '', 'base64url').toString('latin1')
        // What goes to Junction has one state, with a token for it.
        if (to !== 'otherwise') {
          expect(values).toHaveLength(1)
          expect(claims).toContain(
            to === 'production/us' ? production : 'https://api.sandbox.tryvital.io/v2/link',
          )
        }
      }),
      { numRuns: 20_000 },
    )
    expect(seen).toEqual(new Set(targets.keys()))
  })

  test('nothing throws', () => {
    const payload = fc.oneof(fc.json(), fc.string({ unit: 'binary' }), fc.constant('['.repeat(4000)))
    fc.assert(
      fc.property(
        fc.oneof(
          payload.map((text) => `?state=${token(text)}`),
          fc.string({ unit: 'binary' }),
        ),
        (text) => {
          expect(decide(text)).toBe(undefined)
        },
      ),
      { numRuns: 5000 },
    )
  })
})

describe('on the wire', () => {
  let forwarder: StartedForwarder
  beforeAll(async () => {
    forwarder = await startForwarder(
      'routes: [{ url: "https://a.example/cb/{provider}", environment: sandbox/us }]',
    )
    forwarder.update(table, undefined)
  })
  afterAll(() => forwarder.stop(1000))

  test.each(['GET', 'HEAD'])('%s', async (method) => {
    const from = forwarder.accessEntries.length
    const locations: (string | undefined)[] = []
    for (const text of [`?code=a%2Fb&state=${state}`, '?code=a%2Fb&state=mine']) {
      const request = `${method} /oauth/oura${text} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`
      locations.push(header(await ask(forwarder.port, request), 'location'))
    }
    expect(locations).toEqual([
      `https://api.us.junction.com/v2/link/connect/oura?code=a%2Fb&state=${state}`,
      `${app}?code=a%2Fb&state=mine`,
    ])
    expect(
      forwarder.accessEntries.slice(from).map(({ route, provider, to }) => [route, provider, to]),
    ).toEqual([
      ['https://app.example.com/oauth/oura', 'oura', 'production/us'],
      ['https://app.example.com/oauth/oura', 'oura', 'otherwise'],
    ])
  })
})
