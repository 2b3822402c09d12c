import * as z from 'zod/mini'
import { organisation, team } from '../../config/credential-schema.ts'
import { type GivenOptions, givenOptions } from '../../config/given-options.ts'
import { toFaults } from '../../config/issues.ts'
import { isLoopback } from '../../config/url.ts'
import { ByooError } from '../../errors.ts'
import { environments, regions } from '../../junction/environments.ts'
import type { Session } from '../session.ts'

const url = z.string().check(z.refine(isApiUrl, 'must be an https URL, or plain http to a loopback address'))

const targetSchema = z.object({
  environment: z.optional(z.enum(environments)),
  region: z.optional(z.enum(regions)),
  org: z.optional(organisation),
  team: z.optional(team),
  config: z.optional(z.string()),
  timeout: z._default(
    z.pipe(
      z.string().check(z.regex(/^(?!0+$)\d{1,4}$/, 'must be a whole number of seconds from 1 to 9999')),
      z.transform((text) => Number(text)),
    ),
    30,
  ),
  managementUrl: z.optional(url),
  apiUrl: z.optional(url),
})

/** What a command works on, as flags and environment variables say. */
export interface TargetOptions {
  readonly values: z.infer<typeof targetSchema>
  readonly given: GivenOptions<keyof typeof targetSchema.shape>
}

/** Reads the options that choose what a command works on; all faults at once. */
export function readTargetOptions({ flags, context }: Session): TargetOptions {
  const names = Object.keys(targetSchema.shape) as (keyof typeof targetSchema.shape)[]
  // BYOO_CONFIG holds the YAML text itself, as byoo serve has it.
  const given = givenOptions(names, flags, { ...context.env, BYOO_CONFIG: undefined })
  const input = Object.fromEntries(Object.entries(given).map(([name, { value }]) => [name, value]))
  const parsed = targetSchema.safeParse(input, { reportInput: true })
  if (parsed.success) return { values: parsed.data, given }
  const faults = toFaults(parsed.error.issues).map(({ path, message }) => {
    const name = path[0] as keyof typeof given
    return `${given[name]?.source ?? name}: ${message}`
  })
  throw new ByooError('usage', faults.join('\n'))
}

function isApiUrl(text: string): boolean {
  const plain = text.replace('{environment}', 'environment').replace('{region}', 'region')
  if (!URL.canParse(plain) || /\s/.test(plain)) return false
  const { protocol, hostname, username, password, search, hash } = new URL(plain)
  if (username || password || search || hash) return false
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}
