import * as z from 'zod/mini'
import { ByooError } from '../errors.ts'
import { isProduction, junctionEnvironments, regions } from '../junction/environments.ts'
import { findProvider } from '../junction/providers.ts'
import { junctionCallback, servedEnvironments } from './callback.ts'
import { detailFaults, secretReference } from './detail-references.ts'
import { type Checked, dotted, faultsOf, fields, secretLookingPaths } from './issues.ts'
import { environmentSchema, oneEnvironment, slug } from './route-schema.ts'
import { checkRedirectUrl } from './url.ts'

const identifier = (what: string) =>
  z
    .string()
    .check(
      z.regex(
        /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i,
        `must be the UUID of ${what}, as the Junction dashboard shows it`,
      ),
    )

export const organisation = identifier('your organisation')
export const team = identifier('a team')

/** Teams by region, since a team has one region and both environments, or by environment, which comes first. */
export const teamNames = [...regions, ...junctionEnvironments] as const
export const teamsSchema = z.partialRecord(z.enum(teamNames), team)

const text = (name: string) =>
  z
    .string()
    .check(
      z.regex(
        /^[\x21-\x7e]+$/,
        `must be a ${name}: printable ASCII, without white space at its ends or inside`,
      ),
    )

/** One entry of `credentials`: what Junction should hold for a provider. `details` may hold secret references. */
export const credentialSchema = z
  .strictObject({
    provider: slug,
    environments: z
      .optional(z.array(environmentSchema).check(z.minLength(1, oneEnvironment)))
      .check(z.describe('Default: every environment that has a route for the provider.')),
    redirect_url: z
      .optional(z.string())
      .check(
        z.describe(
          `The redirect URL override: a URL, or "${junctionCallback}" for Junction's own callback. Default: the URL of the route.`,
        ),
      ),
    client_id: z.optional(text('client id')),
    client_secret: z.optional(secretReference),
    details: z.optional(z.record(z.string(), z.unknown())),
  })
  .check(z.check(checkRedirect, { when: () => true }))

function checkRedirect(context: Checked): void {
  const { redirect_url: url, provider } = fields(context.value)
  if (typeof url !== 'string' || url === junctionCallback) return
  const { faults, corrected } = checkRedirectUrl(url, true, typeof provider === 'string' ? provider : '')
  if (faults.length === 0) return
  const isUrl = /^[a-z]+:/i.test(url)
  const all = isUrl ? [...faults] : [`must be a URL, or "${junctionCallback}" for Junction's own callback`]
  if (corrected !== undefined) all.push(`write ${JSON.stringify(corrected)}`)
  faultsOf(context)(['redirect_url'], all.join('; '))
}

/** What is wrong with Junction's own callback for a provider in these environments. */
export function junctionCallbackFault(
  provider: string,
  environments: readonly (typeof junctionEnvironments)[number][],
): string | undefined {
  if (provider !== 'google_health' || !environments.some(isProduction)) return undefined
  return 'google_health in production needs a redirect URI of your own: leave this out, or write a URL'
}

/**
 * Each credential once per environment, and only where a route takes its provider's callbacks. It is not to blame for a
 * route that is not `readable`.
 */
export function checkCredentials(
  context: Checked,
  routes: Parameters<typeof servedEnvironments>[0],
  readable: boolean,
): void {
  const { credentials } = fields(context.value)
  const fault = faultsOf(context)
  const earlier = new Map<string, PropertyKey[]>()

  for (const [index, input] of (Array.isArray(credentials) ? credentials : []).entries()) {
    // What looks like a secret is a fault of its own, and is repeated by none.
    if (secretLookingPaths(fields(input).provider).length > 0) continue
    const slug = providerFault(fields(input).provider)
    if (slug) fault(['credentials', index, 'provider'], slug)
    const parsed = credentialSchema.safeParse(input)
    if (!parsed.success) continue
    const { provider, environments: listed, redirect_url: redirectUrl, details } = parsed.data
    for (const { path, message } of details && !slug ? detailFaults(provider, details) : []) {
      fault(['credentials', index, 'details', ...path], message)
    }
    const served = servedEnvironments(routes, provider)
    const unserved = redirectUrl === undefined && readable && !slug
    if (!listed && served.length === 0) {
      const which = `no route accepts ${provider}`
      if (unserved) fault(['credentials', index, 'provider'], `${which}: ${howToServe(provider)}`)
      if (redirectUrl !== undefined && readable) {
        fault(['credentials', index], `needs "environments: [production/us, …]", since ${which}`)
      }
    }
    const wrong = redirectUrl === junctionCallback && junctionCallbackFault(provider, listed ?? served)
    if (wrong) fault(['credentials', index, 'redirect_url'], wrong)
    for (const [position, environment] of (listed ?? served).entries()) {
      const at = ['credentials', index, ...(listed ? ['environments', position] : ['provider'])]
      const key = `${provider} ${environment}`
      const other = earlier.get(key)
      if (other) fault(at, `${dotted(other)} already says what ${provider} has in ${environment}`)
      else earlier.set(key, at)
      if (unserved && !served.includes(environment)) {
        fault(at, `no route of ${environment} accepts ${provider}: ${howToServe(provider)}`)
      }
    }
  }
}

function howToServe(provider: string): string {
  return `add one, name ${provider} in its providers, or give the credential a redirect_url`
}

function providerFault(provider: unknown): string | undefined {
  if (!slug.safeParse(provider).success) return undefined
  try {
    findProvider(String(provider))
    return undefined
  } catch (error) {
    return error instanceof ByooError ? error.message : undefined
  }
}
