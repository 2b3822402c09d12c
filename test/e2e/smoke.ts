import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { providerSlugs } from '../../src/junction/providers.ts'
import { ask, header } from '../raw-http.ts'
import { startJunction } from '../world.ts'

/** How a process is started. */
export interface Command {
  readonly program: string
  readonly argv: readonly string[]
  readonly options: SpawnOptions
}

/** What people get of byoo, put somewhere without a source tree. */
export interface Artefact {
  /** What `--version` says of it. */
  readonly distribution: string
  /** Version of its Node.js. */
  readonly nodeVersion: string
  /** How it runs with these arguments and variables, in an empty folder. */
  command(argv: readonly string[], env: Readonly<Record<string, string>>): Command
}

/** A running byoo, with everything that it printed so far. */
interface Running {
  readonly child: ChildProcess
  readonly printed: { stdout: string; stderr: string }
  readonly exited: Promise<number | NodeJS.Signals>
}

function start(artefact: Artefact, argv: readonly string[], env: Record<string, string> = {}): Running {
  const command = artefact.command(argv, env)
  const child = spawn(command.program, command.argv, command.options)
  const exited = once(child, 'close').then(([code, signal]) => code ?? signal)
  const printed = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text
    })
  }
  onTestFinished(async () => {
    // Containers end by SIGTERM only.
    child.kill()
    await exited
  })
  return { child, printed, exited }
}

async function run(artefact: Artefact, argv: readonly string[], env?: Record<string, string>, stdin = '') {
  const { child, printed, exited } = start(artefact, argv, env)
  child.stdin?.end(stdin)
  return { code: await exited, ...printed }
}

/** Starts byoo and waits for the JSON that it prints first. */
async function startPrinting(artefact: Artefact, argv: readonly string[], env?: Record<string, string>) {
  const running = start(artefact, argv, env)
  const { child, printed, exited } = running
  const ended = exited.then(() => {
    throw new Error(`byoo ${argv.join(' ')} ended with:\n${printed.stdout}${printed.stderr}`)
  })
  for (;;) {
    await Promise.race([ended, child.stdout && once(child.stdout, 'data')])
    if (/^\{[\s\S]*\}\n/.test(printed.stdout)) return { ...running, facts: JSON.parse(printed.stdout) }
  }
}

async function serve(artefact: Artefact, options: readonly string[], env?: Record<string, string>) {
  const { facts, ...running } = await startPrinting(artefact, ['serve', '--port', '0', ...options], env)
  return { ...running, metrics: facts.metrics, port: Number(new URL(facts.address).port) }
}

/** Sends the signal that stops byoo; on Windows, where there is none, it ends it. */
async function stop({ child, exited }: Running) {
  child.kill('SIGTERM')
  const code = await exited
  return process.platform === 'win32' ? 0 : code
}

const place = ['--environment', 'production/us']
const path = '/oauth_callback/strava'
/** Everything that re-encoding, decoding, sorting or joining would change. */
const query = '?state=a.b-c_d%2B==&code=4%2F0A+b%20c&scope=read,activity:read_all&&state=x;y&z=%e2%9C%93%zz?'
const request = `GET ${path}${query} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`

