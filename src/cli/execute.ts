import { Command, CommanderError, Option } from 'commander'
import { type ByooError, usageError } from '../errors.ts'
import { describeVersion } from '../version.ts'
import type { AnyCommand, CommandEntry, CommandGroup, Options } from './command.ts'
import type { Context } from './context.ts'
import type { ExitCode } from './exit-code.ts'
import type { Failure } from './failure.ts'
import { hiddenFlags, outputFlags, targetFlags } from './global-flags.ts'
import type { perform } from './perform.ts'
import { createSecretMask } from './secret-mask.ts'

/** Commands under a heading of the main help. */
export type CommandTable = Readonly<Record<string, readonly (CommandEntry | CommandGroup)[]>>

/** What a program does beyond parsing, which it loads when it wants to. */
interface Doing {
  /** Runs a command that ends with a result; the global options are for these. */
  readonly perform?: typeof perform
  describeFailure(error: unknown, argv: readonly string[], context: Context): Failure | Promise<Failure>
}

/** Runs one command line through commander, loading only the command that it names. Explains failures on stderr. */
export async function execute(
  argv: readonly string[],
  context: Context,
  table: CommandTable,
  { perform, describeFailure }: Doing,
): Promise<ExitCode> {
  const mask = createSecretMask()
  let exitCode: ExitCode = 0
  const act = async (command: AnyCommand, parsed: Command) => {
    const flags = parsed.optsWithGlobals()
    if ('start' in command) exitCode = await command.start(flags, context)
    else if (perform) {
      exitCode = await perform(command, { flags, operands: parsed.processedArgs.flat(), argv, context, mask })
    }
  }
  const program = createProgram(context)
  if (perform) addGlobalOptions(program)
  for (const [heading, entries] of Object.entries(table)) {
    program.commandsGroup(heading)
    addEntries(program, entries, act)
  }
  try {
    await program.parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    if (error instanceof CommanderError && error.code === 'commander.help') return 2
    const reason = error instanceof CommanderError ? explainMisuse(error) : error
    const failure = await describeFailure(reason, argv, context)
    context.stderr.write(mask.apply(failure.text))
    return failure.exitCode
  }
}

function createProgram(context: Context): Command {
  return new Command('byoo')
    .description('Bring your own OAuth to Junction: callbacks on your own domain, forwarded byte for byte.')
    .addHelpText(
      'before',
      'Examples:\n  byoo serve --environment sandbox/us\n  byoo set-credentials strava\n',
    )
    .version(describeVersion(context.nodeVersion), '-v, --version', 'show the version')
    .helpCommand(false)
    .helpOption('-h, --help', 'show this help')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => (text.startsWith('error:') ? undefined : context.stderr.write(text)),
      outputError: () => undefined,
      getOutHelpWidth: () => context.columns ?? 80,
    })
    .configureHelp({ subcommandTerm: (command) => command.name() })
}

function addGlobalOptions(program: Command): void {
  for (const [flags, description] of Object.values({ ...targetFlags, ...outputFlags })) {
    program.option(flags, description)
  }
  const trap = ['--client-secret [value]', ''] as const
  for (const [flags, description] of [...Object.values(hiddenFlags), trap]) {
    program.addOption(new Option(flags, description).hideHelp())
  }
}

type Act = (command: AnyCommand, parsed: Command) => Promise<void>

/** Adds a line for each command; what it is called with is declared when it is named. */
function addEntries(parent: Command, entries: readonly (CommandEntry | CommandGroup)[], act: Act): void {
  const loads = new Map<Command, CommandEntry['load']>()
  for (const entry of entries) {
    const command = parent
      .command(entry.name, { hidden: 'hidden' in entry && entry.hidden === true })
      .helpCommand(false)
      .summary(entry.summary)
    if ('commands' in entry) {
      addTexts(command, entry)
      addEntries(command, entry.commands, act)
    } else loads.set(command, entry.load)
  }
  parent.hook('preSubcommand', async (_, command) => {
    const loaded = await loads.get(command)?.()
    if (loaded) declare(command, loaded.command, act)
  })
}

function declare(command: Command, loaded: AnyCommand, act: Act): void {
  addTexts(command, loaded)
  for (const [term, description] of loaded.operands ?? []) command.argument(term, description)
  if ('start' in loaded) {
    for (const [heading, options] of Object.entries(loaded.optionGroups)) {
      command.optionsGroup(heading)
      for (const [flags, description] of options) command.option(flags, description)
    }
  } else addOptions(command, loaded.options)
  command.action(() => act(loaded, command))
}

/** Its own options, and of the global ones those that change what it does. */
function addOptions(command: Command, options: Options): void {
  const shared = Object.keys(targetFlags).filter((name) => name in options && name !== 'timeout')
  for (const [name, { flags, description, repeatable }] of Object.entries(options)) {
    if (name in targetFlags || name in hiddenFlags) continue
    const option = new Option(flags, description)
    if (repeatable) option.argParser((text, earlier) => (earlier ? `${earlier},${text}` : text))
    command.addOption(option)
  }
  for (const name of shared) {
    const [flags, description] = targetFlags[name as keyof typeof targetFlags]
    command.addOption(new Option(flags, description).helpGroup('What it works on:'))
  }
  command.addHelpText('after', '\nOptions of every command: byoo --help')
}

function addTexts(command: Command, { description, examples, footer }: CommandGroup | AnyCommand): void {
  const title = examples.length === 1 ? 'Example' : 'Examples'
  command.description(description)
  command.addHelpText('before', `${title}:\n${examples.map((line) => `  ${line}\n`).join('')}`)
  if (footer !== undefined) command.addHelpText('after', `\n${footer}`)
}

/** Commander's messages quote an unknown option with its value, which may be a secret. */
function explainMisuse({ message }: CommanderError): ByooError {
  const line = message
    .replace(/^error: /, '')
    .replace(/'(--?[\w-]+)=[^']*'/, "'$1'")
    .replace(/\n\(Did you mean (?:one of )?(.*)\?\)$/, ' (did you mean $1?)')
  return usageError(line, 'run it with --help for the choices')
}
