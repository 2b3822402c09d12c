import type { Command } from 'commander'
import { perform, type Running } from '../perform.ts'

/** What is done once, before Junction is told anything. */
export function declareSetup(program: Command, running: Running): void {
  program
    .command('init')
    .summary('write a byoo.yaml')
    .description('Asks, or takes the options, and writes a commented byoo.yaml. Never overwrites one.')
    .option('--url <url>', 'public URL of the callbacks, with {provider} in its path')
    .option('--providers <slugs>', 'forward these providers only, comma-separated')
    .addHelpText(
      'before',
      'Examples:\n' +
        '  byoo init\n' +
        '  byoo init --environment sandbox --region us \\\n    --url https://oauth.example.com/oauth_callback/{provider}\n',
    )
    .action(perform(running, () => import('../commands/init.ts')))
  program
    .command('prepare')
    .summary('what to set up at the provider')
    .description("The redirect URI to register at the provider, then Junction's own preparation steps.")
    .argument('<provider>', "the provider's slug; see byoo providers")
    .addHelpText('before', 'Example:\n  byoo prepare strava\n')
    .action(perform(running, () => import('../commands/prepare.ts')))
}
