import { setTimeout as wait } from 'node:timers/promises'
import { readCertificate } from '../../config/certificate.ts'
import type { Route } from '../../config/config.ts'
import { givenListener, readListener } from '../../config/listener.ts'
import { givenOptions } from '../../config/options.ts'
import { readConfig, routeOptions } from '../../config/read-config.ts'
import { ByooError, faultsError } from '../../errors.ts'
import { type Log, openLog } from '../../forwarder/log.ts'
import { compileRoutes } from '../../forwarder/routes.ts'
import { createForwarder, type Forwarder } from '../../forwarder/server.ts'
import { providerSlugs } from '../../junction/provider-slugs.ts'
import { version } from '../../version.ts'
import { bind } from '../bind.ts'
import type { ForwarderCommand } from '../command.ts'
import type { Context } from '../context.ts'
import type { ExitCode } from '../exit-code.ts'

type Flags = Readonly<Record<string, unknown>>

/** In milliseconds; Docker kills ten seconds after its SIGTERM. */
const stopDeadline = 8000

const keepHost =
  'a proxy in front must pass the Host header on unchanged (nginx: proxy_set_header Host $host)'

/** `byoo serve` */
export const command: ForwarderCommand = {
  description:
    'Answers GET /oauth_callback/<provider>?<query> with a 307 to Junction, the query byte for byte. ' +
    'Routes come from the options below or from byoo.yaml. Every option can also be set as an ' +
    'environment variable: BYOO_ and its name in capitals, as in BYOO_LOG_LEVEL.',
  examples: [
    'byoo serve --environment sandbox/us',
    'byoo serve --config byoo.yaml --host 0.0.0.0 --log-level warn',
  ],
  optionGroups: {
    'One route:': [
      ['--environment <name>', 'Junction environment, such as production/us or sandbox/eu'],
      ['--region <name>', 'us or eu, when --environment names none'],
      ['--target <url>', 'forward to this URL instead, with {provider} in its path'],
      ['--path <path>', 'path to listen on (default: /oauth_callback/{provider})'],
      ['--url <url>', 'public URL of the endpoint, with {provider}; gives the path'],
      ['--providers <slugs>', 'forward these providers only, comma-separated'],
      ['--provider <slug>', 'the provider of a path without {provider}'],
    ],
    'Or several:': [
      [
        '--config <file>',
        'read routes from this file (default: BYOO_CONFIG, which holds YAML text, or byoo.yaml here or above)',
      ],
    ],
    'Listener:': [
      ['--port <port>', 'port to listen on, also PORT; 0 picks a free one (default: 8080)'],
      ['--host <address>', 'address to listen on (default: 127.0.0.1)'],
      ['--tls-cert <file>', 'PEM certificate chain; serves https'],
      ['--tls-key <file>', 'PEM private key of the certificate'],
      ['--metrics-port <port>', 'serve Prometheus metrics at /metrics on this port'],
      ['--behind-proxy', 'an HTTP proxy in front parses all requests: take them faster, without a bound'],
      ['--log-level <level>', 'silent, error, warn, info or debug (default: info)'],
    ],
    'Limits:': [
      ['--max-target <octets>', 'longest request target, 8000 to 65536 (default: 32768)'],
      ['--max-connections <number>', 'most open connections (default: 10000)'],
      ['--headers-timeout <seconds>', 'for the headers of a request (default: 10)'],
      ['--request-timeout <seconds>', 'for a whole request (default: 15)'],
      ['--keep-alive-timeout <seconds>', 'for an idle connection (default: 65)'],
      ['--drain-delay <seconds>', 'between /ready turning 503 and the stop (default: 0)'],
    ],
  },
  start: serve,
}

