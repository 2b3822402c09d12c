import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { startLink, teamKey } from '../junction/link-server.ts'
import { type Outcome, runChild, runHere, runOnTerminal } from '../run.ts'
import { callback, connection, type LinkedWorld, startLinkedWorld } from '../world.ts'
import { readShape } from './shapes.ts'

const stranger = '55555555-5555-4555-8555-555555555555'

/** The link that a run printed; its state, and all keys, are nowhere else. */
function linkOf({ simulator }: LinkedWorld, { stdout, stderr }: Outcome): URL {
  const [link = ''] = /https:\/\/acme-fit\S*/.exec(stdout)?.[0]?.split('"') ?? []
  const url = new URL(link)
  const state = url.searchParams.get('state') ?? ''
  expect(state.split('.')).toHaveLength(3)
  const rest = (stdout + stderr).replaceAll(link, '')
  const tokens = [...simulator.teamTokens.keys(), ...Object.values(simulator.apiKeys)]
  for (const secret of [state, url.search, simulator.keys.organisation, ...tokens]) {
    expect(rest).not.toContain(secret)
  }
  return url
}

const writeYaml = ({ folder }: LinkedWorld, yaml: string) => writeFileSync(join(folder, 'byoo.yaml'), yaml)

/** A route of the sandbox for every provider. */
const routeOf = (url: string) => `routes: [{ url: "${url}", environment: sandbox/us }]`

/** The user gets a connection as soon as there is a link. */
function connectUser(world: LinkedWorld, error?: string, at?: string) {
  world.asked('oauth_link').then(() => {
    world.users()[0]?.connections.set('strava', connection('strava', error, at))
  })
}

/** Where a server of one answer takes Junction's place. */
const insteadOf = (url: string) => ({
  env: { BYOO_ENVIRONMENT: 'sandbox/us', JUNCTION_API_KEY: teamKey, BYOO_API_URL: url },
})

