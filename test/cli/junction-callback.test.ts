import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { madeUpSecret, startWorld, type World } from '../world.ts'

const stdin = `${madeUpSecret}\n`
const old = 'https://old.example.com/oura'
const own = 'https://api.sandbox.us.junction.com/v2/link/connect/oura'
const fromStdin = ['--client-secret-file', '-']
const set = ['set-credentials', 'oura', '--client-id', '12345', ...fromStdin]

const writes = ({ simulator }: World) => simulator.requests.filter(({ operation }) => operation === 'set')
const record = ({ simulator }: World, environment: 'sandbox/us' | 'production/us' = 'sandbox/us') =>
  simulator.store.records[environment][0]

/** Junction holds an override of oura. */
function hold({ simulator }: World, environment: 'sandbox/us' | 'production/us') {
  const fields = { team_id: simulator.teams.us.id, provider: 'oura', client_id: '12345' }
  simulator.store.set(environment, { ...fields, client_secret: madeUpSecret, redirect_url_override: old })
}

/** A byoo.yaml in which oura uses Junction's own callback. */
function declare({ folder, simulator }: World, environment: 'sandbox/us' | 'production/us') {
  writeFileSync(join(folder, 'secret'), stdin)
  const credential = {
    provider: 'oura',
    environments: [environment],
    redirect_url: 'junction',
    client_id: '12345',
    client_secret: { file: './secret' },
  }
  const file = { org: simulator.org, teams: { us: simulator.teams.us.id }, credentials: [credential] }
  writeFileSync(join(folder, 'byoo.yaml'), JSON.stringify(file))
}

describe("Junction's own callback", () => {
  test('as an option: the override is left out, and its redirect URI is what is left to register', async () => {
    const world = await startWorld()
    const { code, stdout } = await world.here([...set, '--redirect-url', 'junction'], { stdin })
    expect(code).toBe(0)
    expect(writes(world)[0]?.body).not.toHaveProperty('redirect_url_override')
    expect(stdout).toContain(`Register this redirect URI at Oura, exactly as it is:\n   ${own}\n`)
  })

  test("the redirect URI that Junction's preparation names comes first", async () => {
    const world = await startWorld()
    const details = { project_number: '123456789012', service_account_email: 'x@y.iam.gserviceaccount.com' }
    writeFileSync(join(world.folder, 'details'), JSON.stringify(details))
    const argv = ['set-credentials', 'google_health', ...set.slice(2), '--redirect-url', 'junction']
    const { code, stdout } = await world.here([...argv, '--details-file', 'details'], { stdin })
    expect(code).toBe(0)
    expect(stdout).toContain('https://api.sandbox.tryvital.io/v2/link/connect/google_health')
  })

  test('in byoo.yaml, without a route: its secret is set, and rotated', async () => {
    const world = await startWorld()
    declare(world, 'sandbox/us')
    expect(await world.here(['set-credentials', 'oura'])).toMatchObject({ code: 0 })
    const hash = record(world)?.client_secret_hash
    writeFileSync(join(world.folder, 'secret'), 'another-made-up-secret-0123456789\n')
    expect(await world.here(['set-redirect', 'oura'])).toMatchObject({ code: 0 })
    expect(record(world)?.client_secret_hash).not.toBe(hash)
    const rotated = await world.here(['apply', 'oura', '--rotate', '--yes'], { env: { BYOO_TEAM: '' } })
    expect([rotated.code, rotated.stdout]).toEqual([0, expect.stringContaining('hash unchanged')])
    for (const { body } of writes(world)) expect(body).not.toHaveProperty('redirect_url_override')
  })

  test('needs no route, but without one there is nothing to serve', async () => {
    const world = await startWorld()
    declare(world, 'sandbox/us')
    expect((await world.here(['doctor', '--only', 'file'])).code).toBe(0)
    const { code, stderr } = await world.here(['serve', '--port', '0'], { env: { BYOO_ENVIRONMENT: '' } })
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('has no routes, so there is nothing to forward'),
    ])
  })

  test('of google_health in production is refused, for it needs one of your own', async () => {
    const world = await startWorld()
    const argv = ['set-credentials', 'google_health', ...set.slice(2), '--redirect-url', 'junction']
    const { code, stderr } = await world.here([...argv, '--environment', 'production/us'], { stdin })
    expect([code, stderr]).toEqual([2, expect.stringContaining('needs a redirect URI of your own')])
    expect(world.simulator.requests).toEqual([])
  })

  test('in the dashboard: the override is left empty', async () => {
    const world = await startWorld()
    const { code, stdout } = await world.here(['set-redirect', 'oura', 'junction', '--dashboard'])
    expect([code, stdout]).toEqual([0, expect.stringContaining('Leave "Redirect URL Override" empty.')])
    expect(stdout).toContain(own)
  })
})

const commands: [string, readonly string[], string][] = [
  ['set-credentials', [...set, '--redirect-url', 'junction', '--yes', '--skip-verify'], stdin],
  ['set-redirect', ['set-redirect', 'oura', 'junction', ...fromStdin, '--yes', '--skip-verify'], stdin],
  ['apply', ['apply', '--yes', '--skip-verify'], ''],
]

describe.each(commands)('an override that Junction holds, and %s is to clear', (name, argv, input) => {
  async function startHolding(environment: 'sandbox/us' | 'production/us') {
    const world = await startWorld()
    hold(world, environment)
    const run = () => {
      if (name !== 'apply') return world.here([...argv, '--environment', environment], { stdin: input })
      declare(world, environment)
      return world.here(argv, { env: { BYOO_TEAM: '', BYOO_ENVIRONMENT: environment } })
    }
    return { world, run }
  }

  test('in production stops before any write, with what to do in the dashboard', async () => {
    const { world, run } = await startHolding('production/us')
    const { code, screen } = await run()
    expect([code, writes(world)]).toEqual([7, []])
    expect(screen).toContain(`Junction holds the override ${old} of oura in production/us`)
    expect(screen).toContain('that it can be cleared is unproven')
    expect(screen).toContain('then the production environment.')
    expect(screen).toContain('Empty "Redirect URL Override", and save.')
  })

  test('in the sandbox is cleared by an explicit null', async () => {
    const { world, run } = await startHolding('sandbox/us')
    const { code, stderr } = await run()
    expect([code, writes(world).map(({ body }) => body)]).toMatchObject([
      0,
      [{ redirect_url_override: null }],
    ])
    expect(stderr).toMatch(/unproven/)
    expect(record(world)?.redirect_url_override).toBeNull()
  })

  test('and that stays in the sandbox is told, with what to do in the dashboard', async () => {
    const { world, run } = await startHolding('sandbox/us')
    const { store } = world.simulator
    const real = store.set.bind(store)
    store.set = (environment, { redirect_url_override: _, ...fields }) => real(environment, fields)
    const { code, screen } = await run()
    expect([code, screen]).toEqual([7, expect.stringContaining(`the override is still "${old}"`)])
    expect(screen).toContain('Empty "Redirect URL Override", and save.')
  })
})
