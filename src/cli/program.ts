import { Command, CommanderError, Option } from 'commander'
import { ByooError } from '../errors.ts'
import { version } from '../version.ts'
import type { Context } from './context.ts'
import { declareAccount } from './declarations/account.ts'
import { declareCredentials } from './declarations/credentials.ts'
import { declareForwarder } from './declarations/forwarder.ts'
import { declareReference } from './declarations/reference.ts'
import { declareSetup } from './declarations/setup.ts'
import { declareVerification } from './declarations/verification.ts'
import type { ExitCode } from './exit-code.ts'
import { describeFailure } from './failure.ts'
import { createStyle } from './output.ts'
import { createRunning, type Running } from './perform.ts'

/** Runs one command line through commander. Failures are explained on stderr. */
export async function runProgram(argv: readonly string[], context: Context): Promise<ExitCode> {
  const running = createRunning(argv, context)
  try {
    await createProgram(running).parseAsync(argv, { from: 'user' })
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

/** The whole command line, as it is declared to commander. */
export function createProgram(running: Running): Command {
  const { context } = running
  const program = new Command('byoo')
    .description('Bring your own OAuth to Junction: callbacks on your own domain, forwarded byte for byte.')
    .addHelpText(
      'before',
      'Examples:\n  byoo serve --environment sandbox --region us\n  byoo set-credentials strava\n',
    )
    .version(version)
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
  addGlobalOptions(program)
  program.commandsGroup('Forwarder:')
  declareForwarder(program, running)
  program.commandsGroup('Setting up:')
  declareSetup(program, running)
  declareVerification(program, running)
  program.commandsGroup("Junction's credentials:")
  declareCredentials(program, running)
  program.commandsGroup('Your key:')
  declareAccount(program, running)
  program.commandsGroup('Reference:')
  declareReference(program, running)
  return program
}

/** Name and operands: that there are options as well goes without saying. */
function subcommandTerm(command: Command): string {
  const operands = command.registeredArguments.map((operand) =>
    operand.required ? `<${operand.name()}>` : `[${operand.name()}]`,
  )
  return [command.name(), ...operands].join(' ')
}

function addGlobalOptions(program: Command): void {
  program
    .option('--config <file>', "byoo.yaml (default: looked up to the repository's root)")
    .option('--environment <name>', 'production or sandbox')
    .option('--region <name>', 'us or eu')
    .option('--org <uuid>', 'your organisation in Junction')
    .option('--team <uuid>', 'your team in Junction')
    .option('--json', 'one JSON object on stdout, errors as JSON on stderr')
    .option('--quiet', 'no notices')
    .option('--verbose', 'show requests and answers, without secrets')
    .option('--no-color', 'no colours')
    .option('--no-input', 'never ask, fail instead')
    .option('--timeout <seconds>', 'for one request (default: 30)')
    .addOption(new Option('--management-url <url>').hideHelp())
    .addOption(new Option('--api-url <template>').hideHelp())
    .addOption(new Option('--client-secret [value]').hideHelp())
}
