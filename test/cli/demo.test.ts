import { once } from 'node:events'
import { readdirSync, renameSync, symlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { AttemptView } from '../../src/demo/attempt.ts'
import type { DemoView } from '../../src/demo/backend.ts'
import { doctorArguments } from '../../src/demo/shell.ts'
import type { JunctionEnvironment } from '../../src/junction/environments.ts'
import { walk } from '../demo/walk.ts'
import { listens } from '../ports.ts'
import {
  byooCommand,
  type ChildRun,
  emptyFolder,
  type Outcome,
  runChild,
  runHere,
  runOnTerminal,
  shellQuoted,
  spawnByoo,
  spawnProgram,
} from '../run.ts'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const environments: readonly JunctionEnvironment[] = [
  'sandbox/us',
  'sandbox/eu',
  'production/us',
  'production/eu',
]

/** Reports what the process connects to and looks up, before it does. */
const watchConnections = `
import { Socket } from 'node:net'
import dns from 'node:dns'
const { connect } = Socket.prototype
Socket.prototype.connect = function (...args) {
  const [options] = Array.isArray(args[0]) ? args[0] : args
  process.stderr.write('connects to ' + (options.path ?? options.host ?? JSON.stringify(options)) + '\\n')
  return connect.apply(this, args)
}
for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6']) {
  for (const module of [dns, dns.promises]) {
    const original = module[name]
    module[name] = (host, ...rest) => {
      process.stderr.write('looks up ' + host + '\\n')
      return original(host, ...rest)
    }
  }
}
`

interface RunningDemo extends ChildRun {
  /** Where it was started, and where it might leave something. */
  readonly folder: string
  // biome-ignore lint/suspicious/noExplicitAny: tests compare it
  readonly data: any
}

async function startDemo(
  options: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<RunningDemo> {
  const folder = emptyFolder()
  const demo = spawnByoo(['demo', '--json', ...options], {
    directory: folder,
    env: { HOME: folder, TMPDIR: folder, TSX_DISABLE_CACHE: '1', ...env },
  })
  return { ...demo, folder, data: JSON.parse(await demo.printed('{')) }
}

// biome-ignore lint/suspicious/noExplicitAny: tests compare it
async function post(url: string, body: object): Promise<any> {
  const headers = { 'content-type': 'application/json' }
  return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).json()
}

async function startAttempt(url: string): Promise<{ id: string; url: string }> {
  return post(`${url}/attempts`, { environment: 'sandbox/us', scenario: null })
}

async function readJson<Value>(url: string): Promise<Value> {
  return (await fetch(url)).json() as Promise<Value>
}

const describeDemo = ({ data }: RunningDemo) => readJson<DemoView>(`${data.url}/demo`)

/** What the page says to paste. */
function shellLine({ environments }: DemoView, environment: JunctionEnvironment): string {
  return environments.find((one) => one.environment === environment)?.shellLine ?? ''
}

/** Runs a byoo command with the variables that the demo's line sets. */
function withVariables(
  { data, folder }: RunningDemo,
  environment: JunctionEnvironment,
  ...argv: string[]
): Promise<Outcome> {
  return runHere(argv, { directory: folder, env: { HOME: folder, ...data.variables[environment] } })
}

/** Runs a byoo command in a shell into which the demo's line was pasted. */
async function inShell(
  demo: RunningDemo,
  environment: JunctionEnvironment,
  command: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const folder = emptyFolder()
  const line = shellLine(await describeDemo(demo), environment)
  const script = `${line}\nbyoo() { ${byooCommand.map(shellQuoted).join(' ')} "$@"; }\n${command}\n`
  const { exited, stdout, stderr } = spawnProgram(['sh', '-c', script], {
    directory: folder,
    env: { HOME: folder, TMPDIR: demo.folder, ...env },
  })
  return { code: await exited, stdout: stdout(), stderr: stderr() }
}

const portOf = (url: string) => Number(new URL(url).port)

describe('byoo demo --json', () => {
  test('prints addresses and keys on one line, and goes on', async () => {
    const { data, stdout, stderr } = await startDemo()
    const local = expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/)
    const each = (value: unknown) => Object.fromEntries(environments.map((name) => [name, value]))
    expect(data).toEqual({
      url: local,
      junction: {
        management_url: local,
        api_url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/\{environment\}\/\{region\}$/),
      },
      provider: { url: local },
      forwarder: { url: local },
      org: expect.stringMatching(uuid),
      teams: each(expect.stringMatching(uuid)),
      management_key: expect.stringMatching(/^mg_made-up-/),
      api_keys: {
        'sandbox/us': expect.stringMatching(/^sk_us_made-up-/),
        'sandbox/eu': expect.stringMatching(/^sk_eu_made-up-/),
        'production/us': expect.stringMatching(/^pk_us_made-up-/),
        'production/eu': expect.stringMatching(/^pk_eu_made-up-/),
      },
      variables: each({
        BYOO_MANAGEMENT_URL: data.junction.management_url,
        BYOO_API_URL: data.junction.api_url,
        JUNCTION_MANAGEMENT_KEY: data.management_key,
        DEMO_CLIENT_SECRET: expect.stringMatching(/^made-up-secret-/),
        BYOO_CONFIG: expect.stringMatching(/^\{"routes":/),
      }),
    })
    expect([stdout().split('\n').length, stderr()]).toEqual([2, ''])
    for (const url of [data.url, data.provider.url, data.forwarder.url, data.junction.management_url]) {
      expect(await listens(portOf(url))).toBe(true)
    }
  })

  test('listens where it is told to', async () => {
    const { data } = await startDemo()
    const { port } = new URL(data.url)
    const taken = await runChild(['demo', '--port', port])
    expect([taken.code, taken.stdout, taken.stderr]).toEqual([
      2,
      '',
      `byoo: cannot listen on 127.0.0.1 port ${port}: something else listens on port ${port} already: stop it, or choose another port with --port\n`,
    ])
    const json = await runChild(['demo', '--port', port, '--json'])
    expect([json.code, JSON.parse(json.stderr).error.code]).toEqual([2, 'cannot_listen'])
  })
})

