#!/usr/bin/env node
import { isatty } from 'node:tty'
import type { Terminal } from '../src/cli/context.ts'
import { run } from '../src/cli/run.ts'

/** A reader that has gone away, as head does, is no failure. */
function quietly(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  return stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
}

// Opening these streams costs start-up time, and serve writes to the descriptor itself.
let stdout: NodeJS.WriteStream | undefined
let stderr: NodeJS.WriteStream | undefined

run(process.argv.slice(2), {
  env: process.env,
  directory: process.cwd(),
  platform: process.platform,
  stdin: () => process.stdin,
  get stdout() {
    stdout ??= quietly(process.stdout)
    return stdout
  },
  get stderr() {
    stderr ??= quietly(process.stderr)
    return stderr
  },
  stdinIsTerminal: () => isatty(0),
  get stdoutIsTerminal() {
    return isatty(1)
  },
  get stderrIsTerminal() {
    return isatty(2)
  },
  get columns() {
    return isatty(1) ? process.stdout.columns : undefined
  },
  openTerminal,
  onSignal: (signal, handler) => process.on(signal, handler),
  onExit: (handler) => process.once('exit', handler),
}).then((exitCode) => {
  // What is still on its way into a pipe would be lost.
  if (stdout) stdout.write('', () => process.exit(exitCode))
  else process.exit(exitCode)
})

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
