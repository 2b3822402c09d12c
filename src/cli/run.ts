import { describeVersion } from '../version.ts'
import type { Context } from './context.ts'
import type { ExitCode } from './exit-code.ts'

/** Runs one command line, without node and script, and tells the exit code. */
export async function run(argv: readonly string[], context: Context): Promise<ExitCode> {
  if (argv[0] === 'help') return run([...argv.slice(1), '--help'], context)
  if (argv[0] === 'version') return run(['--version', ...argv.slice(1)], context)
  if (argv.length === 1 && ['--version', '-V', '-v'].includes(argv[0] ?? '')) {
    context.stdout.write(`${describeVersion(context.nodeVersion)}\n`)
    return 0
  }
  if (argv[0] === 'serve' || argv[0] === 'healthcheck') {
    const { runForwarder } = await import('./forwarder-program.ts')
    return runForwarder(argv[0], argv, context)
  }
  const { runProgram } = await import('./program.ts')
  return runProgram(argv, context)
}
