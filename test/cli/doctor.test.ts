import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { emptyFolder, runChild, runHere, runOnTerminal, spawnByoo } from '../run.ts'
import { startRawServer } from '../verify/callback-server.ts'
import { addUser, type JunctionDouble } from '../world.ts'
import { breakOverride, startSetUp } from './doctor-set-up.ts'
import { readShape } from './shapes.ts'

const user = '55555555-5555-4555-8555-555555555555'

const findingsOf = (stdout: string) => readShape('doctor', stdout).findings

const idsOf = (stdout: string, status: string) =>
  findingsOf(stdout).flatMap((finding) => (finding.status === status ? [finding.id] : []))

const linkOf = (stdout: string) =>
  findingsOf(stdout).flatMap(({ check, status }) => (check === 'link' ? [status] : []))

test('a healthy set-up: exit 0, in text', async () => {
  const { here, url } = await startSetUp()
  const { code, stdout, stderr } = await here([])
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^warning: this talks to the demo/)])
  const settled = stdout
    .replaceAll(new URL(url).host, 'oauth.example.com')
    .replace(/\d{4}-\d\d-\d\d \(.* ago\)|\d{4}-\d\d-\d\d \(just now\)/, '2026-11-20 (5 days ago)')
  expect(settled).toMatchInlineSnapshot(`
    "Nothing wrong found. Not checked: the client secret, scopes, the provider
    itself.

    Junction's records last changed
      sandbox/us strava: 2026-11-20 (5 days ago)
      Only a login proves that the client secret is right:
      $ byoo link strava --wait --environment sandbox/us

    To check by hand
      strava
      - at Strava, this host must be registered: oauth.example.com
        Compare it with the portal: the portal takes the bare host, without scheme
        and path, as "Authorization Callback Domain".
      - Strava lets in 1 athlete until Strava's review

    6 passed (--verbose shows all)
    "
  `)
})

test('something is wrong: exit 7; the text shows where, and the command that repairs it', async () => {
  const setUp = await startSetUp()
  breakOverride(setUp, (url) => `${url}/`)
  const { code, stdout } = await setUp.here([])
  expect(code).toBe(7)
  expect(
    stdout.slice(0, stdout.indexOf('\nTo check')).replaceAll(setUp.url, 'https://o.example/strava'),
  ).toMatchInlineSnapshot(`
    "sandbox/us strava
      FAILED  override-differs
        Junction has "https://o.example/strava/", which has an
        extra slash at the end
        Set it to the URL of the route again; Junction needs the secret once more.
        $ byoo set-redirect strava --environment sandbox/us
        expected  https://o.example/strava
        received  https://o.example/strava/
                                                              ^

    Logins may fail: Junction has "https://o.example/strava/",
    which has an extra slash at the end.
    "
  `)
})

test('--json has a stable shape, and escapes what could move a cursor', async () => {
  const setUp = await startSetUp()
  breakOverride(setUp, (url) => `${url}\u001b[2J\u202e`)
  const { code, stdout } = await setUp.here(['--json'])
  expect(code).toBe(7)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there
  expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
  const { passed, reached, counts, findings } = readShape('doctor', stdout)
  expect([passed, reached, counts.failed]).toEqual([false, true, 1])
  expect(findings.find(({ status }) => status === 'failed')).toMatchObject({
    check: 'override',
    subject: { provider: 'strava', environment: 'sandbox/us' },
    command: 'byoo set-redirect strava --environment sandbox/us',
    expected: setUp.url,
    received: `${setUp.url}\\x1b[2J\\u202e`,
  })
})