describe('what people read', () => {
  test.each([
    [60, 60],
    [80, 80],
    [200, 100],
  ])('breaks between words on a terminal of %i columns', async (columns, widest) => {
    const folder = emptyFolder()
    const env = { PATH: process.env.PATH ?? '', HOME: folder, TMPDIR: folder, NO_COLOR: '1' }
    const demo = runOnTerminal(['demo'], { env, directory: folder, columns })
    await demo.sees('leaves nothing behind.')
    const lines = demo.screen().split(/\r?\n/)
    const long = lines.filter((line) => line.length > widest)
    expect(long.filter((line) => !/^ {2}(eval|node) /.test(line))).toEqual([])
    expect(lines.join(' ')).toMatch(/all on this machine\. .*and see who notices\..*waits for the +user/)
    demo.type('\u0003')
    expect(await demo.exited).toBe(0)
  })
})

describe('what other commands work on', () => {
  test('may be in the environment, for other commands', async () => {
    const { data } = await startDemo([], { BYOO_ENVIRONMENT: 'production', BYOO_REGION: 'mars' })
    expect(Object.keys(data.variables)).toEqual(environments)
  })
})

describe('the end', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s: exit code 0, nothing left behind, whatever is under way',
    async (signal) => {
      const { child, data, folder, exited, stderr } = await startDemo()
      const { id, url } = await startAttempt(data.url)
      await walk(url)
      // Has doctor begin; browsers keep connections.
      await fetch(`${data.url}/attempts/${id}`)
      const idle = connect({ host: '127.0.0.1', port: Number(new URL(data.forwarder.url).port) })
      idle.on('error', () => undefined)
      await once(idle, 'connect')
      child.kill(signal)
      expect(await exited).toBe(0)
      expect(stderr()).toBe('')
      expect(readdirSync(folder)).toEqual([])
      for (const address of [data.url, data.provider.url, data.forwarder.url, data.junction.management_url]) {
        expect(await listens(portOf(address))).toBe(false)
      }
    },
  )

  test('is said to people', async () => {
    const demo = spawnByoo(['demo'], { env: { TMPDIR: emptyFolder() } })
    await demo.printed('Ctrl-C stops it')
    demo.child.kill('SIGINT')
    expect(await demo.exited).toBe(0)
    expect(demo.stderr()).toBe('Stopped; nothing is left behind.\n')
  })
})

