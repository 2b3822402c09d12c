import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { limitMemory } from './memory-limit.ts'
import { nodes } from './nodes.ts'

const byoo = new URL('../../dist/byoo.js', import.meta.url).pathname
const clients = new URL('pipeline-clients.ts', import.meta.url).pathname
const megabyte = 1024 * 1024
const limit = 256 * megabyte

/** Starts a shell script with its `$0`, `$1` and so on; it is killed when the test ends. */
function run(script: string, ...values: string[]): ChildProcess {
  const child = spawn('sh', ['-c', script, ...values], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'close')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  return child
}

function lines(child: ChildProcess) {
  if (!child.stdout) throw new Error('no stdout')
  return createInterface({ input: child.stdout })
}

// In a network of its own, whose packets are as small as those of the internet: the send buffers of plain loopback
// would swallow the answers. Clients have a receive buffer of 2 kB.
test.each([...new Set([nodes[0], nodes.at(-1)])])(
  '500 connections that pipeline 5,200 requests each and read no answer neither end it nor slow a login, on Node $version',
  { timeout: 120_000 },
  async (node) => {
    const memory = limitMemory(limit)
    onTestFinished(() => memory.remove())
    const serve = run(
      'exec unshare --net sh -c "$0" "$@"',
      'ip link set lo mtu 1500 up && echo $$ >"$0" && exec "$1" "$2" serve --port 0 --environment sandbox/us',
      memory.joinFile,
      node?.path ?? '',
      byoo,
    )
    const log = lines(serve)
    const [first] = await once(log, 'line')
    const { port } = new URL(JSON.parse(first).address)
    log.on('line', () => undefined)
    const inside = `exec nsenter --net=/proc/${serve.pid}/ns/net`
    const small = run(
      `${inside} sh -c 'read -r least start most </proc/sys/net/ipv4/tcp_rmem; echo "2048 2048 $most" >/proc/sys/net/ipv4/tcp_rmem'`,
    )
    expect(await once(small, 'close')).toEqual([0, null])

    const client = `${inside} "$0" --import "$1" "$2" "$3" "$4"`
    const values = [process.execPath, import.meta.resolve('tsx'), clients, port]
    const logins: (number | string)[] = []
    const loggingIn = lines(run(client, ...values, '0'))
    await once(loggingIn, 'line')
    const attackers = run(client, ...values, '500')
    expect(await once(lines(attackers), 'line')).toEqual(['connected'])
    loggingIn.on('line', (line) => logins.push(JSON.parse(line)))
    let most = 0
    // They are shown out after 17 seconds.
    for (const end = performance.now() + 12_000; performance.now() < end; await wait(100)) {
      most = Math.max(most, memory.usage())
    }
    const slowest = Math.max(...logins.map(Number))
    console.log(
      `${Math.round(most / megabyte)} MB; ${logins.length} logins, the slowest ${Math.round(slowest)} ms`,
    )
    expect(serve.exitCode).toBe(null)
    expect(serve.signalCode).toBe(null)
    expect(most).toBeLessThan(limit)
    expect(logins.length).toBeGreaterThan(20)
    expect(logins.filter((taken) => typeof taken === 'string')).toEqual([])
    expect(slowest).toBeLessThan(1000)
    serve.kill('SIGTERM')
  },
)
