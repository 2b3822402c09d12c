import {
  callbackUrl,
  junctionCallback,
  narrowRoutes,
  redirectUrlOf,
  routeEnvironments,
} from '../config/callback.ts'
import type { Config, ConfiguredRoute, Credential } from '../config/config.ts'
import { connectTarget, type JunctionEnvironment } from '../junction/environments.ts'
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

export type PublicRoute = ConfiguredRoute & {
  readonly url: string
  /** A URL that a credential of byoo.yaml names, and no route of it serves. */
  readonly unserved?: true
}

/** What of byoo.yaml is checked. */
export interface Scope {
  /** Undefined for all of them, and for routes with a target of their own. */
  readonly environments?: readonly JunctionEnvironment[] | undefined
  readonly provider?: string | undefined
}

/** Routes of byoo.yaml with a public URL, narrowed. */
export function selectRoutes(config: Config, { environments, provider }: Scope): PublicRoute[] {
  return narrowRoutes(config.routes, environments, provider).filter(
    (route): route is PublicRoute => route.url !== undefined,
  )
}

/**
 * A redirect URI as a route for one provider: where Junction's own callback is used, or where byoo.yaml names a URL that
 * none of its routes serves.
 */
function routeAt(url: string, provider: string, environment: JunctionEnvironment): PublicRoute {
  const { hostname, pathname } = new URL(url)
  const target = connectTarget(environment)
  const place = { url, host: hostname, path: pathname, provider, environment, target }
  return { ...place, providers: undefined, primary: false, unserved: true }
}

/**
 * What Junction should hold for a provider: the URL that its credential names, else that of the primary route, else of
 * the first.
 */
export function targetOf(
  config: Config,
  environment: JunctionEnvironment,
  provider: string,
): ProviderTarget[] {
  const credential = config.credentials.find(
    (one) => one.provider === provider && one.environments.includes(environment),
  )
  const named = redirectUrlOf(credential, environment, provider)
  const routes = selectRoutes(config, { environments: [environment], provider })
  const route =
    named === undefined
      ? (routes.find(({ primary }) => primary) ?? routes[0])
      : (routes.find((one) => callbackUrl(one, provider) === named) ?? routeAt(named, provider, environment))
  if (!route) return []
  const ownCallback = credential?.redirectUrl === junctionCallback
  const url = named ?? callbackUrl(route, provider)
  return [{ environment, provider, url, ownCallback, route, credential }]
}

/** The targets whose redirect URI byoo.yaml names itself, so that no route leads to them. */
export function namedTargets(config: Config, { environments, provider }: Scope): ProviderTarget[] {
  return config.credentials
    .filter((one) => one.redirectUrl !== undefined && (provider ?? one.provider) === one.provider)
    .flatMap((one) =>
      one.environments
        .filter((name) => environments?.includes(name) ?? true)
        .flatMap((name) => targetOf(config, name, one.provider)),
    )
}

/** Each environment once, in the order of the routes. */
export function environmentsOf(config: Config, scope: Scope): JunctionEnvironment[] {
  const named = namedTargets(config, scope).map(({ environment }) => environment)
  const all = [...selectRoutes(config, scope).flatMap(routeEnvironments), ...named]
  return [...new Set(all)].filter((name) => scope.environments?.includes(name) ?? true)
}

/** What findings about a route are about, for one provider or for all. */
export function subjectOf({
  route,
  provider = null,
  environment = route.environment ?? null,
}: {
  readonly route: PublicRoute
  readonly provider?: string | null | undefined
  readonly environment?: JunctionEnvironment | null
}): Subject {
  return { route: route.url, provider, environment }
}

/** What findings about an environment are about. */
export function subjectOfEnvironment(environment: JunctionEnvironment): Subject {
  return { ...noSubject, environment }
}
