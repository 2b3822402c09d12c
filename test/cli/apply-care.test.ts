import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startForwarder } from '../forwarder/start-forwarder.ts'
import { runOnTerminal } from '../run.ts'
import { type DeclaredWorld, startDeclaredWorld } from './declared-world.ts'

const applied = ['apply', '--yes', '--skip-verify']
const onTerminal = ({ env, folder }: DeclaredWorld, ...argv: string[]) =>
  runOnTerminal(argv, { env, directory: folder })
const operations = ({ simulator }: DeclaredWorld, name: string) =>
  simulator.requests.filter(({ operation }) => operation === name).length

describe('what apply asks', () => {
  test('production is typed where it is but one of the environments; references are in the same question', async () => {
    const world = await startDeclaredWorld()
    world.declare(['polar'], ['sandbox/us', 'production/us'])
    const byoo = onTerminal(world, 'apply', '--skip-verify')
    await byoo.sees('Note: polar: details.webhook_secret comes from the variable MADE_UP_TOKEN')
    await byoo.sees('Type production to make 2 changes')
    byoo.type('\u0003')
    expect(await byoo.exited).toBe(130)
    expect(operations(world, 'set')).toBe(0)
  })

  test('so it is for a rotation, which also writes what is to create and to change', async () => {
    const world = await startDeclaredWorld()
    world.declare(['polar'], ['sandbox/us'])
    expect((await world.here(applied)).code).toBe(0)
    world.declare(['polar'], ['sandbox/us', 'sandbox/eu'])
    const byoo = onTerminal(world, 'apply', 'polar', '--rotate', '--skip-verify')
    await byoo.sees('Note: polar: details.webhook_secret comes from the variable MADE_UP_TOKEN')
    await byoo.sees('Make 2 changes now?')
    byoo.type('y')
    expect(await byoo.exited).toBe(0)
    expect(byoo.screen()).toContain('2 done, 0 failed, 0 not tried.')
    expect(byoo.screen()).not.toContain('  same: ')
  })

  test('a deletion in the sandbox asks as well', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava', 'oura'], ['sandbox/us'])
    expect((await world.here(applied)).code).toBe(0)
    world.declare(['strava'], ['sandbox/us'])
    const byoo = onTerminal(world, 'apply', 'oura', '--delete')
    await byoo.sees('Make 1 change now?')
    byoo.type('\r')
    expect(await byoo.exited).toBe(130)
    expect(operations(world, 'delete')).toBe(0)
  })

  test('a secret is asked for once for each provider and client id', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava'], ['sandbox/us', 'sandbox/eu'], ({ client_secret: _, ...one }) => one)
    const { simulator, routeUrl } = world
    const { org, teams } = simulator
    const environments = ['sandbox/us', 'sandbox/eu'] as const
    const credentials = [...environments, 'production/us'].map((environment) => ({
      provider: 'strava',
      environments: [environment],
      client_id: environment === 'sandbox/eu' ? 'two' : 'one',
    }))
    const routes = [...environments, 'production/us' as const].map((environment) => ({
      url: routeUrl(environment),
      environment,
    }))
    const file = { routes, org, teams: { us: teams.us.id, eu: teams.eu.id }, credentials }
    writeFileSync(join(world.folder, 'byoo.yaml'), JSON.stringify(file))
    const byoo = onTerminal(world, ...applied)
    for (const id of ['one', 'two']) {
      await byoo.sees(`Client secret of strava (client id ${id})`)
      byoo.type(`made-up-secret-of-${id}-0123456789\r`)
    }
    expect(await byoo.exited).toBe(0)
    expect(byoo.screen()).toContain('3 done, 0 failed, 0 not tried.')
    const hash = (environment: 'sandbox/us' | 'sandbox/eu' | 'production/us') =>
      simulator.store.records[environment][0]?.client_secret_hash
    expect([hash('production/us'), hash('sandbox/eu')]).toEqual([
      hash('sandbox/us'),
      expect.not.stringContaining(hash('sandbox/us') ?? ''),
    ])
  })
})