describe('link', () => {
  test('compares with what Junction holds, and says how to delete the user', async () => {
    const world = await startLinkedWorld()
    const outcome = await world.here(['link', 'strava', '--verbose'])
    expect(outcome.code).toBe(0)
    const { stdout, stderr } = outcome
    expect(linkOf(world, outcome).searchParams.get('redirect_uri')).toBe(callback)
    expect(stdout).toContain(`redirect URI  ${callback} (the one that Junction holds)\n`)
    expect(stdout).toContain('client id     12345 (the one that Junction holds)\n')
    expect(stdout).toContain('link token    for sandbox/us\n')
    expect(stdout).toContain('Only a connection proves that the client secret is right')
    expect(stderr.match(/this talks to the demo at 127\.0\.0\.1:\d+, not to Junction/g)).toHaveLength(1)
    expect(stderr).toContain('"oauth_url":"[redacted]"')

    const [user] = world.users()
    expect(user?.client_user_id).toMatch(/^byoo-link-/)
    const cleanUp = /^ {2}byoo (disconnect .*)$/m.exec(stdout)?.[1]?.split(' ') ?? []
    expect(cleanUp[1]).toBe(user?.user_id)
    const cleaned = await world.here([...cleanUp, '--yes'])
    expect([cleaned.code, cleaned.stdout]).toEqual([0, expect.stringContaining('Deleted the user')])
    expect(world.users()).toEqual([])
  })

  test('as JSON', async () => {
    const world = await startLinkedWorld()
    const outcome = await world.here(['link', 'strava', '--json', '--verbose'])
    const data = readShape('link', outcome.stdout)
    expect(linkOf(world, outcome).href).toBe(data.url)
    expect(data).toMatchObject({
      created: true,
      deleted: false,
      wait: null,
      user_id: world.users()[0]?.user_id,
    })
    expect(data.clean_up).toContain(`byoo disconnect ${data.user_id} --delete-user`)
    expect(data.checks.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'redirect_uri passed',
      'client_id passed',
      'audience passed',
      'team passed',
    ])
  })

  test('for a user that is there creates none', async () => {
    const world = await startLinkedWorld()
    const user = world.addUser()
    const { code, stdout } = await world.here(['link', 'strava', '--user', user, '--json'])
    expect(code).toBe(0)
    expect(readShape('link', stdout)).toMatchObject({ user_id: user, created: false, clean_up: null })
    expect(world.users()).toHaveLength(1)
    const fromVariable = await world.here(['link', 'strava', '--json'], { env: { BYOO_USER: user } })
    expect(readShape('link', fromVariable.stdout).user_id).toBe(user)
  })

  test('with a short-lived token only asks once for it', async () => {
    const world = await startLinkedWorld()
    await world.here(['link', 'strava'])
    const calls = world.simulator.requests.map(({ operation }) => operation)
    expect(calls).toEqual(['token', 'create_user', 'create_link_token', 'oauth_link', 'list'])
  })

  test('with a team API key needs no management key', async () => {
    const world = await startLinkedWorld()
    const env = { JUNCTION_API_KEY: world.simulator.apiKeys['sandbox/us'], JUNCTION_MANAGEMENT_KEY: '' }
    const outcome = await world.here(['link', 'strava', '--verbose'], { env })
    expect(outcome.code).toBe(0)
    linkOf(world, outcome)
    expect(outcome.stdout).toContain('(not compared: there is no management key, and byoo.yaml has none)\n')
    expect(world.simulator.requests.map(({ operation }) => operation)).not.toContain('token')
  })

  test('with a team API key and a management key compares with what Junction holds', async () => {
    const world = await startLinkedWorld()
    const env = { JUNCTION_API_KEY: world.simulator.apiKeys['sandbox/us'], BYOO_TEAM: '' }
    const { code, stdout } = await world.here(['link', 'strava'], { env })
    expect([code, stdout]).toEqual([0, expect.stringContaining('(the one that Junction holds)')])
    expect(world.simulator.requests.map(({ operation }) => operation)).not.toContain('token')
  })

  test('compares with what was found of a list without an end', async () => {
    const world = await startLinkedWorld()
    world.simulator.set({ endlessPages: 'same_cursor' })
    const { code, stdout, stderr } = await world.here(['link', 'strava'])
    expect([code, stdout]).toEqual([0, expect.stringContaining('(the one that Junction holds)')])
    expect(stderr).toContain('the cursor of page 2 repeats an earlier one')
    expect((await world.here(['link', 'oura'])).stdout).not.toContain('that Junction holds)')
  })

  test('a provider with nothing in Junction is compared with byoo.yaml', async () => {
    const world = await startLinkedWorld()
    writeYaml(world, routeOf(callback.replace('strava', '{provider}/')))
    const outcome = await world.here(['link', 'oura'])
    expect(outcome.code).toBe(7)
    expect(outcome.stdout).toContain(
      'the redirect URI in the link is not the one in byoo.yaml, since Junction holds none\n' +
        '  should be    https://oauth.example.com/oauth_callback/oura/\n',
    )
    expect(outcome.stdout).toContain('^ byte 4\n')
    expect(outcome.stdout).toContain(
      'what to do  set the right one with: byoo set-credentials oura --environment sandbox/us\n',
    )
    expect(outcome.stdout).toContain('Do not use this link')
    linkOf(world, outcome)
  })

  test("Junction's own callback in byoo.yaml: an override that Junction holds ends with 7", async () => {
    const world = await startLinkedWorld()
    writeYaml(
      world,
      'credentials: [{ provider: strava, environments: [sandbox/us], redirect_url: junction, client_id: "12345" }]',
    )
    const { code, stdout } = await world.here(['link', 'strava'])
    expect([code, stdout]).toEqual([
      7,
      expect.stringContaining(
        'Junction holds an override, in spite of "redirect_url: junction" in byoo.yaml\n' +
          '  what to do  take it away with: byoo set-redirect strava --environment sandbox/us\n',
      ),
    ])
    const [record] = world.simulator.store.records['sandbox/us']
    if (record) record.redirect_url_override = null
    const own = await world.here(['link', 'strava'])
    expect([own.code, own.stdout]).toEqual([
      0,
      expect.stringMatching(
        /^redirect URI {2}http:.*\/v2\/link\/connect\/strava \(Junction's own callback\)$/m,
      ),
    ])
  })

  test('a shared route is asked where it sends this callback', async () => {
    const world = await startLinkedWorld()
    writeYaml(
      world,
      `routes: [{ url: "${callback}", provider: strava, environments: [sandbox/us, production/us], otherwise: "https://app.example.com/own" }]`,
    )
    const { code, stdout } = await world.here(['link', 'strava'])
    expect([code, stdout]).toEqual([0, expect.stringContaining('shared route  to sandbox/us\n')])
  })

  test('an override that is not the URL of the route ends with 7, though the link has it', async () => {
    const world = await startLinkedWorld()
    writeYaml(world, routeOf('https://elsewhere.example/cb/{provider}'))
    const { code, stdout } = await world.here(['link', 'strava'])
    expect(code).toBe(7)
    expect(stdout).toContain(
      'the override that Junction holds is not the URL of the route in byoo.yaml\n' +
        `  should be    https://elsewhere.example/cb/strava\n  at Junction  ${callback}\n`,
    )
    expect(stdout).toContain(
      'set the URL of the route with: byoo set-redirect strava --environment sandbox/us',
    )
    const json = readShape('link', (await world.here(['link', 'strava', '--json'])).stdout)
    expect(json.checks.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'redirect_uri passed',
      'client_id passed',
      'audience passed',
      'team passed',
      'override failed',
    ])
  })

  test.each([
    ['a trailing slash', `${callback}/`, 47],
    ['another scheme', callback.replace('https', 'http'), 4],
  ])('%s is shown under a caret, and ends with 7', async (_name, redirect_url_override, byte) => {
    const { simulator, asked, here } = await startLinkedWorld()
    // Junction holds another override by the time it is asked, so the link has the one from before.
    simulator.set({ failures: [{ operation: 'list', type: 'slow', milliseconds: 200 }] })
    asked('list').then(() => {
      const fields = { team_id: simulator.teams.us.id, provider: 'strava', redirect_url_override }
      simulator.store.set('sandbox/us', fields)
    })
    const { code, stdout } = await here(['link', 'strava'])
    expect(code).toBe(7)
    expect(stdout).toContain(
      `the redirect URI in the link is not the one that Junction holds\n  should be    ${redirect_url_override}\n` +
        `  in the link  ${callback}\n${' '.repeat(15 + byte)}^ byte ${byte}\n` +
        '  what to do  set it again with: byoo set-redirect strava --environment sandbox/us; if',
    )
  })

  test('a link token of another environment ends with 7', async () => {
    const claims = Buffer.from(JSON.stringify({ aud: 'https://api.eu.tryvital.io' })).toString('base64url')
    const link_token = `eyJhbGciOiJub25lIn0.${claims}.made-up`
    const { url } = await startLink(({ path }) => {
      if (path.endsWith('/v2/user')) return { body: { user_id: stranger } }
      if (path.endsWith('/token')) return { body: { link_token, link_web_url: 'https://link.example' } }
      return { body: { oauth_url: `https://acme-fit.example/?client_id=1&state=${link_token}` } }
    })
    const { code, stdout, stderr } = await runHere(['link', 'strava', '--verbose'], insteadOf(url))
    expect(code).toBe(7)
    expect(stdout).toContain('the link token is for production/eu, not for sandbox/us\n')
    expect(stdout).toContain('redirect URI  the link has no redirect_uri, so there is nothing to compare\n')
    expect(stderr).not.toContain(claims)
  })

  test.each([
    ['stravva', 'did you mean "strava"?'],
    ['whoop', 'did you mean "whoop_v2"?'],
    ['runkeper', 'did you mean "runkeeper"?'],
    ['apple_health_kit', 'is not a provider that Junction connects by OAuth'],
  ])('%s is a usage error before any request', async (slug, message) => {
    const { simulator, here } = await startLinkedWorld()
    const { code, stderr } = await here(['link', slug])
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
    expect(simulator.requests).toEqual([])
  })

  test.each(['ihealth', 'runkeeper'])('%s works without BYOO', async (slug) => {
    const { here } = await startLinkedWorld()
    const { code, stdout } = await here(['link', slug])
    expect([code, stdout]).toEqual([0, expect.stringContaining('with its own application)')])
    expect(stdout).not.toContain('set-credentials')
  })

  test('a user that was created is deleted again when there is no link', async () => {
    const world = await startLinkedWorld()
    const { code, stderr } = await world.here(['link', 'whoop_v2'])
    expect([code, stderr]).toEqual([5, expect.stringContaining('INVALID_PROVIDER means:')])
    expect(stderr).toMatch(/the user [0-9a-f-]{36}, which was created for this, is deleted again/)
    expect(world.users()).toEqual([])
  })

  test('a user that cannot be deleted again is named with the command', async () => {
    const world = await startLinkedWorld()
    world.simulator.set({ failures: [{ operation: 'delete_user', type: 'status', status: 403, times: 9 }] })
    const { stderr } = await world.here(['link', 'whoop_v2', '--no-color'])
    const [user] = world.users()
    expect(stderr).toContain(`the user ${user?.user_id}, which was created for this, is still there`)
    expect(stderr).toContain(`byoo disconnect ${user?.user_id} --delete-user`)
  })

  test('a user that may have been created is named', async () => {
    const world = await startLinkedWorld()
    world.simulator.set({ failures: [{ operation: 'create_user', type: 'reset', takesEffect: true }] })
    const { code, stderr } = await world.here(['link', 'strava'])
    expect([code, stderr]).toEqual([6, expect.stringContaining(world.users()[0]?.client_user_id ?? '-')])
  })

  test('a sandbox that is full says so', async () => {
    const world = await startLinkedWorld()
    for (let index = 0; index < 50; index += 1) world.addUser()
    const { code, stderr } = await world.here(['link', 'strava'])
    expect([code, stderr]).toEqual([3, expect.stringContaining('when it is full, delete one')])
  })
})

