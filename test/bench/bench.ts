// npm run bench -- [--quick] [--rounds 5] [--seconds 3] [--node <binary>]… [--write README.md]
// Compares byoo with bare node:http, frameworks and web servers. Exits 1 when something could not be measured.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { checkAnswers, findLoadGenerator, latencyAtRate } from './measure.ts'
import { type Surroundings, start } from './processes.ts'
import { findProgram, installPeers } from './programs.ts'
import { type Result, renderReport, splitAtMarkers, type Visit, writeReport } from './report.ts'
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
const rounds = wholeNumber('--rounds', options.rounds ?? (options.quick ? '1' : '5'))
const seconds = wholeNumber('--seconds', options.seconds ?? (options.quick ? '1' : '3'))
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
    visits: [],
    firstAnswers: [],
    failure: undefined,
  }))

  for (let round = 0; round < starts; round += 1) {
    await visitAll(results, round, `start ${round + 1} of ${starts}`, async ({ server, firstAnswers }) => {
      const running = await start(server, surroundings)
      firstAnswers.push(running.firstAnswer)
      await running.stop()
    })
  }
  for (let round = 0; round < rounds; round += 1) {
    await visitAll(results, round, `round ${round + 1} of ${rounds}`, async ({ server, visits }) => {
      visits.push(await visit(server, generator, surroundings))
    })
  }

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

async function visit(
  server: Result['server'],
  generator: ReturnType<typeof findLoadGenerator>,
  surroundings: Surroundings,
): Promise<Visit> {
  const { signal } = surroundings
  const running = await start(server, surroundings)
  const { port, memory } = running
  const shorter = Math.ceil(seconds / 2)
  try {
    await checkAnswers(port, server.identity === 'constant')
    const idleMemory = memory()
    await generator.load(port, 1, true, signal)
    const requests = await generator.load(port, seconds, true, signal)
    const latency = await latencyAtRate(port, latencyRate, shorter, signal)
    const connections = await generator.load(port, shorter, false, signal)
    return { requests, connections, latency, idleMemory, loadedMemory: memory() }
  } finally {
    await running.stop()
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
