import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

const repository = new URL('../..', import.meta.url).pathname

/** A `byoo` process run from source, with everything that it printed so far. */
export interface ByooProcess {
  readonly child: ChildProcess
  readonly pid: number
  stdout(): string
  stderr(): string
  /** Resolves to the exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals | null>
  /** Resolves when a line of stdout contains the text; rejects when the process ends before that. */
  printed(text: string): Promise<string>
}

/** Starts `byoo` with an environment that holds only what is given; it is killed when the test ends. */
export function spawnByoo(
  argv: readonly string[],
  { env = {}, directory = repository }: { env?: Record<string, string>; directory?: string } = {},
): ByooProcess {
  const loader = import.meta.resolve('tsx')
  const child = spawn(process.execPath, ['--import', loader, `${repository}bin/byoo.ts`, ...argv], {
    cwd: directory,
    env: { PATH: process.env.PATH ?? '', TMPDIR: process.env.TMPDIR ?? '/tmp', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'close').then(([code, signal]) => code ?? signal)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const lines: string[] = []
  const reader = createInterface({ input: child.stdout })
  reader.on('line', (line) => lines.push(line))
  return {
    child,
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    exited,
    printed: async (text) => {
      for (;;) {
        const at = lines.findIndex((line) => line.includes(text))
        if (at !== -1) return lines.splice(0, at + 1).at(-1) ?? ''
        const ended = await Promise.race([once(reader, 'line').then(() => false), exited.then(() => true)])
        if (ended && !lines.some((line) => line.includes(text))) {
          throw new Error(`byoo ended without printing ${JSON.stringify(text)}:\n${stdout}${stderr}`)
        }
      }
    },
  }
}

/** A running forwarder. */
export interface ServeProcess extends ByooProcess {
  readonly port: number
  readonly metricsPort: number | undefined
}

/** Starts `byoo serve` on a free port and waits until it listens; for sandbox/us unless the options say otherwise. */
export async function spawnServe(
  options: readonly string[] = ['--environment', 'sandbox', '--region', 'us'],
  settings: { env?: Record<string, string>; directory?: string } = {},
): Promise<ServeProcess> {
  const started = spawnByoo(['serve', '--port', '0', ...options], settings)
  const { address, metrics } = JSON.parse(await started.printed('"listening"'))
  return {
    ...started,
    port: Number(new URL(address).port),
    metricsPort: metrics && Number(new URL(metrics).port),
  }
}
