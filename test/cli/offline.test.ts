import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readConfig } from '../../src/config/read-config.ts'
import { readYamlConfig } from '../../src/config/read-yaml-config.ts'
import { providerSlugs } from '../../src/junction/providers.ts'
import { emptyFolder, runHere } from '../run.ts'
import { readShape } from './shapes.ts'

describe('providers', () => {
  test('lists the whole catalogue', async () => {
    const { stdout } = await runHere(['providers', '--json'])
    expect(readShape('providers', stdout).providers.map(({ slug }) => slug)).toEqual([...providerSlugs])
    const text = (await runHere(['providers'])).stdout
    for (const slug of providerSlugs) expect(text).toContain(`\n${slug} `)
    expect(text).toContain(
      "Grow and Scale plans take your own OAuth application, Launch WHOOP's alone; only Scale has",
    )
    expect(text).toContain('byoo prepare <slug> --dashboard')
  })

  test('shows one in full', async () => {
    const { stdout } = await runHere(['providers', 'fitbit', '--json'])
    expect(readShape('provider', stdout).provider.activation).toHaveLength(2)
    expect((await runHere(['providers', 'polar'])).stdout).toContain('webhook_secret (required, secret)')
  })

  test('says what is not documented, and where the rest is from', async () => {
    const { stdout } = await runHere(['providers', 'omron'])
    for (const topic of ['sign-up', 'rate limits', 'cap', 'URIs taken', 'old secret', 'scopes']) {
      expect(stdout).toMatch(new RegExp(`^${topic} +not documented$`, 'm'))
    }
    expect(stdout).toMatch(/^plans +Grow, Scale \[1\]$/m)
    expect(stdout).toMatch(/^sources +\[1\] Junction, .* \(2026-/m)
    const { provider } = readShape('provider', (await runHere(['providers', 'whoop_v2', '--json'])).stdout)
    expect(provider).toMatchObject({
      sign_up: 'application',
      plans: ['Launch', 'Grow', 'Scale'],
      redirect_uris: 'several',
      new_secret_ends_old: null,
    })
    const guides = { source: "Junction's guides to providers", date: '2026-08' }
    expect(provider.facts).toContainEqual({
      topic: 'scopes',
      text: 'the application needs the "offline" scope',
      ...guides,
    })
  })

  test.each([
    ['whoop', 'did you mean "whoop_v2"?'],
    ['stravva', 'did you mean "strava"?'],
    ['runkeeper', 'not one to bring your own OAuth for'],
  ])('of %s suggests what to do', async (slug, message) => {
    const { code, stderr } = await runHere(['providers', slug])
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
  })
})

describe('explain', () => {
  test.each<[string, string]>([
    ['provider_credential_error', 'link error'],
    ['invalid_provider', 'custom widget code'],
    ['deregistered_per_provider', 'connection error'],
    ['access_denied', 'OAuth error of the provider'],
    ['invalid_client', 'OAuth error of the provider'],
    ['invalid_grant', 'OAuth error of the provider'],
    ['redirect_uri_mismatch', 'OAuth error of the provider'],
    ['invalid_state', 'OAuth error of the provider'],
    ['invalid_request', 'OAuth error of the provider'],
    ['INVALID_REQUEST', 'custom widget code'],
    ...['400', '404', '405', '408', '414', '417', '421', '431', '500', '503'].map(
      (status): [string, string] => [status, 'status of byoo serve'],
    ),
    ['query-lost', 'finding of byoo verify'],
    ['file-invalid', 'finding of byoo doctor'],
    ['link-refused', 'finding of byoo doctor'],
    ['7', 'exit code'],
    ['130', 'exit code'],
  ])('knows %s', async (code, kind) => {
    const { stdout } = await runHere(['explain', code, '--json'])
    expect(readShape('explain', stdout).kind).toBe(kind)
    expect((await runHere(['explain', code])).stdout).toContain('what to do')
  })

  test('of something else suggests', async () => {
    const { code, stderr } = await runHere(['explain', 'token_expird'])
    expect([code, stderr]).toEqual([2, expect.stringContaining('did you mean "token_expired"?')])
    expect(stderr).not.toContain('user_cancelled')
  })

  test('of something that resembles nothing lists nothing', async () => {
    const { code, stderr } = await runHere(['explain', 'made_up_by_nobody'])
    expect(code).toBe(2)
    expect(stderr.trim().split('\n')).toHaveLength(2)
  })
})

describe('init', () => {
  const options = ['--environment', 'production/eu']
  const url = ['--url', 'https://oauth.example.com/oauth_callback/{provider}']

  test('writes a file that serve and the other commands accept', async () => {
    const directory = emptyFolder()
    const ids = [
      '--org',
      '11111111-1111-4111-8111-111111111111',
      '--team',
      '22222222-2222-4222-8222-222222222222',
    ]
    const all = ['init', ...options, ...url, ...ids, '--providers', 'strava,oura', '--json']
    const { code, stdout } = await runHere(all, { directory })
    expect(code).toBe(0)
    const { path } = readShape('init', stdout)
    const served = await readConfig({ route: {}, file: path, text: undefined, directory })
    expect(served.faults).toEqual([])
    const { config, faults } = readYamlConfig('byoo.yaml', readFileSync(path, 'utf8'), 'management')
    expect(faults).toEqual([])
    expect(config).toMatchObject({
      routes: [{ environment: 'production/eu', providers: ['strava', 'oura'] }],
      org: ids[1],
      teams: { 'production/eu': ids[3], 'sandbox/eu': ids[3] },
    })
  })

  test('never overwrites', async () => {
    const directory = emptyFolder()
    writeFileSync(join(directory, 'byoo.yaml'), 'mine')
    const { code, stderr } = await runHere(['init', ...options, ...url], { directory })
    expect([code, stderr]).toEqual([2, expect.stringContaining('is never overwritten')])
    expect(readFileSync(join(directory, 'byoo.yaml'), 'utf8')).toBe('mine')
  })

  test.each([
    [options, '--url'],
    [url, '--environment production/us'],
    [[...options, '--url', 'http://oauth.example.com/x'], '--url: must use https'],
    [
      [...options, '--url', 'https://oauth.example.com'],
      'write https://oauth.example.com/oauth_callback/{provider}',
    ],
    [[...options, '--url', 'https://oauth.example.com/x'], '--url: must contain {provider}'],
    [[...options, ...url, '--providers', 'whoop'], 'did you mean "whoop_v2"?'],
  ])('with %j writes nothing', async (argv, message) => {
    const directory = emptyFolder()
    const { code, stderr } = await runHere(['init', ...argv], { directory })
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
    expect(existsSync(join(directory, 'byoo.yaml'))).toBe(false)
  })
})

test('without a key, commands say which plan has the API, and the way without it', async () => {
  const argv = ['credentials', 'list', '--environment', 'sandbox/us', '--org', randomUUID()]
  const { code, stderr } = await runHere([...argv, '--team', randomUUID()], { directory: emptyFolder() })
  expect(code).toBe(3)
  expect(stderr).toContain("Launch WHOOP's alone; only Scale has the management API")
  expect(stderr).toContain('byoo prepare <provider> --dashboard')
})

describe('prepare', () => {
  test('needs no file, environment, team, key or network', async () => {
    const { code, stdout, stderr } = await runHere(['prepare', 'whoop_v2'], { directory: emptyFolder() })
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^1\. Apply for a developer account at WHOOP/)
    expect(stdout).toContain('https://oauth.example.com/oauth_callback/whoop_v2')
    expect(stdout).toContain('the application needs the "offline" scope')
    expect(stdout).toContain('10 members until WHOOP has approved')
    expect(stdout).toMatch(/give --environment, --org, --team, a management key/)
    expect(stdout).toContain(
      'only Scale has the management API: without it, byoo prepare whoop_v2 --dashboard',
    )
    expect(stdout).toContain('Note: a reviewer who opens the redirect URI alone is sent on to Junction')
  })

  test.each([
    ['polar', 'Junction needs webhook_secret: the secret of your webhook'],
    ['fitbit', 'after byoo set-credentials: press "Verify" on every webhook subscriber'],
    ['garmin', 'gets callbacks without "state": a route with "otherwise" cannot tell whose they are'],
    ['google_fit', 'it takes no new projects and ends in 2026: use google_health'],
    ['strava', '- another environment, or an app of yours, can have another path on the same host'],
    ['oura', '- several may be registered: another environment, or an app of yours, can have another path'],
    ['dexcom_v3', '- whether several may be registered is not documented: if so, another environment'],
    ['google_health', 'all begin with https://www.googleapis.com/auth/googlehealth'],
  ])('of %s says "%s"', async (slug, words) => {
    expect((await runHere(['prepare', slug], { directory: emptyFolder() })).stdout).toContain(words)
  })

  test("names Junction's own callback, once the environment is known", async () => {
    const argv = ['prepare', 'oura', '--redirect-url', 'junction']
    const unknown = await runHere(argv, { directory: emptyFolder() })
    expect([unknown.code, unknown.stderr]).toEqual([
      2,
      expect.stringContaining('byoo prepare oura --redirect-url junction --environment sandbox/eu'),
    ])
    const { stdout } = await runHere([...argv, '--environment', 'sandbox/eu'], { directory: emptyFolder() })
    expect(stdout).toMatch(/^ {3}https:\/\/api\.sandbox\.eu\.junction\.com\/v2\/link\/connect\/oura$/m)
    expect(stdout).not.toMatch(/reviewer|another path/)
    const clicks = await runHere([...argv, '--dashboard'], { directory: emptyFolder() })
    expect([clicks.code, clicks.stdout]).toEqual([
      0,
      expect.stringContaining('https://<API host of your environment>/v2/link/connect/oura'),
    ])
  })

  test('shows the bare host alone where the portal takes no more', async () => {
    const argv = ['prepare', 'strava', '--redirect-url', 'https://a.example.com/cb/strava']
    const { stdout } = await runHere(argv, { directory: emptyFolder() })
    expect(stdout).toMatch(/^2\. Register this host at Strava:\n {3}a\.example\.com\n/m)
    expect(stdout).not.toMatch(/^ {3}.*\/cb\/strava/m)
    expect(stdout).toContain('\nNote: active as soon as the credentials are set.\n')
  })

  test('--dashboard is made from the same facts', async () => {
    const argv = ['prepare', 'google_health', '--dashboard', '--redirect-url', 'https://a.example.com/x']
    const { stdout } = await runHere(argv, { directory: emptyFolder() })
    expect(stdout).toMatch(/^1\. Apply for a developer account at Google Health/)
    expect(stdout).toContain('100 users until Google has verified')
    expect(stdout).toContain('roles/iam.serviceAccountTokenCreator')
    expect(stdout).toContain('Fill in project_number: the digits of the project number')
    expect(stdout).toContain('the environment. On the Grow plan this is the only way')
    const whoop = await runHere(['prepare', 'whoop_v2', '--dashboard'], { directory: emptyFolder() })
    expect(whoop.stdout).toMatch(/^2\. Know the limit of a new application: 10 members/m)
    expect(whoop.stdout).toContain('At WHOOP: the application needs the "offline" scope.')
    expect(whoop.stdout).toContain('On the Launch and Grow plans this is the only way')
    const strava = ['prepare', 'strava', '--dashboard', '--redirect-url', 'https://a.example.com/cb/strava']
    const { stdout: steps } = await runHere(strava, { directory: emptyFolder() })
    expect(steps).toContain('Register this host at Strava:\n   a.example.com\n')
    expect(steps).toContain('Paste into "Redirect URL Override": https://a.example.com/cb/strava')
  })
})