describe('keys', () => {
  test.each([
    [
      { JUNCTION_API_KEY: 'pk_us_made-up-key' },
      'is a team API key (production/us), and a team API key of sandbox/us is needed',
    ],
    [
      { JUNCTION_API_KEY: 'mg_made-up-key' },
      'is a management key, and a team API key of sandbox/us is needed',
    ],
    [{ JUNCTION_MANAGEMENT_KEY: 'sk_us_made-up-key' }, 'is a team API key (sandbox/us)'],
    [{ JUNCTION_MANAGEMENT_KEY: '' }, "there is no key for Junction's Link API"],
  ])('%j are refused before any request', async (env, message) => {
    const { simulator, here } = await startLinkedWorld()
    for (const argv of [
      ['link', 'strava'],
      ['connections', stranger],
      ['disconnect', stranger, 'strava', '--yes'],
    ]) {
      const { code, stderr } = await here(argv, { env })
      expect([code, stderr]).toEqual([3, expect.stringContaining(message)])
    }
    expect(simulator.requests).toEqual([])
  })

  test('a stored login goes to no other host, and neither does a token that was got with it', async () => {
    const world = await startLinkedWorld()
    await world.here(['login', '--with-file', '-'], { stdin: world.simulator.keys.organisation })
    world.simulator.requests.length = 0
    for (const elsewhere of [{}, { BYOO_MANAGEMENT_URL: '' }, { BYOO_API_URL: '' }]) {
      const env = { JUNCTION_MANAGEMENT_KEY: '', ...elsewhere }
      const { code, stderr } = await world.here(['link', 'strava'], { env })
      expect([code, stderr]).toEqual([3, expect.stringContaining('a stored login is not sent to 127.0.0.1')])
    }
    expect(world.simulator.requests).toEqual([])
  })

  test.each([{ BYOO_MANAGEMENT_URL: '' }, { BYOO_API_URL: '' }])(
    'half of a demo is refused: %j',
    async (env) => {
      const { simulator, here } = await startLinkedWorld()
      const { code, stderr } = await here(['link', 'strava'], { env })
      expect([code, stderr]).toEqual([
        2,
        expect.stringContaining('give --management-url and --api-url together, or neither'),
      ])
      expect(simulator.requests).toEqual([])
    },
  )
})