/** What every artefact must do where there is nothing but it. */
export function describeSmokeTest(name: string, findArtefact: () => Artefact): void {
  describe(`${name}, alone`, () => {
    vi.setConfig({ testTimeout: 60_000 })

    test('--version says what it is', async () => {
      const artefact = findArtefact()
      const stdout = `${manifest.version} (${artefact.distribution}, Node ${artefact.nodeVersion})\n`
      expect(await run(artefact, ['--version'])).toEqual({ code: 0, stdout, stderr: '' })
    })

    test('--help names the commands', async () => {
      const { code, stdout, stderr } = await run(findArtefact(), ['--help'])
      expect([code, stderr]).toEqual([0, ''])
      for (const command of [
        'serve',
        'init',
        'set-credentials',
        'link',
        'verify',
        'doctor',
        'demo',
        'providers',
      ]) {
        expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'))
      }
    })

    test('providers works offline', async () => {
      const { code, stdout } = await run(findArtefact(), ['providers', '--json'])
      expect(code).toBe(0)
      expect(JSON.parse(stdout).providers.map(({ slug }: { slug: string }) => slug)).toEqual([
        ...providerSlugs,
      ])
    })

    test('serve forwards byte for byte, verify says so, and SIGTERM stops it', async () => {
      const artefact = findArtefact()
      const running = await serve(artefact, place)
      const answer = await ask(running.port, request)
      expect([answer.status, header(answer, 'location')]).toEqual([
        307,
        `https://api.us.junction.com/v2/link/connect/strava${query}`,
      ])
      const url = `http://127.0.0.1:${running.port}/oauth_callback/{provider}`
      const verified = await run(artefact, ['verify', url, ...place, '--strict', '--rate', '100', '--json'])
      const report = JSON.parse(verified.stdout)
      expect([verified.code, report.endpoints[0].findings]).toEqual([0, []])
      expect((await run(artefact, ['healthcheck', '--port', String(running.port)])).code).toBe(0)
      expect(await stop(running)).toBe(0)
    })

    test('serve reads YAML and serves metrics', async () => {
      const url = 'https://o.example/oauth_callback/{provider}'
      const yaml = `routes:\n  - { url: "${url}", environment: sandbox/eu }\n`
      const running = await serve(findArtefact(), ['--metrics-port', '0'], { BYOO_CONFIG: yaml })
      expect(header(await ask(running.port, request), 'location')).toBe(
        `https://api.sandbox.eu.junction.com/v2/link/connect/strava${query}`,
      )
      expect(await (await fetch(running.metrics)).text()).toContain('byoo_requests_total{')
      expect(await stop(running)).toBe(0)
    })

    test('set-credentials, list and delete reach the management API', async () => {
      const simulator = await startJunction()
      onTestFinished(() => simulator.close())
      const redirectUrl = 'https://oauth.example.com/oauth_callback/strava'
      const env = {
        JUNCTION_MANAGEMENT_KEY: simulator.keys.organisation,
        BYOO_MANAGEMENT_URL: simulator.url,
        BYOO_ORG: simulator.org,
        BYOO_TEAM: simulator.teams.us.id,
        BYOO_ENVIRONMENT: 'sandbox/us',
        BYOO_JSON: '1',
      }
      const artefact = findArtefact()
      const secret = ['--client-secret-file', '-']
      const options = ['--client-id', '12345', '--redirect-url', redirectUrl, ...secret]
      const set = await run(
        artefact,
        ['set-credentials', 'strava', ...options],
        env,
        'made-up-client-secret\n',
      )
      expect(set, set.stderr).toMatchObject({ code: 0 })
      expect(JSON.parse(set.stdout).credential).toMatchObject({ redirect_url_override: redirectUrl })
      expect((await run(artefact, ['credentials', 'list'], env)).stdout).toContain(redirectUrl)
      expect((await run(artefact, ['credentials', 'delete', 'strava', '--yes'], env)).code).toBe(0)
      expect((await run(artefact, ['credentials', 'list'], env)).stdout).not.toContain(redirectUrl)
    })

    test('a fault is explained without a stack trace', async () => {
      expect(await run(findArtefact(), ['serve', '--region', 'us'])).toEqual({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(
          /^byoo: the configuration has a fault:\n {2}--region: needs --environment.*\n$/,
        ),
      })
    })

    test('demo shows its page, and Ctrl-C ends it', async () => {
      const { facts, ...running } = await startPrinting(findArtefact(), ['demo', '--json'])
      const answer = await fetch(facts.url)
      expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('<title>')])
      running.child.kill('SIGINT')
      const code = await running.exited
      expect(process.platform === 'win32' ? 0 : code).toBe(0)
    })
  })
}
