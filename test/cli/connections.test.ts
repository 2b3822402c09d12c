import { describe, expect, test } from 'vitest'
import { errorCodes } from '../../src/junction/error-codes.ts'
import { runOnTerminal } from '../run.ts'
import { addUser, connection, startLinkedWorld } from '../world.ts'
import { readShape } from './shapes.ts'

const stranger = '55555555-5555-4555-8555-555555555555'

describe('connections', () => {
  test('shows status, date and what an error means', async () => {
    const { addUser, here } = await startLinkedWorld()
    const user = addUser(
      connection('strava'),
      connection('oura', 'token_refresh_failed'),
      connection('polar', 'brand_new'),
    )
    const { code, stdout, stderr } = await here(['connections', user, '--verbose'])
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^PROVIDER {2}STATUS {5}SINCE {13}ERROR\nstrava {4}connected {2}2026-11-20 12:00 {2}-\n/,
    )
    expect(stdout).toContain('oura      error      2026-11-20 12:00  token_refresh_failed\n')
    expect(stdout).toContain('means          the provider did not renew')
    expect(stdout).toContain('a type that this version of byoo does not know')
    expect(stdout + stderr).not.toContain('made-up@example.com')
  })

  test('as JSON', async () => {
    const { addUser, here } = await startLinkedWorld()
    const user = addUser(connection('strava'), connection('oura', 'deregistered_per_provider'))
    const { stdout } = await here(['connections', user, '--json'])
    expect(readShape('connections', stdout)).toMatchObject({
      user_id: user,
      environment: 'sandbox/us',
      connections: [
        { provider: 'strava', status: 'connected', error: null },
        {
          provider: 'oura',
          status: 'error',
          error: { type: 'deregistered_per_provider', message: 'made-up reason' },
        },
      ],
    })
  })

  describe('--failing', () => {
    async function startUsers() {
      const world = await startLinkedWorld()
      const add = (name: string, ...connections: ReturnType<typeof connection>[]) =>
        addUser(world.simulator, name, ...connections)
      return { ...world, add }
    }

    test('of ids of either kind on stdin, shows who has to connect again', async () => {
      const { add, here } = await startUsers()
      const well = add('made-up/1', connection('strava'))
      const ill = add('made-up/2', connection('strava', 'token_refresh_failed'), connection('oura'))
      // An id of your own may look like one of Junction's.
      const alike = '66666666-6666-4666-8666-666666666666'
      const other = add(alike, connection('oura', 'token_refresh_failed'))
      const stdin = `${well}\nmade-up/2\r\n\n${alike}\nmade-up/2\n`
      const { code, stdout } = await here(['connections', '--failing'], { stdin })
      expect(code).toBe(0)
      expect(stdout.split('\n').slice(0, 5)).toEqual([
        '2 of 3 users have a connection that fails in sandbox/us.',
        '',
        'USER                                  PROVIDER  ERROR                 SINCE',
        'made-up/2                             strava    token_refresh_failed  2026-11-20 12:00',
        `${alike}  oura      token_refresh_failed  2026-11-20 12:00`,
      ])
      expect(stdout).toContain('the provider did not renew')
      const json = await here(['connections', '--failing', '--json'], { stdin })
      expect(readShape('failing_connections', json.stdout)).toMatchObject({
        users: 3,
        failing: [
          { id: 'made-up/2', user_id: ill, connections: [{ provider: 'strava' }] },
          { id: alike, user_id: other, connections: [{ provider: 'oura' }] },
        ],
        not_found: [],
      })
    })

    test('ids that nobody has are named, and the others looked up all the same: exit 4', async () => {
      const { add, here } = await startUsers()
      add('made-up-1', connection('strava'))
      const stdin = `${stranger}\nnobody\u001b[2J\nmade-up-1\n`
      const { code, stdout } = await here(['connections', '--failing'], { stdin })
      expect(code).toBe(4)
      expect(stdout).toBe(
        'No connection of 3 users fails in sandbox/us.\n' +
          `\nNot found in sandbox/us:\n  ${stranger}\n  nobody\\x1b[2J\n`,
      )
    })

    test('one look-up that fails is named, and the others are shown all the same', async () => {
      const { add, here, simulator } = await startUsers()
      const ids = ['made-up-1', 'made-up-2']
      for (const id of ids) add(id, connection('strava', 'token_refresh_failed'))
      const stdin = [...ids, 'nobody'].join('\n')
      const failure = { operation: 'connections', type: 'status', status: 500 } as const
      simulator.set({ failures: [failure] })
      const { code, stdout } = await here(['connections', '--failing'], { stdin })
      expect([code, stdout]).toEqual([6, expect.stringMatching(/^1 of 3 users has a connection that fails/)])
      expect(stdout).toMatch(/\nNot looked up:\n {2}made-up-[12]: could not .*500/)
      simulator.set({ failures: [failure] })
      const json = await here(['connections', '--failing', '--json'], { stdin })
      const { failing, failed, not_found } = readShape('failing_connections', json.stdout)
      expect([...failing, ...failed].map(({ id }) => id).sort()).toEqual(ids)
      expect([failed, not_found]).toMatchObject([[{ code: 'unreachable' }], ['nobody']])
      simulator.set({ failures: [{ operation: 'connections', type: 'status', status: 401 }] })
      expect(await here(['connections', '--failing'], { stdin })).toMatchObject({ code: 3, stdout: '' })
    })

    test('Ctrl-C shows what was found until then', async () => {
      const { add, here, asked } = await startUsers()
      add('made-up-1', connection('strava', 'token_refresh_failed'))
      const stdin = ['made-up-1', ...Array.from({ length: 40 }, (_, index) => `nobody-${index}`)].join('\n')
      const interruptAfter = asked('connections').then(() => asked('resolve_user'))
      const { code, stdout } = await here(['connections', '--failing'], { stdin, interruptAfter })
      expect([code, stdout]).toEqual([130, expect.stringContaining('nobody-39: interrupted')])
    })

    test.each([
      ['no id', ['--failing'], '\n', 'there is no id on stdin'],
      ['a user besides', ['--failing', stranger], '', 'give no user beside it'],
      ['neither', [], '', '--failing < ids'],
      ['a line that is no id', ['--failing'], 'a'.repeat(201), 'more than 200 characters'],
    ])('%s: exit 2, and nothing is asked', async (_name, argv, stdin, message) => {
      const { here, simulator } = await startUsers()
      const { code, stderr } = await here(['connections', ...argv], { stdin })
      expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
      expect(simulator.requests).toEqual([])
    })
  })

  test('says when there are none', async () => {
    const { addUser, here } = await startLinkedWorld()
    expect(await here(['connections', addUser()])).toMatchObject({
      code: 0,
      stdout: 'This user has no connections in sandbox/us.\n',
    })
  })

  test.each([
    ['an id that is none', 'made-up-user', 2, 'not your own name for it'],
    ['a user that is not there', stranger, 4, 'no such user in this environment'],
  ])('%s is an error', async (_name, user, exitCode, message) => {
    const { here } = await startLinkedWorld()
    const { code, stderr } = await here(['connections', user])
    expect([code, stderr]).toEqual([exitCode, expect.stringContaining(message)])
  })

  test('every error type that the API describes is explained', () => {
    const described = [
      'token_refresh_failed',
      'webhook_registration_failed',
      'user_not_found',
      'deregistered_per_provider',
      'required_scopes_not_granted',
      'provider_credential_error',
      'provider_password_expired',
      'unknown',
    ]
    const known = errorCodes.map(({ code }) => code)
    expect(described.filter((code) => !known.includes(code))).toEqual([])
    expect(new Set(known).size).toBe(known.length)
  })
})

