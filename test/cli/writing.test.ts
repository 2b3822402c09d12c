import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Failure } from '../fault-injection.ts'
import { startForwarder } from '../forwarder/start-forwarder.ts'
import { emptyFolder, runHere } from '../run.ts'
import { callback, madeUpSecret, setStrava, startWorld, type World } from '../world.ts'
import { readShape } from './shapes.ts'

const stdin = `${madeUpSecret}\n`

/** Everything that byoo showed, and never a secret in it. */
function shown(world: World, { stdout, stderr }: { stdout: string; stderr: string }): string {
  const text = stdout + stderr
  for (const secret of [madeUpSecret, world.simulator.keys.organisation]) expect(text).not.toContain(secret)
  return text
}

async function setUp(): Promise<World> {
  const world = await startWorld()
  expect(await world.here(setStrava, { stdin })).toMatchObject({ code: 0 })
  world.simulator.requests.length = 0
  return world
}

const check = 'byoo credentials show strava --environment sandbox/us'

describe('set-credentials that fails', () => {
  const write = { operation: 'set', times: 9 } as const
  const shape = ['string', 'list', 'object', 'html', 'empty'] as const
  test.each<[string, Failure[], number, RegExp]>([
    ['401', [{ ...write, type: 'status', status: 401 }], 3, /nothing was changed/],
    ['403', [{ ...write, type: 'status', status: 403 }], 3, /nothing was changed/],
    ['404', [{ ...write, type: 'status', status: 404 }], 4, /nothing was changed/],
    ['409', [{ ...write, type: 'status', status: 409 }], 5, /nothing was changed/],
    ...shape.map((name): [string, Failure[], number, RegExp] => [
      `400 with ${name}`,
      [{ ...write, type: 'status', status: 400, shape: name, text: 'made-up reason' }],
      5,
      name === 'empty' || name === 'html'
        ? /nothing was changed/
        : /made-up reason[\s\S]*nothing was changed/,
    ]),
    ['422', [{ ...write, type: 'status', status: 422, shape: 'list' }], 5, /nothing was changed/],
    [
      '429 without an end',
      [{ ...write, type: 'status', status: 429, retryAfter: '0' }],
      6,
      /nothing was changed/,
    ],
    ['429 for long', [{ ...write, type: 'status', status: 429, retryAfter: '90' }], 6, /wait 90 seconds/],
    [
      '500',
      [{ ...write, type: 'status', status: 500 }],
      6,
      /may have happened all the same: check with\n +byoo/,
    ],
    ['503', [{ ...write, type: 'status', status: 503, retryAfter: '0' }], 6, /may have happened/],
    [
      '307',
      [{ ...write, type: 'status', status: 307, location: 'http://127.0.0.1:1/' }],
      6,
      /may have happened/,
    ],
    ['a reset before the write', [{ ...write, type: 'reset', takesEffect: false }], 6, /may have happened/],
    ['a reset after the write', [{ ...write, type: 'reset', takesEffect: true }], 6, /may have happened/],
    ['an answer cut off', [{ ...write, type: 'cut_off' }], 6, /may have happened/],
    ['no answer', [{ ...write, type: 'silence', takesEffect: true }], 6, /may have happened/],
    ['malformed JSON', [{ ...write, type: 'malformed' }], 6, /may have happened/],
    ['a body too large', [{ ...write, type: 'too_large' }], 6, /may have happened/],
    [
      'a read-back that fails',
      [
        { operation: 'set', type: 'slow', milliseconds: 1 },
        { operation: 'list', type: 'status', status: 500 },
      ],
      6,
      /could not be read back: check with/,
    ],
  ])('with %s', { timeout: 20_000 }, async (name, failures, code, message) => {
    const world = await startWorld()
    const before = name === 'a read-back that fails'
    if (before) {
      // The list before the write is to succeed, the one after it to fail.
      world.simulator.arrival(3).then(() => world.simulator.set({ failures: failures.slice(1) }))
      world.simulator.set({ failures: failures.slice(0, 1) })
    } else world.simulator.set({ failures })
    const timeout = name === 'no answer' ? ['--timeout', '1'] : []
    const outcome = await world.here([...setStrava, ...timeout, '--verbose'], { stdin })
    const text = shown(world, outcome)
    expect([outcome.code, outcome.stdout]).toEqual([code, ''])
    expect(text).toMatch(message)
    if (/may have happened/.test(message.source)) expect(text).toContain(check)
  })

  test('as JSON, with status and request id', async () => {
    const world = await startWorld()
    world.simulator.set({ failures: [{ operation: 'set', type: 'status', status: 403 }] })
    const { code, stdout, stderr } = await world.here([...setStrava, '--json'], { stdin })
    expect([code, stdout]).toEqual([3, ''])
    const { error } = readShape('error', stderr.split('\n').at(-2) ?? '')
    expect(error).toMatchObject({ code: 'not_allowed', status: 403 })
    expect(error.request_id).toMatch(/^made-up-request-/)
  })

  test.each([
    ['before', false],
    ['after', true],
  ])('once, by a reset %s the write: it is repeated and done', async (_, takesEffect) => {
    const world = await startWorld()
    world.simulator.set({ failures: [{ operation: 'set', type: 'reset', takesEffect }] })
    expect(await world.here(setStrava, { stdin })).toMatchObject({ code: 0 })
    expect(
      readShape('list', (await world.here(['credentials', 'list', '--json'])).stdout).credentials,
    ).toHaveLength(1)
  })

  test('by Ctrl-C while Junction takes its time', async () => {
    const world = await startWorld()
    world.simulator.set({ failures: [{ operation: 'set', type: 'silence', takesEffect: true }] })
    const outcome = await world.here(setStrava, { stdin, interruptAfter: world.simulator.arrival(3) })
    expect(outcome).toMatchObject({ code: 130, stdout: '' })
    expect(shown(world, outcome)).toContain(`may have happened all the same: check with\n  ${check}`)
  })
})

