import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

const byoo = new URL('../../dist/byoo.js', import.meta.url).pathname

/** `byoo serve` from the bundle, watched while it is attacked. */
export interface ServedBundle {
  readonly child: ChildProcess
  readonly port: number
  readonly metrics: string | undefined
  readonly stderr: () => string
  /** Undefined as long as it runs, then its exit code or signal. */
  readonly ended: () => number | string | undefined
  /** Stops it by SIGTERM; resolves to the exit code, or the signal that ended it. */
  stop(): Promise<number | string>
}

/** Starts `byoo serve` on a free port; each line of its log is shown to `onLine`, none is kept. */
export async function serveBundle(
  node: string,
  options: readonly string[],
  onLine: (line: string) => void = () => undefined,
  nodeOptions: readonly string[] = [],
): Promise<ServedBundle> {
  const child = spawn(node, [...nodeOptions, byoo, 'serve', '--port', '0', ...options], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let ended: number | string | undefined
  const exited = once(child, 'close').then(([code, signal]) => {
    ended = (code ?? signal) as number | string
    return ended
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const reader = createInterface({ input: child.stdout })
  const started = await Promise.race([once(reader, 'line'), exited.then(() => undefined)])
  if (!started) throw new Error(`byoo serve ended at once:\n${stderr}`)
  const { address, metrics } = JSON.parse(started[0])
  reader.on('line', onLine)
  return {
    child,
    port: Number(new URL(address).port),
    metrics,
    stderr: () => stderr,
    ended: () => ended,
    stop: () => {
      child.kill('SIGTERM')
      return exited
    },
  }
}