describe('disconnect', () => {
  test('removes one connection, and reads back', async () => {
    const { simulator, addUser, users, here } = await startLinkedWorld()
    const user = addUser(connection('strava'), connection('oura'))
    const { code, stdout, stderr } = await here(['disconnect', user, 'strava', '--yes'])
    expect([code, stdout]).toEqual([0, `Disconnected strava from the user ${user} in sandbox/us.\n`])
    expect(stderr).toContain('To get data again, the person has to consent again.')
    expect([...(users()[0]?.connections.keys() ?? [])]).toEqual(['oura'])
    const calls = simulator.requests.map(({ operation }) => operation)
    expect(calls).toEqual(['token', 'connections', 'disconnect', 'connections'])
  })

  test('--delete-user removes the user as well', async () => {
    const { addUser, users, here } = await startLinkedWorld()
    const user = addUser(connection('strava'), connection('oura'))
    const { stdout } = await here(['disconnect', user, '--delete-user', '--yes', '--json'])
    expect(readShape('disconnected', stdout)).toMatchObject({
      user_id: user,
      user_deleted: true,
      disconnected: [{ provider: 'strava' }, { provider: 'oura' }],
    })
    expect(users()).toEqual([])
  })

  test('of nothing in particular says how to look, in the same environment', async () => {
    const { addUser, here } = await startLinkedWorld()
    const user = addUser(connection('strava'))
    const { code, stderr } = await here(['disconnect', user])
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining(`\n  byoo connections ${user} --environment sandbox/us\n`),
    ])
  })

  test('without a terminal needs --yes', async () => {
    const { simulator, addUser, users, here } = await startLinkedWorld()
    const user = addUser(connection('strava'))
    for (const what of ['strava', '--delete-user']) {
      const { code, stderr } = await here(['disconnect', user, what])
      expect([code, stderr]).toEqual([2, expect.stringContaining('add --yes when you are sure')])
    }
    expect(users()[0]?.connections.size).toBe(1)
    expect(simulator.requests.map(({ method }) => method)).not.toContain('DELETE')
  })

  test.each([
    ['none', [], 'oura', 'it has none at all'],
    ['another', [connection('strava')], 'oura', 'it has strava'],
    ['one that is spelled differently', [connection('strava')], 'stravva', 'did you mean "strava"?'],
  ])('a user with %s ends with 4', async (_name, connections, provider, message) => {
    const { addUser, here } = await startLinkedWorld()
    const { code, stderr } = await here(['disconnect', addUser(...connections), provider, '--yes'])
    expect([code, stderr]).toEqual([4, expect.stringContaining(message)])
  })

  test.each([
    [[stranger], "missing required argument 'provider'"],
    [[stranger, 'strava', '--delete-user'], 'give a provider or --delete-user, not both'],
    [['made-up-user', 'strava'], 'is not the UUID of a user'],
  ])('%j is a usage error', async (operands, message) => {
    const { simulator, here } = await startLinkedWorld()
    const { code, stderr } = await here(['disconnect', ...operands])
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
    expect(simulator.requests).toEqual([])
  })

  test('says when it may have happened all the same', async () => {
    const { simulator, addUser, here } = await startLinkedWorld()
    const user = addUser(connection('strava'))
    simulator.set({ failures: [{ operation: 'disconnect', type: 'status', status: 500 }] })
    const { code, stderr } = await here(['disconnect', user, 'strava', '--yes'])
    expect(code).toBe(6)
    expect(stderr).toContain(`check with\n  byoo connections ${user} --environment sandbox/us\n`)
  })

  test('says when it was not done', async () => {
    const { simulator, addUser, users, here, asked } = await startLinkedWorld()
    const user = addUser(connection('strava'))
    simulator.set({ failures: [{ operation: 'connections', type: 'slow', milliseconds: 100, times: 2 }] })
    asked('disconnect').then(async () => {
      await asked('connections')
      users()[0]?.connections.set('strava', connection('strava'))
    })
    const { code, stderr } = await here(['disconnect', user, 'strava', '--yes'])
    expect([code, stderr]).toEqual([7, expect.stringContaining('the connection is still there')])
  })

  test('asks on a terminal, and no is the default', { timeout: 30_000 }, async () => {
    const { addUser, users, env, folder } = await startLinkedWorld()
    const user = addUser(connection('strava'))
    const no = runOnTerminal(['disconnect', user, 'strava'], { env, directory: folder })
    await no.sees('Disconnect now?')
    no.type('\r')
    expect(await no.exited).toBe(130)
    expect(no.screen()).toContain('stopped: nothing was changed')
    expect(users()[0]?.connections.size).toBe(1)
    const yes = runOnTerminal(['disconnect', user, '--delete-user'], { env, directory: folder })
    await yes.sees('This deletes the user')
    await yes.sees('Delete the user now?')
    yes.type('y')
    expect(await yes.exited).toBe(0)
    expect(users()).toEqual([])
  })
})
