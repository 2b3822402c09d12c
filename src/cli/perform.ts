import { setTimeout as wait } from 'node:timers/promises'
import { type GivenOptions, givenOptions, readOptions, switchSchema } from '../config/options.ts'
import { ByooError, usageError } from '../errors.ts'
import { renderJson } from '../output/json.ts'
import { wrapLines } from '../output/layout.ts'
import type { Command, Option, Options, OptionValues } from './command.ts'
import type { Context } from './context.ts'
import type { ExitCode } from './exit-code.ts'
import { hiddenFlags, targetFlags } from './global-flags.ts'
import { readOutputOptions } from './output-options.ts'
import type { SecretMask } from './secret-mask.ts'
import { openSession, type Session } from './session.ts'

/** One command line as commander has parsed it. */
export interface Parsed {
  /** By commander's camel-case names. */
  readonly flags: Readonly<Record<string, unknown>>
  readonly operands: readonly (string | undefined)[]
  readonly argv: readonly string[]
  readonly context: Context
  readonly mask: SecretMask
}

/** Reads the options of a command, runs it, and shows its result. */
export async function perform<Declared extends Options, Data extends object>(
  command: Command<Declared, Data>,
  { flags, operands, argv, context, mask }: Parsed,
): Promise<ExitCode> {
  const output = readOutputOptions(argv, context)
  const session = openSession(argv, output, context, mask)
  if (flags.clientSecret !== undefined) throw secretInArguments()
  const { options, given } = readCommandOptions(command.options, flags, context.env)
  const running = command.run({ session, options, given, operands })
  const data = await Promise.race([running, interrupted(session)])
    .catch((error) => {
      const { aborted } = session.signal
      throw aborted && !(error instanceof ByooError) ? new ByooError('interrupted', 'interrupted') : error
    })
    .finally(session.eraseStatus)
  if (data === undefined) return 0
  const { text, quiet = text, json = (same: Data) => same, verbatim } = command
  const { style } = session
  const words = () =>
    wrapLines((output.quiet ? quiet : text)(data, style, output), verbatim ? undefined : style.columns)
  const shown = output.json ? renderJson(json(data)) : words()
  context.stdout.write(mask.applyToResult(shown))
  return command.exitCode?.(data) ?? 0
}

/** The door of all options: flag, else variable, else fallback; every fault at once, each with where it comes from. */
function readCommandOptions<Declared extends Options>(
  declared: Declared,
  flags: Readonly<Record<string, unknown>>,
  env: Context['env'],
): { readonly options: OptionValues<Declared>; readonly given: GivenOptions<string> } {
  const foreign = Object.keys({ ...targetFlags, ...hiddenFlags }).filter((name) => !(name in declared))
  const [stray] = Object.values(givenOptions(foreign, flags, {}))
  if (stray) {
    throw usageError(`${stray.source} has no meaning for this command`, 'run it with --help for its options')
  }
  const each = <Value>(of: (option: Option<unknown>) => Value) =>
    Object.fromEntries(Object.entries(declared).map(([name, option]) => [name, of(option)]))
  // BYOO_CONFIG holds the YAML text itself.
  const given = givenOptions(Object.keys(declared), flags, { ...env, BYOO_CONFIG: undefined })
  const schemas = each(({ schema }) => schema ?? switchSchema)
  const { values, faults } = readOptions(schemas, given)
  if (faults.length > 0) throw usageError(faults.join('\n'))
  const fallbacks = each(({ fallback }) => fallback)
  return { options: { ...fallbacks, ...values } as OptionValues<Declared>, given }
}

/** In milliseconds: what is under way may say first what the interruption leaves behind. */
const graceMs = 300

function interrupted({ signal, isBusy }: Session): Promise<never> {
  return new Promise((_, reject) => {
    const stop = async () => {
      do await wait(graceMs)
      while (isBusy())
      reject(new ByooError('interrupted', 'interrupted'))
    }
    signal.addEventListener('abort', stop, { once: true })
  })
}

function secretInArguments(): ByooError {
  return usageError(
    '"--client-secret" is not an option: other users of this machine can read arguments, and the shell remembers them',
    'use --client-secret-file <path>, or --client-secret-file - and pipe it in, or BYOO_CLIENT_SECRET,\nor leave it out to be asked for it; if it was a real one, replace it at the provider',
  )
}
