import type { Command } from 'commander'
import { perform, type Running } from '../perform.ts'

/** The management key: kept, forgotten, shown. */
export function declareAccount(program: Command, running: Running): void {
  program
    .command('login')
    .summary('keep your management key on this machine')
    .description(
      'Asks for the management key and keeps it in $XDG_CONFIG_HOME/byoo/credentials.json, readable by you alone. ' +
        'With --org, --team, --environment or --region these are kept as well.',
    )
    .option('--with-file <path>', 'read the key from this file, or from stdin with -')
    .addHelpText('before', 'Examples:\n  byoo login\n  byoo login --with-file - < key.txt\n')
    .action(perform(running, () => import('../commands/login.ts')))
  program
    .command('logout')
    .summary('forget the key')
    .description('Deletes what byoo login has kept.')
    .addHelpText('before', 'Example:\n  byoo logout\n')
    .action(perform(running, () => import('../commands/logout.ts')))
  program
    .command('whoami')
    .summary('which key would be used, and where it comes from')
    .description('Shows the key, masked, and the organisation and team, each with its source. Sends nothing.')
    .addHelpText('before', 'Example:\n  byoo whoami\n')
    .action(perform(running, () => import('../commands/whoami.ts')))
}
