// npm run bench -- [--rounds 15] [--seconds 1] [--node <binary>]… [--write docs/performance.md]
// Compares byoo with bare node:http, frameworks and web servers. Exits 1 when something could not be measured.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildSync } from 'esbuild'
import { writePart } from '../../docs/parts.ts'
import { answer, checkAnswers, latenciesAtRate, load, openIdle } from './measure.ts'
import { type Running, type Surroundings, start, withHeapProbe } from './processes.ts'
import { findProgram, installPeers } from './programs.ts'
import { type Growth, type Result, renderReport } from './report.ts'
import { type NodeBinary, nodeServers, otherServers, product, serverWithRoutes } from './servers.ts'

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    seconds: { type: 'string', default: '1' },
    node: { type: 'string', multiple: true, default: [process.execPath] },
    write: { type: 'string' },
  },
})
const rounds = wholeNumber('--rounds', options.rounds)
const seconds = wholeNumber('--seconds', options.seconds)
const latencyRate = 2000
const idleConnections = 4000

const stopped = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(name, () => stopped.abort(new Error(`stopped by ${name}`)))
}
const folder = mkdtempSync(join(tmpdir(), 'byoo-bench-'))
try {
  process.exitCode = await bench()
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function bench(): Promise<number> {
  if (process.platform !== 'linux') throw new Error('the benchmark reads /proc: it runs on Linux only')
  if (!existsSync(product)) throw new Error('run `npm run build` first')
  installPeers()
  const nodes = options.node.map(readVersion)
  if (findProgram('wrk') === undefined) throw new Error('the benchmark needs wrk')
  const pin = pinProcesses()
  const surroundings: Surroundings = { folder, pin, signal: stopped.signal }
  const results: Result[] = [...nodes.flatMap(nodeServers), ...otherServers()].map((server) => ({
    server,
    requests: [],
    connections: [],
    latencies: [],
    firstAnswers: [],
    idleConnection: Number.NaN,
    idleMemory: Number.NaN,
    loadedMemory: Number.NaN,
    failure: undefined,
  }))

  for (let round = 0; round < rounds; round += 1) {
    await visitAll(results, round, `start ${round + 1} of ${rounds}`, async ({ server, firstAnswers }) => {
      const running = await start(server, surroundings)
      firstAnswers.push(running.firstAnswer)
      await running.stop()
    })
  }
  await visitAll(results, 0, 'idle connections', async (result) => {
    if (!['constant', 'silent', 'bounded-silent'].includes(result.server.identity)) return
    const running = await start(withHeapProbe(result.server), surroundings)
    await load(running.port, 1, true, stopped.signal)
    const before = await running.heap()
    const close = await openIdle(running.port, idleConnections)
    result.idleConnection = ((await running.heap()) - before) / idleConnections
    close()
    await running.stop()
  })
  await measureSideBySide(results, surroundings)
  const growth = new Map<NodeBinary, Growth[]>()
  for (const node of nodes) growth.set(node, await measureGrowth(node, surroundings))

  const report = renderReport(results, growth, {
    command: commandLine(nodes),
    pinned: pin.length > 0,
    ...{ rounds, seconds, latencyRate, idleConnections },
  })
  process.stdout.write(`${report}\n`)
  if (options.write !== undefined) writePart(options.write, 'bench', report)
  return results.some(({ failure }) => failure !== undefined) ? 1 : 0
}

/** Does the same with every server in turn; each round begins with another one. A failure ends that server's part. */
async function visitAll(
  results: Result[],
  round: number,
  title: string,
  measure: (result: Result) => Promise<void>,
): Promise<void> {
  process.stderr.write(`${title}\n`)
  const first = round % results.length
  for (const result of [...results.slice(first), ...results.slice(0, first)]) {
    if (!result.server.installed || result.failure !== undefined) continue
    try {
      await measure(result)
    } catch (error) {
      stopped.signal.throwIfAborted()
      result.failure = messageOf(error)
      process.stderr.write(`${result.server.name}: ${result.failure}\n`)
    }
  }
}

/**
 * All servers are up at once and take turns, so that two of one round are measured seconds apart: the speed of a
 * virtual machine changes from minute to minute.
 */
async function measureSideBySide(results: Result[], surroundings: Surroundings): Promise<void> {
  const running = new Map<Result, Running>()
  const { signal } = surroundings
  const port = (result: Result) => running.get(result)?.port ?? 0
  const memory = (result: Result) => running.get(result)?.memory() ?? Number.NaN
  /** Answers for each second that the server has spent on a processor. */
  const rate = async (result: Result, keepAlive: boolean) => {
    const spent = () => running.get(result)?.spent() ?? Number.NaN
    const before = spent()
    const answered = await load(port(result), seconds, keepAlive, signal)
    return answered / (spent() - before)
  }
  try {
    await visitAll(results, 0, 'warming up', async (result) => {
      running.set(result, await start(result.server, surroundings))
      await checkAnswers(port(result), result.server.identity === 'constant')
      result.idleMemory = memory(result)
      await load(port(result), Math.min(rounds, 3), true, signal)
    })
    for (let round = 0; round < rounds; round += 1) {
      await visitAll(results, round, `round ${round + 1} of ${rounds}`, async (result) => {
        result.requests.push(await rate(result, true))
      })
    }
    for (let round = 0; round < Math.ceil(rounds / 3); round += 1) {
      await visitAll(results, round, `connections and latency, round ${round + 1}`, async (result) => {
        const atRate = { perSecond: latencyRate, seconds, signal }
        const latencies = await latenciesAtRate(port(result), answer.path, atRate)
        result.latencies.push(latencies[Math.ceil(latencies.length * 0.99) - 1] ?? Number.NaN)
        result.connections.push(await rate(result, false))
        result.loadedMemory = memory(result)
      })
    }
  } finally {
    await Promise.all([...running.values()].map(({ stop }) => stop()))
  }
}

/** What more routes on one host cost: in processor time of a process of its own, and to users during a reload. */
async function measureGrowth(node: NodeBinary, surroundings: Surroundings): Promise<Growth[]> {
  process.stderr.write(`routes, Node ${node.version}\n`)
  const bundle = join(folder, 'growth.mjs')
  const entry = join(import.meta.dirname, 'growth.ts')
  // The packages among them, such as yaml, ask for Node's modules by require.
  const js = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)"
  buildSync({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: bundle,
    banner: { js },
  })
  const figures: Omit<Growth, 'worst'>[] = JSON.parse(
    execFileSync(node.path, [bundle], { encoding: 'utf8', maxBuffer: 1e6 }),
  )
  const growth: Growth[] = []
  for (const figure of figures) {
    const server = serverWithRoutes(node, figure.count)
    const worst: number[] = []
    let running: Running | undefined
    try {
      running = await start(server, surroundings)
      const atRate = { perSecond: 500, seconds: 2, signal: stopped.signal }
      for (let reload = 0; reload < Math.min(rounds, 7); reload += 1) {
        const latencies = await latenciesAtRate(running.port, server.asks ?? '', atRate, running.reload)
        worst.push(latencies.at(-1) ?? Number.NaN)
      }
    } catch (error) {
      stopped.signal.throwIfAborted()
      process.stderr.write(`${server.name}: ${messageOf(error)}\n`)
      worst.push(Number.NaN)
    } finally {
      await running?.stop()
    }
    growth.push({ ...figure, worst: Math.min(...worst) })
  }
  return growth
}

/** Moves this process, and so the load generator, to one core; returns the command that puts a server on another. */
function pinProcesses(): string[] {
  const allowed = /^Cpus_allowed_list:\s+(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? ''
  const cores = allowed.split(/[,-]/)
  const [serverCore, loadCore] = [cores.at(0), cores.at(-1)]
  const taskset = findProgram('taskset')
  if (
    taskset === undefined ||
    serverCore === undefined ||
    loadCore === undefined ||
    serverCore === loadCore
  ) {
    process.stderr.write('nothing is pinned: that needs taskset and two cores\n')
    return []
  }
  execFileSync(taskset, ['-a', '-p', '-c', loadCore, String(process.pid)], { stdio: 'ignore' })
  return [taskset, '-c', serverCore]
}

function readVersion(path: string): NodeBinary {
  return { path, version: execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim() }
}

/** The command that repeats this run, without the paths of this machine. */
function commandLine(nodes: NodeBinary[]): string {
  const binaries = nodes.map(({ version }) => `--node node-${version}`)
  return ['npm run bench --', `--rounds ${rounds}`, `--seconds ${seconds}`, ...binaries].join(' ')
}

function wholeNumber(name: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${name} is "${text}" but must be a whole number above 0`)
  return Number(text)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
