import { expect, onTestFinished, test } from 'vitest'
import { compileRoutes } from '../../src/forwarder/routes.ts'
import type { JunctionEnvironment } from '../../src/junction/environments.ts'
import { createStyle } from '../../src/output/style.ts'
import { createEndpoint } from '../../src/verify/endpoint.ts'
import { createRateLimiter } from '../../src/verify/rate-limiter.ts'
import { renderText } from '../../src/verify/report.ts'
import { failures, verificationsData } from '../../src/verify/verification.ts'
import { verify } from '../../src/verify/verify.ts'
import { startForwarder } from '../forwarder/start-forwarder.ts'
import { type Asked, redirect, rightAnswer, startCallbackServer } from './callback-server.ts'
import { stopAfterTest, verifyAnswer } from './verify-answer.ts'

const app = 'https://app.example.com/internal/oauth/strava'
const listed: readonly JunctionEnvironment[] = ['production/us', 'sandbox/us']
const hosts = {
  'production/us': 'https://api.us.junction.com',
  'sandbox/us': 'https://api.sandbox.us.junction.com',
}

function verifyPort(port: number) {
  const target = { template: app, environments: listed }
  const endpoint = createEndpoint(`http://127.0.0.1:${port}/oauth_callback/strava`, target, ['strava'])
  return verify(endpoint, { limiter: createRateLimiter(1000, 8) })
}

/** The `aud` of a state that is a token. */
function audience(query: string): string | undefined {
  const [, payload = ''] = /[?&]state=[\w-]+\.([\w-]+)\.[\w-]+$/.exec(query) ?? []
  return payload === '' ? undefined : JSON.parse(Buffer.from(payload, 'base64url').toString()).aud
}

function toJunction(environment: keyof typeof hosts): string {
  return `${hosts[environment]}/v2/link/connect/strava`
}

function byAudience(query: string): string {
  if (audience(query) === `${hosts['production/us']}/v2/link`) return toJunction('production/us')
  return audience(query) === `${hosts['sandbox/us']}/v2/link` ? toJunction('sandbox/us') : app
}

const withBase = (base: (query: string) => string) => (asked: Asked) =>
  rightAnswer(asked).status === 307 ? redirect(base(asked.query) + asked.query) : rightAnswer(asked)

test('byoo passes every case on a shared route', async () => {
  const url = 'https://oauth.example.com/oauth_callback/strava'
  const shared = {
    url,
    host: undefined,
    path: '/oauth_callback/strava',
    provider: 'strava',
    providers: undefined,
  }
  const route = { ...shared, environment: undefined, environments: listed, otherwise: app, target: app }
  const table = compileRoutes({ routes: [route], siteVerification: new Map() }, ['strava'])
  const forwarder = await startForwarder(`routes: [{ url: "${url}", provider: strava, target: "${app}" }]`, {
    table,
  })
  onTestFinished(async () => void (await forwarder.stop(1000)))
  const verification = await verifyPort(forwarder.port)
  expect(verification.findings).toEqual([])
  expect(failures(verification, true)).toEqual([])
  const asked = verification.cases.filter((result) => result.case.id.startsWith('state-of-'))
  expect(asked.map((result) => [result.case.id, result.verdict, result.expected?.split('?')[0]])).toEqual([
    ['state-of-production-us', 'passed', toJunction('production/us')],
    ['state-of-production-eu', 'passed', app],
    ['state-of-sandbox-us', 'passed', toJunction('sandbox/us')],
    ['state-of-sandbox-eu', 'passed', app],
  ])
  const options = { strict: true, quiet: false, verbose: false, several: false }
  expect(renderText(verification, { ...options, style: createStyle(false, 120) })).toContain(
    `  target    production/us, sandbox/us by state, else ${app}\n`,
  )
  expect(verificationsData([verification], true).endpoints[0]).toMatchObject({
    target: app,
    environments: listed,
  })
})

test.each<[string, (query: string) => string, readonly string[]]>([
  ['chooses by aud', byAudience, []],
  ['sends everything to the app', () => app, ['wrong-side']],
  ['sends everything to Junction', () => toJunction('production/us'), ['wrong-side', 'wrong-environment']],
  [
    'confuses the environments',
    (query) =>
      audience(query) === `${hosts['sandbox/us']}/v2/link` ? toJunction('production/us') : byAudience(query),
    ['wrong-environment'],
  ],
  [
    'sends every token to Junction',
    (query) =>
      audience(query) && byAudience(query) === app ? toJunction('production/us') : byAudience(query),
    ['wrong-side'],
  ],
])('a shared endpoint that is not byoo and %s', async (_, base, findings) => {
  const server = stopAfterTest(await startCallbackServer(withBase(base)))
  const verification = await verifyPort(server.port)
  expect(verification.findings.map(({ id }) => id)).toEqual(findings)
  expect(failures(verification, false).length > 0).toBe(findings.length > 0)
})

test('an endpoint that refuses tokens does not take logins of Junction', async () => {
  const answer = (asked: Asked) =>
    audience(asked.query) === undefined ? withBase(byAudience)(asked) : { ...rightAnswer(asked), status: 403 }
  const { findings } = await verifyPort(stopAfterTest(await startCallbackServer(answer)).port)
  expect(findings.map(({ id, cases }) => [id, cases.length])).toEqual([['refuses-callbacks', 4]])
})

test('an endpoint that is not shared is not asked about it', async () => {
  const { cases } = await verifyAnswer(rightAnswer)
  const shared = cases.filter((result) => result.case.id.startsWith('state-of-'))
  expect(new Set(shared.map(({ verdict, note }) => `${verdict}: ${note}`))).toEqual(
    new Set(['not applicable: the redirect URI is not shared']),
  )
})
