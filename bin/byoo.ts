#!/usr/bin/env node
import type { Terminal } from '../src/cli/context.ts'
import { run } from '../src/cli/run.ts'

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
}

run(process.argv.slice(2), {
  env: process.env,
  directory: process.cwd(),
  platform: process.platform,
  stdin: () => process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  stdinIsTerminal: () => process.stdin.isTTY === true,
  stdoutIsTerminal: process.stdout.isTTY === true,
  stderrIsTerminal: process.stderr.isTTY === true,
  columns: process.stdout.columns,
  openTerminal,
  onSignal: (signal, handler) => process.on(signal, handler),
  onExit: (handler) => process.once('exit', handler),
}).then((exitCode) => process.stdout.write('', () => process.exit(exitCode)))

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
