import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { emptyFolder, runChild, runHere } from '../run.ts'
import { callback, madeUpSecret, startJunction } from '../world.ts'
import { readShape } from './shapes.ts'

/** From an empty folder to credentials that are set, changed and deleted, each command a process of its own. */
async function start() {
  const simulator = await startJunction()
  onTestFinished(() => simulator.close())
  const folder = emptyFolder()
  const key = simulator.keys.organisation
  const run = async (argv: string[], stdin = '') => {
    // A stored login is not sent to a simulator, so the key is given as well.
    const env = { HOME: folder, BYOO_MANAGEMENT_URL: simulator.url, JUNCTION_MANAGEMENT_KEY: key }
    const outcome = await runChild(argv, { directory: folder, stdin, env })
    for (const secret of [key, madeUpSecret]) expect(outcome.stdout + outcome.stderr).not.toContain(secret)
    expect(outcome).toMatchObject({ code: 0 })
    return outcome
  }
  const ids = ['--org', simulator.org, '--team', simulator.teams.us.id]
  const init = ['init', '--url', 'https://oauth.example.com/oauth_callback/{provider}', ...ids]
  return { simulator, folder, key, run, init: [...init, '--environment', 'sandbox/us'] }
}

const fromStdin = ['--client-secret-file', '-']

describe('from an empty folder', () => {
  test('in text', { timeout: 60_000 }, async () => {
    const { simulator, folder, key, run, init } = await start()
    expect((await run(init)).stdout).toContain('byoo.yaml')
    expect(readFileSync(join(folder, 'byoo.yaml'), 'utf8')).toMatch(/^# byoo: one file/)

    expect((await run(['login', '--with-file', '-'], `${key}\n`)).stdout).toContain('mg_…')
    const login = join(folder, '.config/byoo/credentials.json')
    expect(statSync(login).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, '.config/byoo')).mode & 0o777).toBe(0o700)
    expect(JSON.parse(readFileSync(login, 'utf8'))).toEqual({ management_key: key })

    const prepared = await run(['prepare', 'strava'])
    expect(prepared.stdout).toMatch(/^2\. Register this host at Strava:\n {3}oauth\.example\.com$/m)
    expect(prepared.stdout).not.toContain(`   ${callback}`)
    expect(prepared.stdout).toContain(`Note: a reviewer who opens ${callback} alone is sent on to Junction`)

    const set = ['set-credentials', 'strava', '--client-id', '12345', ...fromStdin]
    expect((await run(set, `${madeUpSecret}\n`)).stdout).toContain('Set: Junction now holds what was sent.')
    expect((await run(['credentials', 'list'])).stdout).toContain(callback)

    simulator.set({ omittedFields: 'cleared' })
    const other = 'https://login.example.com/cb/strava'
    const unserved = [...fromStdin, '--unserved']
    const changed = await run(['set-redirect', 'strava', other, ...unserved], `${madeUpSecret}\n`)
    expect(changed.stdout).toContain('it is the same secret')
    expect(changed.stderr).toContain(`${callback} -> ${other}`)
    expect((await run(['credentials', 'delete', 'strava', '--yes'])).stdout).toContain('Deleted')
    expect((await run(['credentials', 'list'])).stdout).toBe('Junction holds no credentials here.\n')
  })

  test('in JSON', { timeout: 60_000 }, async () => {
    const { key, run, init } = await start()
    const json = async (argv: string[], stdin?: string) => (await run([...argv, '--json'], stdin)).stdout
    expect(readShape('init', await json(init))).toMatchObject({ environment: 'sandbox/us' })
    expect(readShape('login', await json(['login', '--with-file', '-'], key)).management_key).toContain('…')
    expect(readShape('prepare', await json(['prepare', 'google_health']))).toMatchObject({
      redirect_uri: 'https://oauth.example.com/oauth_callback/google_health',
      steps: [{ type: 'redirect_uri' }, { type: 'iam_principal' }],
    })
    const own = ['prepare', 'google_health', '--redirect-url', 'junction']
    expect(readShape('prepare', await json(own))).toMatchObject({
      redirect_uri: 'https://api.sandbox.tryvital.io/v2/link/connect/google_health',
      steps: [{ type: 'iam_principal' }],
    })
    const set = ['set-credentials', 'strava', '--client-id', '12345', ...fromStdin]
    const first = readShape('written', await json(set, madeUpSecret))
    expect(first).toMatchObject({ before: null, credential: { redirect_url_override: callback } })
    expect(readShape('list', await json(['credentials', 'list'])).credentials).toEqual([first.credential])
    expect(readShape('show', await json(['credentials', 'show', 'strava'])).credential).toEqual(
      first.credential,
    )
    const changed = readShape('written', await json(['set-redirect', 'strava', ...fromStdin], madeUpSecret))
    expect(changed).toMatchObject({ before: first.credential, secret_changed: false })
    const gone = readShape('deleted', await json(['credentials', 'delete', 'strava', '--yes']))
    expect(gone.deleted.id).toBe(first.credential.id)
  })
})

test('nothing of a secret is in the arguments that other users can read', async () => {
  const { simulator, folder, key } = await start()
  // Other tests may show theirs in arguments at the same time.
  const secret = `made-up-${randomUUID()}`
  simulator.set({ failures: [{ type: 'slow', milliseconds: 400, operation: 'list' }] })
  const argv = ['set-credentials', 'strava', '--client-id', '1', '--redirect-url', callback, ...fromStdin]
  const place = ['--org', simulator.org, '--team', simulator.teams.us.id, '--environment', 'sandbox']
  let retypedCommands = ''
  const looking = simulator.arrival(1).then(async () => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        retypedCommands += readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      } catch {
        // The process ended meanwhile.
      }
    }
  })
  const outcome = await runChild([...argv, ...place, '--region', 'us'], {
    directory: folder,
    stdin: secret,
    env: { HOME: folder, BYOO_MANAGEMENT_URL: simulator.url, JUNCTION_MANAGEMENT_KEY: key },
  })
  await looking
  expect(outcome).toMatchObject({ code: 0 })
  expect(retypedCommands).toContain('set-credentials')
  for (const hidden of [key, secret]) expect(retypedCommands).not.toContain(hidden)
})

test('--version and --help need nothing but what they print', async () => {
  expect((await runHere(['--version'])).code).toBe(0)
  expect((await runHere(['--help'])).stdout).toContain('set-credentials')
})
