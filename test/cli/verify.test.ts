import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { cases } from '../../src/verify/cases.ts'
import { createAuthority } from '../certificate.ts'
import { startForwarder } from '../forwarder/start-forwarder.ts'
import { runHere } from '../run.ts'
import {
  type Asked,
  junction,
  redirect,
  rightAnswer,
  startCallbackServer,
  startRawServer,
} from '../verify/callback-server.ts'

const cleaning: (() => Promise<unknown> | undefined)[] = []

afterEach(async () => {
  await Promise.all(cleaning.splice(0).map((clean) => clean()))
})

async function start(answer: Parameters<typeof startCallbackServer>[0] = rightAnswer): Promise<number> {
  const server = await startCallbackServer(answer)
  cleaning.push(server.close)
  return server.port
}

function folder(files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(tmpdir(), 'byoo-verify-'))
  cleaning.push(async () => rmSync(path, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
  return path
}

const urlOf = (port: number) => `http://127.0.0.1:${port}/oauth_callback/{provider}`
const production = ['--environment', 'production/us']
const quick = ['--rate', '1000', '--concurrency', '8']

/** Verifies what listens on a port, for production in the US. */
const verifyAt = (port: number, argv: readonly string[] = quick, setting = {}) =>
  runHere(['verify', urlOf(port), ...production, ...argv], setting)

test('the forwarder, with --strict: everything passes', async () => {
  const forwarder = await startForwarder(
    'routes: [{ url: "https://oauth.example.com/oauth_callback/{provider}", environment: production/us }]',
  )
  cleaning.push(() => forwarder.stop(1000))
  const { code, stdout, stderr } = await verifyAt(forwarder.port, ['--strict', '--rate', '100'])
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/^Logins work through this endpoint\.\n/)
})

test('a required case fails: exit 7', async () => {
  const port = await start(({ provider, query }: Asked) =>
    redirect(junction + provider + query.replaceAll('%2B', '+')),
  )
  const { code, stdout } = await verifyAt(port)
  expect(code).toBe(7)
  expect(stdout).toMatch(/^Some logins fail: the query is decoded\.\n/)
  expect(stdout).toContain('%2B becomes +')
})

test('only --strict counts what is not required', async () => {
  const port = await start((asked) => ({
    ...rightAnswer(asked),
    ...(asked.method === 'GET' ? { status: 302 } : {}),
  }))
  const only = [...quick, '--only', 'status,code-and-state']
  const lax = await verifyAt(port, only)
  const strict = await verifyAt(port, [...only, '--strict'])
  expect([lax.code, strict.code]).toEqual([0, 7])
})

test('nothing listens: exit 6', async () => {
  const server = await startRawServer(() => undefined)
  await server.close()
  const { code, stdout } = await verifyAt(server.port, [])
  expect(code).toBe(6)
  expect(stdout).toMatch(/^Logins fail: there is no connection\.\n/)
  expect(stdout.trimEnd().split('\n').length).toBeLessThanOrEqual(8)
})

test('--json', async () => {
  const port = await start(({ provider, query }) => redirect(`${junction}${provider}${query || '?'}`))
  const { code, stdout } = await verifyAt(port, [...quick, '--only', 'no-query,code-and-state', '--json'])
  expect(code).toBe(7)
  const data = JSON.parse(stdout)
  expect(data.endpoints[0].duration_ms).toBeTypeOf('number')
  expect({ ...data, endpoints: [{ ...data.endpoints[0], duration_ms: 0 }] }).toEqual({
    version: 1,
    strict: false,
    endpoints: [
      {
        url: urlOf(port),
        provider: 'strava',
        target: `${junction}strava`,
        environment: 'production/us',
        environments: null,
        passed: false,
        reached: true,
        summary: 'Logins may fail: the "?" before the query is changed, but most programs read it the same.',
        findings: [
          {
            id: 'question-mark-changed',
            impact: 'alters',
            title: 'The "?" before the query is changed',
            detail: 'a "?" is added to a callback without a query',
            advice: 'Append "?" only when the request has one (nginx: $is_args$args).',
            cases: ['no-query'],
            expected: '',
            received: '?',
          },
        ],
        cases: [
          {
            id: 'code-and-state',
            group: 'required',
            verdict: 'passed',
            same_meaning: null,
            findings: [],
            method: 'GET',
            sent: '/oauth_callback/strava?code=byoo-made-up-code&state=byoo-made-up-state',
            status: 307,
            expected_location: `${junction}strava?code=byoo-made-up-code&state=byoo-made-up-state`,
            received_location: `${junction}strava?code=byoo-made-up-code&state=byoo-made-up-state`,
            note: '307 to the target',
          },
          {
            id: 'no-query',
            group: 'required',
            verdict: 'changed',
            same_meaning: true,
            findings: ['question-mark-changed'],
            method: 'GET',
            sent: '/oauth_callback/strava',
            status: 307,
            expected_location: `${junction}strava`,
            received_location: `${junction}strava?`,
            note: '307 to the target',
          },
        ],
        limit: null,
        certificate: null,
        address: '127.0.0.1',
        requests: 2,
        duration_ms: 0,
      },
    ],
  })
})

