import * as z from 'zod/mini'
import { type GivenOptions, givenOptions } from './given-options.ts'
import { toFaults } from './schema.ts'

export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]

/** How the forwarder listens. Durations are in seconds, `maxTarget` in octets. */
export type ListenerConfig = z.infer<typeof listenerSchema>

function integer(minimum: number, maximum: number) {
  const rule = `must be a whole number from ${minimum} to ${maximum}`
  return z.pipe(
    z.string().check(
      z.refine((text) => /^\d+$/.test(text) && Number(text) >= minimum && Number(text) <= maximum, {
        error: rule,
      }),
    ),
    z.transform((text) => Number(text)),
  )
}

const oneDay = 86_400

const listenerSchema = z
  .object({
    port: z._default(integer(0, 65_535), 8080),
    host: z._default(z.string(), '127.0.0.1'),
    tlsCert: z.optional(z.string()),
    tlsKey: z.optional(z.string()),
    metricsPort: z.optional(integer(0, 65_535)),
    logLevel: z._default(z.enum(logLevels), 'info'),
    drainDelay: z._default(integer(0, 3600), 0),
    headersTimeout: z._default(integer(1, oneDay), 10),
    requestTimeout: z._default(integer(1, oneDay), 15),
    keepAliveTimeout: z._default(integer(1, oneDay), 65),
    maxConnections: z._default(integer(1, 1_000_000), 10_000),
    maxTarget: z._default(integer(8000, 65_536), 32_768),
  })
  .check(
    z.refine(({ tlsCert, tlsKey }) => tlsCert === undefined || tlsKey !== undefined, {
      error: 'needs --tls-key as well: a certificate and its private key go together',
      path: ['tlsCert'],
      when: () => true,
    }),
    z.refine(({ tlsCert, tlsKey }) => tlsKey === undefined || tlsCert !== undefined, {
      error: 'needs --tls-cert as well: a certificate and its private key go together',
      path: ['tlsKey'],
      when: () => true,
    }),
    z.refine(({ headersTimeout, requestTimeout }) => !(headersTimeout > requestTimeout), {
      error: 'must not be longer than --request-timeout, which includes it',
      path: ['headersTimeout'],
      when: () => true,
    }),
    z.refine(({ port, metricsPort }) => port === 0 || port !== metricsPort, {
      error: 'must differ from --port: metrics are not for the public',
      path: ['metricsPort'],
    }),
  )

/** The listener's options as given by flags, `BYOO_…` variables and `PORT`, which platforms set. */
export function givenListener(
  flags: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
): GivenOptions<keyof ListenerConfig> {
  const given = givenOptions(Object.keys(listenerSchema.shape) as (keyof ListenerConfig)[], flags, env)
  return !given.port && env.PORT ? { ...given, port: { value: env.PORT, source: 'PORT' } } : given
}

/** Checks the listener's options; with faults, the listener is the default one. */
export function readListener(given: GivenOptions<keyof ListenerConfig>): {
  readonly listener: ListenerConfig
  readonly faults: string[]
} {
  const values = Object.fromEntries(Object.entries(given).map(([name, { value }]) => [name, value]))
  const parsed = listenerSchema.safeParse(values, { reportInput: true })
  if (parsed.success) return { listener: parsed.data, faults: [] }
  const faults = toFaults(parsed.error.issues).map(({ path, message }) => {
    const name = path[0] as keyof ListenerConfig
    return `${given[name]?.source ?? name}: ${message}`
  })
  return { listener: listenerSchema.parse({}), faults }
}