describe('the read-back', () => {
  test('of set-redirect --keep-secret, when omitted fields are cleared, names the loss and the remedy', async () => {
    const world = await setUp()
    world.simulator.set({ omittedFields: 'cleared' })
    const outcome = await world.here([
      'set-redirect',
      'strava',
      'https://b.example.com/strava',
      '--keep-secret',
    ])
    expect(outcome).toMatchObject({ code: 7, stdout: '' })
    expect(shown(world, outcome)).toContain(
      'byoo: Junction took the change, but now the client secret is gone\n' +
        '  restore it with:\n' +
        '  byoo set-credentials strava --client-id 12345 --redirect-url https://b.example.com/strava ' +
        '--client-secret-file <path> --environment sandbox/us\n',
    )
  })

  test('of set-redirect --keep-secret, when they are kept, is content', async () => {
    const world = await setUp()
    const argv = ['set-redirect', 'strava', 'https://b.example.com/strava', '--keep-secret', '--json']
    const { code, stdout } = await world.here(argv)
    expect(code).toBe(0)
    expect(readShape('written', stdout).secret_changed).toBe(false)
    const sent = world.simulator.requests.find(({ operation }) => operation === 'set')
    expect(Object.keys(sent?.body as object)).not.toContain('client_secret')
  })

  test('names the details that are gone', async () => {
    const world = await startWorld()
    world.simulator.set({ missingField: 'project_number' })
    writeFileSync(
      join(world.folder, 'details.json'),
      '{"project_number": "123456789012", "service_account_email": "made-up@project.iam.gserviceaccount.com"}',
    )
    const url = 'https://oauth.example.com/oauth_callback/google_health'
    const set = ['set-credentials', 'google_health', '--client-id', 'x', '--redirect-url', url]
    const files = ['--client-secret-file', '-', '--details-file', 'details.json']
    const { code, stderr } = await world.here([...set, ...files], { stdin })
    expect([code, stderr]).toEqual([7, expect.stringContaining('of the details project_number is gone')])
  })

  test('restores details with --details-file', async () => {
    const world = await startWorld()
    const url = 'https://oauth.example.com/oauth_callback/google_health'
    writeFileSync(
      join(world.folder, 'details.json'),
      '{"project_number": "123456789012", "service_account_email": "made-up@project.iam.gserviceaccount.com"}',
    )
    const set = ['set-credentials', 'google_health', '--client-id', 'x', '--redirect-url', url]
    const files = ['--client-secret-file', '-', '--details-file', 'details.json']
    expect(await world.here([...set, ...files], { stdin })).toMatchObject({ code: 0 })
    world.simulator.set({ omittedFields: 'cleared' })
    const outcome = await world.here([
      'set-redirect',
      'google_health',
      'https://b.example.com/x',
      '--keep-secret',
    ])
    expect(outcome).toMatchObject({ code: 7, stdout: '' })
    expect(outcome.stderr).toContain(
      '--client-secret-file <path> --details-file <path> --environment sandbox',
    )
  })

  test('of set-redirect with the secret loses nothing either way', async () => {
    const world = await setUp()
    world.simulator.set({ omittedFields: 'cleared' })
    const argv = [
      'set-redirect',
      'strava',
      'https://b.example.com/strava',
      '--client-secret-file',
      '-',
      '--json',
    ]
    const { code, stdout } = await world.here(argv, { stdin })
    expect(code).toBe(0)
    expect(readShape('written', stdout)).toMatchObject({
      credential: { client_id: '12345', redirect_url_override: 'https://b.example.com/strava' },
      secret_changed: false,
    })
  })

  test('keeps the details that Junction holds', async () => {
    const world = await startWorld()
    world.simulator.set({ omittedFields: 'cleared' })
    const details = {
      project_number: '123456789012',
      service_account_email: 'made-up@project.iam.gserviceaccount.com',
    }
    writeFileSync(join(world.folder, 'details.json'), JSON.stringify(details))
    const url = 'https://oauth.example.com/oauth_callback/google_health'
    const set = ['set-credentials', 'google_health', '--client-id', 'x', '--redirect-url', url, '--json']
    const withDetails = [...set, '--client-secret-file', '-', '--details-file', 'details.json']
    expect(await world.here(withDetails, { stdin })).toMatchObject({ code: 0 })
    const other = [
      'set-redirect',
      'google_health',
      'https://b.example.com/x',
      '--client-secret-file',
      '-',
      '--json',
    ]
    const { code, stdout } = await world.here(other, { stdin })
    expect(code).toBe(0)
    expect(readShape('written', stdout).credential.details).toEqual(details)
  })
})