test('a host that is neither Junction nor on this machine is named', async () => {
  const instead = insteadOf('https://junction.invalid/{environment}/{region}')
  const { code, stderr } = await runHere(['link', 'strava', '--quiet', '--timeout', '5'], instead)
  expect([code, stderr]).toEqual([
    6,
    expect.stringContaining('this does not come from Junction but from junction.invalid\n'),
  ])
})

test('a token that looks like nothing is hidden from messages, but not from the link', async () => {
  const link_token = 'made-up-opaque-token'
  const oauth_url = `https://acme-fit.example/?client_id=1&state=${link_token}`
  let looks = 0
  const { url } = await startLink(({ path }) => {
    if (path.endsWith('/token')) return { body: { link_token, link_web_url: 'https://link.example' } }
    if (path.includes('/oauth/')) return { body: { oauth_url } }
    looks += 1
    return looks === 1 ? { body: {} } : { status: 403, body: { detail: `no: ${link_token} ${oauth_url}` } }
  })
  const argv = ['link', 'strava', '--wait', '--user', stranger, '--verbose']
  const { code, stdout, stderr } = await runHere(argv, insteadOf(url))
  expect([code, stdout]).toEqual([3, expect.stringContaining(`\n${oauth_url}\n`)])
  expect(stderr).toContain('it says: no: [redacted]')
  expect(stderr).not.toContain(link_token)
})

