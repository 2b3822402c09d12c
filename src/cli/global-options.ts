import { ByooError } from '../errors.ts'
import type { Context } from './context.ts'

/** How a command talks; kept apart from what it works on, so that simple commands need no validation library. */
export interface Manners {
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  /** May a person be asked something? */
  readonly input: boolean
  readonly colour: { readonly stdout: boolean; readonly stderr: boolean }
}

type Flags = Readonly<Record<string, unknown>>

/** Reads `--json`, `--quiet`, `--verbose`, `--no-color` and `--no-input`, or their variables. */
export function readManners(flags: Flags, context: Context): Manners {
  const { env } = context
  const on = (name: string, variable: string) => flags[name] === true || isSet(env, variable)
  const plain = flags.color === false || isSet(env, 'BYOO_NO_COLOR')
  const colour = (isTerminal: boolean) => !plain && wantsColour(env, isTerminal)
  return {
    json: on('json', 'BYOO_JSON'),
    quiet: on('quiet', 'BYOO_QUIET'),
    verbose: on('verbose', 'BYOO_VERBOSE'),
    input: flags.input !== false && !isSet(env, 'BYOO_NO_INPUT'),
    colour: { stdout: colour(context.stdoutIsTerminal), stderr: colour(context.stderrIsTerminal) },
  }
}

/** NO_COLOR (no-color.org) wins over FORCE_COLOR, and both over what the terminal can do. */
function wantsColour(env: Context['env'], isTerminal: boolean): boolean {
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false'
  return isTerminal && env.TERM !== 'dumb'
}

function isSet(env: Context['env'], variable: string): boolean {
  const value = env[variable]?.toLowerCase()
  if (value === undefined || value === '' || value === '0' || value === 'false' || value === 'no')
    return false
  if (value === '1' || value === 'true' || value === 'yes') return true
  throw new ByooError('usage', `${variable} must be 1 or 0`, { hint: `unset ${variable}, or set it to 1` })
}