/** Runs the forwarder until SIGTERM or SIGINT; SIGHUP reads the file and the certificate again. */
async function serve(flags: Flags, context: Context): Promise<ExitCode> {
  const { listener, config, certificate, warnings } = await load(flags, context)
  const { host, port, metricsPort } = listener
  const terminals = context.terminals()
  const log = openLog({ level: listener.logLevel, fd: 1, readable: context.stdoutIsTerminal })
  context.onExit(log.flush)

  const metrics =
    metricsPort === undefined
      ? undefined
      : (await import('../../forwarder/metrics.ts')).createMetrics(() => forwarder.openConnections())
  const table = compileRoutes(config, providerSlugs)
  const forwarder = await createForwarder({
    table,
    certificate,
    log,
    metrics,
    maxTarget: listener.maxTarget,
    maxConnections: listener.maxConnections,
    headersTimeout: listener.headersTimeout * 1000,
    requestTimeout: listener.requestTimeout * 1000,
    keepAliveTimeout: listener.keepAliveTimeout * 1000,
    behindProxy: listener.behindProxy,
  })
  const metricsAddress =
    metrics && (await bind(metrics.listen(metricsPort ?? 0, host), host, metricsPort ?? 0, '--metrics-port'))
  const address = await bind(forwarder.listen(port, host), host, port, '--port')

  const stopped = new Promise<ExitCode>((resolve) => {
    const stop = createStop(forwarder, log, listener.drainDelay * 1000, resolve)
    context.onSignal('SIGTERM', stop)
    context.onSignal('SIGINT', stop)
    context.onSignal('SIGHUP', () => {
      const left = context.terminals()
      // When a terminal was closed nobody can stop it there any more; otherwise somebody asks for a reload.
      if (terminals.some((terminal) => !left.includes(terminal))) stop()
      else reload(forwarder, log, flags, context)
    })
  })
  log.event('info', 'listening', {
    version,
    address: `${certificate ? 'https' : 'http'}://${address}`,
    ...(metricsAddress ? { metrics: `http://${metricsAddress}/metrics` } : {}),
    routes: config.routes.map(describe),
  })
  for (const warning of warnings) log.event('warn', warning)
  if (table.byHost) log.event('info', `several hosts are configured: ${keepHost}`)
  return stopped
}

async function load(flags: Flags, { env, directory }: Context) {
  const { given, serviceLinks } = givenListener(flags, env)
  const { listener, ...read } = readListener(given)
  const { certificate, warnings, ...proven } = await readCertificate(given, directory)
  const { config, notes, ...found } = await readConfig({
    route: givenOptions(routeOptions, flags, env),
    file: typeof flags.config === 'string' ? flags.config : undefined,
    text: env.BYOO_CONFIG,
    directory,
  })
  const faults = [...read.faults, ...proven.faults, ...found.faults]
  if (faults.length > 0) throw faultsError('the configuration', faults)
  const ignored = serviceLinks.map(
    (name) => `${name} is ignored: it is what Kubernetes sets for a Service, not a number`,
  )
  return { listener, config, certificate, warnings: [...ignored, ...notes, ...warnings] }
}

/** Makes what stops the forwarder when it is first called, and ends the process at once when called again. */
function createStop(
  forwarder: Forwarder,
  log: Log,
  drainDelay: number,
  resolve: (exitCode: ExitCode) => void,
): () => void {
  let stopping = false
  return async () => {
    if (stopping) return resolve(1)
    stopping = true
    forwarder.unready()
    log.event('info', 'stopping')
    await wait(drainDelay)
    const complete = await forwarder.stop(stopDeadline)
    if (complete) log.event('info', 'stopped')
    else log.event('error', `stopped; connections still open after ${stopDeadline / 1000} s were cut off`)
    await log.close()
    resolve(complete ? 0 : 1)
  }
}

async function reload(forwarder: Forwarder, log: Log, flags: Flags, context: Context): Promise<void> {
  try {
    const { config, certificate, warnings } = await load(flags, context)
    const table = compileRoutes(config, providerSlugs)
    if (forwarder.misdirects(table)) {
      throw new ByooError(
        'configuration',
        `several hosts are configured now, and requests arrive for another host than the one before: ${keepHost}; ` +
          'reload once a login has come through with its own host, or restart',
      )
    }
    forwarder.update(table, certificate)
    log.event('info', 'reloaded', { routes: config.routes.map(describe) })
    for (const warning of warnings) log.event('warn', warning)
  } catch (error) {
    // Whatever is wrong with the new configuration, the old one goes on.
    const reason = error instanceof ByooError ? error.message : String(error)
    log.event('error', 'not reloaded: the old configuration stays', { reason })
  }
}

function describe({ url, path, target, provider, providers, environments }: Route): string {
  const only = provider === undefined && providers ? ` (${providers.join(', ')})` : ''
  const shared = environments ? `${environments.join(', ')} by state, otherwise ` : ''
  return `${url ?? path} -> ${shared}${target}${only}`
}
