import type { GivenOptions, OptionSchema } from '../config/options.ts'
import type { Style } from '../output/style.ts'
import type { Context } from './context.ts'
import type { ExitCode } from './exit-code.ts'
import type { OutputOptions } from './output-options.ts'
import type { Session } from './session.ts'

/** An option as a command declares it; `BYOO_` and its name in capitals is the variable that also sets it. */
export interface Option<Value> {
  /** As commander takes it, such as `--client-id <id>`. */
  readonly flags: string
  readonly description: string
  /** Undefined for options that are on or off. */
  readonly schema: OptionSchema<unknown> | undefined
  /** What it is when nobody gives it. */
  readonly fallback: Value
  /** May it be given again? Its text is then all of them, with commas between. */
  readonly repeatable?: boolean
}

export type Options = Readonly<Record<string, Option<unknown>>>

/** What an action receives for the options that it declares. */
export type OptionValues<Declared extends Options> = {
  readonly [Name in keyof Declared]: Declared[Name] extends Option<infer Value> ? Value : never
}

const anyText: OptionSchema<string> = {
  safeParse: (text) => ({ success: true, data: String(text) }),
}

/** An option with a value, which `schema` checks. */
export function option<Value = string, Fallback extends Value | undefined = undefined>(
  flags: string,
  description: string,
  schema: OptionSchema<Value> = anyText as OptionSchema<never>,
  fallback?: Fallback,
): Option<Value | Fallback> {
  return { flags, description, schema, fallback: fallback as Fallback }
}

/** An option that is on or off. */
export function flag(flags: string, description: string): Option<boolean> {
  return { flags, description, schema: undefined, fallback: false }
}

/** What a command is called with. */
export interface Call<Declared extends Options = Record<never, never>> {
  readonly session: Session
  readonly options: OptionValues<Declared>
  /** The options that were given, as text, each with the flag or variable it came from. */
  readonly given: GivenOptions<string>
  readonly operands: readonly (string | undefined)[]
}

interface Declaration {
  readonly description: string
  /** Whole command lines. */
  readonly examples: readonly string[]
  /** Such as `<provider>` or `[url]`, and what it is. */
  readonly operands?: readonly (readonly [term: string, description: string])[]
  /** Stands under the options in the help. */
  readonly footer?: string
}

/** A command that ends with a result. */
export interface Command<Declared extends Options, Data extends object> extends Declaration {
  readonly options: Declared
  /** Decides and acts; undefined when it has shown its result itself. */
  run(call: Call<Declared>): Promise<Data | undefined>
  /** The result for people. */
  text(data: Data, style: Style, output: OutputOptions): string
  /** Is the text for a program or a file? It is then never wrapped. */
  readonly verbatim?: true
  /** The answer alone, for `--quiet`; the whole text when it is left out. */
  quiet?(data: Data, style: Style, output: OutputOptions): string
  /** The result for programs, when it is not the data itself. */
  json?(data: Data): object
  /** When the result is not that everything is well. */
  exitCode?(data: Data): ExitCode
}

/** A command of the forwarder: it runs before there is anything to manage, and shows what it does itself. */
export interface ForwarderCommand extends Declaration {
  /** By heading. Their schemas are those of src/config. */
  readonly optionGroups: Readonly<Record<string, readonly (readonly [flags: string, description: string])[]>>
  start(flags: Readonly<Record<string, unknown>>, context: Context): Promise<ExitCode>
}

// biome-ignore lint/suspicious/noExplicitAny: each command has options and a result of its own
export type AnyCommand = Command<any, any> | ForwarderCommand

/** A line of the main help, and where to load the command that it is about. */
export interface CommandEntry {
  readonly name: string
  readonly summary: string
  readonly hidden?: boolean
  /** Loads its module. */
  readonly load: () => Promise<{ readonly command: AnyCommand }>
}

/** A command that only has subcommands. */
export interface CommandGroup extends Declaration {
  readonly name: string
  readonly summary: string
  readonly commands: readonly CommandEntry[]
}

/** Declares a command, so that its action receives exactly the options that it declares. */
export function defineCommand<Declared extends Options, Data extends object>(
  command: Command<Declared, Data>,
): Command<Declared, Data> {
  return command
}
