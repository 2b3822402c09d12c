#!/usr/bin/env node
import { isatty } from 'node:tty'
import type { Terminal } from '../src/cli/context.ts'
import { run } from '../src/cli/run.ts'

interface Blocking {
  setBlocking(blocking: boolean): void
}

const opened = new Set<NodeJS.WriteStream>()

/**
 * A stream as it is first used: opening it costs start-up time. When its reader goes away, so does the process; when
 * its terminal does (EIO), what is under way may clean up. Node would wait for a terminal that is stopped (Ctrl-S), and
 * no signal could end the process then.
 */
function open(stream: NodeJS.WriteStream & { _handle?: Partial<Blocking> }): NodeJS.WriteStream {
  if (opened.has(stream)) return stream
  opened.add(stream)
  stream._handle?.setBlocking?.(false)
  return stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EIO') return
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
}

// Only a run that has come to its end tells another exit code.
process.exitCode = 1
process.once('beforeExit', () => {
  process.stderr.write('byoo: this is a bug in byoo: it stopped before its end\n')
})

/** Signals that a command has handled. */
let signals = 0

/** Ends the process once everything printed is written; when it was told to stop, soon even if nobody reads. */
async function end(exitCode: number): Promise<void> {
  const exit = () => process.exit(exitCode)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, exit)
  if (signals > 0) setTimeout(exit, signals > 1 ? 0 : 1000)
  for (const stream of opened) await new Promise((written) => stream.write('', written))
  exit()
}

run(process.argv.slice(2), {
  env: process.env,
  directory: process.cwd(),
  platform: process.platform,
  script: process.argv[1],
  nodeVersion: process.versions.node,
  stdin: () => process.stdin,
  get stdout() {
    return open(process.stdout)
  },
  get stderr() {
    return open(process.stderr)
  },
  stdinIsTerminal: () => isatty(0),
  stdoutIsTerminal: isatty(1),
  stderrIsTerminal: isatty(2),
  terminals: () => [0, 1, 2].filter(isatty),
  get columns() {
    // A terminal that nobody has told its size says 0.
    return (isatty(1) && process.stdout.columns) || undefined
  },
  openTerminal,
  onSignal: (signal, handler) =>
    process.on(signal, () => {
      if (signal !== 'SIGHUP') signals += 1
      handler()
    }),
  onExit: (handler) => process.once('exit', handler),
}).then(end)

function openTerminal(): Terminal | undefined {
  const { closeSync, openSync } = process.getBuiltinModule('node:fs')
  const { ReadStream, WriteStream } = process.getBuiltinModule('node:tty')
  const [inputPath, outputPath] =
    process.platform === 'win32' ? ['\\\\.\\CONIN$', '\\\\.\\CONOUT$'] : ['/dev/tty', '/dev/tty']
  const opened: number[] = []
  try {
    opened.push(openSync(inputPath, 'r+'), openSync(outputPath, 'r+'))
    const [readable = 0, writable = 1] = opened
    const input = new ReadStream(readable)
    const output = new WriteStream(writable)
    return {
      input,
      output,
      close: () => {
        input.destroy()
        output.destroy()
      },
    }
  } catch {
    for (const descriptor of opened) closeSync(descriptor)
    return undefined
  }
}
