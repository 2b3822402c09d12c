import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { runOnTerminal } from '../run.ts'
import { allSlugs, type DeclaredWorld, madeUpToken, startDeclaredWorld } from './declared-world.ts'

const applied = ['apply', '--yes', '--skip-verify']

async function diffOf(world: DeclaredWorld, ...argv: string[]) {
  const { code, stdout } = await world.here(['diff', ...argv, '--json'])
  const { records, ...rest }: { records: { kind: string }[]; verdict: string } = JSON.parse(stdout)
  return { code, stdout, records, ...rest }
}

const recordsOf = (
  { simulator }: DeclaredWorld,
  environment: 'sandbox/us' | 'production/eu' = 'sandbox/us',
) => simulator.store.records(environment)

const operations = ({ simulator }: DeclaredWorld, name: string) =>
  simulator.requests.filter(({ operation }) => operation === name).length

test('an empty Junction becomes equal to 16 providers in 4 environments, by one command', async () => {
  const world = await startDeclaredWorld()
  world.declare(allSlugs)
  expect(await diffOf(world)).toMatchObject({ code: 7, verdict: '64 to create, 0 to change.' })
  expect(operations(world, 'list')).toBe(4)

  const apply = await world.here(applied)
  expect([apply.code, apply.stdout.split('\n')[0]]).toEqual([0, '64 done, 0 failed, 0 not tried.'])
  expect(apply.stdout).toMatch(
    /^20\d\d-.*Z {2}key ….{4} {2}strava in production\/us {2}.*client_id.*; hash new$/m,
  )
  expect(apply.screen).not.toContain('made-up-secret-of')
  expect(apply.screen).not.toContain(madeUpToken)
  const { code, records } = await diffOf(world)
  expect([code, new Set(records.map(({ kind }) => kind))]).toEqual([0, new Set(['same'])])

  const googleFit = recordsOf(world, 'production/eu').find(({ source }) => source === 'google_fit')
  expect(googleFit?.details).toMatchObject({ redirect_uri: googleFit?.redirect_url_override })
  const record = recordsOf(world, 'production/eu').find(({ source }) => source === 'oura')
  if (record) record.redirect_url_override = 'https://old.example.com/oura'
  const edited = await diffOf(world)
  expect(edited).toMatchObject({ code: 7, verdict: '0 to create, 1 to change.' })
  expect(edited.records.filter(({ kind }) => kind !== 'same')).toMatchObject([
    {
      kind: 'change',
      provider: 'oura',
      environment: 'production/eu',
      fields: [
        {
          field: 'redirect_url_override',
          old: 'https://old.example.com/oura',
          new: 'https://production.eu.example.com/oauth_callback/oura',
        },
      ],
    },
  ])
  const before = operations(world, 'set')
  expect((await world.here(applied)).code).toBe(0)
  expect(operations(world, 'set') - before).toBe(1)
})

test("the redirect URI in google_fit's details is that of its route, and goes with it", async () => {
  const world = await startDeclaredWorld()
  world.declare(['google_fit'], ['sandbox/us'])
  expect((await world.here(applied)).code).toBe(0)
  const details = () => recordsOf(world)[0]?.details
  const url = 'https://sandbox.us.example.com/oauth_callback/google_fit'
  expect(details()).toEqual({ redirect_uri: url, data_scopes: ['one'] })
  expect((await diffOf(world)).code).toBe(0)

  const elsewhere = 'https://elsewhere.example.com/google_fit'
  const argv = ['set-redirect', 'google_fit', elsewhere, '--unserved']
  const env = { BYOO_ENVIRONMENT: 'sandbox/us' }
  expect((await world.here(argv, { env })).code).toBe(0)
  expect(details()).toEqual({ redirect_uri: elsewhere, data_scopes: ['one'] })
  expect((await diffOf(world)).records).toMatchObject([
    { fields: [{ field: 'redirect_url_override' }, { field: 'details.redirect_uri', new: url }] },
  ])

  rmSync(join(world.folder, 'byoo.yaml'))
  expect(
    (await world.here(['init', '--from-junction'], { env: { BYOO_ORG: world.simulator.org } })).code,
  ).toBe(0)
  const [credential] = parse(readFileSync(join(world.folder, 'byoo.yaml'), 'utf8')).credentials
  expect(credential).toMatchObject({ redirect_url: elsewhere, details: { data_scopes: ['one'] } })
  expect(credential.details).not.toHaveProperty('redirect_uri')
  expect((await diffOf(world)).code).toBe(0)
})

