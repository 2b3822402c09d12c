#!/usr/bin/env node
import { isatty } from 'node:tty'
import { run } from '../src/cli/program.ts'

run(process.argv.slice(2), {
  env: process.env,
  directory: process.cwd(),
  // Opening these streams costs start-up time, and serve writes to the descriptor itself.
  get stdout() {
    return process.stdout
  },
  get stderr() {
    return process.stderr
  },
  get stdoutIsTerminal() {
    return isatty(1)
  },
  onSignal: (signal, handler) => process.on(signal, handler),
  onExit: (handler) => process.once('exit', handler),
}).then((exitCode) => process.exit(exitCode))
