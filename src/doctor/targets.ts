import { accepts } from '../config/callback.ts'
import type { Config, ConfiguredRoute, Credential } from '../config/config.ts'
import type { Environment, Combination as JunctionEnvironment, Region } from '../junction/environments.ts'
import { noSubject, type Subject } from './findings.ts'

/** A route for one provider; undefined when nothing says for which one. */
export interface CallbackTarget {
  readonly route: PublicRoute
  readonly provider: string | undefined
}

/** What Junction should hold for one provider in one environment. */
export interface ProviderTarget {
  readonly environment: JunctionEnvironment
  readonly provider: string
  /** The redirect URI: the route's URL for this provider. */
  readonly url: string
  readonly route: PublicRoute
  /** What byoo.yaml says of the credentials. */
  readonly credential: Credential | undefined
}

export type PublicRoute = ConfiguredRoute & { readonly url: string }

/** What of byoo.yaml is checked. */
export interface Scope {
  readonly environment?: Environment | undefined
  readonly region?: Region | undefined
  readonly provider?: string | undefined
}

/** Routes of byoo.yaml with a public URL, narrowed. */
export function selectRoutes(config: Config, { environment, region, provider }: Scope): PublicRoute[] {
  return config.routes.filter(
    (route): route is PublicRoute =>
      route.url !== undefined &&
      (environment === undefined || route.environment === environment) &&
      (region === undefined || route.region === region) &&
      (provider === undefined || accepts(route, provider)),
  )
}

/** The route whose URL Junction should hold for a provider: the primary one, else the first. */
export function chooseRoute(
  config: Config,
  environment: JunctionEnvironment,
  provider: string,
): PublicRoute | undefined {
  const routes = selectRoutes(config, { provider }).filter((route) => environmentOf(route) === environment)
  return routes.find(({ primary }) => primary) ?? routes[0]
}

/** What byoo.yaml says of a provider's credentials in an environment. */
export function findCredential(
  config: Config,
  environment: JunctionEnvironment,
  provider: string,
): Credential | undefined {
  return config.credentials.find((one) => one.provider === provider && one.in.includes(environment))
}

/** The environment of a route that leads to Junction. */
export function environmentOf({ environment, region }: ConfiguredRoute): JunctionEnvironment | undefined {
  return environment && region ? `${environment}/${region}` : undefined
}

/** Each environment once, in the order of the routes. */
export function environmentsOf(routes: readonly ConfiguredRoute[]): JunctionEnvironment[] {
  return [...new Set(routes.map(environmentOf).filter((environment) => environment !== undefined))]
}

/** Junction's own two words for an environment. */
export function splitEnvironment(environment: JunctionEnvironment) {
  const [first, second] = environment.split('/')
  return { environment: first as Environment, region: second as Region }
}

/** What findings about a route are about, for one provider or for all. */
export function subjectOf({
  route,
  provider = null,
}: {
  readonly route: PublicRoute
  readonly provider?: string | null | undefined
}): Subject {
  return { route: route.url, provider, environment: environmentOf(route) ?? null }
}

/** What findings about an environment are about. */
export function subjectOfEnvironment(environment: JunctionEnvironment): Subject {
  return { ...noSubject, environment }
}