test('nothing but loopback is asked, whatever the proxy', async () => {
  const preload = `data:text/javascript,${encodeURIComponent(watchConnections)}`
  const proxy = { HTTPS_PROXY: 'http://proxy.invalid:1', HTTP_PROXY: 'http://proxy.invalid:1' }
  const demo = await startDemo([], { ...proxy, NODE_OPTIONS: `--import=${preload}` })
  const { id, url } = await startAttempt(demo.data.url)
  await walk(url)
  const look = () => readJson<AttemptView>(`${demo.data.url}/attempts/${id}`)
  await expect.poll(async () => (await look()).doctor.status, { timeout: 20_000 }).toBe('done')
  expect((await look()).outcome).toBe('connected')
  demo.child.kill('SIGINT')
  await demo.exited
  const lines = demo
    .stderr()
    .split('\n')
    .filter((line) => /^(connects to|looks up) /.test(line))
  expect(lines).toContain('connects to 127.0.0.1')
  expect([...new Set(lines)].filter((line) => !line.endsWith(' 127.0.0.1'))).toEqual([])
})

describe('byoo demo --env', () => {
  const run = (folder: string, ...words: string[]) =>
    runChild(['demo', '--env', ...words], { directory: folder, env: { HOME: folder, TMPDIR: folder } })

  test('prints export lines of the demo that runs, and ends', async () => {
    const { folder, data } = await startDemo()
    const { code, stdout } = await run(folder)
    expect(code).toBe(0)
    expect(stdout.split('\n').map((line) => line.replace(/[ =].*/, ''))).toEqual([
      'unset',
      ...Array(5).fill('export'),
      '',
    ])
    expect(stdout).toContain(`export JUNCTION_MANAGEMENT_KEY=${data.management_key}\n`)
    expect(stdout).toContain('"sandbox/us"')
    expect((await run(folder, 'production/eu')).stdout).toContain('"production/eu"')
    const json = await run(folder, '--json')
    expect(JSON.parse(json.stdout)).toEqual({ variables: data.variables['sandbox/us'] })
    const unknown = await run(folder, 'production/mars')
    expect([unknown.code, unknown.stdout]).toEqual([2, ''])
  })

  test('exits with 6 when none runs, and when what it finds is a link', async () => {
    const folder = emptyFolder()
    const none = await run(folder)
    expect([none.code, none.stdout]).toEqual([6, ''])
    expect(none.stderr).toMatch(/^byoo: no demo is running on this machine\n.* demo\n$/)
    const { folder: other, exited, child } = await startDemo()
    const [name = ''] = readdirSync(other)
    renameSync(join(other, name), join(folder, name))
    symlinkSync(join(folder, name), join(other, name))
    expect((await run(other)).code).toBe(6)
    expect((await run(folder)).code).toBe(0)
    child.kill('SIGKILL')
    await exited
    expect((await run(folder)).code).toBe(6)
  })
})