describe('a secret that stands where it is shown, too, is hidden there when it comes from', () => {
  const shownId = (more: string[]) => [
    ...['set-credentials', 'strava', '--client-id', madeUpSecret, '--redirect-url', callback],
    ...more,
  ]
  test.each<[string, string[], Record<string, string>, string | undefined]>([
    ['stdin', ['--client-secret-file', '-'], {}, undefined],
    ['a variable', [], { BYOO_CLIENT_SECRET: madeUpSecret }, undefined],
    [
      'a variable that byoo.yaml names',
      ['--yes'],
      { MADE_UP: madeUpSecret },
      'client_secret: { env: MADE_UP }',
    ],
  ])('%s', async (_, more, env, entry) => {
    const world = await startWorld()
    if (entry) {
      writeFileSync(
        join(world.folder, 'byoo.yaml'),
        `routes: [{ url: "https://oauth.example.com/oauth_callback/{provider}", environment: sandbox/us }]
credentials: [{ provider: strava, environments: [sandbox/us], client_id: "1", ${entry} }]
`,
      )
    }
    const outcome = await world.here(shownId(more), { stdin, env })
    expect(outcome).toMatchObject({ code: 0, stdout: expect.stringContaining('[redacted]') })
    shown(world, outcome)
    expect(world.simulator.requests.find(({ operation }) => operation === 'set')?.body).toMatchObject({
      client_secret: madeUpSecret,
    })
  })

  test('the details', async () => {
    const world = await startWorld()
    const webhookSecret = 'made-up-webhook-secret'
    writeFileSync(join(world.folder, 'details.yaml'), `webhook_secret: ${webhookSecret}\n`)
    const url = 'https://a.example.com/polar'
    const set = ['set-credentials', 'polar', '--client-id', webhookSecret, '--redirect-url', url]
    const files = ['--client-secret-file', '-', '--details-file', 'details.yaml']
    const outcome = await world.here([...set, ...files], { stdin })
    expect(outcome).toMatchObject({ code: 0, stdout: expect.stringContaining('[redacted]') })
    expect(shown(world, outcome)).not.toContain(webhookSecret)
  })
})

