import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { movingSteps } from '../../src/apply/report.ts'
import { oldSecretNotice } from '../../src/cli/write-credentials.ts'
import { junctionEnvironments } from '../../src/junction/environments.ts'
import { findProvider, providers } from '../../src/junction/providers.ts'
import { runOnTerminal } from '../run.ts'
import { allSlugs, type DeclaredWorld, madeUpToken, startDeclaredWorld } from './declared-world.ts'
import { readShape } from './shapes.ts'

const applied = ['apply', '--yes', '--skip-verify']

async function diffOf(world: DeclaredWorld, ...argv: string[]) {
  const { code, stdout } = await world.here(['diff', ...argv, '--json'])
  return { code, stdout, ...readShape('diff', stdout) }
}

const recordsOf = (
  { simulator }: DeclaredWorld,
  environment: 'sandbox/us' | 'production/eu' = 'sandbox/us',
) => simulator.store.records[environment]

const operations = ({ simulator }: DeclaredWorld, name: string) =>
  simulator.requests.filter(({ operation }) => operation === name).length

/** Strava is set up, and its secret is no longer in byoo.yaml; `sets` is how many writes there were. */
async function startRotation(environments: Parameters<DeclaredWorld['declare']>[1]) {
  const world = await startDeclaredWorld()
  world.declare(['strava'], environments)
  expect((await world.here(applied)).code).toBe(0)
  world.declare(['strava'], environments, ({ client_secret: _, ...credential }) => credential)
  return { world, sets: operations(world, 'set') }
}

