import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { startManagementSimulator } from '../../src/simulator/management.ts'
import { ask, header } from '../raw-http.ts'

const run = promisify(execFile)

/** Node binaries to run the bundle on, separated by colons; the running one when nothing is said. */
const nodes = (process.env.BYOO_TEST_NODES ?? process.execPath).split(':')

// The bundle alone, away from the source tree and its node_modules.
const folder = mkdtempSync(join(tmpdir(), 'byoo-dist-'))
const byoo = join(folder, 'byoo.js')
const settings = { cwd: folder, env: { PATH: process.env.PATH } }
beforeAll(() => {
  cpSync(join(import.meta.dirname, '../../dist'), folder, { recursive: true })
})
afterAll(() => rmSync(folder, { recursive: true }))

async function serve(node: string, ...options: string[]) {
  const child = spawn(node, [byoo, 'serve', '--port', '0', ...options], {
    ...settings,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'close')
  onTestFinished(() => void child.kill('SIGKILL'))
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  const { address, metrics } = JSON.parse(line)
  return { child, exited, port: Number(new URL(address).port), metrics }
}

const request =
  'GET /oauth_callback/strava?code=a%2Fb+c&state=x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'

describe.each(nodes)('dist/byoo.js on %s', (node) => {
  test('--version', async () => {
    expect((await run(node, [byoo, '--version'], settings)).stdout).toMatch(
      new RegExp(`^${manifest.version} \\(package, Node [\\d.]+\\)\\n$`),
    )
  })

  test('serves production/us, is healthy, and stops at SIGTERM with exit code 0', async () => {
    const { child, exited, port } = await serve(node, '--environment', 'production', '--region', 'us')
    const answer = await ask(port, request)
    expect(answer.status).toBe(307)
    expect(header(answer, 'location')).toBe(
      'https://api.us.junction.com/v2/link/connect/strava?code=a%2Fb+c&state=x',
    )
    await run(node, [byoo, 'healthcheck', '--port', String(port)], settings)
    child.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
  })

  test('loads its lazy parts: YAML and metrics', async () => {
    writeFileSync(
      join(folder, 'byoo.yaml'),
      'routes:\n  - { url: "https://o.example/oauth_callback/{provider}", environment: sandbox, region: eu }\n',
    )
    onTestFinished(() => rmSync(join(folder, 'byoo.yaml')))
    const { port, metrics } = await serve(node, '--metrics-port', '0')
    expect(header(await ask(port, request), 'location')).toBe(
      'https://api.sandbox.eu.junction.com/v2/link/connect/strava?code=a%2Fb+c&state=x',
    )
    expect(await (await fetch(metrics)).text()).toContain('byoo_requests_total{')
  })

  test('sets credentials through the management API', async () => {
    const simulator = await startManagementSimulator()
    onTestFinished(() => simulator.close())
    writeFileSync(join(folder, 'secret'), 'made-up-client-secret')
    const argv = [
      'set-credentials',
      'strava',
      '--client-id',
      '12345',
      '--client-secret-file',
      'secret',
      '--json',
    ]
    const place = [
      '--environment',
      'sandbox',
      '--region',
      'us',
      '--redirect-url',
      'https://o.example/cb/strava',
    ]
    const env = {
      PATH: process.env.PATH,
      HOME: folder,
      JUNCTION_MANAGEMENT_KEY: simulator.keys.organisation,
      BYOO_MANAGEMENT_URL: simulator.url,
      BYOO_ORG: simulator.org,
      BYOO_TEAM: simulator.teams.us.id,
    }
    const { stdout } = await run(node, [byoo, ...argv, ...place], { ...settings, env })
    expect(JSON.parse(stdout).credential).toMatchObject({
      redirect_url_override: 'https://o.example/cb/strava',
    })
    expect(simulator.requests.map(({ operation }) => operation)).toContain('set')
  })

  test('verifies itself, strictly', async () => {
    const { port } = await serve(node, '--environment', 'production', '--region', 'us')
    const url = `http://127.0.0.1:${port}/oauth_callback/{provider}`
    const options = ['--environment', 'production', '--region', 'us', '--strict', '--rate', '100']
    const { stdout } = await run(node, [byoo, 'verify', url, ...options], settings)
    expect(stdout).toContain('Real users would not be affected')
  })

  test('explains a fault without a stack trace', async () => {
    await expect(run(node, [byoo, 'serve', '--region', 'us'], settings)).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^byoo: the configuration has a fault:\n {2}--environment: is missing.*\n$/,
      ),
    })
  })
})
