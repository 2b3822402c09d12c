import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startWorld, type World } from '../../world.ts'

const route = (environment: string, region: string, more = '') =>
  `  - { url: "https://${environment}-${region}.example.com/cb/{provider}", environment: ${environment}/${region}${more} }`

/** A world in which only byoo.yaml says what to work on. */
async function withFile(...routes: string[]): Promise<World> {
  const world = await startWorld()
  writeFileSync(
    join(world.folder, 'byoo.yaml'),
    `routes:\n${routes.join('\n')}\norg: ${world.simulator.org}\n`,
  )
  return world
}

const nothing = { BYOO_ENVIRONMENT: '', BYOO_ORG: '' }
const dashboard = ['set-redirect', 'strava', '--dashboard']

describe('the environment', () => {
  test('without byoo.yaml have no default: exit 2 names every command', async () => {
    const world = await startWorld()
    const { code, stderr } = await world.here(['credentials', 'list', '--region', 'eu'], { env: nothing })
    expect(code).toBe(2)
    expect(stderr).toBe(
      'byoo: there is no default for the environment: choose one\n' +
        '  byoo credentials list --environment production/eu\n' +
        '  byoo credentials list --environment sandbox/eu\n',
    )
  })

  test('that byoo.yaml does not speak of have no default', async () => {
    const world = await withFile(route('sandbox', 'eu'))
    const argv = ['credentials', 'list', '--environment', 'production']
    const { code, stderr } = await world.here(argv, { env: nothing })
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('byoo.yaml has only sandbox/eu, and there is no default for the environment'),
    ])
  })

  test('of the only route are used', async () => {
    const world = await withFile(route('sandbox', 'eu'))
    const { stdout } = await world.here(dashboard, { env: nothing })
    expect(stdout).toContain('https://sandbox-eu.example.com/cb/strava')
  })

  test('of several routes are to be chosen, with the exact commands', async () => {
    const world = await withFile(route('sandbox', 'us'), route('production', 'us'), route('production', 'eu'))
    const { code, stderr } = await world.here(dashboard, { env: nothing })
    expect(code).toBe(2)
    expect(stderr).toBe(
      'byoo: byoo.yaml leaves more than one environment: choose one\n' +
        '  byoo set-redirect strava --dashboard --environment sandbox/us\n' +
        '  byoo set-redirect strava --dashboard --environment production/us\n' +
        '  byoo set-redirect strava --dashboard --environment production/eu\n',
    )
    const narrowed = await world.here(dashboard, { env: { ...nothing, BYOO_REGION: 'eu' } })
    expect(narrowed.stdout).toContain('https://production-eu.example.com/cb/strava')
    const chosen = await world.here([...dashboard, '--environment', 'sandbox'], { env: nothing })
    expect(chosen.stdout).toContain('https://sandbox-us.example.com/cb/strava')
  })

  test('of routes that do not accept the provider do not count', async () => {
    const world = await withFile(route('sandbox', 'us'), route('production', 'us', ', providers: [oura]'))
    const { stdout } = await world.here(dashboard, { env: nothing })
    expect(stdout).toContain('https://sandbox-us.example.com/cb/strava')
  })

  test('come from the login when nothing else names them', async () => {
    const world = await startWorld()
    const login = ['login', '--with-file', '-', '--environment', 'sandbox/eu']
    await world.here(login, { stdin: world.simulator.keys.organisation })
    await world.here(['credentials', 'list'], { env: nothing })
    const org = { BYOO_ORG: world.simulator.org, BYOO_TEAM: '' }
    expect(await world.here(['credentials', 'list'], { env: { ...nothing, ...org } })).toMatchObject({
      code: 0,
    })
    expect(world.simulator.requests.at(-1)?.path).toContain('/sandbox/eu')
  })

  test.each([
    [
      ['--environment', 'prod'],
      '--environment: must be an environment with its region: write production/us or production/eu',
    ],
    [['--region', 'uk'], '--region: must be us or eu'],
    [['--org', 'acme'], '--org: must be the UUID of your organisation'],
    [['--timeout', '0'], '--timeout: must be a whole number from 1 to 9999'],
    [
      ['--management-url', 'http://example.com'],
      '--management-url: must be an https URL, or plain http to a loopback',
    ],
    [['--api-url', 'ftp://x/{environment}'], '--api-url: must be an https URL'],
  ])('%j is refused', async (argv, message) => {
    const world = await startWorld()
    const { code, stderr } = await world.here(['credentials', 'list', ...argv])
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
  })

  test('faults of options come together', async () => {
    const world = await startWorld()
    const { stderr } = await world.here(['credentials', 'list', '--org', 'x', '--timeout', 'y'])
    expect(stderr).toContain('--org:')
    expect(stderr).toContain('--timeout:')
  })
})