describe('the pasted line', () => {
  test('is printed for people, and shown by the page for every environment', async () => {
    const folder = emptyFolder()
    const demo = spawnByoo(['demo'], { directory: folder, env: { HOME: folder, TMPDIR: folder } })
    const url = (await demo.printed('  http://')).trim()
    const line = await demo.printed('eval "$(')
    const view = await readJson<DemoView>(`${url}/demo`)
    expect(view.environments.map(({ environment }) => environment)).toEqual(environments)
    expect(line.trim()).toBe(shellLine(view, 'sandbox/us'))
    expect(line).toMatch(/^ {2}eval "\$\(node \S+ demo --env sandbox\/us\)"$/)
    // The commands can be pasted, too.
    const commands = view.environments[0]?.commands ?? []
    expect(commands.map(({ command }) => command.replace(/^node \S+ /, ''))).toEqual([
      'link whoop_v2 --wait',
      'link oura --wait',
      'credentials show whoop_v2',
      'verify',
      doctorArguments,
    ])
    const { code } = await runHere(commands[2]?.command.split(' ').slice(2) ?? [], {
      env: view.environments[0]?.variables ?? {},
    })
    expect(code).toBe(0)
  })

  test('plays both logins of a redirect URI that an app has, too', async () => {
    const demo = await startDemo()
    const { variables, forwarder, url } = demo.data
    const link = spawnByoo(['link', 'oura', '--wait'], {
      env: variables['sandbox/us'],
      directory: demo.folder,
    })
    const oauthUrl = (await link.printed('/oauth/authorize?')).trim()
    const shared = `${forwarder.url}/app/oauth/oura?`
    const hosts = (steps: Awaited<ReturnType<typeof walk>>) => steps.map((step) => step.url)
    const throughJunction = hosts(await walk(oauthUrl))
    expect(throughJunction.filter((step) => step.startsWith(shared))).toHaveLength(1)
    expect(throughJunction.at(-1)).toContain('/sandbox/us/v2/link/connect/oura?')
    expect(await link.exited).toBe(0)
    const own = await walk(`${url}/app/login`)
    expect(hosts(own).filter((step) => step.startsWith(shared))).toHaveLength(1)
    expect(own.at(-1)).toMatchObject({ body: expect.stringContaining('You are logged in to the app itself') })
    // Nothing else begins a login there, and a callback counts once.
    const again = await fetch(own.at(-1)?.url ?? '')
    expect([again.status, await again.text()]).toEqual([
      400,
      expect.stringContaining('You are not logged in'),
    ])
    const verify = await withVariables(demo, 'sandbox/us', 'verify', '--rate', '1000', '--json')
    const { endpoints } = JSON.parse(verify.stdout)
    expect([verify.code, endpoints]).toMatchObject([0, [{}, { environments: ['sandbox/us'] }]])
    const doctor = await withVariables(
      demo,
      'sandbox/us',
      'doctor',
      'oura',
      '--create-user',
      '--ask-provider',
    )
    expect([doctor.code, doctor.stdout]).toEqual([0, expect.stringContaining('Nothing wrong found')])
  })

  test('makes the commands talk to the demo, and each says so', async () => {
    const demo = await startDemo()
    const { data } = demo
    const { host } = new URL(data.junction.management_url)
    const warning = `warning: this talks to the demo at ${host}, not to Junction`
    const redirectUri = `${data.forwarder.url}/sandbox/us/oauth_callback/whoop_v2`
    const { id, url } = await startAttempt(data.url)
    await walk(url)
    const { userId } = await readJson<AttemptView>(`${data.url}/attempts/${id}`)
    const commands: [argv: string, stdout: string][] = [
      [doctorArguments, 'Nothing wrong found'],
      ['credentials list --all', 'production/eu'],
      ['credentials show whoop_v2', redirectUri],
      ['prepare whoop_v2', redirectUri],
      ['set-redirect whoop_v2 --yes', 'Junction now holds what was sent.'],
      ['set-credentials whoop_v2 --yes', 'Junction now holds what was sent.'],
      ['diff', 'Junction holds what byoo.yaml says.'],
      ['apply whoop_v2 --rotate --yes', '1 done, 0 failed, 0 not tried.'],
      ['verify --only required --rate 1000', 'Logins work through this endpoint'],
      ['link whoop_v2', `${data.provider.url}/oauth/authorize?`],
      [`connections ${userId}`, 'connected'],
      [`disconnect ${userId} whoop_v2 --yes`, 'whoop_v2'],
    ]
    for (const [argv, expected] of commands) {
      const { code, stdout, stderr } = await withVariables(demo, 'sandbox/us', ...argv.split(' '))
      expect([argv, code]).toEqual([argv, 0])
      expect(stdout).toContain(expected)
      expect(stderr.split('\n')).toContain(warning)
    }
    const whoami = await withVariables(demo, 'sandbox/us', 'whoami')
    expect([whoami.code, whoami.stdout]).toEqual([0, expect.stringContaining(data.org)])
    expect(whoami.stderr).toContain('this talks to the demo at')
    // In production the endpoint is verified before a write.
    const write = ['set-credentials', 'whoop_v2', '--yes']
    const { code, stdout } = await withVariables(demo, 'production/eu', ...write)
    const written = `${data.forwarder.url}/production/eu/oauth_callback/whoop_v2`
    expect([code, stdout]).toEqual([0, expect.stringContaining(written)])
  })

  test('forgets what would choose something else', async () => {
    const demo = await startDemo()
    const { data } = demo
    const elsewhere = {
      JUNCTION_API_KEY: 'sk_us_made-up-key-of-somebody',
      BYOO_ENVIRONMENT: 'production/eu',
      BYOO_ORG: '00000000-0000-4000-8000-000000000001',
      BYOO_TEAM: '00000000-0000-4000-8000-000000000002',
      BYOO_URL: 'https://oauth.example.com/oauth_callback/{provider}',
      BYOO_TARGET: 'https://elsewhere.example.com/{provider}',
      BYOO_PATH: '/elsewhere/{provider}',
      BYOO_PROVIDERS: 'fitbit',
      BYOO_PROVIDER: 'fitbit',
      BYOO_CLIENT_ID: 'id-of-somebody',
      BYOO_CLIENT_SECRET: 'made-up-secret-of-somebody',
    }
    const commands = `
      byoo link whoop_v2 && byoo credentials show whoop_v2 && byoo whoami && env
      byoo verify --only required --rate 1000`
    const { code, stdout } = await inShell(demo, 'sandbox/us', commands, elsewhere)
    expect(code).toBe(0)
    expect(stdout).toContain(`${data.provider.url}/oauth/authorize?`)
    expect(stdout).toContain('Logins work through this endpoint')
    expect(Object.entries(elsewhere).filter(([, value]) => stdout.includes(value))).toEqual([])
    const words = new Set(stdout.match(/^(BYOO|JUNCTION|DEMO)_\w+(?==)/gm))
    expect([...words].toSorted()).toEqual(Object.keys(data.variables['sandbox/us']).toSorted())
  })

  test('finds with doctor the scenario that the page keeps on', async () => {
    const demo = await startDemo()
    const switchOn = async (scenario: string | null) =>
      ((await post(`${demo.data.url}/scenario`, { scenario })) as DemoView).active?.id ?? null
    expect(await switchOn('trailing_slash')).toBe('trailing_slash')
    expect((await describeDemo(demo)).active).toMatchObject({ id: 'trailing_slash' })
    const doctor = () => withVariables(demo, 'sandbox/us', ...doctorArguments.split(' '))
    const broken = await doctor()
    expect([broken.code, broken.stdout]).toEqual([7, expect.stringContaining('slash')])
    expect(await switchOn(null)).toBe(null)
    expect((await doctor()).code).toBe(0)
  })

  test('is enough for a forwarder of its own', async () => {
    const { data } = await startDemo()
    const serve = spawnByoo(['serve', '--port', '0'], {
      env: data.variables['sandbox/us'],
      directory: emptyFolder(),
    })
    const { address } = JSON.parse(await serve.printed('"listening"'))
    const answer = await fetch(`${address}/sandbox/us/oauth_callback/whoop_v2?code=a%2Bb`, {
      redirect: 'manual',
    })
    expect(answer.headers.get('location')).toBe(
      `${data.junction.management_url}/sandbox/us/v2/link/connect/whoop_v2?code=a%2Bb`,
    )
  })
})
