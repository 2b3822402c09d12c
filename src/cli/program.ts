import { type Command, Option } from 'commander'
import type { Context } from './context.ts'
import { declareAccount } from './declarations/account.ts'
import { declareCredentials } from './declarations/credentials.ts'
import { declareDemo } from './declarations/demo.ts'
import { declareForwarder } from './declarations/forwarder.ts'
import { declareReference } from './declarations/reference.ts'
import { declareSetup } from './declarations/setup.ts'
import { declareUsers } from './declarations/users.ts'
import { declareDoctor, declareVerification } from './declarations/verification.ts'
import { execute } from './execute.ts'
import type { ExitCode } from './exit-code.ts'
import type { Running } from './perform.ts'

/** Runs any command. */
export function runProgram(argv: readonly string[], context: Context): Promise<ExitCode> {
  return execute(argv, context, declareAll)
}

function declareAll(program: Command, running: Running): void {
  addGlobalOptions(program)
  program.commandsGroup('Trying it out:')
  declareDemo(program, running)
  program.commandsGroup('Forwarder:')
  declareForwarder(program, running)
  program.commandsGroup('Setting up:')
  declareSetup(program, running)
  declareVerification(program, running)
  declareDoctor(program, running)
  program.commandsGroup("Junction's credentials:")
  declareCredentials(program, running)
  program.commandsGroup('Your users:')
  declareUsers(program, running)
  program.commandsGroup('Your key:')
  declareAccount(program, running)
  program.commandsGroup('Reference:')
  declareReference(program, running)
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
