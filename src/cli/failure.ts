import { ByooError } from '../errors.ts'
import { renderJson } from '../output/json.ts'
import { wrapLines } from '../output/layout.ts'
import { createStyle } from '../output/style.ts'
import type { Context } from './context.ts'
import { type ExitCode, exitCodes } from './exit-code.ts'
import { type OutputOptions, readOutputOptions } from './output-options.ts'

/** What stderr and the shell are told of a failure. */
export interface Failure {
  readonly text: string
  readonly exitCode: ExitCode
}

/** Explains a failure, as text or as `{"error": …}` on one line; whatever is not a ByooError is a bug of ours. */
export function describeFailure(error: unknown, argv: readonly string[], context: Context): Failure {
  const { json, colour } = outputFor(argv, context)
  const style = createStyle(colour.stderr, undefined)
  if (error instanceof ByooError) {
    const { code, message, hint, status, requestId } = error
    const exitCode = exitCodes[code]
    if (json) {
      const answer = { ...(status && { status }), ...(requestId !== undefined && { request_id: requestId }) }
      return { text: renderJson({ error: { code, message, hint, ...answer } }, 0), exitCode }
    }
    const hints = hint ? hint.split('\n').map((line) => `  ${line}\n`) : []
    return {
      text: wrapLines(`${style.red('byoo:')} ${message}\n${hints.join('')}`, context.columns),
      exitCode,
    }
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const message = 'this is a bug in byoo; please report it with the lines below'
  if (json) return { text: renderJson({ error: { code: 'bug', message, hint: trace } }, 0), exitCode: 1 }
  return { text: `byoo: ${message}\n${trace}\n`, exitCode: 1 }
}

/** The output options; plain text when they are themselves what is wrong. */
function outputFor(argv: readonly string[], context: Context): Pick<OutputOptions, 'json' | 'colour'> {
  try {
    return readOutputOptions(argv, context)
  } catch {
    return { json: argv.includes('--json'), colour: { stdout: false, stderr: false } }
  }
}