describe('--wait', () => {
  test('says connected when the user is, and deletes the user', async () => {
    const world = await startLinkedWorld()
    connectUser(world)
    const outcome = await world.here(['link', 'strava', '--wait', '--verbose'])
    expect(outcome.code).toBe(0)
    linkOf(world, outcome)
    expect(outcome.stdout.indexOf('acme-fit')).toBeLessThan(outcome.stdout.indexOf('Connected.'))
    expect(outcome.stdout).toContain('is deleted.')
    expect(outcome.stderr).toContain('Only a connection proves that the client secret is right')
    expect(world.users()).toEqual([])
  })

  test('shows the link before it waits, with --json on stderr', async () => {
    const world = await startLinkedWorld()
    connectUser(world, 'provider_credential_error')
    const { code, stdout, stderr } = await world.here(['link', 'strava', '--wait', '--json'])
    expect(code).toBe(7)
    const data = readShape('link', stdout)
    expect(stderr.split('\n')).toContain(data.url)
    expect(data).toMatchObject({
      deleted: true,
      clean_up: null,
      wait: {
        status: 'failed',
        error: { type: 'provider_credential_error', meaning: expect.stringContaining('the secret') },
      },
    })
  })

  test.each([
    ['provider_credential_error', 'set the secret again'],
    ['brand_new_error', 'a type that this version of byoo does not know'],
  ])('explains %s', async (type, message) => {
    const world = await startLinkedWorld()
    connectUser(world, type)
    const { code, stdout } = await world.here(['link', 'strava', '--wait'])
    expect(code).toBe(7)
    expect(stdout).toContain(`error          ${type}\n`)
    expect(stdout).toContain(message)
    expect(stdout).toContain('made-up reason')
  })

  test('sees a new connection of a user that had one, and keeps the user', async () => {
    const world = await startLinkedWorld()
    const user = world.addUser(connection('strava'))
    connectUser(world, undefined, '2026-11-20T13:00:00.000Z')
    const { code, stderr } = await world.here(['link', 'strava', '--wait', '--user', user])
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('has a connection of Strava already (connected'),
    ])
    expect(world.users()).toHaveLength(1)
  })

  test('a failed check ends it at once, and deletes the user', async () => {
    const world = await startLinkedWorld()
    writeYaml(world, routeOf(callback.replace('strava', '{provider}')))
    const { code, stdout } = await world.here(['link', 'oura', '--wait'])
    expect([code, stdout]).toEqual([7, expect.stringContaining('is deleted')])
    expect(stdout).not.toContain('acme-fit')
    expect(world.users()).toEqual([])
  })

  test('gets a new token when the old one has ended', async () => {
    const world = await startLinkedWorld()
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    world.asked('connections').then(() => {
      vi.setSystemTime(Date.now() + 11 * 60_000)
      world.users()[0]?.connections.set('strava', connection('strava'))
    })
    world.simulator.set({ failures: [{ operation: 'connections', type: 'status', status: 500 }] })
    expect(await world.here(['link', 'strava', '--wait'])).toMatchObject({ code: 0 })
    expect(world.simulator.teamTokens.size).toBe(2)
    expect(world.users()).toEqual([])
  })

  test('a key that is refused meanwhile ends it', async () => {
    const world = await startLinkedWorld()
    world.simulator.set({ failures: [{ operation: 'connections', type: 'status', status: 401 }] })
    const { code, stderr } = await world.here(['link', 'strava', '--wait'])
    expect([code, stderr]).toEqual([3, expect.stringContaining('is deleted')])
    expect(world.users()).toEqual([])
  })

  /** A child that gets Ctrl-C when it asks for this. */
  const interrupted = (world: LinkedWorld, operation: Parameters<LinkedWorld['asked']>[0], argv: string[]) =>
    runChild(argv, { env: world.env, directory: world.folder, interruptAfter: world.asked(operation) })
  const onTerminal = ({ env, folder }: LinkedWorld) =>
    runOnTerminal(['link', 'strava', '--wait'], { env, directory: folder })

  test('Ctrl-C deletes the user that was created, and ends with 130', async () => {
    const world = await startLinkedWorld()
    const outcome = await interrupted(world, 'connections', ['link', 'strava', '--wait'])
    expect(outcome.code).toBe(130)
    linkOf(world, outcome)
    expect(outcome.stderr).toMatch(/byoo: interrupted\n {2}the user .* is deleted again\n$/)
    expect(world.users()).toEqual([])
    const calls = world.simulator.requests.map(({ operation }) => operation)
    expect(calls.at(-1)).toBe('delete_user')
  })

  test('Ctrl-C waits for a slow deletion', async () => {
    const world = await startLinkedWorld()
    world.simulator.set({ failures: [{ operation: 'delete_user', type: 'slow', milliseconds: 1500 }] })
    const argv = ['link', 'strava', '--wait', '--json']
    const { code, stdout, stderr } = await interrupted(world, 'connections', argv)
    expect([code, stdout]).toEqual([130, ''])
    expect(readShape('error', stderr.trim().split('\n').at(-1) ?? '').error).toMatchObject({
      code: 'interrupted',
      hint: expect.stringContaining('is deleted'),
    })
    expect(world.users()).toEqual([])
  })

  test('Ctrl-C while the user is being created leaves none', async () => {
    const world = await startLinkedWorld()
    world.simulator.set({ failures: [{ operation: 'create_user', type: 'slow', milliseconds: 700 }] })
    const { code, stderr } = await interrupted(world, 'create_user', ['link', 'strava'])
    expect([code, stderr]).toEqual([130, expect.stringContaining('is deleted')])
    expect(world.users()).toEqual([])
    expect(world.simulator.requests.map(({ operation }) => operation)).not.toContain('create_link_token')
  })

  test('on a terminal shows what it waits for, and Ctrl-C ends it', async () => {
    const world = await startLinkedWorld()
    const byoo = onTerminal(world)
    await byoo.sees('acme-fit')
    await byoo.sees('Waiting until Strava is connected …')
    byoo.type('\u0003')
    expect(await byoo.exited).toBe(130)
    expect(byoo.screen()).toContain('is deleted')
    expect(world.users()).toEqual([])
  })

  test('a terminal that is closed deletes the user as well', async () => {
    const world = await startLinkedWorld()
    const byoo = onTerminal(world)
    await byoo.sees('Waiting until Strava is connected …')
    byoo.close()
    await world.asked('delete_user')
    await vi.waitFor(() => expect(world.users()).toEqual([]), 10_000)
  })

  test('a second Ctrl-C does not wait for the deletion', async () => {
    const world = await startLinkedWorld()
    world.simulator.set({ failures: [{ operation: 'delete_user', type: 'silence', times: 9 }] })
    const byoo = onTerminal(world)
    await world.asked('connections')
    byoo.type('\u0003')
    await byoo.sees(/Ctrl-C again leaves it, for\nbyoo disconnect .* --delete-user/)
    byoo.type('\u0003')
    expect(await byoo.exited).toBe(130)
    expect(world.users()).toHaveLength(1)
  })

  test('Ctrl-C says when the user could not be deleted', async () => {
    const world = await startLinkedWorld()
    world.simulator.set({ failures: [{ operation: 'delete_user', type: 'status', status: 500, times: 9 }] })
    const interruptAfter = world.asked('connections')
    const { code, stderr } = await world.here(['link', 'strava', '--wait'], { interruptAfter })
    expect(code).toBe(130)
    expect(stderr).toContain(`byoo disconnect ${world.users()[0]?.user_id} --delete-user`)
  })
})

