import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { writePart } from '../../docs/parts.ts'
import { createAuthority } from '../certificate.ts'
import { type EngineName, startProgram, targetOf } from '../e2e/exported.ts'
import { exported } from '../export/fixture.ts'
import { freePort } from '../ports.ts'
import { memory } from './processes.ts'
import { medianOf } from './report.ts'

// One byoo and every exported server, all with TLS: requests per second, memory and start, from one run.

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '2' } },
})
const host = 'oauth.example.com'
const path = '/oauth_callback/strava?code=made-up&state=x'
const yaml = `routes: [{ url: "https://${host}/oauth_callback/{provider}", environment: production/us }]`
const names = ['nginx', 'haproxy', 'apache', 'caddy', 'workerd', 'deno'] as const satisfies EngineName[]

interface Server {
  readonly name: string
  readonly port: number
  readonly pid: number
  /** From the start of the process to its first 307, in milliseconds. */
  readonly start: number
  stop(): Promise<void> | void
}

const authority = await createAuthority()
const tls = await authority.issue(host, -10, 300, 'localhost')
const folder = mkdtempSync(join(tmpdir(), 'byoo-scale-'))
for (const [name, text] of Object.entries({ cert: tls.cert, key: tls.key }))
  writeFileSync(join(folder, name), text)
writeFileSync(join(folder, 'wrk.lua'), `wrk.headers["Host"] = "${host}"\n`)

const servers: Server[] = [await startByoo()]
for (const name of names) servers.push(await startExported(name))
const speeds = new Map(servers.map(({ name }) => [name, [] as number[]]))
for (let round = 0; round < Number(values.rounds); round += 1) {
  for (const server of servers) speeds.get(server.name)?.push(load(server))
}
const [byoo] = servers
const baseline = medianOf(speeds.get(byoo?.name ?? '') ?? [])
const rows = servers.map((server) => {
  const speed = medianOf(speeds.get(server.name) ?? [])
  const cells = [server.name, Math.round(speed).toLocaleString('en'), (speed / baseline).toFixed(2)]
  return `| ${[...cells, Math.round(memory(server.pid)), Math.round(server.start)].join(' | ')} |`
})
for (const server of servers) await server.stop()
rmSync(folder, { recursive: true })

const table = [
  `${Number(values.rounds)} interleaved rounds of ${values.seconds} s, \`wrk -t1 -c32\` with TLS and keep-alive; Node ${process.versions.node}.`,
  '',
  '| server | requests/s | × byoo | memory after load, MB | first 307, ms |',
  '| --- | ---: | ---: | ---: | ---: |',
  ...rows,
].join('\n')
writePart(join(import.meta.dirname, '../../docs/scale.md'), 'scale', table)
console.log(table)

async function startByoo(): Promise<Server> {
  const port = await freePort()
  const argv = ['dist/byoo.js', 'serve', '--port', String(port), '--log-level', 'silent']
  const pem = ['--tls-cert', join(folder, 'cert'), '--tls-key', join(folder, 'key')]
  const began = performance.now()
  const child = spawn(process.execPath, [...argv, ...pem], {
    stdio: 'ignore',
    env: { PATH: process.env.PATH, BYOO_CONFIG: yaml },
  })
  const start = (await firstAnswer(port)) - began
  return {
    name: '**byoo serve**, one replica',
    port,
    pid: child.pid ?? 0,
    start,
    stop: () => void child.kill(),
  }
}

async function startExported(name: (typeof names)[number]): Promise<Server> {
  const began = performance.now()
  // wrk names a host of its URL alone in the handshake, and Caddy answers no other than its own.
  const files = (await exported(targetOf(name), yaml)).map((file) => ({
    ...file,
    text: name === 'caddy' ? file.text.replace(`${host} {`, `${host}, localhost {`) : file.text,
  }))
  const running = await startProgram(name, files, tls)
  const start = (await firstAnswer(running.port)) - began
  const label = targetOf(name) === name ? name : `${targetOf(name)} on ${name}`
  return { name: `exported ${label}`, port: running.port, pid: running.pid, start, stop: running.stop }
}

/** When a login is first answered with 307. */
async function firstAnswer(port: number): Promise<number> {
  for (;;) {
    const status = await new Promise((resolve) => {
      const options = {
        host: '127.0.0.1',
        port,
        path,
        servername: host,
        headers: { host },
        ca: authority.pem,
      }
      const sent = request({ ...options, agent: false }, (response) => resolve(response.resume().statusCode))
      sent.on('error', () => resolve(undefined))
      sent.end()
    })
    if (status === 307) return performance.now()
    await wait(2)
  }
}

/** Requests per second of one round; the load has one core of its own where there is a second. */
function load({ port }: Server): number {
  const url = `https://localhost:${port}${path}`
  const argv = ['-t1', '-c32', `-d${values.seconds}s`, '-s', join(folder, 'wrk.lua'), url]
  const printed = execFileSync('wrk', argv, { encoding: 'utf8' })
  if (/Non-2xx|Socket errors: connect [1-9]/.test(printed)) throw new Error(printed)
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(printed)?.[1])
}