describe('works with what it has', () => {
  test('without a key the endpoint is looked at, and the rest is skipped with the reason', async () => {
    const { here, junction } = await startSetUp()
    const env = { JUNCTION_MANAGEMENT_KEY: '', BYOO_MANAGEMENT_URL: '' }
    const { code, stdout } = await here(['--json'], { env })
    expect(code).toBe(0)
    expect(junction.requests).toEqual([])
    const findings = findingsOf(stdout)
    for (const check of ['key', 'credentials', 'override', 'team']) {
      const message = expect.stringContaining('there is no management key')
      expect(findings).toContainEqual(expect.objectContaining({ check, status: 'skipped', message }))
    }
    expect(findings).toContainEqual(expect.objectContaining({ check: 'verify', status: 'passed' }))
  })

  test('without an organisation', async () => {
    const { here, folder, env } = await startSetUp()
    writeFileSync(
      join(folder, 'byoo.yaml'),
      'routes: [{ url: "http://127.0.0.1:1/{provider}", environment: sandbox/us, providers: [strava] }]',
    )
    const findings = findingsOf((await here(['--json'], { env })).stdout)
    expect(findings.find(({ check }) => check === 'key')).toMatchObject({
      status: 'skipped',
      advice: expect.stringContaining('--org <uuid>'),
    })
  })

  test.each([
    ['a team key', { JUNCTION_MANAGEMENT_KEY: 'sk_us_made-up-key' }, 'management-key-invalid'],
    ['a key that is none', { JUNCTION_MANAGEMENT_KEY: 'made-up-key' }, 'management-key-invalid'],
    ['a revoked key', { JUNCTION_MANAGEMENT_KEY: 'mg_made-up-revoked-key' }, 'management-key-invalid'],
    ['a management key as API key', { JUNCTION_API_KEY: 'mg_made-up-key' }, 'api-key-wrong-kind'],
  ])('%s is a finding, not a crash', async (_, env, id) => {
    const { here } = await startSetUp()
    const { code, stdout } = await here(['--json'], { env })
    expect([code, idsOf(stdout, 'failed')]).toEqual([7, [id]])
    expect(stdout).not.toContain('made-up-key')
  })

  test('an API key of another place is worth a look: nothing that users meet depends on it', async () => {
    const { here } = await startSetUp()
    const env = { JUNCTION_API_KEY: 'pk_eu_made-up-key' }
    const { code, stdout } = await here(['--json'], { env })
    expect([code, idsOf(stdout, 'note')]).toEqual([0, ['api-key-other-environment']])
    expect(stdout).not.toContain('made-up-key')
  })

  test('a faulty byoo.yaml is a finding, and nothing else is looked at', async () => {
    const { here, folder, junction } = await startSetUp()
    writeFileSync(join(folder, 'byoo.yaml'), 'routes: []\nteam: x\n')
    const { code, stdout } = await here(['--json'])
    expect([code, idsOf(stdout, 'failed')]).toEqual([7, ['file-invalid', 'file-invalid']])
    expect(readShape('doctor', stdout).findings[0]?.message).toMatch(/^byoo\.yaml:1:1: routes/)
    expect(junction.requests).toEqual([])
  })

  test('no byoo.yaml: exit 2, and the way to one', async () => {
    const { code, stdout, stderr } = await runHere(['doctor'], { directory: emptyFolder() })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('byoo init')
    const directory = emptyFolder()
    mkdirSync(join(directory, 'byoo.yaml'))
    const there = await runHere(['doctor'], { directory })
    expect(there).toMatchObject({ code: 2, stderr: expect.stringContaining('is a directory') })
    expect(there.stderr).not.toContain('byoo init')
  })

  test.each([
    ['none.yaml', 'none.yaml: there is no such file'],
    ['.', '.: is a directory, not a file'],
  ])('a --config that cannot be read, %s: exit 2, and the way to one', async (name, message) => {
    const { here, junction } = await startSetUp()
    const { code, stdout, stderr } = await here(['--config', name])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(message)
    expect(stderr).toContain('byoo init')
    expect(junction.requests).toEqual([])
  })

  test('no management key for the demo: a login that would not be sent there is not asked for', async () => {
    const { here, junction } = await startSetUp()
    const env = { JUNCTION_MANAGEMENT_KEY: '' }
    const findings = findingsOf((await here(['--json'], { env })).stdout)
    expect(findings.find(({ check }) => check === 'key')).toMatchObject({
      message: `there is no management key for ${new URL(junction.url).host}`,
      advice: 'Set JUNCTION_MANAGEMENT_KEY to a key for that host.',
      command: null,
    })
  })

  test('nothing answers at all: exit 6', async () => {
    const server = await startRawServer(() => undefined)
    await server.close()
    const folder = emptyFolder()
    writeFileSync(
      join(folder, 'byoo.yaml'),
      `routes: [{ url: "http://127.0.0.1:${server.port}/{provider}", environment: sandbox/us, providers: [strava] }]`,
    )
    const { code, stdout } = await runHere(['doctor', '--json'], { directory: folder, env: { HOME: folder } })
    expect([code, idsOf(stdout, 'failed')]).toEqual([6, ['no-connection']])
    expect(readShape('doctor', stdout).reached).toBe(false)
  })
})

