#!/usr/bin/env node
import { run } from '../src/cli/program.ts'

run(process.argv.slice(2), {
  env: process.env,
  directory: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  stdoutIsTerminal: process.stdout.isTTY === true,
  onSignal: (signal, handler) => process.on(signal, handler),
  onExit: (handler) => process.once('exit', handler),
}).then((exitCode) => process.exit(exitCode))
