import { givenOptions, readOptions, switchSchema } from '../config/options.ts'
import { usageError } from '../errors.ts'
import type { Context } from './context.ts'
import { outputFlags } from './global-flags.ts'

/** How a command talks, whatever it does. */
export interface OutputOptions {
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  /** May a person be asked something? */
  readonly input: boolean
  readonly colour: { readonly stdout: boolean; readonly stderr: boolean }
}

const names = Object.keys(outputFlags) as (keyof typeof outputFlags)[]
const schemas = Object.fromEntries(names.map((name) => [name, switchSchema]))

/**
 * Reads these options from the whole command line, so that what is wrong with the rest of it can be told as they say.
 */
export function readOutputOptions(argv: readonly string[], context: Context): OutputOptions {
  const end = argv.indexOf('--')
  const words = end === -1 ? argv : argv.slice(0, end)
  const flags = Object.fromEntries(names.map((name) => [name, words.includes(outputFlags[name][0])]))
  const { values, faults } = readOptions(schemas, givenOptions(names, flags, context.env))
  if (faults.length > 0) throw usageError(faults.join('\n'))
  const { json = false, quiet = false, verbose = false, noColor = false, noInput = false } = values
  const colour = (isTerminal: boolean) => !noColor && wantsColour(context.env, isTerminal)
  return {
    json,
    quiet,
    verbose,
    input: !noInput,
    colour: { stdout: colour(context.stdoutIsTerminal), stderr: colour(context.stderrIsTerminal) },
  }
}

/** NO_COLOR (no-color.org) wins over FORCE_COLOR, and both over what the terminal can do. */
function wantsColour(env: Context['env'], isTerminal: boolean): boolean {
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false'
  return isTerminal && env.TERM !== 'dumb'
}