describe('byoo diff', () => {
  test('tells of secrets in details only whether they differ, and needs none', async () => {
    const world = await startDeclaredWorld()
    world.declare(['polar'], ['sandbox/us'])
    expect((await world.here(applied)).code).toBe(0)
    const field = 'details.webhook_secret'
    expect((await diffOf(world)).records).toMatchObject([
      { kind: 'same', fields: [{ field, secret: 'same' }] },
    ])
    const other = await world.here(['diff', '--json'], { env: { MADE_UP_TOKEN: 'another-token-0123456789' } })
    expect([other.code, JSON.parse(other.stdout).records]).toMatchObject([
      7,
      [{ fields: [{ secret: 'differs' }] }],
    ])
    rmSync(join(world.folder, 'polar'))
    const unknown = await world.here(['diff', '--json'], { env: { MADE_UP_TOKEN: '' } })
    expect([unknown.code, JSON.parse(unknown.stdout).records]).toMatchObject([
      0,
      [{ fields: [{ secret: 'not compared' }] }],
    ])
    for (const { screen } of [other, unknown]) expect(screen).not.toMatch(/token-0123456789/)
  })

  test('what is not in the file is said, and keeps nothing red', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava', 'oura'], ['sandbox/us'])
    expect((await world.here(applied)).code).toBe(0)
    world.declare(['strava'], ['sandbox/us'])
    const { code, stdout } = await world.here(['diff'])
    expect([code, stdout]).toEqual([0, expect.stringContaining('not in the file: oura in sandbox/us')])
    expect((await diffOf(world, 'strava')).records).toHaveLength(1)
  })

  test('an environment that cannot be listed is named; the others are compared', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava'], ['sandbox/us', 'sandbox/eu'])
    world.simulator.set({ failures: [{ operation: 'list', type: 'status', status: 403 }] })
    const { code, stdout } = await world.here(['diff'])
    expect(code).toBe(3)
    expect(stdout).toContain('not read')
    expect(stdout).toContain('create strava in')
  })

  test.each([
    ['BYOO_CLIENT_SECRET', 'x'],
    ['BYOO_CLIENT_ID', 'x'],
    ['BYOO_DETAILS_FILE', 'x'],
    ['BYOO_REDIRECT_URL', 'https://x.example/'],
    ['BYOO_TEAM', '22222222-2222-4222-8222-222222222222'],
    ['BYOO_ORG', '11111111-1111-4111-8111-111111111112'],
  ])('%s left in the shell is refused, for it would go into every record', async (name, value) => {
    const world = await startDeclaredWorld()
    world.declare(['strava'], ['sandbox/us'])
    for (const argv of [['diff'], applied]) {
      const { code, stderr } = await world.here(argv, { env: { [name]: value } })
      expect([code, stderr]).toEqual([2, expect.stringContaining(name)])
    }
    expect(world.simulator.requests).toEqual([])
  })

  test('a file that says too little names all of it', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava', 'oura'], ['sandbox/us'], ({ client_id: _, ...credential }) => credential)
    const { code, stderr } = await world.here(['diff'])
    expect(code).toBe(2)
    expect(stderr).toContain('strava in sandbox/us has no client_id')
    expect(stderr).toContain('oura in sandbox/us has no client_id')
  })
})