describe('a real link', () => {
  test('--create-user looks at a link, and removes the user again', async () => {
    const { here, junction } = await startSetUp()
    const { code, stdout, stderr } = await here(['--create-user', '--verbose', '--json'])
    expect(code).toBe(0)
    expect(linkOf(stdout)).toEqual(['passed'])
    expect(junction.requests.map(({ operation }) => operation)).toContain('create_user')
    expect(junction.users['sandbox/us']).toEqual([])
    // Neither a link token nor a link is shown.
    expect(stdout + stderr).not.toMatch(/eyJ|client_id=/)
  })

  test('with an API key and no management key the link is compared with byoo.yaml', async () => {
    const { here, junction } = await startSetUp()
    const env = { JUNCTION_MANAGEMENT_KEY: '', JUNCTION_API_KEY: junction.apiKeys['sandbox/us'] }
    const right = await here(['--create-user', '--json'], { env })
    expect([right.code, linkOf(right.stdout)]).toEqual([0, ['passed']])
    for (const record of junction.store.records['sandbox/us']) record.client_id = 'other'
    const wrong = await here(['--create-user', '--json'], { env })
    expect([wrong.code, idsOf(wrong.stdout, 'failed')]).toEqual([7, ['link-differs']])
  })

  test('--user uses a user of yours and leaves it there', async () => {
    const { here, junction } = await startSetUp()
    const user_id = addUser(junction, 'made-up-user')
    const { code, stdout } = await here(['--user', user_id, '--json'])
    expect([code, linkOf(stdout)]).toEqual([0, ['passed']])
    expect(junction.users['sandbox/us']).toHaveLength(1)
    const unknown = await here(['--user', user, '--json'])
    expect([unknown.code, idsOf(unknown.stdout, 'failed')]).toEqual([7, ['link-refused']])
    const { findings, summary } = readShape('doctor', unknown.stdout)
    expect(findings.find(({ id }) => id === 'link-refused')).toMatchObject({
      advice:
        "INVALID_USER_ID means: the user id is not one of this team in this environment (status 400); use Junction's user id, not your own, and check the environment.",
      command: `byoo link strava --user ${user} --environment sandbox/us`,
    })
    expect(summary).not.toContain('Logins')
  })

  test('the user is removed when making the link fails', async () => {
    const { here, junction } = await startSetUp()
    junction.set({ failures: [{ type: 'status', status: 400, operation: 'oauth_link', times: 10 }] })
    const { code, stdout } = await here(['--create-user', '--json'])
    expect([code, idsOf(stdout, 'failed')]).toEqual([7, ['link-refused']])
    expect(junction.users['sandbox/us']).toEqual([])
  })

  test.each([400, 401, 403, 404, 503])(
    'no user can be made, status %i: exit 7, and what to look at',
    async (status) => {
      const { here, junction } = await startSetUp()
      junction.set({ failures: [{ type: 'status', status, operation: 'create_user', times: 10 }] })
      const { code, stdout } = await here(['--create-user', '--json', '--timeout', '1'])
      expect(code).toBe(7)
      const refused = findingsOf(stdout).find(({ id }) => id === 'link-refused')
      expect(refused?.command).toBe('byoo whoami --environment sandbox/us')
    },
  )

  test('the user is removed after Ctrl-C', async () => {
    const { junction, env, folder } = await startSetUp()
    junction.set({ failures: [{ type: 'silence', operation: 'create_link_token', times: 10 }] })
    const interruptAfter = arrivalOf(junction, 'create_link_token')
    const setting = { directory: folder, env, interruptAfter }
    const { code, stdout, stderr } = await runChild(['doctor', '--create-user'], setting)
    expect([code, stdout]).toEqual([130, expect.stringMatching(/^Interrupted: \d+ checks? ha/)])
    expect(stdout).toMatch(
      /\n\nInterrupted before there was a result\n[\s\S]*^ {2}sandbox\/us strava: .*\blink$/m,
    )
    expect(stderr).toContain('Deleting the users that were created; Ctrl-C again leaves them, for\n')
    expect(junction.users['sandbox/us']).toEqual([])
    expect(junction.requests.some(({ operation }) => operation === 'delete_user')).toBe(true)
  })

  test('a second Ctrl-C leaves the user, named with the command that removes it', async () => {
    const { junction, env, folder } = await startSetUp()
    junction.set({
      failures: [
        { type: 'silence', operation: 'create_link_token', times: 10 },
        { type: 'silence', operation: 'delete_user', times: 10 },
      ],
    })
    const byoo = runOnTerminal(['doctor', '--create-user'], { env, directory: folder, columns: 200 })
    await arrivalOf(junction, 'create_link_token')
    const [left] = junction.users['sandbox/us']
    byoo.type('\u0003')
    await byoo.sees(
      `leaves them, for\nbyoo disconnect ${left?.user_id} --delete-user --environment sandbox/us`,
    )
    byoo.type('\u0003')
    expect(await byoo.exited).toBe(130)
    expect(junction.users['sandbox/us']).toEqual([left])
  })

  test('a user that cannot be removed after Ctrl-C is told of', async () => {
    const { junction, env, folder } = await startSetUp()
    junction.set({
      failures: [
        { type: 'silence', operation: 'create_link_token', times: 10 },
        { type: 'status', status: 400, operation: 'delete_user', times: 10 },
      ],
    })
    const interruptAfter = arrivalOf(junction, 'create_link_token')
    const setting = { directory: folder, env, interruptAfter }
    const { code, stdout } = await runChild(['doctor', '--create-user'], setting)
    const [left] = junction.users['sandbox/us']
    expect(code).toBe(130)
    expect(stdout).toContain(`byoo disconnect ${left?.user_id} --delete-user --environment sandbox/us`)
  })

  test('a user that cannot be removed is a finding with the command that does', async () => {
    const { here, junction } = await startSetUp()
    junction.set({ failures: [{ type: 'status', status: 400, operation: 'delete_user', times: 10 }] })
    const { code, stdout } = await here(['--create-user'])
    const [left] = junction.users['sandbox/us']
    expect(code).toBe(7)
    expect(stdout).toContain(`byoo disconnect ${left?.user_id} --delete-user --environment sandbox/us`)
  })
})