test.each([
  [['explain', '7'], /^a check failed, or [^\n]+\n$/],
  [['prepare', 'strava', '--redirect-url', 'https://a.example.com/cb/strava'], /^a\.example\.com\n$/],
  [
    ['prepare', 'oura', '--redirect-url', 'https://a.example.com/cb/oura'],
    /^https:\/\/a\.example\.com\/cb\/oura\n$/,
  ],
  [['providers', 'strava'], /^strava\n$/],
  [
    ['init', '--url', 'https://a.example.com/{provider}/cb', '--environment', 'sandbox/us'],
    /^\/[^\n]+\/byoo\.yaml\n$/,
  ],
])('--quiet is the answer alone: %j', async (argv, answer) => {
  const { code, stdout } = await runHere([...argv, '--quiet'], { directory: emptyFolder() })
  expect([code, stdout]).toEqual([0, expect.stringMatching(answer)])
})

describe('usage', () => {
  test.each([
    [['set-credntials'], "unknown command 'set-credntials' (did you mean set-credentials?)"],
    [['credentials', 'lst'], "unknown command 'lst' (did you mean list?)"],
    [['providers', '--jsn'], "unknown option '--jsn' (did you mean --json?)"],
    [['prepare'], "missing required argument 'provider'"],
  ])('%j is explained', async (argv, message) => {
    const { code, stderr } = await runHere(argv)
    expect([code, stderr]).toEqual([2, expect.stringContaining(`byoo: ${message}`)])
    const json = await runHere([...argv, '--json'])
    expect(readShape('error', json.stderr).error.code).toBe('usage')
  })

  test.each([
    ['set-credentials', 'strava', '--client-secret', 'hunter2-made-up'],
    ['set-credentials', 'strava', '--client-secret=hunter2-made-up'],
    ['whoami', '--client-secret', 'hunter2-made-up', '--json'],
    ['set-credentials', 'strava', '--client-secrets=hunter2-made-up'],
    ['set-credentials', 'strava', '--secret=hunter2-made-up'],
  ])('a secret in the arguments is refused and not repeated: %s %s %s', async (...argv) => {
    const { code, stdout, stderr } = await runHere(argv)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).not.toContain('hunter2')
  })

  test('the refusal says what to use', async () => {
    const { stderr } = await runHere(['set-credentials', 'strava', '--client-secret', 'x'])
    expect(stderr).toContain('--client-secret-file')
    expect(stderr).toContain('BYOO_CLIENT_SECRET')
  })

  test.each([
    [{ BYOO_JSON: '1' }, '{"error":{"code":"usage"'],
    [{ BYOO_JSON: 'true' }, '{"error":{"code":"usage"'],
    [{ BYOO_JSON: 'false' }, 'byoo: "x" is not'],
    [{ BYOO_NO_INPUT: 'x' }, 'BYOO_NO_INPUT: must be 1 or 0'],
  ])('of the variables %j', async (env, text) => {
    const { stderr } = await runHere(['providers', 'x'], { env })
    expect(stderr).toContain(text)
  })
})

test.each([
  ['a result', ['providers', 'strava'], 'stdout'],
  ['an unknown provider', ['providers', 'x'], 'stderr'],
  ['an unknown option', ['providers', '--unknown'], 'stderr'],
  ['an unknown command', ['unknown'], 'stderr'],
] as const)('BYOO_JSON=true makes JSON of %s', async (_, argv, stream) => {
  const outcome = await runHere(argv, { env: { BYOO_JSON: 'true' } })
  expect(() => JSON.parse(outcome[stream])).not.toThrow()
})

test('a global option that means nothing to a command is refused', async () => {
  expect(await runHere(['explain', '7', '--team', 'x'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--team has no meaning for this command'),
  })
})

test.each([
  [['help'], ['--help']],
  [
    ['help', 'explain'],
    ['explain', '--help'],
  ],
  [
    ['help', 'serve'],
    ['serve', '--help'],
  ],
])('%s is %s', async (words, same) => {
  expect(await runHere(words)).toEqual(await runHere(same))
})