describe('byoo apply', () => {
  test('goes on past a failure, and again converges', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava', 'oura', 'wahoo'], ['sandbox/us'])
    world.simulator.set({
      failures: [{ operation: 'set', type: 'status', status: 422, text: 'made-up reason' }],
    })
    const first = await world.here(applied)
    expect([first.code, first.stdout.split('\n')[0]]).toEqual([5, '2 done, 1 failed, 0 not tried.'])
    expect(first.stdout).toContain('made-up reason')
    const second = await world.here(applied)
    expect([second.code, second.stdout.split('\n')[0]]).toEqual([0, '1 done, 0 failed, 0 not tried.'])
  })

  test('a key that is not accepted stops all, one without a role only its environment', async () => {
    const world = await startDeclaredWorld()
    world.declare(allSlugs.slice(0, 8), ['sandbox/us', 'sandbox/eu'])
    world.simulator.set({ failures: [{ operation: 'set', type: 'status', status: 403 }] })
    const forbidden = await world.here([...applied, '--json'])
    const outcomes = JSON.parse(forbidden.stdout).records as { environment: string; status: string }[]
    const failed = outcomes.find(({ status }) => status === 'failed')
    expect(outcomes.filter(({ status }) => status === 'not tried').length).toBeGreaterThan(0)
    const others = outcomes.filter(({ environment }) => environment !== failed?.environment)
    expect([forbidden.code, others.every(({ status }) => status === 'done')]).toEqual([3, true])

    const again = await startDeclaredWorld()
    again.declare(allSlugs, ['sandbox/us', 'sandbox/eu'])
    again.simulator.set({ failures: [{ operation: 'set', type: 'status', status: 401 }] })
    const stopped = await again.here([...applied, '--json'])
    const left = JSON.parse(stopped.stdout).records as { status: string }[]
    expect([stopped.code, left.filter(({ status }) => status === 'not tried').length > 20]).toEqual([3, true])
  })

  test('secrets that are missing are named together, and nothing is sent', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava', 'oura', 'polar'], ['sandbox/us'])
    rmSync(join(world.folder, 'strava'))
    const { code, stderr } = await world.here(applied, { env: { MADE_UP_TOKEN: '' } })
    expect(code).toBe(2)
    expect(stderr).toContain('strava')
    expect(stderr).toContain('details.webhook_secret of polar')
    expect(stderr.split('this is missing')[1]).not.toContain('oura')
    expect(operations(world, 'set')).toBe(0)
  })

  test('without a terminal it needs --yes, and names references that lead out of the folder', async () => {
    const world = await startDeclaredWorld()
    world.declare(['polar'], ['sandbox/us'])
    const { code, stderr } = await world.here(['apply'])
    expect([code, stderr]).toEqual([2, expect.stringContaining('add --yes')])
    expect(stderr).toContain('MADE_UP_TOKEN')
    expect(operations(world, 'set')).toBe(0)
  })

  test('a dry run writes nothing', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava'], ['sandbox/us'])
    const { code, stdout } = await world.here(['apply', '--dry-run'])
    expect([code, stdout.split('\n')[0]]).toEqual([0, '1 record would be written; nothing was sent.'])
    expect(operations(world, 'set')).toBe(0)
  })

  test('a live endpoint that is not there stops its own records only', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava'], ['production/us', 'sandbox/us'], (credential) => credential)
    const { code, stdout } = await world.here(['apply', '--yes'])
    expect([code, stdout.split('\n')[0]]).toEqual([7, '1 done, 0 failed, 1 not tried.'])
    expect(recordsOf(world).map(({ source }) => source)).toEqual(['strava'])
  })

  test("Junction's own callback: no override is sent", async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava'], ['production/us', 'sandbox/us'], (credential) => ({
      ...credential,
      redirect_url: 'junction',
    }))
    expect((await world.here(['apply', '--yes'])).code).toBe(0)
    expect(recordsOf(world)[0]?.redirect_url_override ?? null).toBeNull()
    expect((await diffOf(world)).code).toBe(0)
    for (const environment of ['production/us', 'sandbox/us'] as const) {
      const [record] = world.simulator.store.records(environment)
      if (record) record.redirect_url_override = 'https://old.example.com/strava'
    }
    const { code, stdout } = await world.here(['apply', '--yes'])
    expect([code, stdout.split('\n')[0]]).toEqual([7, '1 done, 0 failed, 1 not tried.'])
    expect(recordsOf(world)[0]?.redirect_url_override ?? null).toBeNull()
    expect(world.simulator.requests.at(-2)?.body).toMatchObject({ redirect_url_override: null })
  })

  test('Ctrl-C finishes what is under way, and lists what is left', async () => {
    const world = await startDeclaredWorld()
    world.declare(allSlugs, ['sandbox/us'])
    const slow = { operation: 'set', type: 'slow', milliseconds: 300, times: 16 } as const
    world.simulator.set({ failures: [slow] })
    // Two lists and the first write.
    const { code, stdout } = await world.here(applied, { interruptAfter: world.simulator.arrival(3) })
    expect([code, stdout.split('\n')[0]]).toEqual([130, 'Interrupted: 4 done, 0 failed, 12 not tried.'])
    expect((await world.here(applied)).stdout.split('\n')[0]).toBe('12 done, 0 failed, 0 not tried.')
  })
})

