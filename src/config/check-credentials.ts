import { ByooError } from '../errors.ts'
import { findProvider } from '../junction/providers.ts'
import { credentialSchema } from './credential-schema.ts'
import { detailFaults } from './detail-references.ts'
import { type Checked, custom, dotted, fields } from './issues.ts'
import { routeSchema } from './route-schema.ts'

/** Each credential once per environment, and only where a route takes its provider's callbacks. */
export function checkCredentials(context: Checked): void {
  const { routes, credentials } = fields(context.value)
  const fault = (path: PropertyKey[], message: string) =>
    context.issues.push(custom(context.value, message, path))
  const parsedRoutes = (Array.isArray(routes) ? routes : []).map((route) => routeSchema.safeParse(route))
  const readable = parsedRoutes.every(({ success }) => success)
  const earlier = new Map<string, PropertyKey[]>()

  for (const [index, input] of (Array.isArray(credentials) ? credentials : []).entries()) {
    const parsed = credentialSchema.safeParse(input)
    if (!parsed.success) continue
    const { provider, in: places, details } = parsed.data
    const slug = providerFault(provider)
    if (slug) fault(['credentials', index, 'provider'], slug)
    for (const { path, message } of details && !slug ? detailFaults(provider, details) : []) {
      fault(['credentials', index, 'details', ...path], message)
    }
    for (const [position, place] of places.entries()) {
      const at = ['credentials', index, 'in', position]
      const key = `${provider} ${place}`
      const other = earlier.get(key)
      if (other) fault(at, `${dotted(other)} already says what ${provider} has in ${place}`)
      else earlier.set(key, at)
      const accepted = parsedRoutes.some(({ data }) => {
        if (!data || data.environment !== place) return false
        return data.provider ? data.provider === provider : (data.providers?.includes(provider) ?? true)
      })
      if (readable && !accepted) {
        fault(at, `no route of ${place} accepts ${provider}: add one, or name ${provider} in its providers`)
      }
    }
  }
}

function providerFault(provider: string): string | undefined {
  try {
    findProvider(provider)
    return undefined
  } catch (error) {
    return error instanceof ByooError ? error.message : undefined
  }
}
