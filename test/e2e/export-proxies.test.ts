import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { createEndpoint } from '../../src/verify/endpoint.ts'
import { createRateLimiter } from '../../src/verify/rate-limiter.ts'
import { verify } from '../../src/verify/verify.ts'
import { type Authority, createAuthority } from '../certificate.ts'
import { exported } from '../export/fixture.ts'
import { freePort, listens } from '../ports.ts'
import { emptyFolder, spawnByoo } from '../run.ts'
import { startProgram, type Tls } from './exported.ts'

const run = promisify(execFile)
const host = 'oauth.example.com'
const yaml = `routes:
  - { url: "https://${host}/oauth_callback/{provider}", environment: production/us }
  - { url: "https://other.example.org/oauth_callback/{provider}", environment: sandbox/eu }
`
/** What nginx, Caddy and HAProxy accept before byoo sees the request. */
const exceptions = {
  nginx: [],
  caddy: ['length-and-chunked'],
  haproxy: ['two-hosts', 'length-and-chunked'],
} as const
const proxies = ['nginx', 'caddy', 'haproxy'] as const

let authority: Authority
let tls: Tls
beforeAll(async () => {
  authority = await createAuthority()
  tls = await authority.issue(host, -10, 300, 'other.example.org')
})

/** Two byoo on ports of their own; a later start takes the same port. `serving` waits until a login came through. */
async function startByoo() {
  const directory = emptyFolder()
  writeFileSync(join(directory, 'byoo.yaml'), yaml)
  const ports = [await freePort(), await freePort()]
  const start = async (index: number) => {
    const [port = 0, metrics] = [ports[index], await freePort()]
    const options = { '--port': port, '--metrics-port': metrics, '--drain-delay': 2, '--log-level': 'error' }
    const argv = ['serve', '--behind-proxy', ...Object.entries(options).flat().map(String)]
    const { child, exited } = spawnByoo(argv, { directory })
    while (!(await listens(port))) await wait(20)
    const stop = () => {
      child.kill('SIGTERM')
      return exited
    }
    const serving = async () => {
      const counts = async () => (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text()
      while (!/status="307"/.test(await counts())) await wait(50)
    }
    return { stop, serving }
  }
  return { ports, start }
}

async function startProxy(name: (typeof proxies)[number], ports: readonly number[]) {
  const files = (await exported(`${name} --proxy`, yaml)).map((file) => ({
    ...file,
    text: withUpstreams(file.text, ports),
  }))
  return startProgram(name, files, tls)
}

/** "Several byoo", as the first lines of each output say it. */
function withUpstreams(text: string, ports: readonly number[]): string {
  const [first, second] = ports.map((port) => `127.0.0.1:${port}`)
  return text
    .replace(
      /^ {2}server 127\.0\.0\.1:8080 max_fails=0;$/m,
      `  server ${first} max_fails=0;\n  server ${second} max_fails=0;`,
    )
    .replace('reverse_proxy 127.0.0.1:8080 {', `reverse_proxy ${first} ${second} {`)
    .replace('  server byoo1 127.0.0.1:8080', `  server byoo1 ${first}\n  server byoo2 ${second}`)
}

describe.each(proxies)('byoo behind an exported %s', (name) => {
  test('passes every case of verify, and no query gets into a log', { timeout: 60_000 }, async () => {
    const { ports, start } = await startByoo()
    await Promise.all([start(0), start(1)])
    const proxy = await startProxy(name, ports)
    try {
      const url = `https://${host}:${proxy.port}/oauth_callback/{provider}`
      const target = { template: 'https://api.us.junction.com/v2/link/connect/{provider}' }
      const { cases } = await verify(createEndpoint(url, target, ['strava', 'oura']), {
        limiter: createRateLimiter(1000, 4),
        authorities: authority.pem,
        address: '127.0.0.1',
      })
      const others = cases.filter(({ verdict }) => verdict !== 'passed' && verdict !== 'not applicable')
      expect(others.map((result) => result.case.id)).toEqual(exceptions[name])
      expect(cases.length).toBeGreaterThan(70)
      // What no browser sends never gets to the location that keeps the log silent.
      const lines = proxy.logs().split('\n')
      expect(
        lines.filter(
          (line) => /GET \/oauth_callback\/\w+\?[^"]*code=/.test(line) && !/" 4(00|14) /.test(line),
        ),
      ).toEqual([])
    } finally {
      await proxy.stop()
    }
  })
})

test.each(proxies)('no code gets into a log of %s while byoo is down', { timeout: 60_000 }, async (name) => {
  const proxy = await startProxy(name, [await freePort(), await freePort()])
  try {
    const url = `https://${host}:${proxy.port}/oauth_callback/strava?code=seen-nowhere&state=seen-nowhere`
    const { stdout } = await run('curl', [
      '-sk',
      '-m',
      '20',
      '--resolve',
      `${host}:${proxy.port}:127.0.0.1`,
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      url,
    ])
    expect(stdout).toMatch(/^50[234]$/)
    expect(proxy.logs()).not.toContain('seen-nowhere')
  } finally {
    await proxy.stop()
  }
})

describe.each(['nginx', 'haproxy'] as const)('two byoo behind an exported %s', (name) => {
  test('restarted in turn under load lose nothing', { timeout: 120_000 }, async () => {
    const { ports, start } = await startByoo()
    const running = [await start(0), await start(1)]
    const proxy = await startProxy(name, ports)
    try {
      const url = `https://${host}:${proxy.port}/oauth_callback/strava?code=made-up&state=x`
      const hosts = join(emptyFolder(), 'wrk.lua')
      writeFileSync(hosts, `wrk.headers["Host"] = "${host}"\n`)
      const load = run('wrk', ['-t1', '-c8', '-d14s', '-s', hosts, url.replace(host, '127.0.0.1')])
      for (const index of [0, 1]) {
        await Promise.all(running.map((byoo) => byoo.serving()))
        expect(await running[index]?.stop()).toBe(0)
        running[index] = await start(index)
      }
      const { stdout } = await load
      expect(stdout).not.toMatch(/Non-2xx or 3xx|Socket errors/)
      expect(Number(/(\d+) requests in/.exec(stdout)?.[1])).toBeGreaterThan(100)
    } finally {
      await proxy.stop()
    }
  })
})