describe('what apply verifies', () => {
  test('a rotation verifies before it asks for the new secret', async () => {
    const world = await startDeclaredWorld()
    world.declare(['strava'], ['sandbox/us'])
    expect((await world.here(applied)).code).toBe(0)
    const before = operations(world, 'set')
    const { code, stdout } = await world.here(['apply', 'strava', '--rotate', '--yes'])
    expect([code, stdout.split('\n')[0]]).toEqual([7, '0 done, 0 failed, 1 not tried.'])
    expect(operations(world, 'set')).toBe(before)
  })

  test('a shared route is verified for all its environments', async () => {
    const route = { provider: 'oura', otherwise: 'https://app.example.com/internal/oura' }
    // The endpoint is not what byoo.yaml says: it sends logins of the sandbox to the app.
    const live = { ...route, url: 'https://o.example/oauth/oura', environments: ['production/us'] }
    const forwarder = await startForwarder(JSON.stringify({ routes: [live] }))
    onTestFinished(() => void forwarder.stop(1000))
    const world = await startDeclaredWorld()
    world.declare(['oura'], ['production/us', 'sandbox/us'])
    const { org, teams } = world.simulator
    const url = `http://127.0.0.1:${forwarder.port}/oauth/oura`
    const file = {
      routes: [{ ...route, url, environments: ['production/us', 'sandbox/us'] }],
      org,
      teams: { us: teams.us.id },
      credentials: [{ provider: 'oura', client_id: 'x', client_secret: { file: './oura' } }],
    }
    writeFileSync(join(world.folder, 'byoo.yaml'), JSON.stringify(file))
    const { code, stdout } = await world.here(['apply', '--yes'])
    expect([code, stdout.split('\n')[0]]).toEqual([7, '0 done, 0 failed, 2 not tried.'])
  })
})

test('a key that Junction does not accept when it is asked for its records stops all', async () => {
  const world = await startDeclaredWorld()
  world.declare(['strava'], ['sandbox/us', 'sandbox/eu'])
  world.simulator.set({ failures: [{ operation: 'list', type: 'status', status: 401 }] })
  const { code, stdout } = await world.here(applied)
  expect([code, stdout, operations(world, 'set')]).toEqual([3, '', 0])
})

test('diff says of the client secret when the record last changed, and counts an empty override as none', async () => {
  const world = await startDeclaredWorld()
  world.declare(['strava'], ['sandbox/us'], (one) => ({ ...one, redirect_url: 'junction' }))
  expect((await world.here(applied)).code).toBe(0)
  const [record] = world.simulator.store.records['sandbox/us']
  if (record) Object.assign(record, { redirect_url_override: '', updated_at: '2026-01-02T03:04:05+00:00' })
  expect((await world.here(['diff'])).code).toBe(0)
  if (record) record.client_id = 'another'
  expect((await world.here(['diff'])).stdout).toContain(
    '\n    client_secret: not comparable; the record last changed 2026-01-02\n',
  )
})

test.each([
  ['several routes and none that is primary', 'has several routes: put "primary: true" on one of them'],
  ['no team', 'teams has no team of sandbox/us'],
])('diff refuses %s', async (what, fault) => {
  const world = await startDeclaredWorld()
  const { org, teams } = world.simulator
  const route = { url: 'https://a.example.com/oauth_callback/{provider}', environment: 'sandbox/us' }
  const credentials = [{ provider: 'strava', environments: ['sandbox/us'], client_id: 'x' }]
  const routes =
    what === 'no team' ? [route] : [route, { ...route, url: 'https://b.example.com/x/{provider}' }]
  const file = {
    routes,
    org,
    teams: what === 'no team' ? { eu: teams.eu.id } : { us: teams.us.id },
    credentials,
  }
  writeFileSync(join(world.folder, 'byoo.yaml'), JSON.stringify(file))
  const { code, stderr } = await world.here(['diff'])
  expect([code, stderr]).toEqual([2, expect.stringContaining(fault)])
})

test('init writes no redirect_url where a route serves the override, and leaves out what cannot be', async () => {
  const world = await startDeclaredWorld()
  const { store, teams, org } = world.simulator
  const url = 'https://oauth.example.com/oauth_callback/{provider}'
  const held = { team_id: teams.us.id, client_id: 'x', client_secret: 'y' }
  for (const [provider, override] of [
    ['strava', url.replace('{provider}', 'strava')],
    ['oura', 'https://elsewhere.example.com/oura'],
    ['google_health', undefined],
  ])
    store.set('production/us', { ...held, provider, redirect_url_override: override })
  rmSync(join(world.folder, 'byoo.yaml'), { force: true })
  const argv = ['init', '--from-junction', '--url', url, '--environment', 'production/us']
  const { code, stderr } = await world.here(argv, { env: { BYOO_ORG: org } })
  expect([code, stderr]).toEqual([
    0,
    expect.stringContaining('google_health in production/us has no override'),
  ])
  const diff = await world.here(['diff', '--json'])
  expect(diff.code).toBe(0)
  const shown = await world.here(['doctor', '--only', 'file'])
  expect(shown.code).toBe(0)
})