describe('a mistake on the command line', () => {
  const production =
    '  - { url: "https://oauth.example.com/oauth_callback/{provider}", environment: production/us, providers: [strava] }\n'

  test.each([
    [['stravaa'], 'did you mean "strava"?'],
    [['oura'], 'byoo.yaml has no route that accepts oura'],
    [['--region', 'eu'], 'byoo.yaml has no route of production/eu or sandbox/eu'],
    [['--user', 'me'], 'is not the UUID of a user'],
    [['--user', user, '--create-user'], 'contradict each other'],
    [['--user', user], 'byoo doctor --user 55555555-5555-4555-8555-555555555555 --environment production/us'],
  ])('%j', async (argv, message) => {
    const { here, junction } = await startSetUp(production)
    const { code, stdout, stderr } = await here(argv)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(message)
    expect(junction.requests).toEqual([])
  })
})

test('Ctrl-C ends it: exit 130, and what was found and what has no result is said, as one object with --json', async () => {
  const setUp = await startSetUp()
  breakOverride(setUp, (url) => `${url}/`)
  setUp.junction.set({ failures: [{ type: 'silence', operation: 'team', times: 10 }] })
  const listed = async () => {
    await arrivalOf(setUp.junction, 'list')
    await arrivalOf(setUp.junction, 'team')
  }
  const { code, stdout } = await setUp.here(['--json'], { interruptAfter: listed() })
  const { interrupted, summary, findings } = readShape('doctor', stdout)
  expect([code, interrupted]).toEqual([130, true])
  expect(summary).toMatch(/^Interrupted: /)
  expect(findings.filter(({ id }) => id === 'interrupted').map(({ check }) => check)).toContain('team')
})

