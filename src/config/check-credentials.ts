import { ByooError } from '../errors.ts'
import { findProvider } from '../junction/providers.ts'
import { junctionCallback, servedEnvironments } from './callback.ts'
import { credentialSchema, junctionCallbackFault } from './credential-schema.ts'
import { detailFaults } from './detail-references.ts'
import { type Checked, custom, dotted, fields } from './issues.ts'

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
  const fault = (path: PropertyKey[], message: string) =>
    context.issues.push(custom(context.value, message, path))
  const earlier = new Map<string, PropertyKey[]>()

  for (const [index, input] of (Array.isArray(credentials) ? credentials : []).entries()) {
    const parsed = credentialSchema.safeParse(input)
    if (!parsed.success) continue
    const { provider, environments: listed, redirect_url: redirectUrl, details } = parsed.data
    const slug = providerFault(provider)
    if (slug) fault(['credentials', index, 'provider'], slug)
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

function providerFault(provider: string): string | undefined {
  try {
    findProvider(provider)
    return undefined
  } catch (error) {
    return error instanceof ByooError ? error.message : undefined
  }
}