test('without a URL: every route of byoo.yaml, each with its own target and providers', async () => {
  const [strava, custom] = await Promise.all([
    start(),
    start(({ path, query }) =>
      redirect(`https://wearables.example.com/callback/${path.split('/').at(-1)}${query}`),
    ),
  ])
  const directory = folder({
    'byoo.yaml': `routes:
  - { url: "http://127.0.0.1:${strava}/oauth_callback/{provider}", environment: production/us, providers: [strava, oura] }
  - { url: "http://localhost:${custom}/wearables/{provider}", target: "https://wearables.example.com/callback/{provider}" }
`,
  })
  const only = ['--only', 'code-and-state,other-provider', '--resolve', `localhost:${custom}:127.0.0.1`]
  const all = await runHere(['verify', ...quick, ...only], { directory })
  expect([all.code, all.stderr]).toEqual([0, ''])
  expect(all.stdout).toContain('2 of 2 endpoints passed.')
  expect(all.stdout).toContain('target    https://wearables.example.com/callback/strava')
  const region = [...quick, '--region', 'us', '--only', 'code-and-state', '--json']
  const one = await runHere(['verify', ...region], { directory })
  expect(JSON.parse(one.stdout).endpoints).toHaveLength(1)
  const oura = urlOf(strava).replace('{provider}', 'oura')
  const byUrl = await runHere(['verify', oura, ...quick, '--only', 'strava'], { directory })
  expect([byUrl.code, byUrl.stderr]).toEqual([0, ''])
  expect(byUrl.stdout).toContain(`target    ${junction}oura`)
})

test('routes side by side: one unreachable, one wrong', async () => {
  const wrong = await start(() => redirect('https://host.invalid/'))
  const gone = await startRawServer(() => undefined)
  await gone.close()
  const directory = folder({
    'byoo.yaml': `routes:
  - { url: "${urlOf(wrong)}", environment: production/us }
  - { url: "${urlOf(gone.port).replace('127.0.0.1', 'localhost')}", environment: sandbox/us }
`,
  })
  const { code, stdout } = await runHere(['verify', ...quick, '--only', 'code-and-state'], { directory })
  expect(code).toBe(7)
  expect(stdout).toContain('0 of 2 endpoints passed.')
})

test('--ca-file and --resolve reach an origin with a private authority before DNS knows it', async () => {
  const authority = await createAuthority()
  const server = await startCallbackServer(rightAnswer, await authority.issue('oauth.example.test', -1, 300))
  cleaning.push(server.close)
  const url = `https://oauth.example.test:${server.port}/oauth_callback/{provider}`
  const argv = ['verify', url, ...production, '--only', 'certificate,code-and-state']
  argv.push('--resolve', `oauth.example.test:${server.port}:127.0.0.1`)
  const directory = folder({ 'ca.pem': authority.pem })
  const trusted = await runHere([...argv, '--ca-file', 'ca.pem'], { directory })
  expect([trusted.code, trusted.stderr]).toEqual([0, ''])
  const untrusted = await runHere(argv, { directory })
  expect(untrusted.code).toBe(7)
  expect(untrusted.stdout).toMatch(/^Logins fail: the certificate is not trusted\.\n/)
})

test('--list shows every case and asks nothing', async () => {
  const { code, stdout } = await runHere(['verify', '--list'])
  expect(code).toBe(0)
  for (const { id } of cases) expect(stdout).toContain(`  ${id} `)
  const some = await runHere(['verify', '--list', '--only', 'limits', '--skip', 'longest-query', '--json'])
  expect(JSON.parse(some.stdout).cases.map(({ id }: { id: string }) => id)).toEqual(['fifteen-thousand'])
})

