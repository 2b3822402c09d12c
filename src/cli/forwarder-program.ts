import { command as healthcheck } from './commands/healthcheck.ts'
import { command as serve } from './commands/serve.ts'
import type { Context } from './context.ts'
import { execute } from './execute.ts'
import type { ExitCode } from './exit-code.ts'
import { describeFailure } from './failure.ts'

/** The commands that come without everything that the others need. */
const commands = { serve, healthcheck }

/** Runs one of the forwarder's commands without loading the others. */
export async function runForwarder(
  name: keyof typeof commands,
  argv: readonly string[],
  context: Context,
): Promise<ExitCode> {
  const entry = { name, summary: '', load: async () => ({ command: commands[name] }) }
  const exitCode = await execute(argv, context, { 'Forwarder:': [entry] }, { describeFailure })
  // Docker reserves what is neither 0 nor 1.
  return name === 'healthcheck' && exitCode !== 0 ? 1 : exitCode
}