describe('the route', () => {
  const old = route('sandbox', 'us')
  const fresh = '  - { url: "https://new.example.com/cb/{provider}", environment: sandbox/us'

  test('of two for the same environment is the primary one', async () => {
    const world = await withFile(old, `${fresh}, primary: true }`)
    const { stdout } = await world.here(dashboard, { env: nothing })
    expect(stdout).toContain('https://new.example.com/cb/strava')
  })

  test('without a primary one is to be chosen', async () => {
    const world = await withFile(old, `${fresh} }`)
    const { code, stderr } = await world.here(['set-credentials', 'strava', '--dashboard'], { env: nothing })
    expect(code).toBe(2)
    expect(stderr).toContain('put "primary: true" on the one that Junction should hold')
    expect(stderr).toContain(
      '  byoo set-credentials strava --dashboard --redirect-url https://new.example.com/cb/strava\n',
    )
    const redirect = await world.here(dashboard, { env: nothing })
    expect(redirect.stderr).toContain(
      '  byoo set-redirect strava --dashboard https://new.example.com/cb/strava\n',
    )
  })

  test('that is missing is asked for; byoo init writes a file, and never into one', async () => {
    const world = await startWorld()
    const { code, stderr } = await world.here(['set-credentials', 'strava'])
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('give --redirect-url <url>, or run byoo init'),
    ])
    const other = 'routes: [{ url: "https://a.example.com/x/{provider}", environment: production/eu }]'
    writeFileSync(join(world.folder, 'byoo.yaml'), other)
    const beside = await world.here(['set-credentials', 'strava'])
    expect([beside.code, beside.stderr]).toEqual([2, expect.stringContaining('or add a route to byoo.yaml')])
    expect(beside.stderr).not.toContain('init')
  })
})

describe('byoo.yaml', () => {
  test('may be named, or be given as text', async () => {
    const world = await withFile(route('sandbox', 'eu'))
    const empty = join(world.folder, 'empty')
    mkdirSync(empty)
    const named = await world.here([...dashboard, '--config', '../byoo.yaml'], {
      env: nothing,
      directory: empty,
    })
    expect(named.stdout).toContain('https://sandbox-eu.example.com/cb/strava')
    const text = { ...nothing, BYOO_CONFIG: `routes:\n${route('production', 'us')}\n` }
    const given = await world.here(dashboard, { env: text, directory: empty })
    expect(given.stdout).toContain('https://production-us.example.com/cb/strava')
    expect(given.stderr).not.toContain('is not read')
    const beside = await world.here(dashboard, { env: text, directory: world.folder })
    expect(beside.stdout).toContain('https://production-us.example.com/cb/strava')
    expect(beside.stderr).toContain('byoo.yaml is not read, because BYOO_CONFIG is set\n')
    const missing = await world.here([...dashboard, '--config', 'x.yaml'], { env: nothing })
    expect(missing.stderr).toContain('x.yaml: there is no such file')
  })

  test('with faults shows all of them and sends nothing', async () => {
    const world = await withFile(route('sandbox', 'uk'), '  - { urll: x }')
    const { code, stderr } = await world.here(['credentials', 'list'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^byoo: byoo\.yaml has \d faults:\n {2}byoo\.yaml:2:/)
    expect(stderr).toContain('(did you mean "url"?)')
    expect(world.simulator.requests).toEqual([])
  })
})

test('a word that a shell would read otherwise is quoted', async () => {
  const world = await startWorld()
  const argv = ['set-redirect', 'strava', "https://x.example/it's", '--dashboard']
  const { stderr } = await world.here(argv, { env: { ...nothing, BYOO_REGION: 'us' } })
  expect(stderr).toContain("byoo set-redirect strava 'https://x.example/it'\\''s' --dashboard --environment")
})
