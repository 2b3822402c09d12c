import type { Command } from 'commander'
import { isNamed, perform, type Running } from '../perform.ts'

/** Connecting people, and what became of it. */
export function declareUsers(program: Command, running: Running): void {
  declareLink(program, running)
  program
    .command('connections')
    .summary("a user's connections and their status")
    .description("A user's connections, each with its status, its date, and what its error means.")
    .argument('<user>', "Junction's id of the user")
    .addHelpText('before', 'Example:\n  byoo connections 55555555-5555-4555-8555-555555555555\n')
    .action(perform(running, () => import('../commands/connections.ts')))
  declareDisconnect(program, running)
}

function declareLink(program: Command, running: Running): void {
  const command = program
    .command('link')
    .summary('make a real OAuth link and check what is in it')
    .argument('<provider>', "the provider's slug; see byoo providers")
  if (!isNamed('link', running)) return
  command
    .description(
      'Asks Junction for a real OAuth link and compares its redirect URI and client id with what Junction holds, byte ' +
        'for byte. Without --user it creates a user, and says how to delete it. With --wait it stays until somebody has ' +
        'consented in a browser, which is the only proof that the client secret is right, and deletes that user again.',
    )
    .addHelpText('before', 'Examples:\n  byoo link strava\n  byoo link strava --wait --open\n')
    .option('--user <uuid>', "Junction's id of a user of yours (default: creates one)")
    .option('--wait', 'stay until the user is connected, and say what came of it')
    .option('--open', 'open the link in your browser')
    .action(perform(running, () => import('../commands/link.ts')))
}

function declareDisconnect(program: Command, running: Running): void {
  const command = program
    .command('disconnect')
    .summary('remove a connection of a user')
    .argument('<user>', "Junction's id of the user")
    .argument('[provider]', "the provider's slug; needed unless --delete-user")
  if (!isNamed('disconnect', running)) return
  command
    .description('Removes one connection of a user, or the user with all of them, after asking.')
    .addHelpText(
      'before',
      'Examples:\n' +
        '  byoo disconnect 55555555-5555-4555-8555-555555555555 strava\n' +
        '  byoo disconnect 55555555-5555-4555-8555-555555555555 --delete-user\n',
    )
    .option('--delete-user', 'delete the user as well, and every connection of it')
    .option('--yes', 'do not ask')
    .action(perform(running, () => import('../commands/disconnect.ts')))
}
