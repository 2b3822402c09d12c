import { accepts, routeEnvironments } from '../config/callback.ts'
import type { Config, ConfiguredRoute, Credential } from '../config/config.ts'
import type { JunctionEnvironment } from '../junction/environments.ts'
import { noSubject, type Subject } from './findings.ts'

/** A route for one provider; undefined when nothing says for which one. */
export interface CallbackTarget {
  readonly route: PublicRoute
  readonly provider: string | undefined
}

/** A route for a provider that is known. */
export type ProviderCallback = CallbackTarget & { readonly provider: string }

/** What Junction should hold for one provider in one environment. */
export interface ProviderTarget {
  readonly environment: JunctionEnvironment
  readonly provider: string
  /** The redirect URI: that of the credential, else the route's URL for this provider. */
  readonly url: string
  /** Is it Junction's own callback, so that Junction should hold no override? */
  readonly ownCallback: boolean
  readonly route: PublicRoute
  /** What byoo.yaml says of the credentials. */
  readonly credential: Credential | undefined
}

export type PublicRoute = ConfiguredRoute & { readonly url: string }

/** What of byoo.yaml is checked. */
export interface Scope {
  /** Undefined for all of them, and for routes with a target of their own. */
  readonly environments?: readonly JunctionEnvironment[] | undefined
  readonly provider?: string | undefined
}

/** Routes of byoo.yaml with a public URL, narrowed. */
export function selectRoutes(config: Config, { environments, provider }: Scope): PublicRoute[] {
  return config.routes.filter(
    (route): route is PublicRoute =>
      route.url !== undefined &&
      (environments === undefined || environments.some((name) => routeEnvironments(route).includes(name))) &&
      (provider === undefined || accepts(route, provider)),
  )
}

/** The route whose URL Junction should hold for a provider: the primary one, else the first. */
export function chooseRoute(
  config: Config,
  environment: JunctionEnvironment,
  provider: string,
): PublicRoute | undefined {
  const routes = selectRoutes(config, { provider }).filter((route) =>
    routeEnvironments(route).includes(environment),
  )
  return routes.find(({ primary }) => primary) ?? routes[0]
}

/** What byoo.yaml says of a provider's credentials in an environment. */
export function findCredential(
  config: Config,
  environment: JunctionEnvironment,
  provider: string,
): Credential | undefined {
  return config.credentials.find((one) => one.provider === provider && one.environments.includes(environment))
}

/** Each environment once, in the order of the routes. */
export function environmentsOf(routes: readonly ConfiguredRoute[]): JunctionEnvironment[] {
  return [...new Set(routes.flatMap(routeEnvironments))]
}

/** What findings about a route are about, for one provider or for all. */
export function subjectOf({
  route,
  provider = null,
}: {
  readonly route: PublicRoute
  readonly provider?: string | null | undefined
}): Subject {
  return { route: route.url, provider, environment: route.environment ?? null }
}

/** What findings about an environment are about. */
export function subjectOfEnvironment(environment: JunctionEnvironment): Subject {
  return { ...noSubject, environment }
}
