import type { Command } from 'commander'
import { isNamed, perform, type Running } from '../perform.ts'
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
    .option('--target <url>', 'where users must be sent, when that is not Junction')
    .option('--only <ids>', 'these cases or groups only, comma-separated')
    .option('--skip <ids>', 'not these cases or groups')
    .option('--list', 'show the cases and ask nothing')
    .option('--strict', 'exact and hardened cases count too')
    .option('--rate <number>', 'requests a second (default: 20)')
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

/** Everything at once. */
export function declareDoctor(program: Command, running: Running): void {
  const command = program
    .command('doctor')
    .summary('compare all the places that have to agree')
    .argument('[provider]', "the provider's slug (default: all of byoo.yaml)")
  if (!isNamed('doctor', running)) return
  command
    .description(
      'Checks every route and provider of byoo.yaml at once: the file, the keys, the team, DNS, TLS, the live endpoint ' +
        '(as byoo verify does), the credentials and the redirect URL override in Junction. Each finding says what to ' +
        'do. Changes nothing; without a key it says what it could not look at.',
    )
    .addHelpText('before', 'Examples:\n  byoo doctor\n  byoo doctor strava --create-user --ask-provider\n')
    .option('--user <uuid>', "look at a real link too, for this user (Junction's id)")
    .option('--create-user', 'the same, for a user that is made for it and removed again')
    .option('--ask-provider', 'ask the provider whether it knows the redirect URI')
    .addHelpText(
      'after',
      '\nChecks: file, key, team, routes, dns, tls, verify, credentials, override,\n' +
        'environments, prepare, link, ask-provider, person. README.md lists the ids of\n' +
        'the findings. The exit code is 7 when one failed, 6 when nothing answered.\n',
    )
    .action(perform(running, () => import('../commands/doctor.ts')))
}