describe('details', () => {
  test('that are secret are sent and never shown', async () => {
    const world = await startWorld()
    const webhookSecret = 'made-up-webhook-secret'
    writeFileSync(join(world.folder, 'details.yaml'), `webhook_secret: ${webhookSecret}\n`)
    const set = [
      'set-credentials',
      'polar',
      '--client-id',
      'x',
      '--redirect-url',
      'https://a.example.com/polar',
    ]
    const rest = ['--client-secret-file', '-', '--details-file', 'details.yaml', '--verbose']
    const outcome = await world.here([...set, ...rest], { stdin })
    expect(outcome).toMatchObject({ code: 0 })
    expect(shown(world, outcome)).not.toContain(webhookSecret)
    const list = await world.here(['credentials', 'show', 'polar', '--json', '--verbose'])
    expect(shown(world, list)).not.toContain(webhookSecret)
    expect(readShape('show', list.stdout).credential.details).toEqual({ webhook_secret: '[redacted]' })
    expect(world.simulator.requests.find(({ operation }) => operation === 'set')?.body).toMatchObject({
      details: { webhook_secret: webhookSecret },
    })
  })

  test('of google_fit get the redirect URI, unless they name one', async () => {
    const world = await startWorld()
    const url = 'https://a.example.com/google_fit'
    const set = ['set-credentials', 'google_fit', '--client-id', 'x', '--redirect-url', url]
    for (const [text, expected] of [
      ['data_scopes: [one]', url],
      ['{ data_scopes: [one], redirect_uri: https://b.example.com/x }', 'https://b.example.com/x'],
    ] as const) {
      writeFileSync(join(world.folder, 'details.yaml'), text)
      const rest = ['--client-secret-file', '-', '--details-file', 'details.yaml']
      expect(await world.here([...set, ...rest], { stdin })).toMatchObject({ code: 0 })
      expect(world.simulator.requests.findLast(({ operation }) => operation === 'set')?.body).toMatchObject({
        details: { data_scopes: ['one'], redirect_uri: expected },
      })
    }
  })

  test.each([
    ['polar', undefined, 'the details of polar: missing'],
    [
      'polar',
      '{"webhook_secrt": "x"}',
      'details.webhook_secret is missing; details.webhook_secrt is not a known key',
    ],
    [
      'google_health',
      '{"project_number": "a", "service_account_email": "b@c.de"}',
      'details.project_number must be',
    ],
    ['strava', '{"a": 1}', 'details must be left out: strava takes none'],
    ['polar', '{', /details:1:\d+: \S[^\n]+\n {2}the details must be JSON or YAML/],
  ])('of %s that are %s are refused before anything is written', async (provider, text, message) => {
    const world = await startWorld()
    if (text) writeFileSync(join(world.folder, 'details'), text)
    const set = [
      'set-credentials',
      provider,
      '--client-id',
      'x',
      '--redirect-url',
      `https://a.example.com/${provider}`,
    ]
    const file = text ? ['--details-file', 'details'] : []
    const { code, stderr } = await world.here([...set, ...file, '--client-secret-file', '-'], { stdin })
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
    expect(world.simulator.requests.map(({ operation }) => operation)).not.toContain('set')
  })
})

