import { connectTarget, hosts, type JunctionEnvironment, olderHosts } from '../junction/environments.ts'
import { isLoopback, parseUrl } from '../url.ts'
import type { Credential, Route } from './config.ts'

/** Junction's own callback, in place of a redirect URL override. */
export const junctionCallback = 'junction'

/** What of a route tells whose callbacks it takes, and for where. */
type Scope = Partial<Pick<Route, 'provider' | 'providers' | 'environment' | 'environments'>>

/** Does a route take the callbacks of this provider? */
export function accepts({ provider, providers }: Scope, slug: string): boolean {
  return provider === undefined ? (providers?.includes(slug) ?? true) : provider === slug
}

/** The environments that a route is the callback of: one, several when it is shared, none with a `target` alone. */
export function routeEnvironments({ environment, environments }: Scope): readonly JunctionEnvironment[] {
  return environments ?? (environment ? [environment] : [])
}

/** Routes of some environments, and with a provider those that take its callbacks. */
export function narrowRoutes<Of extends Scope>(
  routes: readonly Of[],
  environments: readonly JunctionEnvironment[] | undefined,
  provider?: string | undefined,
): Of[] {
  return routes.filter(
    (route) =>
      (!environments || routeEnvironments(route).some((name) => environments.includes(name))) &&
      (provider === undefined || accepts(route, provider)),
  )
}

/** The environments that have a route for a provider. */
export function servedEnvironments(routes: readonly Scope[], provider: string): JunctionEnvironment[] {
  return [...new Set(narrowRoutes(routes, undefined, provider).flatMap(routeEnvironments))]
}

/** The public URL of a route for one provider; empty when the route has none. */
export function callbackUrl({ url }: Pick<Route, 'url'>, provider: string): string {
  return (url ?? '').replace('{provider}', () => provider)
}

/** Said once of redirect URLs that byoo.yaml names, and no route of it serves. */
export function unservedNote(urls: readonly string[]): string {
  const rest = urls.length > 3 ? `, and ${urls.length - 3} more` : ''
  return `no route of byoo.yaml serves ${urls.slice(0, 3).join(', ')}${rest}: something else has to`
}

/** The redirect URI that a credential names itself; undefined where it is that of the route. */
export function redirectUrlOf(
  credential: Pick<Credential, 'redirectUrl'> | undefined,
  environment: JunctionEnvironment,
  provider: string,
): string | undefined {
  if (credential?.redirectUrl !== junctionCallback) return credential?.redirectUrl
  return junctionUri(environment, provider)
}

/**
 * What a link should name where Junction's own callback is used: that of the environment, on Junction's host of today or
 * the older one, or on the demo's.
 */
export function ownRedirectUri(
  environment: JunctionEnvironment,
  provider: string,
  found: string | undefined,
): string {
  const today = junctionUri(environment, provider)
  const path = today.slice(hosts[environment].length)
  const demo = isLoopback(parseUrl(found ?? '')?.hostname ?? '') && found?.endsWith(`/${environment}${path}`)
  return found !== undefined && (demo || found === olderHosts[environment] + path) ? found : today
}

/** Where Junction's own callback lives, as it is documented. */
export function junctionUri(environment: JunctionEnvironment, provider: string): string {
  return connectTarget(environment).replace('{provider}', () => provider)
}
