import type { Command } from 'commander'
import type { Running } from '../perform.ts'
import { openSession } from '../session.ts'

/** What proves that everything is in place. */
export function declareVerification(program: Command, running: Running): void {
  program
    .command('verify')
    .summary('see whether a callback endpoint passes on every byte')
    .description(
      'Asks a callback endpoint, whatever it runs on, with made-up codes, and shows the first byte that differs. ' +
        'Redirects are never followed, so nothing reaches Junction. Without a URL: every route of byoo.yaml.',
    )
    .argument('[url]', 'as registered at the provider; {provider} may stand in its path')
    .addHelpText(
      'before',
      'Examples:\n' +
        '  byoo verify\n' +
        '  byoo verify https://oauth.example.com/oauth_callback/{provider} \\\n' +
        '    --environment production --region us\n',
    )
    .option('--provider <slug>', 'ask for this provider (default: strava)')
    .option('--target <url>', 'where people must be sent, when that is not Junction')
    .option('--only <ids>', 'these cases or groups only, comma-separated')
    .option('--skip <ids>', 'not these cases or groups')
    .option('--list', 'show the cases and ask nothing')
    .option('--strict', 'exact and hardened cases count too')
    .option('--rate <number>', 'requests a second (default: 10)')
    .option('--concurrency <number>', 'requests at once (default: 4)')
    .option('--ca-file <file>', 'trust these authorities too (PEM)')
    .option(
      '--resolve <host:port:address>',
      'connect to this address instead; may be repeated',
      (entry: string, earlier: readonly string[] | undefined) => [...(earlier ?? []), entry],
    )
    .action(async (_url, _flags, command: Command) => {
      const session = openSession(command.optsWithGlobals(), running.argv, running.context, running.hiding)
      const { verifyEndpoints } = await import('../commands/verify.ts')
      const [url] = command.processedArgs as (string | undefined)[]
      running.exitCode = await verifyEndpoints(session, url)
    })
}