describe('production', () => {
  const production = [...setStrava, '--environment', 'production/us']

  test('first verifies the live endpoint, and writes when it is right', async () => {
    const world = await startWorld()
    const forwarder = await startForwarder(
      'routes: [{ url: "https://o.example/oauth_callback/{provider}", environment: production/us }]',
    )
    onTestFinished(() => void forwarder.stop(1000))
    const url = `http://127.0.0.1:${forwarder.port}/oauth_callback/strava`
    const outcome = await world.here([...production, '--redirect-url', url, '--yes'], { stdin })
    expect(outcome).toMatchObject({ code: 0, stderr: expect.stringContaining(`Verified ${url}`) })
    expect(world.simulator.requests.map(({ operation }) => operation)).toContain('set')
    expect(forwarder.accessEntries.map(({ status }) => status)).toContain(307)
  })

  test('sends nothing when the live endpoint is wrong or cannot be reached', async () => {
    const world = await startWorld()
    const wrong = await startForwarder(
      'routes: [{ url: "https://o.example/oauth_callback/{provider}", environment: production/eu }]',
    )
    const { port } = wrong
    const argv = [...production, '--redirect-url', `http://127.0.0.1:${port}/oauth_callback/strava`, '--yes']
    const region = await world.here(argv, { stdin })
    expect(await wrong.stop(1000)).toBe(true)
    const closed = await world.here(argv, { stdin })
    for (const { code, stderr } of [region, closed]) {
      expect(code).toBe(7)
      expect(stderr).toContain('nothing was sent to Junction')
      expect(stderr).toMatch(/byoo verify http:[\s\S]*--skip-verify/)
    }
    expect(region.stderr).toContain('region')
    expect(world.simulator.requests.map(({ operation }) => operation)).not.toContain('set')
  })

  test('needs --yes without a terminal', async () => {
    const world = await startWorld()
    const { code, stderr } = await world.here([...production, '--skip-verify'], { stdin })
    expect([code, stderr]).toEqual([2, expect.stringContaining('add --yes when you are sure')])
    expect(stderr).toContain('  redirect URI   none -> https://')
    expect(world.simulator.requests.map(({ operation }) => operation)).not.toContain('set')
  })

  test('warns when the client id changes', async () => {
    const world = await startWorld()
    const sure = [...production, '--skip-verify', '--yes']
    expect(await world.here(sure, { stdin })).toMatchObject({ code: 0 })
    const { stderr } = await world.here([...sure, '--client-id', '678'], { stdin })
    expect(stderr).toContain('  client id      12345 -> 678\n')
    expect(stderr).toContain('warning: the client id changes')
    expect(stderr).toContain('Whether Strava takes the old secret beside the new one is not documented')
  })

  test.each([
    ['google_health', /Keep the old secret until a user has connected with the new one/],
    ['dexcom_v3', /At Dexcom the old secret has ended/],
    ['oura', /Whether Oura takes the old secret beside the new one is not documented/],
  ])('says of %s what becomes of the old secret', async (provider, words) => {
    const world = await startWorld()
    const details = { project_number: '1', service_account_email: 'x@y.iam.gserviceaccount.com' }
    writeFileSync(join(world.folder, 'details.json'), JSON.stringify(details))
    const argv = [
      ...['set-credentials', provider, '--client-id', 'x', '--client-secret-file', '-', '--skip-verify'],
      ...['--redirect-url', `https://a.example.com/${provider}`, '--yes'],
      ...(provider === 'google_health' ? ['--details-file', 'details.json'] : []),
    ]
    expect((await world.here(argv, { stdin })).stderr).not.toContain('old secret')
    expect((await world.here(argv, { stdin })).stderr).toMatch(words)
  })

  test('refuses --keep-secret', async () => {
    const world = await startWorld()
    const argv = ['set-redirect', 'strava', callback, '--keep-secret', '--environment', 'production/us']
    const { code, stderr } = await world.here([...argv, '--skip-verify'])
    expect([code, stderr]).toEqual([2, expect.stringContaining('"--keep-secret" is for the sandbox only')])
  })
})

describe('nothing is sent', () => {
  test('with --dry-run, which shows the request without secrets', async () => {
    const world = await startWorld()
    const outcome = await world.here([...setStrava, '--dry-run', '--json'], { stdin })
    expect(outcome.code).toBe(0)
    expect(outcome.stderr).toMatch(/^warning: this talks to the demo at .*\n$/)
    shown(world, outcome)
    const { org, teams, url } = world.simulator
    expect(readShape('dryRun', outcome.stdout).request).toEqual({
      method: 'POST',
      url: `${url}/v1/org/${org}/team_custom_credentials/sandbox/us`,
      body: {
        team_id: teams.us.id,
        provider: 'strava',
        client_id: '12345',
        client_secret: '[redacted]',
        redirect_url_override: callback,
      },
    })
    expect(await world.here(['set-redirect', 'strava', callback, '--dry-run'])).toMatchObject({ code: 0 })
    expect(world.simulator.requests).toEqual([])
  })

  test('with --dashboard, which needs neither key nor secret', async () => {
    const world = await startWorld()
    const env = { JUNCTION_MANAGEMENT_KEY: '', BYOO_ORG: '', BYOO_TEAM: '' }
    const argv = [
      'set-credentials',
      'fitbit',
      '--redirect-url',
      'https://a.example.com/fitbit',
      '--dashboard',
    ]
    const { code, stdout } = await world.here(argv, { env })
    expect(code).toBe(0)
    expect(stdout).toContain('Paste into "Redirect URL Override": https://a.example.com/fitbit')
    expect(stdout).toContain('press "Verify"')
    const json = await world.here([...argv, '--json'], { env })
    expect(readShape('dashboard', json.stdout).steps.length).toBeGreaterThan(5)
    expect(world.simulator.requests).toEqual([])
  })

  test.each([
    ['pk_us_made_up', 'is a team API key (production/us)'],
    ['sk_eu_made_up', 'is a team API key (sandbox/eu)'],
    ['made_up', 'is no key of Junction'],
    ['mg_made up', 'must not contain a space: see character 8'],
  ])('with the key %s, which is of the wrong kind', async (key, message) => {
    const world = await startWorld()
    const { code, stderr } = await world.here(['credentials', 'list'], {
      env: { JUNCTION_MANAGEMENT_KEY: key },
    })
    expect([code, stderr]).toEqual([3, expect.stringContaining(message)])
    expect(world.simulator.requests).toEqual([])
  })

  test('with a stored login to a host that is not Junction', async () => {
    const world = await startWorld()
    const key = world.simulator.keys.organisation
    await world.here(['login', '--with-file', '-'], { stdin: key })
    const before = world.simulator.requests.length
    const env = { JUNCTION_MANAGEMENT_KEY: '' }
    const { code, stderr } = await world.here(['credentials', 'list'], { env })
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/a stored login is not sent to 127\.0\.0\.1:\d+/),
    ])
    expect(world.simulator.requests).toHaveLength(before)
  })
})

