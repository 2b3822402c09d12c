import type { Command } from 'commander'
import type { Running } from '../perform.ts'
import { openSession } from '../session.ts'

/** What needs no account. */
export function declareDemo(program: Command, running: Running): void {
  program
    .command('demo')
    .summary('the whole OAuth loop, without an account')
    .description(
      'Starts a provider (Acme Fit), a Junction and the real forwarder between them on this machine, and a page on ' +
        'which to connect a user, follow every hop and break one thing. Prints a line of shell variables with which ' +
        'every other command talks to it. Runs until Ctrl-C, and leaves nothing behind.',
    )
    .option('--port <port>', 'of the page (default: a free one)')
    .option('--json', 'addresses and made-up keys as one line of JSON')
    .option('--quiet', 'no notices')
    .option('--no-color', 'no colours')
    .configureHelp({ showGlobalOptions: false })
    .addHelpText('before', 'Examples:\n  byoo demo\n  byoo demo --json\n')
    .action(async (_flags, command: Command) => {
      const session = openSession(command.optsWithGlobals(), running.argv, running.context, running.hiding)
      const { demo } = await import('../commands/demo.ts')
      running.exitCode = await demo(session)
    })
}
