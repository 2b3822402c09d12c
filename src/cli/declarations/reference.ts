import type { Command } from 'commander'
import { perform, type Running } from '../perform.ts'

/** What byoo knows without asking anyone. */
export function declareReference(program: Command, running: Running): void {
  program
    .command('providers')
    .summary('what can be brought, and what each provider needs')
    .description('The providers that Junction lets you bring your own OAuth credentials for. Works offline.')
    .argument('[slug]', 'one provider, in full')
    .addHelpText('before', 'Examples:\n  byoo providers\n  byoo providers google_health\n')
    .action(perform(running, () => import('../commands/providers.ts')))
  program
    .command('explain')
    .summary('what an error code means, and what to do')
    .description(
      "Explains an error type of Junction's Link, a code of its custom widget, or byoo's exit code.",
    )
    .argument('<code>', 'such as provider_credential_error or 7')
    .addHelpText('before', 'Examples:\n  byoo explain provider_credential_error\n  byoo explain 7\n')
    .action(perform(running, () => import('../commands/explain.ts')))
}