test('what is wrong is shown when it is found, and once, where stdout is no terminal', async () => {
  const setUp = await startSetUp()
  breakOverride(setUp, (url) => `${url}/`)
  setUp.junction.set({ failures: [{ type: 'silence', operation: 'team', times: 1 }] })
  const byoo = spawnByoo(['doctor', '--timeout', '60'], { env: setUp.env, directory: setUp.folder })
  await byoo.printed('FAILED  override-differs')
  expect(byoo.child.exitCode).toBeNull()
  byoo.child.kill('SIGINT')
  const code = await byoo.exited
  expect([code, byoo.stdout().split('override-differs').length]).toEqual([130, 2])
  expect(byoo.stdout()).toMatch(
    /\n\nInterrupted: .* no result\. Logins may fail: [\s\S]*^ {2}sandbox\/us: .*team$/m,
  )
})

describe('--only file', () => {
  const only = (yaml: string, ...argv: string[]) => {
    const directory = emptyFolder()
    writeFileSync(join(directory, 'byoo.yaml'), yaml)
    return runHere(['doctor', '--only', 'file', ...argv], { directory, env: { HOME: directory } })
  }

  test('a valid file: exit 0, without a key or a network', async () => {
    const yaml = 'routes: [{ url: "https://nobody.invalid/cb/{provider}", environment: sandbox/us }]'
    expect(await only(yaml)).toMatchObject({ code: 0, stdout: 'byoo.yaml is valid\n', stderr: '' })
  })

  test('each fault is a line with its place: exit 2', async () => {
    const { code, stdout, stderr } = await only('routes: []\nteam: x\n')
    expect([code, stderr]).toEqual([2, ''])
    expect(stdout).toMatch(/^byoo\.yaml:1:1: routes.*\nbyoo\.yaml:2:1: .*team.*\n$/)
    const json = await only('routes: []\n', '--json')
    expect([json.code, idsOf(json.stdout, 'failed')]).toEqual([2, ['file-invalid']])
  })

  test('nothing else can be named', async () => {
    const { code, stderr } = await runHere(['doctor', '--only', 'dns'], { directory: emptyFolder() })
    expect([code, stderr]).toEqual([2, expect.stringContaining('--only')])
  })
})

test('on a terminal a line shows how far it is, and goes away', async () => {
  const setUp = await startSetUp()
  breakOverride(setUp, (url) => `${url}/`)
  const { env, folder } = setUp
  const byoo = runOnTerminal(['doctor'], { env: { ...env, BYOO_RATE: '20' }, directory: folder, columns: 60 })
  await byoo.sees(/\d of \d+ checks, 1 failed: \w/)
  await byoo.sees('Logins may fail')
  expect(await byoo.exited).toBe(7)
  const pieces = byoo.raw().split('\r\u001b[K')
  expect(pieces.at(-1)).not.toContain(' checks')
  for (const line of pieces.slice(1, -1)) expect(line.length).toBeLessThan(60)
})

/** Resolves when the first request of this kind has arrived. */
async function arrivalOf(junction: JunctionDouble, operation: string): Promise<void> {
  for (let number = 1; ; number += 1) {
    if ((await junction.arrival(number)).operation === operation) return
  }
}
