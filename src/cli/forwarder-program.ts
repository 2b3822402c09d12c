import type { CommandEntry } from './command.ts'
import type { Context } from './context.ts'
import { execute } from './execute.ts'
import type { ExitCode } from './exit-code.ts'

/** The commands that come without everything that the others need. */
export const forwarderCommands: readonly CommandEntry[] = [
  {
    name: 'serve',
    summary: 'run the forwarder',
    load: () => import('./commands/serve.ts'),
  },
  {
    name: 'healthcheck',
    summary: 'ask the forwarder on this machine for its health',
    hidden: true,
    load: () => import('./commands/healthcheck.ts'),
  },
]

/** Runs the forwarder's commands without loading the others. */
export async function runForwarder(argv: readonly string[], context: Context): Promise<ExitCode> {
  const exitCode = await execute(argv, context, { 'Forwarder:': forwarderCommands }, { globalOptions: false })
  // Docker reserves what is neither 0 nor 1.
  return argv[0] === 'healthcheck' && exitCode !== 0 ? 1 : exitCode
}