describe('--open', () => {
  /** A folder with an xdg-open that writes down what it is given. */
  function standIn(folder: string): { PATH: string; log: string } {
    const log = join(folder, 'opened')
    const script = `#!/bin/sh\nprintf '%s\\n' "$#" "$1" > '${log}.new'\nenv >> '${log}.new'\nmv '${log}.new' '${log}'\n`
    writeFileSync(join(folder, 'xdg-open'), script)
    chmodSync(join(folder, 'xdg-open'), 0o755)
    return { PATH: `${folder}:${process.env.PATH}`, log }
  }

  test('hands the link to the browser, no shell, no keys', async () => {
    const world = await startLinkedWorld()
    const { PATH, log } = standIn(world.folder)
    const { code, stdout } = await world.here(['link', 'strava', '--open', '--json'], { env: { PATH } })
    expect(code).toBe(0)
    const [count, url, ...variables] = readFileSync(log, 'utf8').split('\n')
    expect([count, url]).toEqual(['1', readShape('link', stdout).url])
    expect(variables.join('\n')).not.toMatch(/^(JUNCTION|BYOO)_|made-up-organisation/m)
  })

  test('without a browser says so, and is no failure', async () => {
    const world = await startLinkedWorld()
    const { code, stderr } = await world.here(['link', 'strava', '--open'], { env: { PATH: world.folder } })
    expect([code, stderr]).toEqual([0, expect.stringContaining('there is no xdg-open on this machine')])
  })

  test.each([
    ['darwin', 'there is no open on this machine'],
    ['win32', 'there is no rundll32 on this machine'],
  ])('of %s has a program of its own', async (platform, message) => {
    const world = await startLinkedWorld()
    const { stderr } = await world.here(['link', 'strava', '--open'], {
      env: { PATH: world.folder },
      platform,
    })
    expect(stderr).toContain(message)
  })

  test('opens nothing when a check failed', async () => {
    const world = await startLinkedWorld()
    const { PATH, log } = standIn(world.folder)
    writeYaml(world, routeOf(callback.replace('strava', '{provider}')))
    expect(await world.here(['link', 'oura', '--open'], { env: { PATH } })).toMatchObject({ code: 7 })
    expect(existsSync(log)).toBe(false)
  })

  test.each(['javascript:alert(1)', 'file:///etc/passwd', 'https://acme-fit.example/ --new-window', 'x'])(
    'an answer of %j is refused',
    async (oauth_url) => {
      const { url } = await startLink(({ path }) => {
        if (path.endsWith('/v2/user')) return { body: { user_id: stranger } }
        if (path.endsWith('/token')) return { body: { link_token: 'made-up', link_web_url: 'x' } }
        return { body: { oauth_url, success: true } }
      })
      const { code, stderr } = await runHere(['link', 'strava', '--open'], insteadOf(url))
      expect([code, stderr]).toEqual([6, expect.stringContaining('is not an http or https URL')])
    },
  )
})
