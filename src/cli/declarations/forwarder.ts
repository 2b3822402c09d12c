import type { Command } from 'commander'
import { isNamed, type Running } from '../perform.ts'

/** `byoo serve` and `byoo healthcheck`: they run before there is anything to manage, and have options of their own. */
export function declareForwarder(program: Command, running: Running): void {
  declareServe(program, running)
  declareHealthcheck(program, running)
}

function declareServe(program: Command, running: Running): void {
  const command = program.command('serve').summary('run the forwarder')
  if (!isNamed('serve', running)) return
  command
    .configureHelp({ showGlobalOptions: false })
    .description(
      'Answers GET /oauth_callback/<provider>?<query> with a 307 to Junction, the query byte for byte. ' +
        'Routes come from the options below or from byoo.yaml. Every option can also be set as an ' +
        'environment variable: BYOO_ and its name in capitals, as in BYOO_LOG_LEVEL.',
    )
    .addHelpText(
      'before',
      'Examples:\n' +
        '  byoo serve --environment sandbox --region us\n' +
        '  byoo serve --config byoo.yaml --host 0.0.0.0 --log-level warn\n',
    )
    .optionsGroup('One route:')
    .option('--environment <name>', 'Junction environment: production or sandbox')
    .option('--region <name>', 'Junction region: us or eu')
    .option('--target <url>', 'forward to this URL instead, with {provider} in its path')
    .option('--path <path>', 'path to listen on (default: /oauth_callback/{provider})')
    .option('--url <url>', 'public URL of the endpoint, with {provider}; gives the path')
    .option('--providers <slugs>', 'forward these providers only, comma-separated')
    .option('--provider <slug>', 'the provider of a path without {provider}')
    .optionsGroup('Or several:')
    .option(
      '--config <file>',
      'read routes from this file (default: BYOO_CONFIG, which holds YAML text, or ./byoo.yaml)',
    )
    .optionsGroup('Listener:')
    .option('--port <port>', 'port to listen on, also PORT; 0 picks a free one (default: 8080)')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--tls-cert <file>', 'PEM certificate chain; serves https')
    .option('--tls-key <file>', 'PEM private key of the certificate')
    .option('--metrics-port <port>', 'serve Prometheus metrics at /metrics on this port')
    .option('--log-level <level>', 'silent, error, warn, info or debug (default: info)')
    .optionsGroup('Limits:')
    .option('--max-target <octets>', 'longest request target, 8000 to 65536 (default: 32768)')
    .option('--max-connections <number>', 'most open connections (default: 10000)')
    .option('--headers-timeout <seconds>', 'for the headers of a request (default: 10)')
    .option('--request-timeout <seconds>', 'for a whole request (default: 15)')
    .option('--keep-alive-timeout <seconds>', 'for an idle connection (default: 65)')
    .option('--drain-delay <seconds>', 'between /ready turning 503 and the stop (default: 0)')
    .action(async (_, command: Command) => {
      const { serve } = await import('../commands/serve.ts')
      running.exitCode = await serve(command.optsWithGlobals(), running.context)
    })
}

function declareHealthcheck(program: Command, running: Running): void {
  if (!isNamed('healthcheck', running)) return
  program
    .command('healthcheck', { hidden: true })
    .configureHelp({ showGlobalOptions: false })
    .description("Asks the forwarder on this machine for /health; exits 0 or 1, for Docker's HEALTHCHECK.")
    .addHelpText('before', 'Example:\n  byoo healthcheck --port 8080\n')
    .option('--port <port>', 'port that the forwarder listens on, also PORT (default: 8080)')
    .option('--host <address>', 'address that it listens on (default: 127.0.0.1)')
    .option('--tls-cert <file>', 'its certificate, when it serves https')
    .action(async (_, command: Command) => {
      const { healthcheck } = await import('../commands/healthcheck.ts')
      await healthcheck(command.optsWithGlobals(), running.context)
    })
}
