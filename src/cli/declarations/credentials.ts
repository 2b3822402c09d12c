import type { Command } from 'commander'
import { isNamed, perform, type Running } from '../perform.ts'

/** What Junction holds for each provider. */
export function declareCredentials(program: Command, running: Running): void {
  declareSetCredentials(program, running)
  declareSetRedirect(program, running)
  const credentials = program
    .command('credentials')
    .summary('list, show or delete what Junction holds')
    .description('The custom credentials that Junction holds.')
    .helpCommand(false)
    .addHelpText('before', 'Examples:\n  byoo credentials list --all\n  byoo credentials show strava\n')
  if (!isNamed('credentials', running)) return
  credentials
    .command('list')
    .summary('all providers')
    .description('Every provider with its client id, redirect URL override, hash of the secret, and date.')
    .option('--all', 'of every environment and region')
    .addHelpText('before', 'Examples:\n  byoo credentials list\n  byoo credentials list --all --json\n')
    .action(perform(running, () => import('../commands/credentials-list.ts')))
  credentials
    .command('show')
    .summary('one provider, in full')
    .description('Everything that Junction holds for one provider; secrets are never shown.')
    .argument('<provider>', "the provider's slug; see byoo providers")
    .addHelpText('before', 'Example:\n  byoo credentials show strava\n')
    .action(perform(running, () => import('../commands/credentials-show.ts')))
  credentials
    .command('delete')
    .summary('remove the credentials of one provider')
    .description(
      "Deletes what Junction holds for one provider, after the provider's name was typed, or with --yes.",
    )
    .argument('<provider>', "the provider's slug; see byoo providers")
    .option('--yes', 'do not ask')
    .option('--dry-run', 'show the request and send nothing')
    .addHelpText('before', 'Example:\n  byoo credentials delete strava\n')
    .action(perform(running, () => import('../commands/credentials-delete.ts')))
}

function declareSetCredentials(program: Command, running: Running): void {
  const command = program
    .command('set-credentials')
    .summary('give Junction your client id, secret and redirect URI')
    .argument('<provider>', "the provider's slug; see byoo providers")
  if (!isNamed('set-credentials', running)) return
  command
    .description(
      'Sets client id, client secret, details and redirect URL override of a provider in one write, reads them ' +
        'back, and says what is left to do. With a byoo.yaml only the secret is needed.',
    )
    .addHelpText(
      'before',
      'Examples:\n' +
        '  byoo set-credentials strava\n' +
        '  byoo set-credentials strava --client-id 12345 \\\n    --client-secret-file - < secret.txt\n',
    )
    .option('--client-id <id>', 'of your OAuth application (default: from byoo.yaml)')
    .option('--client-secret-file <path>', 'read the secret from this file, or from stdin with -')
    .option('--details-file <path>', "JSON or YAML with the provider's details, or - for stdin")
    .option('--redirect-url <url>', "the redirect URI registered at the provider (default: the route's)")
  addWriteOptions(command).action(perform(running, () => import('../commands/set-credentials.ts')))
}

function declareSetRedirect(program: Command, running: Running): void {
  const command = program
    .command('set-redirect')
    .summary('change the redirect URI only')
    .argument('<provider>', "the provider's slug; see byoo providers")
    .argument('[url]', "the redirect URI registered at the provider (default: the route's)")
  if (!isNamed('set-redirect', running)) return
  command
    .description(
      'Changes the redirect URL override and sends the rest again as it is. Junction cannot return the secret, so ' +
        'it is needed once more.',
    )
    .addHelpText(
      'before',
      'Examples:\n' +
        '  byoo set-redirect strava --client-secret-file ./secrets/strava\n' +
        '  byoo set-redirect strava https://oauth.example.com/oauth_callback/strava\n',
    )
    .option('--client-secret-file <path>', 'read the secret from this file, or from stdin with -')
    .option('--details-file <path>', "JSON or YAML with the provider's details, or - for stdin")
    .option('--keep-secret', 'send no secret, and check that the old one is still there (sandbox only)')
  addWriteOptions(command).action(perform(running, () => import('../commands/set-redirect.ts')))
}

function addWriteOptions(command: Command): Command {
  return command
    .option('--skip-verify', 'do not check the live endpoint first')
    .option('--yes', 'do not ask')
    .option('--dry-run', 'show the request, without secrets, and send nothing')
    .option('--dashboard', "show what to click and paste in Junction's dashboard, and send nothing")
}