test('an empty Junction becomes equal to 16 providers in 4 environments, by one command', async () => {
  const world = await startDeclaredWorld({ live: junctionEnvironments })
  world.declare(allSlugs)
  expect(await diffOf(world)).toMatchObject({ code: 7, verdict: '64 to create, 0 to change.' })
  expect(operations(world, 'list')).toBe(4)

  const apply = await world.here(['apply', '--yes'])
  expect(apply.stderr.match(/^Verified .*(?=\/oauth_callback)/gm)).toHaveLength(4)
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
          new: world.routeUrl('production/eu').replace('{provider}', 'oura'),
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
    const { stdout } = await world.here(['diff'], { env: { MADE_UP_TOKEN: '' } })
    expect(stdout).toContain(`\n  not compared: ${field} of polar in sandbox/us\n`)
    for (const { screen } of [other, unknown]) expect(screen).not.toMatch(/token-0123456789/)
  })

  test('a detail that the catalogue does not name may be a secret, and is told like one', async () => {
    const world = await startDeclaredWorld()
    world.declare(['polar', 'fitbit'], ['sandbox/us'])
    expect((await world.here(applied)).code).toBe(0)
    const [polar, fitbit] = ['polar', 'fitbit'].map((slug) =>
      recordsOf(world).find(({ source }) => source === slug),
    )
    Object.assign(polar?.details ?? {}, { signing_key: 'made-up-a', of: { client: 'made-up-b' } })
    Object.assign(fitbit?.details?.fitbit ?? {}, { activity_verify_token: 'made-up-c', is_hr_enabled: true })
    const diff = await diffOf(world)
    const fields = diff.records.flatMap((record) => record.fields)
    expect(fields.filter((field) => 'secret' in field && field.secret === 'differs')).toHaveLength(3)
    expect(fields).toContainEqual({ field: 'details.fitbit.is_hr_enabled', old: 'true', new: null })
    const argvs = [['diff'], ['apply', '--dry-run', '--json'], ['credentials', 'show', 'polar', '--json']]
    const env = { BYOO_ENVIRONMENT: 'sandbox/us' }
    for (const argv of argvs) expect((await world.here(argv, { env })).screen).not.toMatch(/made-up-[abc]/)
  })

  test('what Junction fills in, and the order of a list, is no difference', async () => {
    const world = await startDeclaredWorld()
    const scopes = (of: string[]) =>
      world.declare(['fitbit', 'google_fit'], ['sandbox/us'], (one) =>
        one.provider === 'google_fit' ? { ...one, details: { data_scopes: of } } : one,
      )
    scopes(['a', 'b'])
    expect((await world.here(applied)).code).toBe(0)
    const fitbit = recordsOf(world).find(({ source }) => source === 'fitbit')
    Object.assign(fitbit?.details?.fitbit ?? {}, { is_hr_enabled: false, foods_verify_token: '' })
    scopes(['b', 'a'])
    expect((await diffOf(world)).code).toBe(0)
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

  test('records of labs and of other teams are counted in one line, and never touched', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava'], ['sandbox/us'])
    const { store, teams } = world.simulator
    const lab = { team_id: teams.us.id, provider: 'made_up_lab', client_id: 'x' }
    const other = { team_id: teams.otherUs.id, provider: 'strava', client_id: 'y', client_secret: 'z' }
    const untouched = [store.set('sandbox/us', lab), store.set('sandbox/us', other)].map((one) => ({
      ...one,
    }))
    const { stdout } = await world.here(['diff'])
    expect(stdout).toContain('\n  not looked at: 1 record of other providers or teams\n')
    expect((await diffOf(world)).records.map(({ kind }) => kind)).toEqual(['create'])
    expect((await world.here(applied)).code).toBe(0)
    expect((await world.here(['apply', 'strava', '--rotate', '--yes', '--skip-verify'])).code).toBe(0)
    expect(recordsOf(world).slice(0, 2)).toEqual(untouched)
    expect(recordsOf(world)).toHaveLength(3)
  })

  test('a key of one team sees its environments, and names those that it may not list', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava'], ['sandbox/us', 'sandbox/eu'])
    const env = { JUNCTION_MANAGEMENT_KEY: world.simulator.keys.team }
    const { code, stdout } = await world.here(applied, { env })
    expect([code, stdout.split('\n')[0]]).toEqual([3, '1 done, 0 failed, 1 not tried.'])
    expect(recordsOf(world).map(({ source }) => source)).toEqual(['strava'])
    // Where the file wants nothing, nothing is missing.
    world.declare(['strava'], ['sandbox/us'])
    const unwanted = await world.here(['diff'], { env })
    expect([unwanted.code, unwanted.stdout]).toEqual([0, expect.stringContaining('not read sandbox/eu')])
    expect((await world.here(applied, { env })).code).toBe(0)
  })

  test('an environment without credentials in the file is looked at where it has a route', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava'], ['sandbox/us'])
    expect((await world.here(applied)).code).toBe(0)
    world.declare([])
    expect((await world.here(['diff'])).stdout).toContain('not in the file: strava in sandbox/us')
    expect((await world.here(['apply', 'strava', '--delete', '--yes'])).code).toBe(0)
    expect(recordsOf(world)).toEqual([])
  })

  test('what is the same is listed by provider', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava'], ['sandbox/us', 'sandbox/eu'])
    expect((await world.here(applied)).code).toBe(0)
    expect((await world.here(['diff'])).stdout).toMatch(
      /\n {2}same: strava in sandbox\/(us|eu), sandbox\/(us|eu)\n/,
    )
  })

  test('a redirect URL that no route serves is noted once', async () => {
    const world = await startDeclaredWorld()
    const url = 'https://own.example.com/strava'
    world.declare(['strava'], ['sandbox/us', 'sandbox/eu'], (one) => ({ ...one, redirect_url: url }))
    const { stdout } = await world.here(['diff'])
    expect(stdout.split(`no route of byoo.yaml serves ${url}`)).toHaveLength(2)
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
    ['BYOO_CLIENT_SECRET_FILE', 'x'],
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

  test.each([
    ['--team', '22222222-2222-4222-8222-222222222222'],
    ['--org', '11111111-1111-4111-8111-111111111112'],
    ['--client-id', 'x'],
  ])('so is %s', async (name, value) => {
    const world = await startDeclaredWorld()
    world.declare(['strava'], ['sandbox/us'])
    for (const argv of [['diff'], applied]) {
      const { code, stderr } = await world.here([...argv, name, value])
      expect([code, stderr]).toEqual([2, expect.stringContaining(name)])
    }
    expect(world.simulator.requests).toEqual([])
  })

  test('a file with faults changes nothing, and names all of them', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava', 'oura'], ['sandbox/us'], (one) => ({ ...one, client_secret: 'in-clear' }))
    for (const argv of [['diff'], applied]) {
      const { code, stderr } = await world.here(argv)
      expect([code, stderr]).toEqual([2, expect.stringContaining('credentials[0].client_secret')])
      expect(stderr).toContain('credentials[1].client_secret')
      expect(stderr).not.toContain('in-clear')
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
    const outcomes = readShape('apply', forbidden.stdout).records as { environment: string; status: string }[]
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
    again.simulator.set({ failures: [{ operation: 'set', type: 'status', status: 401, times: 9 }] })
    const advice = (await again.here(applied)).stdout.match(/^ {4}\S.*$/gm) ?? []
    expect(advice.length).toBeGreaterThan(0)
    expect(new Set(advice).size).toBe(advice.length)
  })

  test('failures of different kinds end with 7', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava', 'oura', 'wahoo'], ['sandbox/us'])
    const status = (status: number) => ({ operation: 'set', type: 'status', status }) as const
    world.simulator.set({ failures: [status(422), status(404)] })
    const { code, stdout } = await world.here(applied)
    expect([code, stdout.split('\n')[0]]).toEqual([7, '1 done, 2 failed, 0 not tried.'])
  })

  test('writes one at a time from the first 429 on', async () => {
    const world = await startDeclaredWorld()
    world.declare(allSlugs, ['sandbox/us'])
    const { simulator } = world
    const tooMany = { operation: 'set', type: 'status', status: 429, retryAfter: '0' } as const
    const slow = { operation: 'set', type: 'slow', milliseconds: 20, times: 99 } as const
    simulator.set({ failures: [tooMany, slow] })
    const underWay: number[] = []
    const watch = async () => {
      for (let number = 1; ; number += 1) {
        if ((await simulator.arrival(number)).operation !== 'set') continue
        const sets = simulator.requests.filter(({ operation }) => operation === 'set')
        underWay.push(sets.filter(({ answer }) => !answer).length)
      }
    }
    watch()
    expect((await world.here(applied)).stdout.split('\n')[0]).toBe('16 done, 0 failed, 0 not tried.')
    expect(underWay).toHaveLength(17)
    expect(Math.max(...underWay)).toBeLessThanOrEqual(4)
    // The other three that were under way, and the one that Junction refused at first, come before.
    expect(underWay.slice(5)).toEqual(underWay.slice(5).map(() => 1))
  })

  test('says for the ticket what was written, and whether the hash is another one', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava'], ['sandbox/us'])
    expect((await world.here(applied)).code).toBe(0)
    const [record] = recordsOf(world)
    if (record) record.redirect_url_override = 'https://old.example.com/strava'
    const key = world.simulator.keys.organisation.slice(-4)
    const { stdout } = await world.here(applied)
    const line = `Z  key …${key}  strava in sandbox/us  redirect_url_override, client_secret; hash unchanged\n`
    expect(stdout.replace(/[\s\S]*?\n20\S*?Z/, 'Z')).toBe(line)
    const old = await world.here(['apply', 'strava', '--rotate', '--yes', '--skip-verify'])
    expect(old.stdout).toContain(
      'strava in sandbox/us  client_secret; hash unchanged: this is the old secret',
    )
    writeFileSync(join(world.folder, 'strava'), 'another-made-up-secret-0123456789\n')
    const rotated = await world.here(['apply', 'strava', '--rotate', '--yes', '--skip-verify'])
    expect(rotated.stdout).toContain('strava in sandbox/us  client_secret; hash changed\n')
    expect(rotated.stderr).toContain(oldSecretNotice(findProvider('strava')))
  })

  test('names in it no secret of details that stayed', async () => {
    const world = await startDeclaredWorld()
    world.declare(['polar'], ['sandbox/us'])
    expect((await world.here(applied)).code).toBe(0)
    const { stdout } = await world.here(['apply', 'polar', '--rotate', '--yes', '--skip-verify'])
    expect(stdout).toContain('polar in sandbox/us  client_secret; hash unchanged')
  })

  test.each([
    ['apply', 'oura'],
    ['apply', 'oura', '--rotate', '--yes'],
  ])(
    '%s of a provider that byoo.yaml does not have is refused: nothing would be written',
    async (...argv) => {
      const world = await startDeclaredWorld()
      world.declare(['strava'], ['sandbox/us'])
      const { code, stderr } = await world.here([...argv])
      expect([code, stderr]).toEqual([2, expect.stringContaining('byoo.yaml has no credentials of oura')])
    },
  )

  test('a deletion says what it could not look at', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava'], ['sandbox/us', 'sandbox/eu'])
    world.simulator.set({ failures: [{ operation: 'list', type: 'status', status: 403, times: 9 }] })
    const { code, stdout } = await world.here(['apply', 'oura', '--delete', '--yes'])
    expect([code, stdout.split('\n')[0]]).toEqual([3, '0 done, 0 failed, 4 not tried.'])
    expect(stdout).toContain('not tried  oura in sandbox/eu: ')
  })

  test.each(['BYOO_DELETE', 'BYOO_ROTATE'])('%s left in the shell is refused', async (name) => {
    const world = await startDeclaredWorld()
    world.declare(['strava'], ['sandbox/us'])
    const { code, stderr } = await world.here(['apply', 'strava', '--yes'], { env: { [name]: '1' } })
    expect([code, stderr]).toEqual([2, expect.stringContaining(`unset ${name}`)])
  })

  test('tells how to move where an override changes, and who takes one redirect URI alone', async () => {
    const world = await startDeclaredWorld()
    const slugs = (['one', 'several', undefined] as const).flatMap(
      (count) => providers.find(({ redirectCount }) => redirectCount === count)?.slug ?? [],
    )
    world.declare(slugs, ['sandbox/us'])
    expect((await world.here(applied)).code).toBe(0)
    const unmoved = await world.here(['diff'])
    expect(unmoved.stdout).not.toContain(movingSteps[0])
    for (const record of recordsOf(world)) record.redirect_url_override = 'https://old.example.com/x'
    const { stdout } = await world.here(['diff'])
    const page = readFileSync(join(import.meta.dirname, '../../docs/moving-a-domain.md'), 'utf8')
    world.declare(slugs, ['sandbox/us'], (one) => ({ ...one, redirect_url: 'junction' }))
    expect((await world.here(['diff'])).stdout).not.toContain(movingSteps[0])
    for (const step of movingSteps) {
      expect(stdout).toContain(step)
      expect(page.replaceAll(/\s+/g, ' ')).toContain(`**${step}**`)
    }
    const named = (line: RegExp) => line.exec(stdout)?.[1]
    const nameOf = (count: 'one' | undefined) =>
      providers.find(({ slug, redirectCount }) => slugs.includes(slug) && redirectCount === count)?.name
    expect(named(/registering and applying are one moment: (.*)/)).toBe(nameOf('one'))
    expect(named(/is not documented, so look first: (.*)/)).toBe(nameOf(undefined))
  })

  test('warns that users connected with another client id may have to connect again', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava'], ['sandbox/us'])
    expect((await world.here(applied)).code).toBe(0)
    world.declare(['strava'], ['sandbox/us'], (one) => ({ ...one, client_id: 'another' }))
    expect((await world.here(['diff'])).stdout).toContain(
      'users connected with the old one may have to connect',
    )
  })

  test('a secret that looks like something else has to be confirmed', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava'], ['sandbox/us'])
    writeFileSync(join(world.folder, 'strava'), '"made-up-secret-in-quotes"\n')
    const { code, stderr } = await world.here(['apply', '--skip-verify'])
    expect([code, stderr]).toEqual([2, expect.stringContaining('strava: the client secret stands in quotes')])
    expect(stderr).not.toContain('in-quotes')
    expect(operations(world, 'set')).toBe(0)
  })

  test('secrets deep in details that are missing are named, each', async () => {
    const world = await startDeclaredWorld()
    world.declare(['fitbit'], ['sandbox/us'])
    const { code, stderr } = await world.here(applied, { env: { MADE_UP_TOKEN: '' } })
    expect(code).toBe(2)
    for (const what of ['workout', 'sleep', 'body'])
      expect(stderr).toContain(`details.fitbit.${what}_verify_token of fitbit`)
    expect(operations(world, 'set')).toBe(0)
  })

  test('details that Junction shows masked are not sent back to it', async () => {
    const world = await startDeclaredWorld()
    world.declare(['polar'], ['sandbox/us'], ({ details: _, ...one }) => one)
    const { store, teams } = world.simulator
    const fields = { team_id: teams.us.id, provider: 'polar', client_id: 'old', client_secret: 'x' }
    store.set('sandbox/us', { ...fields, details: { webhook_secret: '********' } })
    const { code, stderr } = await world.here(applied)
    expect([code, stderr]).toEqual([2, expect.stringContaining('of polar are not complete')])
    expect(operations(world, 'set')).toBe(0)
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
    const { code, stderr } = await world.here(['apply', '--skip-verify'])
    expect([code, stderr]).toEqual([2, expect.stringContaining('add --yes')])
    expect(stderr).toContain('MADE_UP_TOKEN')
    expect(operations(world, 'set')).toBe(0)
  })

  test('a dry run writes nothing', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava'], ['sandbox/us'])
    const { code, stdout } = await world.here(['apply', '--dry-run'])
    expect([code, stdout.split('\n')[0]]).toEqual([0, '1 record would be written; nothing was sent.'])
    const json = await world.here(['apply', '--dry-run', '--json'])
    expect(readShape('apply', json.stdout)).toMatchObject({ dry_run: true, records: [{ kind: 'create' }] })
    expect(operations(world, 'set')).toBe(0)
  })

  test('nor does one of a deletion or a rotation, and says what they would do', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava', 'oura'], ['sandbox/us'])
    expect((await world.here(applied)).code).toBe(0)
    const sets = operations(world, 'set')
    const rotation = await world.here(['apply', 'strava', '--rotate', '--dry-run'])
    expect(rotation.stdout).toMatch(/^1 record would be written; .*\n~ rotate strava in sandbox\/us\n/)
    world.declare(['strava'], ['sandbox/us'])
    const deletion = await world.here(['apply', 'oura', '--delete', '--dry-run'])
    expect(deletion.stdout).toMatch(/^1 record would be deleted; .*\n- delete oura in sandbox\/us\n/)
    expect([operations(world, 'set'), operations(world, 'delete')]).toEqual([sets, 0])
    // What is in the file is not deleted, whoever names it.
    const kept = await world.here(['apply', 'strava', '--delete', '--yes'])
    expect([kept.code, kept.stderr]).toEqual([
      2,
      expect.stringContaining('byoo.yaml has credentials of strava'),
    ])
    expect(recordsOf(world)).toHaveLength(2)
    const nothing = await world.here(['apply', 'wahoo', '--delete'])
    expect([nothing.code, nothing.stdout]).toEqual([0, 'Junction holds none of these beside byoo.yaml.\n'])
  })

  test('a live endpoint that is not there stops its own records only, in the sandbox too', async () => {
    const world = await startDeclaredWorld({ live: ['production/us'] })
    world.declare(['strava', 'oura'], ['production/us', 'production/eu', 'sandbox/us'])
    const { code, stdout } = await world.here(['apply', '--yes'])
    expect([code, stdout.split('\n')[0]]).toEqual([7, '2 done, 0 failed, 4 not tried.'])
    expect(recordsOf(world, 'production/eu')).toEqual([])
    expect(recordsOf(world)).toEqual([])
    expect((await world.here(applied)).stdout.split('\n')[0]).toBe('4 done, 0 failed, 0 not tried.')
  })

  test('a URL that no route serves is verified for each environment that it is of', async () => {
    const world = await startDeclaredWorld({ live: ['production/us'] })
    const redirect_url = world.routeUrl('production/us').replace('{provider}', 'strava')
    world.declare(['strava'], ['production/us', 'sandbox/us'], (one) => ({ ...one, redirect_url }))
    const { code, stdout } = await world.here(['apply', '--yes'])
    expect([code, stdout.split('\n')[0]]).toEqual([7, '1 done, 0 failed, 1 not tried.'])
    expect(stdout).toContain('strava in production/us')
    expect(recordsOf(world)).toEqual([])
  })

  test('a team of another region stops the records of that environment', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava'], ['sandbox/us', 'sandbox/eu'])
    const file = join(world.folder, 'byoo.yaml')
    const { us, eu } = world.simulator.teams
    writeFileSync(file, readFileSync(file, 'utf8').replace(eu.id, us.id))
    const { code, stdout } = await world.here(applied)
    expect([code, stdout.split('\n')[0]]).toEqual([2, '1 done, 0 failed, 1 not tried.'])
    expect(stdout).toContain(`(${us.id}) is in us, not in eu`)
  })

  test("Junction's own callback: no override is sent", async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava'], ['production/us', 'sandbox/us'], (credential) => ({
      ...credential,
      redirect_url: 'junction',
    }))
    const first = await world.here(['apply', '--yes'])
    expect([first.code, first.stderr]).toEqual([
      0,
      expect.stringContaining('note: api.sandbox.us.junction.com has to be registered at Strava\n'),
    ])
    expect(recordsOf(world)[0]?.redirect_url_override ?? null).toBeNull()
    expect(await world.here(['diff'])).toMatchObject({
      code: 0,
      stdout: expect.not.stringContaining('has to be registered'),
    })
    for (const environment of ['production/us', 'sandbox/us'] as const) {
      const [record] = world.simulator.store.records[environment]
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
    const firstWrite = async () => {
      for (let number = 1; (await world.simulator.arrival(number)).operation !== 'set'; number += 1);
    }
    const { code, stdout, stderr } = await world.here(applied, { interruptAfter: firstWrite() })
    expect(stderr).toMatch(/^Finishing what is under way: (?:\w+ in sandbox\/us(?:, |\. Ctrl-C again)){4}/m)
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

  test('no word is broken at the edge of a narrow terminal, nor a command that can be copied', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava'], ['sandbox/us'])
    const byoo = runOnTerminal(['apply', '--yes'], { env: world.env, directory: world.folder, columns: 40 })
    expect(await byoo.exited).toBe(7)
    const url = world.routeUrl('sandbox/us').replace('{provider}', 'strava')
    const lines = byoo.screen().split('\n')
    expect(lines).toContain(`    byoo verify ${url} --provider strava --environment sandbox/us`)
    const wide = lines.filter((line) => line.length > 40 && !line.includes('byoo verify'))
    expect(wide.filter((line) => line.trim().includes(' '))).toEqual([])
  })

  test('a rotation asks for the secret last, once, and writes every environment', async () => {
    const { world } = await startRotation(['sandbox/us', 'sandbox/eu'])
    const [before] = recordsOf(world)
    const old = before?.client_secret_hash
    const argv = ['apply', 'strava', '--rotate', '--skip-verify']
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

  test('a rotation whose paste is empty or is left writes nothing', async () => {
    const { world, sets } = await startRotation(['sandbox/us'])
    const argv = ['apply', 'strava', '--rotate', '--yes', '--skip-verify']
    const byoo = runOnTerminal(argv, { env: world.env, directory: world.folder })
    await byoo.sees('~ rotate strava in sandbox/us')
    await byoo.sees('Client secret of strava (client id id-of-strava)')
    byoo.type('\r')
    await byoo.sees('It is empty')
    byoo.type('two words \r')
    await byoo.sees('white space')
    byoo.type('\u0003')
    expect(await byoo.exited).toBe(130)
    expect(operations(world, 'set')).toBe(sets)
  })

  test('a doubtful paste of a rotation is confirmed before it is sent', async () => {
    const { world, sets } = await startRotation(['sandbox/us'])
    const byoo = runOnTerminal(['apply', 'strava', '--rotate', '--skip-verify'], {
      env: world.env,
      directory: world.folder,
    })
    await byoo.sees('Make 1 change now?')
    byoo.type('y')
    await byoo.sees('Client secret of strava (client id id-of-strava)')
    byoo.type('"made-up-secret-in-quotes"\r')
    await byoo.sees('is it the secret alone? Send it?')
    byoo.type('\r')
    expect(await byoo.exited).toBe(130)
    expect(operations(world, 'set')).toBe(sets)
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
    // The name is the one question, without --yes, too.
    const byoo = runOnTerminal(argv.slice(0, -1), { env: world.env, directory: world.folder })
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
    const again = runOnTerminal(['init', '--from-junction'], { env: world.env, directory: world.folder })
    await again.sees('add teams and credentials to it?')
    again.type('y')
    expect(await again.exited).toBe(2)
    expect(again.screen()).toMatch(/byoo\.yaml has credentials already\s+see what differs with: byoo diff;/)
    expect(readFileSync(join(world.folder, 'byoo.yaml'), 'utf8')).toBe(yaml)
  })

  test('tells the secrets of several applications apart, and leaves out what byoo.yaml cannot say', async () => {
    const world = await startDeclaredWorld()
    const { store, teams, org } = world.simulator
    const set = (environment: 'sandbox/us' | 'production/us', provider: string, fields: object) =>
      store.set(environment, {
        team_id: teams.us.id,
        provider,
        client_secret: 'x',
        client_id: 'one',
        ...fields,
      })
    set('production/us', 'strava', {})
    set('sandbox/us', 'strava', { client_id: 'two' })
    set('sandbox/us', 'oura', { redirect_url_override: ' https://white.example.com/space' })
    set('sandbox/us', 'wahoo', {})
    const { code, stdout, stderr } = await world.here(['init', '--from-junction'], { env: { BYOO_ORG: org } })
    expect(code).toBe(0)
    expect(stderr).toMatch(/left out: oura: redirect_url: must be a URL/)
    const { credentials } = parse(readFileSync(join(world.folder, 'byoo.yaml'), 'utf8'))
    const files = credentials.map((one: { client_secret: { file: string } }) => one.client_secret.file)
    expect(files).toEqual([
      './secrets/strava_production_us',
      './secrets/strava_sandbox_us',
      './secrets/wahoo',
    ])
    for (const file of files) expect(stdout).toContain(file)
    expect((await diffOf(world)).code).toBe(0)
  })

  test('leaves out what it cannot list, and environments of which --team names no team', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava', 'fitbit'], ['sandbox/us', 'sandbox/eu'])
    expect((await world.here(applied)).code).toBe(0)
    const { store, teams, org } = world.simulator
    for (const environment of ['sandbox/us', 'sandbox/eu'] as const)
      store.set(environment, { team_id: teams.otherUs.id, provider: 'oura', client_id: 'x' })
    rmSync(join(world.folder, 'byoo.yaml'))
    world.simulator.set({ failures: [{ operation: 'list', type: 'status', status: 403 }] })
    const argv = ['init', '--from-junction', '--team', teams.us.id]
    const { code, stdout, stderr } = await world.here(argv, { env: { BYOO_ORG: org } })
    expect([code, stderr.match(/left out: \w+\/\w+: could not list/g)?.length]).toEqual([0, 1])
    expect(stderr).toContain('sandbox/eu, where 2 teams have credentials and none is the one of --team')
    expect(stdout).toContain('put the secret of fitbit into ./secrets/fitbit_fitbit_workout_verify_token')
    const { credentials } = parse(readFileSync(join(world.folder, 'byoo.yaml'), 'utf8'))
    expect(credentials.map(({ provider }: { provider: string }) => provider).sort()).toEqual([
      'fitbit',
      'strava',
    ])
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
    const elsewhere = { team_id: world.simulator.teams.eu.id, provider: 'wahoo', client_id: 'y' }
    world.simulator.store.set('sandbox/eu', elsewhere)
    const one = await world.here(['init', '--from-junction', '--team', otherUs.id], { env })
    expect([
      one.code,
      parse(readFileSync(join(world.folder, 'byoo.yaml'), 'utf8')).credentials,
    ]).toMatchObject([
      0,
      [
        { provider: 'oura', environments: ['sandbox/us'], client_id: 'x' },
        { provider: 'wahoo', environments: ['sandbox/eu'], client_id: 'y' },
      ],
    ])
  })
})
