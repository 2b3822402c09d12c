import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate, setTimeout as wait } from 'node:timers/promises'
import { freePort } from '../ports.ts'
import { request } from './measure.ts'
import type { Server } from './servers.ts'

/** What a run has in common: the temporary folder, how servers are pinned, and the signal that stops it. */
export type Surroundings = { folder: string; pin: string[]; signal: AbortSignal }

/** A started server. `firstAnswer` is the time from spawn to its first 307, in milliseconds. */
export type Running = {
  port: number
  firstAnswer: number
  /** Resident memory, in MB. */
  memory: () => number
  /** Time that it has spent on a processor, in seconds. */
  spent: () => number
  /** What lives on the heap once garbage is collected, in kB; of a server that `withHeapProbe` starts. */
  heap: () => Promise<number>
  reload: () => void
  stop: () => Promise<void>
}

/** How long a server may take to start or to stop, in milliseconds. */
const patience = 60_000

/** The same server, which collects its garbage and writes down the size of its heap when it is asked to. */
export function withHeapProbe(server: Server): Server {
  const probe = `import { renameSync, writeFileSync } from 'node:fs'
process.on('SIGUSR2', () => {
  for (let turn = 0; turn < 5; turn += 1) setTimeout(gc, turn * 20)
  setTimeout(() => {
    writeFileSync('heap.tmp', String(process.memoryUsage().heapUsed))
    renameSync('heap.tmp', 'heap')
  }, 120)
})`
  return {
    ...server,
    command: (port, folder) => {
      const [node = '', ...rest] = server.command(port, folder)
      return [node, '--expose-gc', '--import', `data:text/javascript,${encodeURIComponent(probe)}`, ...rest]
    },
  }
}

/** Starts a server on a free port and returns when it has answered 307; its output goes to a file. */
export async function start(server: Server, { folder, pin, signal }: Surroundings): Promise<Running> {
  const port = await freePort()
  const [program, ...programArguments] = [...pin, ...server.command(port, folder)]
  const outputFile = join(folder, `output-${port}`)
  const output = openSync(outputFile, 'w')
  const begun = performance.now()
  const child = spawn(program ?? '', programArguments, {
    cwd: folder,
    // Nothing else of the caller's environment (NODE_OPTIONS, NODE_EXTRA_CA_CERTS) may change what is measured.
    env: { PATH: process.env.PATH, TMPDIR: folder, NODE_ENV: 'production' },
    stdio: ['ignore', output, output],
  })
  child.on('error', () => {})
  closeSync(output)
  try {
    while (!(await request(port, server.asks).catch(() => '')).startsWith('HTTP/1.1 307')) {
      signal.throwIfAborted()
      if (child.pid === undefined || hasEnded(child) || performance.now() - begun > patience) {
        throw new Error(`did not start: ${readFileSync(outputFile, 'utf8').slice(-1000)}`)
      }
      await setImmediate()
    }
  } catch (error) {
    await stop(child)
    throw error
  }
  const firstAnswer = performance.now() - begun
  return {
    port,
    firstAnswer,
    memory: () => memory(child.pid ?? 0),
    spent: () => spent(child),
    heap: async () => {
      const file = join(folder, 'heap')
      rmSync(file, { force: true })
      child.kill('SIGUSR2')
      while (!existsSync(file)) {
        signal.throwIfAborted()
        await wait(20)
      }
      return Number(readFileSync(file, 'utf8')) / 1000
    },
    reload: () => child.kill('SIGHUP'),
    stop: () => stop(child),
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || hasEnded(child)) return
  const tree = processTree(child.pid)
  const kill = setTimeout(() => {
    for (const identifier of tree) sendKill(identifier)
  }, patience)
  child.kill('SIGTERM')
  await once(child, 'exit')
  clearTimeout(kill)
}

function sendKill(identifier: number): void {
  try {
    process.kill(identifier, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}

/** Resident memory of a process and its descendants, in MB; memory that they share is counted for each. */
export function memory(pid: number): number {
  const kilobytes = processTree(pid).map((identifier) =>
    Number(/^VmRSS:\s+(\d+)/m.exec(readProcess(identifier, 'status'))?.[1] ?? 0),
  )
  return kilobytes.reduce((left, right) => left + right, 0) / 1024
}

/** Of all threads, as the scheduler counts it: whatever else the machine does is not in it. */
function spent(child: ChildProcess): number {
  const nanoseconds = processTree(child.pid ?? 0).flatMap((identifier) =>
    readdirSync(`/proc/${identifier}/task`).map((thread) =>
      Number(readProcess(identifier, `task/${thread}/schedstat`).split(' ', 1)[0]),
    ),
  )
  return nanoseconds.reduce((left, right) => left + right, 0) / 1e9
}

function processTree(identifier: number): number[] {
  const children = readProcess(identifier, `task/${identifier}/children`)
  return [identifier, ...children.split(' ').filter(Boolean).map(Number).flatMap(processTree)]
}

function readProcess(identifier: number, file: string): string {
  try {
    return readFileSync(`/proc/${identifier}/${file}`, 'utf8')
  } catch {
    return ''
  }
}
