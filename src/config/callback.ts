import type { JunctionEnvironment } from '../junction/environments.ts'
import type { Route } from './config.ts'

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

/** The environments that have a route for a provider. */
export function servedEnvironments(routes: readonly Scope[], provider: string): JunctionEnvironment[] {
  return [...new Set(routes.filter((route) => accepts(route, provider)).flatMap(routeEnvironments))]
}

/** The public URL of a route for one provider; empty when the route has none. */
export function callbackUrl({ url }: Pick<Route, 'url'>, provider: string): string {
  return (url ?? '').replace('{provider}', () => provider)
}

/** Said once of a redirect URL that byoo.yaml names, and no route of it serves. */
export function unservedNote(url: string): string {
  return `no route of byoo.yaml serves ${url}: something else has to`
}