test('a result that is not from Junction says so, with --json and --quiet too', async () => {
  const world = await startWorld()
  for (const option of ['--json', '--quiet', '--no-color']) {
    const { stderr } = await world.here(['credentials', 'list', option])
    expect(stderr).toMatch(/^warning: this talks to the demo at 127\.0\.0\.1:\d+, not to Junction\n$/)
  }
})

test('a team in another region is told before anything is written', async () => {
  const world = await startWorld()
  const env = { BYOO_TEAM: world.simulator.teams.eu.id }
  const { code, stderr } = await world.here(setStrava, { stdin, env })
  expect([code, stderr]).toEqual([2, expect.stringContaining('is in eu, not in us')])
  expect(world.simulator.requests.map(({ operation }) => operation)).not.toContain('set')
})

test('a key of the team alone is enough', async () => {
  const world = await startWorld()
  const env = { JUNCTION_MANAGEMENT_KEY: world.simulator.keys.team }
  expect(await world.here(setStrava, { stdin, env })).toMatchObject({ code: 0 })
})

test('strange answers and many pages change nothing', async () => {
  const world = await setUp()
  world.simulator.set({ strangeAnswers: true, pageSize: 1 })
  expect(await world.here(setStrava, { stdin })).toMatchObject({ code: 0 })
  const { stdout } = await world.here(['credentials', 'list', '--all', '--json'], {
    env: { BYOO_ENVIRONMENT: '' },
  })
  expect(readShape('list', stdout).credentials.length).toBeGreaterThan(0)
})

