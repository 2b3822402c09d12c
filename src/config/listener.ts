import { isIP } from 'node:net'
import * as z from 'zod/mini'
import {
  type GivenOptions,
  givenOptions,
  readOptions,
  switchSchema,
  textSchema,
  wholeNumber,
} from './options.ts'

export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]

/** How the forwarder listens. Durations are in seconds, `maxTarget` in octets. */
export interface ListenerConfig {
  readonly port: number
  readonly host: string
  readonly tlsCert: string | undefined
  readonly tlsKey: string | undefined
  readonly metricsPort: number | undefined
  readonly logLevel: LogLevel
  readonly drainDelay: number
  readonly headersTimeout: number
  readonly requestTimeout: number
  readonly keepAliveTimeout: number
  readonly maxConnections: number
  readonly maxTarget: number
  readonly behindProxy: boolean
}

const oneDay = 86_400
const anything = textSchema(() => undefined, String)
const numbers = {
  port: wholeNumber(0, 65_535),
  metricsPort: wholeNumber(0, 65_535),
  drainDelay: wholeNumber(0, 3600),
  headersTimeout: wholeNumber(1, oneDay),
  requestTimeout: wholeNumber(1, oneDay),
  keepAliveTimeout: wholeNumber(1, oneDay),
  maxConnections: wholeNumber(1, 1_000_000),
  maxTarget: wholeNumber(8000, 65_536),
}
const schemas = {
  ...numbers,
  host: textSchema(hostFault, String),
  tlsCert: anything,
  tlsKey: anything,
  logLevel: z.enum(logLevels),
  behindProxy: switchSchema,
}
const defaults: ListenerConfig = {
  port: 8080,
  host: '127.0.0.1',
  tlsCert: undefined,
  tlsKey: undefined,
  metricsPort: undefined,
  logLevel: 'info',
  drainDelay: 0,
  headersTimeout: 10,
  requestTimeout: 15,
  keepAliveTimeout: 65,
  maxConnections: 10_000,
  maxTarget: 32_768,
  behindProxy: false,
}

function hostFault(text: string): string | undefined {
  if (isIP(text) > 0 || /^[\w-]+(?:\.[\w-]+)*$/.test(text)) return undefined
  const [, host = '', port] = /^(?:\w+:\/\/)?(\[[\da-f:.]+\]|[\w.-]+)(?::(\d+))?\/?$/i.exec(text) ?? []
  const address = host.replace(/^\[|\]$/g, '')
  const rule = 'must be an address or a host name, and nothing else'
  if (address === '') return `${rule}, such as 127.0.0.1, 0.0.0.0 or ::`
  return `${rule}: write ${address}${port ? `, and the port in --port ${port}` : ''}`
}

/** What Kubernetes sets for the port of each Service of the namespace: one called byoo has BYOO_PORT. */
const serviceLink = /^(?:tcp|udp|sctp):\/\/(?:\d+(?:\.\d+){3}|\[?[\da-f:]+\]?):\d+$/i

/**
 * The listener's options as given by flags, `BYOO_…` variables and `PORT`, which platforms set. `serviceLinks` names
 * the variables that are left out because they hold what Kubernetes sets for a Service.
 */
export function givenListener(
  flags: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
): { readonly given: GivenOptions<keyof ListenerConfig>; readonly serviceLinks: readonly string[] } {
  const given = givenOptions(Object.keys(schemas) as (keyof ListenerConfig)[], flags, env)
  const serviceLinks: string[] = []
  for (const name of Object.keys(numbers) as (keyof typeof numbers)[]) {
    const { source = '', value = '' } = given[name] ?? {}
    if (!source.startsWith('BYOO_') || !serviceLink.test(value)) continue
    delete given[name]
    serviceLinks.push(source)
  }
  if (!given.port && env.PORT) given.port = { value: env.PORT, source: 'PORT' }
  return { given, serviceLinks }
}

/** Checks the listener's options; what is faulty is as it is by default. */
export function readListener(given: GivenOptions<keyof ListenerConfig>): {
  readonly listener: ListenerConfig
  readonly faults: string[]
} {
  const { values, faults } = readOptions<Partial<ListenerConfig>>(schemas, given)
  const listener = { ...defaults, ...values }
  const together = 'as well: a certificate and its private key go together'
  if (given.tlsCert && !given.tlsKey) faults.push(`${given.tlsCert.source}: needs --tls-key ${together}`)
  if (given.tlsKey && !given.tlsCert) faults.push(`${given.tlsKey.source}: needs --tls-cert ${together}`)
  if (listener.headersTimeout > listener.requestTimeout) {
    const source = given.headersTimeout?.source ?? '--headers-timeout'
    faults.push(`${source}: must not be longer than --request-timeout, which includes it`)
  }
  if (listener.metricsPort !== 0 && listener.metricsPort === listener.port) {
    faults.push(`${given.metricsPort?.source}: must differ from --port: metrics are not for the public`)
  }
  return { listener, faults }
}