describe('on a terminal', () => {
  test('production is typed; a record that changed meanwhile is left as it is', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava', 'oura'], ['production/eu'])
    expect((await world.here(applied)).code).toBe(0)
    const [strava, oura] = recordsOf(world, 'production/eu')
    for (const record of [strava, oura]) if (record) record.client_id = 'other'
    const env = { ...world.env }
    const byoo = runOnTerminal(['apply', '--skip-verify'], { env, directory: world.folder })
    await byoo.sees('Type production to make 2 changes')
    if (strava) strava.updated_at = '2030-01-01T00:00:00+00:00'
    byoo.type('yes\r')
    await byoo.sees('Type production, or press Ctrl-C.')
    byoo.type(`${'\u007f'.repeat(3)}production\r`)
    expect(await byoo.exited).toBe(7)
    expect(byoo.screen()).toContain('1 done, 1 failed, 0 not tried.')
    expect(byoo.screen()).toContain('changed in Junction meanwhile')
  })

  test('a rotation asks for the secret last, once, and writes every environment', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava'], ['sandbox/us', 'sandbox/eu'])
    expect((await world.here(applied)).code).toBe(0)
    world.declare(
      ['strava'],
      ['sandbox/us', 'sandbox/eu'],
      ({ client_secret: _, ...credential }) => credential,
    )
    const [before] = recordsOf(world)
    const old = before?.client_secret_hash
    const argv = ['apply', 'strava', '--rotate']
    const byoo = runOnTerminal(argv, { env: world.env, directory: world.folder })
    await byoo.sees('Make 2 changes now?')
    byoo.type('y')
    await byoo.sees('Client secret of strava (client id id-of-strava)')
    byoo.type('a-new-made-up-secret-0123456789\r')
    expect(await byoo.exited).toBe(0)
    expect(byoo.screen()).toContain('hash changed')
    expect(byoo.screen()).not.toContain('a-new-made-up-secret')
    expect(recordsOf(world)[0]?.client_secret_hash).not.toBe(old)
  })

  test('a deletion in production wants the name, whatever --yes says', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava', 'oura'], ['production/eu', 'sandbox/us'])
    expect((await world.here(applied)).code).toBe(0)
    world.declare(['strava'], ['production/eu', 'sandbox/us'])
    const argv = ['apply', 'oura', '--delete', '--yes']
    const nobody = await world.here(argv)
    expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining('needs a terminal')])
    expect(recordsOf(world, 'production/eu')).toHaveLength(2)
    const byoo = runOnTerminal(argv, { env: world.env, directory: world.folder })
    await byoo.sees('Type oura to delete oura in production/eu')
    byoo.type('oura\r')
    expect(await byoo.exited).toBe(0)
    expect(recordsOf(world, 'production/eu').map(({ source }) => source)).toEqual(['strava'])
    expect(recordsOf(world).map(({ source }) => source)).toEqual(['strava'])
    const whole = await world.here(['apply', '--delete', '--yes'])
    expect([whole.code, whole.stderr]).toEqual([2, expect.stringContaining('needs the providers by name')])
  })
})

describe('byoo init --from-junction', () => {
  test('describes what is there, so that a diff right after it is empty', async () => {
    const world = await startDeclaredWorld()
    world.declare(allSlugs)
    expect((await world.here(applied)).code).toBe(0)
    // One differs, one has no override.
    const records = recordsOf(world)
    for (const record of records) {
      if (record.source === 'oura') record.client_id = 'another'
      if (record.source === 'wahoo') record.redirect_url_override = null
    }
    rmSync(join(world.folder, 'byoo.yaml'))
    const env = { BYOO_ORG: world.simulator.org }
    const { code, stdout } = await world.here(['init', '--from-junction'], { env })
    expect([code, stdout]).toEqual([0, expect.stringContaining('byoo diff')])
    const yaml = readFileSync(join(world.folder, 'byoo.yaml'), 'utf8')
    expect(yaml).not.toContain(madeUpToken)
    expect(yaml).toContain('file: ./secrets/polar_webhook_secret')
    expect(parse(yaml).teams).toEqual({ us: world.simulator.teams.us.id, eu: world.simulator.teams.eu.id })
    expect(await diffOf(world)).toMatchObject({ code: 0, verdict: 'Junction holds what byoo.yaml says.' })
  })

  test('needs one team for each environment', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava'], ['sandbox/us'])
    expect((await world.here(applied)).code).toBe(0)
    const { otherUs } = world.simulator.teams
    world.simulator.store.set('sandbox/us', { team_id: otherUs.id, provider: 'oura', client_id: 'x' })
    rmSync(join(world.folder, 'byoo.yaml'))
    const env = { BYOO_ORG: world.simulator.org }
    const several = await world.here(['init', '--from-junction'], { env })
    expect([several.code, several.stderr]).toEqual([2, expect.stringContaining(`--team ${otherUs.id}`)])
    const one = await world.here(['init', '--from-junction', '--team', otherUs.id], { env })
    expect([
      one.code,
      parse(readFileSync(join(world.folder, 'byoo.yaml'), 'utf8')).credentials,
    ]).toMatchObject([0, [{ provider: 'oura', environments: ['sandbox/us'], client_id: 'x' }]])
  })
})