describe('a list without an end', () => {
  const repeats = /could not list all credentials: the cursor of page 2 repeats an earlier one/

  test.each([
    ['list', []],
    ['show', ['strava']],
  ])('credentials %s shows what was found, and exits 6', async (command, operands) => {
    const world = await setUp()
    world.simulator.set({ endlessPages: 'same_cursor' })
    const outcome = await world.here(['credentials', command, ...operands])
    expect(outcome).toMatchObject({ code: 6, stderr: expect.stringMatching(repeats) })
    expect(outcome.stdout).toContain(callback)
    expect(outcome.stderr).not.toContain('again')
    const json = await world.here(['credentials', command, ...operands, '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({ complete: false })
  })

  test.each([
    ['set-credentials', setStrava],
    ['credentials delete', ['credentials', 'delete', 'strava', '--yes']],
  ])('stops %s before anything is sent', async (_, argv) => {
    const world = await setUp()
    world.simulator.set({ endlessPages: 'same_cursor' })
    const before = world.simulator.requests.length
    const { code, stderr } = await world.here(argv, { stdin })
    expect([code, stderr]).toEqual([6, expect.stringMatching(repeats)])
    const sent = world.simulator.requests.slice(before).map(({ operation }) => operation)
    expect(sent.filter((operation) => operation === 'set' || operation === 'delete')).toEqual([])
  })
})

describe('credentials delete', () => {
  test('needs --yes without a terminal', async () => {
    const world = await setUp()
    const { code, stderr } = await world.here(['credentials', 'delete', 'strava'])
    expect([code, stderr]).toEqual([2, expect.stringContaining('add --yes when you are sure')])
  })

  test('of what is not there exits 4', async () => {
    const world = await startWorld()
    const { code, stderr } = await world.here(['credentials', 'delete', 'strava', '--yes'])
    expect([code, stderr]).toEqual([4, expect.stringContaining('byoo credentials list --environment')])
    expect(await world.here(['credentials', 'show', 'strava'])).toMatchObject({ code: 4 })
    expect(await world.here(['set-redirect', 'strava', callback])).toMatchObject({ code: 4 })
  })

  test('that Junction answers with a failure exits 5', async () => {
    const world = await setUp()
    world.simulator.set({ deletionFails: true })
    const { code, stderr } = await world.here(['credentials', 'delete', 'strava', '--yes'])
    expect([code, stderr]).toEqual([5, expect.stringContaining('Junction could not delete')])
  })

  test.each([
    ['before', false],
    ['after', true],
  ])(
    'cut off again and again %s the write says how to check',
    { timeout: 20_000 },
    async (_, takesEffect) => {
      const world = await setUp()
      world.simulator.set({ failures: [{ operation: 'delete', type: 'reset', takesEffect, times: 9 }] })
      const { code, stderr } = await world.here(['credentials', 'delete', 'strava', '--yes'])
      expect([code, stderr]).toEqual([
        6,
        expect.stringMatching(/may have happened[\s\S]*byoo credentials list --environment/),
      ])
    },
  )
})

describe('a redirect URI', () => {
  const routes =
    'routes:\n' +
    '  - { url: "https://oauth.example.com/oauth_callback/{provider}", environment: sandbox/us, primary: true }\n' +
    '  - { url: "https://new.example.com/oauth_callback/{provider}", environment: sandbox/us }\n'
  const writes = (url: string) => [
    ['set-credentials', 'strava', '--client-id', '1', '--redirect-url', url, '--client-secret-file', '-'],
    ['set-redirect', 'strava', url, '--client-secret-file', '-'],
  ]

  test('that no route serves is refused, unless --unserved is given', async () => {
    const world = await setUp()
    writeFileSync(join(world.folder, 'byoo.yaml'), routes)
    for (const url of [
      'https://other.example.org/x/strava',
      'https://oauth.example.com/oauth_callback/oura',
    ]) {
      for (const argv of writes(url)) {
        const before = world.simulator.requests.length
        const { code, stderr } = await world.here(argv, { stdin })
        expect([code, stderr]).toEqual([2, expect.stringContaining(`for sandbox/us serves ${url}`)])
        expect(stderr).toContain(`  it serves ${callback}\n`)
        expect(world.simulator.requests).toHaveLength(before)
        expect(await world.here([...argv, '--unserved'], { stdin })).toMatchObject({ code: 0 })
      }
    }
  })

  test.each([
    [
      'https://app.example.org/own/strava',
      [],
      0,
      'no route of byoo.yaml serves https://app.example.org/own/strava: something else has to',
    ],
    ['https://app.example.org/own/strava', ['https://app.example.org/own/strava'], 0, ''],
    [
      'https://app.example.org/own/strava',
      ['https://app.example.org/else/strava'],
      2,
      'no route of byoo.yaml',
    ],
  ])('that byoo.yaml says itself needs no route: %s, with %j', async (redirectUrl, url, code, text) => {
    const world = await setUp()
    const credential = `credentials: [{ provider: strava, client_id: "1", redirect_url: ${redirectUrl} }]\n`
    writeFileSync(join(world.folder, 'byoo.yaml'), routes + credential)
    const argv = ['set-redirect', 'strava', ...url, '--client-secret-file', '-']
    const outcome = await world.here(argv, { stdin })
    expect(outcome.code).toBe(code)
    expect(outcome.stdout + outcome.stderr).toContain(text)
  })

  test('of any route is taken, so that a domain can move', async () => {
    const world = await setUp()
    writeFileSync(join(world.folder, 'byoo.yaml'), routes)
    for (const argv of writes('https://new.example.com/oauth_callback/strava')) {
      expect(await world.here(argv, { stdin })).toMatchObject({ code: 0 })
    }
  })
})

test('everything that is missing is named at once', async () => {
  const world = await startWorld()
  const { code, stderr } = await world.here(['set-credentials', 'polar', '--redirect-url', callback])
  expect(code).toBe(2)
  expect(stderr).toContain('the client id and the client secret and the details of polar: missing')
  for (const option of ['--client-id', '--client-secret-file', '--details-file'])
    expect(stderr).toContain(option)
})

test.each<[string, string[], string[]]>([
  [
    'set-credentials polar',
    [],
    [
      '--environment sandbox/us',
      '--redirect-url <url>',
      '--org <uuid>',
      '--team <uuid>',
      'byoo login',
      '--client-id <id>',
      '--client-secret-file <path>',
      '--details-file <path>',
    ],
  ],
  [
    'set-redirect strava',
    ['--environment', 'sandbox/us'],
    ['the URL', '--org <uuid>', '--team <uuid>', 'byoo login', '--client-secret-file <path>'],
  ],
  ['credentials list', ['--environment', 'sandbox/us'], ['--org <uuid>', 'byoo login']],
  ['credentials show strava', ['--environment', 'sandbox/us'], ['--org <uuid>', 'byoo login']],
  ['credentials delete strava', ['--environment', 'sandbox/us'], ['--org <uuid>', 'byoo login']],
  ['link strava', ['--environment', 'sandbox/us'], ['--org <uuid>', '--team <uuid>', 'byoo login']],
])('one run of %s in an empty folder names all that is missing', async (command, options, advice) => {
  const folder = emptyFolder()
  const { code, stdout, stderr } = await runHere([...command.split(' '), ...options], {
    env: { HOME: folder },
    directory: folder,
  })
  expect([code, stdout]).toEqual([2, ''])
  for (const words of advice) expect(stderr).toContain(words)
})

test('the sandbox, which does not wait, does not say that it will change', async () => {
  const world = await startWorld()
  const { stderr } = await world.here(setStrava, { stdin })
  expect(stderr).toContain('This changes Junction:')
  expect(stderr).not.toContain('will change')
})

test('"Left to do" lists only what is left', async () => {
  const world = await startWorld()
  const first = readShape('written', (await world.here([...setStrava, '--json'], { stdin })).stdout)
  expect(first.next_steps).toHaveLength(2)
  expect(first.next_steps[0]).toContain('Register this host at Strava:\noauth.example.com')
  const again = readShape('written', (await world.here([...setStrava, '--json'], { stdin })).stdout)
  expect(again.next_steps).toEqual([expect.stringContaining('Connect a user of your own')])
})

test('a file supplies everything but the secret', async () => {
  const world = await startWorld()
  const { org, teams, url, keys } = world.simulator
  const yaml = `routes:
  - { url: "https://oauth.example.com/oauth_callback/{provider}", environment: sandbox/us, providers: [strava, polar] }
org: ${org}
teams: { sandbox/us: ${teams.us.id} }
credentials:
  - provider: strava
    environments: [sandbox/us]
    client_id: "12345"
    client_secret: { file: ./strava.secret }
  - provider: polar
    environments: [sandbox/us]
    client_id: polar-id
    client_secret: { env: POLAR_SECRET }
    details: { webhook_secret: { env: POLAR_WEBHOOK_SECRET } }
`
  writeFileSync(join(world.folder, 'byoo.yaml'), yaml)
  const env = { HOME: world.folder, JUNCTION_MANAGEMENT_KEY: keys.organisation, BYOO_MANAGEMENT_URL: url }
  const run = (argv: string[], more: Record<string, string> = {}) => {
    const none = { BYOO_ORG: '', BYOO_TEAM: '', BYOO_ENVIRONMENT: '' }
    return world.here(argv, { env: { ...none, ...env, ...more } })
  }
  const missing = await run(['set-credentials', 'strava'])
  expect(missing).toMatchObject({ code: 2 })
  expect(missing.stderr).toContain(
    'the client secret cannot be read from "./strava.secret": there is no such file',
  )
  writeFileSync(join(world.folder, 'strava.secret'), `${madeUpSecret}\n`)
  expect(await run(['set-credentials', 'strava'])).toMatchObject({ code: 0 })
  const polar = { POLAR_SECRET: madeUpSecret, POLAR_WEBHOOK_SECRET: 'made-up-webhook-secret' }
  const sure = ['set-credentials', 'polar', '--yes']
  const half = { POLAR_SECRET: madeUpSecret }
  expect((await run(sure, half)).stderr).toContain('POLAR_WEBHOOK_SECRET, which is not set')
  expect(await run(sure, polar)).toMatchObject({ code: 0 })
  const sent = world.simulator.requests.filter(({ operation }) => operation === 'set').map(({ body }) => body)
  expect(sent).toMatchObject([
    { client_id: '12345', client_secret: madeUpSecret, redirect_url_override: callback },
    { client_secret: madeUpSecret, details: { webhook_secret: 'made-up-webhook-secret' } },
  ])
  expect(readFileSync(join(world.folder, 'byoo.yaml'), 'utf8')).toBe(yaml)
})
