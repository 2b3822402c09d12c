import type { Context } from './context.ts'
import { declareForwarder } from './declarations/forwarder.ts'
import { execute } from './execute.ts'
import type { ExitCode } from './exit-code.ts'

/** Runs the forwarder's commands without loading the others. */
export function runForwarder(argv: readonly string[], context: Context): Promise<ExitCode> {
  return execute(argv, context, declareForwarder)
}