test('--quiet is the verdict alone', async () => {
  const port = await start(() => redirect('https://host.invalid/'))
  const { stdout } = await verifyAt(port, [...quick, '--only', 'code-and-state', '--quiet'])
  expect(stdout).toBe('Logins fail: users are sent to another host.\n')
})

test('a proxy from the environment is ignored, with a notice', async () => {
  const port = await start()
  const env = { HTTPS_PROXY: 'http://127.0.0.1:9' }
  const { code, stderr } = await verifyAt(port, [...quick, '--only', 'strava'], { env })
  expect([code, stderr]).toEqual([
    0,
    'HTTPS_PROXY is set but not used: verify talks to the endpoint itself\n',
  ])
})

test('Ctrl-C ends the run at once: exit 130', async () => {
  const server = await startRawServer(() => undefined)
  cleaning.push(server.close)
  const { code, stdout, stderr } = await verifyAt(server.port, [], { interruptAfter: setImmediate() })
  expect([code, stdout, stderr]).toEqual([130, '', 'byoo: interrupted\n'])
})

test.each([
  [['oauth.example.com/x', ...production], 'must be an absolute https URL'],
  [['https://oauth.example.com/x?a=1', ...production], 'must not contain a query'],
  [['https://oauth.example.com/x', ...production], 'does not say which provider it is for'],
  [['https://oauth.example.com/{provider}'], 'there is no default for the environment'],
  [[], 'there is no byoo.yaml, and no URL was given'],
  [['--only', 'plus-and-spaces'], 'there is no case "plus-and-spaces" (did you mean "plus-and-space"?)'],
  [['--only', 'limits', '--skip', 'limits'], '--only and --skip leave no case'],
  [['--rate', '0'], '--rate: must be a whole number from 1 to 1000'],
  [['--ca-file', 'missing.pem'], '--ca-file: "missing.pem" there is no such file'],
  [['--resolve', 'host:443'], '--resolve: "host:443" must be host:port:address'],
  [
    ['https://oauth.example.com/{provider}', ...production, '--resolve', 'other:443:127.0.0.1'],
    '--resolve: nothing is asked of other:443, but of oauth.example.com:443',
  ],
  [['https://oauth.example.com/{provider}', '--target', 'http://x.example/{provider}'], 'must use https'],
  [
    ['https://x.example/x', '--otherwise', 'https://z.example/'],
    '--otherwise needs --environment or --region',
  ],
  [
    'https://x.example/x --environment production/us --target https://y.example/ --otherwise https://z.example/'.split(
      ' ',
    ),
    'give either --target or --otherwise',
  ],
  [['--otherwise', 'https://app.example.com/x'], '--target and --otherwise need a URL'],
])('byoo verify %j is a usage error', async (argv, message) => {
  const { code, stdout, stderr } = await runHere(['verify', ...argv])
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain(message)
})

test('--otherwise: a redirect URI that is shared with an app, whatever it runs on', async () => {
  const app = 'https://app.example.com/internal/strava'
  const server = await startCallbackServer((asked) => redirect(app + asked.query))
  cleaning.push(() => server.close())
  const only = ['--only', 'code-and-state,state-of-production-us,state-of-sandbox-eu', ...quick]
  const url = urlOf(server.port).replace('{provider}', 'strava')
  const { code, stdout } = await runHere([
    'verify',
    url,
    ...production,
    '--otherwise',
    app,
    '--json',
    ...only,
  ])
  expect(code).toBe(7)
  expect(JSON.parse(stdout).endpoints[0]).toMatchObject({
    target: app,
    environments: ['production/us'],
    findings: [{ id: 'wrong-side', cases: ['state-of-production-us'] }],
  })
})

test('a route to a Junction on loopback is said to be a demo', async () => {
  const route = (url: string, rest: string) => `routes: [{ url: "${url}", target: "${urlOf(9)}"${rest} }]`
  const forwarder = await startForwarder(
    route('http://localhost/oauth_callback/{provider}', ', environment: sandbox/us'),
  )
  cleaning.push(() => forwarder.stop(1000))
  const url = urlOf(forwarder.port)
  const run = (rest: string) =>
    runHere(['verify', '--only', 'code-and-state', ...quick], { env: { BYOO_CONFIG: route(url, rest) } })
  const demo = await run(', environment: sandbox/us')
  expect([demo.code, demo.stderr]).toEqual([
    0,
    'warning: this talks to the demo at 127.0.0.1:9, not to Junction\n',
  ])
  const other = await run('')
  expect([other.code, other.stderr]).toEqual([0, ''])
})
