// npm run bench -- [--quick] [--rounds 15] [--seconds 1] [--node <binary>]… [--write docs/performance.md]
// Compares byoo with bare node:http, frameworks and web servers. Exits 1 when something could not be measured.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { checkAnswers, findLoadGenerator, latencyAtRate } from './measure.ts'
import { type Running, start } from './processes.ts'
import { findProgram, installPeers } from './programs.ts'
import { type Result, renderReport, splitAtMarkers, writeReport } from './report.ts'
import { type NodeBinary, nodeServers, otherServers, product } from './servers.ts'

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    node: { type: 'string', multiple: true, default: [process.execPath] },
    write: { type: 'string' },
  },
})
const rounds = wholeNumber('--rounds', options.rounds ?? (options.quick ? '1' : '15'))
const seconds = wholeNumber('--seconds', options.seconds ?? '1')
const starts = options.quick ? 1 : 15
const latencyRate = 2000

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
  if (options.write !== undefined) splitAtMarkers(options.write)
  installPeers()
  const nodes = options.node.map(readVersion)
  const generator = findLoadGenerator()
  const pin = pinProcesses()
  const surroundings = { folder, pin, signal: stopped.signal }
  const results: Result[] = [...nodes.flatMap(nodeServers), ...otherServers()].map((server) => ({
    server,
    requests: [],
    connections: [],
    latencies: [],
    firstAnswers: [],
    idleMemory: Number.NaN,
    loadedMemory: Number.NaN,
    failure: undefined,
  }))

  for (let round = 0; round < starts; round += 1) {
    await visitAll(results, round, `start ${round + 1} of ${starts}`, async ({ server, firstAnswers }) => {
      const running = await start(server, surroundings)
      firstAnswers.push(running.firstAnswer)
      await running.stop()
    })
  }
  await measureSideBySide(results, generator, surroundings)

  const report = renderReport(results, nodes, {
    command: commandLine(nodes),
    load: generator.label,
    pinned: pin.length > 0,
    ...{ rounds, seconds, starts, latencyRate },
  })
  process.stdout.write(`${report}\n`)
  if (options.write !== undefined) writeReport(options.write, report)
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
async function measureSideBySide(
  results: Result[],
  generator: ReturnType<typeof findLoadGenerator>,
  surroundings: Parameters<typeof start>[1],
): Promise<void> {
  const running = new Map<Result, Running>()
  const { signal } = surroundings
  const port = (result: Result) => running.get(result)?.port ?? 0
  const memory = (result: Result) => running.get(result)?.memory() ?? Number.NaN
  try {
    await visitAll(results, 0, 'warming up', async (result) => {
      running.set(result, await start(result.server, surroundings))
      await checkAnswers(port(result), result.server.identity === 'constant')
      result.idleMemory = memory(result)
      await generator.load(port(result), options.quick ? 1 : 3, true, signal)
    })
    for (let round = 0; round < rounds; round += 1) {
      await visitAll(results, round, `round ${round + 1} of ${rounds}`, async (result) => {
        result.requests.push(await generator.load(port(result), seconds, true, signal))
      })
    }
    for (let round = 0; round < Math.ceil(rounds / 3); round += 1) {
      await visitAll(results, round, `connections and latency, round ${round + 1}`, async (result) => {
        result.latencies.push(await latencyAtRate(port(result), latencyRate, seconds, signal))
        result.connections.push(await generator.load(port(result), seconds, false, signal))
        result.loadedMemory = memory(result)
      })
    }
  } finally {
    await Promise.all([...running.values()].map(({ stop }) => stop()))
  }
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
