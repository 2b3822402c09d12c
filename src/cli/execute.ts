import { Command, CommanderError } from 'commander'
import { ByooError } from '../errors.ts'
import { createStyle } from '../output/style.ts'
import { describeVersion } from '../version.ts'
import type { Context } from './context.ts'
import type { ExitCode } from './exit-code.ts'
import { describeFailure } from './failure.ts'
import { createRunning, type Running } from './perform.ts'

/** Runs one command line through commander, with the commands that `declare` adds. Explains failures on stderr. */
export async function execute(
  argv: readonly string[],
  context: Context,
  declare: (program: Command, running: Running) => void,
): Promise<ExitCode> {
  const running = createRunning(argv, context)
  const program = createProgram(context)
  declare(program, running)
  try {
    await program.parseAsync(argv, { from: 'user' })
    return running.exitCode
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    if (error instanceof CommanderError && error.code === 'commander.help') return 2
    const json = argv.includes('--json') || context.env.BYOO_JSON === '1'
    const plain = argv.includes('--no-color') || Boolean(context.env.NO_COLOR) || context.env.TERM === 'dumb'
    const style = createStyle(context.stderrIsTerminal && !plain, undefined)
    const explained = error instanceof CommanderError ? usageError(error) : error
    const failure = describeFailure(explained, json, style)
    context.stderr.write(running.hiding.apply(failure.text))
    return failure.exitCode
  }
}

/** Commander's messages quote an unknown option with its value, which may be a secret. */
function usageError({ message }: CommanderError): ByooError {
  const line = message
    .replace(/^error: /, '')
    .replace(/'(--?[\w-]+)=[^']*'/, "'$1'")
    .replace(/\n\(Did you mean (?:one of )?(.*)\?\)$/, ' (did you mean $1?)')
  return new ByooError('usage', line, { hint: 'run it with --help for the choices' })
}

function createProgram(context: Context): Command {
  return new Command('byoo')
    .description('Bring your own OAuth to Junction: callbacks on your own domain, forwarded byte for byte.')
    .addHelpText(
      'before',
      'Examples:\n  byoo serve --environment sandbox --region us\n  byoo set-credentials strava\n',
    )
    .version(describeVersion(context.nodeVersion))
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
    .configureHelp({ showGlobalOptions: true, subcommandTerm })
}

/** Name and operands: that there are options as well goes without saying. */
function subcommandTerm(command: Command): string {
  const operands = command.registeredArguments.map((operand) =>
    operand.required ? `<${operand.name()}>` : `[${operand.name()}]`,
  )
  return [command.name(), ...operands].join(' ')
}
