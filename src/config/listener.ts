import { isIP } from 'node:net'
import * as z from 'zod/mini'
import { toFaults } from './issues.ts'
import { type GivenOptions, givenOptions } from './options.ts'

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

function integer(minimum: number, maximum: number) {
  const error = `must be a whole number from ${minimum} to ${maximum}`
  return z.optional(
    z.string().check(
      z.refine((text) => /^\d+$/.test(text) && Number(text) >= minimum && Number(text) <= maximum, {
        error,
      }),
    ),
  )
}

// Checked as text and converted below: a zod pipe for each number would cost more start-up time than the server.
const numbers = {
  port: integer(0, 65_535),
  metricsPort: integer(0, 65_535),
  drainDelay: integer(0, 3600),
  headersTimeout: integer(1, oneDay),
  requestTimeout: integer(1, oneDay),
  keepAliveTimeout: integer(1, oneDay),
  maxConnections: integer(1, 1_000_000),
  maxTarget: integer(8000, 65_536),
}
const switchedOn = ['1', 'true', 'yes'] as const
const listenerSchema = z
  .object({
    ...numbers,
    host: z.optional(
      z.string().check(
        z.check(({ value, issues }) => {
          const message = hostFault(value)
          if (message) issues.push({ code: 'custom', input: value, message })
        }),
      ),
    ),
    tlsCert: z.optional(z.string()),
    tlsKey: z.optional(z.string()),
    logLevel: z.optional(z.enum(logLevels)),
    behindProxy: z.optional(z.enum([...switchedOn, '0', 'false', 'no'])),
  })
  .check(
    z.check(
      ({ value, issues }) => {
        const fault = (name: keyof typeof value, message: string) =>
          issues.push({ code: 'custom', input: value, path: [name], message })
        const together = 'as well: a certificate and its private key go together'
        if (value.tlsCert !== undefined && value.tlsKey === undefined)
          fault('tlsCert', `needs --tls-key ${together}`)
        if (value.tlsKey !== undefined && value.tlsCert === undefined)
          fault('tlsKey', `needs --tls-cert ${together}`)
        if (Number(value.headersTimeout ?? 10) > Number(value.requestTimeout ?? 15)) {
          fault('headersTimeout', 'must not be longer than --request-timeout, which includes it')
        }
        if (value.metricsPort !== '0' && value.metricsPort === (value.port ?? '8080')) {
          fault('metricsPort', 'must differ from --port: metrics are not for the public')
        }
      },
      { when: () => true },
    ),
  )

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
  const given = givenOptions(Object.keys(listenerSchema.shape) as (keyof ListenerConfig)[], flags, env)
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

/** Checks the listener's options; with faults, the listener is the default one. */
export function readListener(given: GivenOptions<keyof ListenerConfig>): {
  readonly listener: ListenerConfig
  readonly faults: string[]
} {
  const values = Object.fromEntries(Object.entries(given).map(([name, { value }]) => [name, value]))
  const parsed = listenerSchema.safeParse(values, { reportInput: true })
  const text = parsed.success ? parsed.data : {}
  const faults = toFaults(parsed.success ? [] : parsed.error.issues).map(({ path, message }) => {
    const name = path[0] as keyof ListenerConfig
    return `${given[name]?.source ?? `--${name}`}: ${message}`
  })
  const listener = {
    port: Number(text.port ?? 8080),
    host: text.host ?? '127.0.0.1',
    tlsCert: text.tlsCert,
    tlsKey: text.tlsKey,
    metricsPort: text.metricsPort === undefined ? undefined : Number(text.metricsPort),
    logLevel: text.logLevel ?? 'info',
    drainDelay: Number(text.drainDelay ?? 0),
    headersTimeout: Number(text.headersTimeout ?? 10),
    requestTimeout: Number(text.requestTimeout ?? 15),
    keepAliveTimeout: Number(text.keepAliveTimeout ?? 65),
    maxConnections: Number(text.maxConnections ?? 10_000),
    maxTarget: Number(text.maxTarget ?? 32_768),
    behindProxy: switchedOn.some((word) => word === text.behindProxy),
  }
  return { listener, faults }
}
