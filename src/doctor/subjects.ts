import { accepts } from '../config/callback.ts'
import type { Config, ConfiguredRoute, Credential } from '../config/config.ts'
import type { Combination, Environment, Region } from '../junction/environments.ts'
import type { Subject } from './finding.ts'

/** One environment and region. */
export interface Place {
  readonly environment: Environment
  readonly region: Region
}

/** A route for one provider; undefined when nothing says for which one. */
export interface Callback {
  readonly route: PublicRoute
  readonly provider: string | undefined
}

/** What Junction should hold for one provider in one place. */
export interface Entry {
  readonly place: Place
  readonly provider: string
  /** The redirect URI: the route's URL for this provider. */
  readonly url: string
  readonly route: PublicRoute
  /** What byoo.yaml says of the credentials. */
  readonly credential: Credential | undefined
}

export type PublicRoute = ConfiguredRoute & { readonly url: string }

/** What of byoo.yaml is looked at. */
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

/** The place of a route that leads to Junction. */
export function placeOf({ environment, region }: ConfiguredRoute): Place | undefined {
  return environment && region ? { environment, region } : undefined
}

export function combination({ environment, region }: Place): Combination {
  return `${environment}/${region}`
}

/** Each place once, in the order of the routes. */
export function placesOf(routes: readonly ConfiguredRoute[]): Place[] {
  const places = routes.map(placeOf).filter((place) => place !== undefined)
  return [...new Map(places.map((place) => [combination(place), place])).values()]
}

/** The route whose URL Junction should hold: the primary one, else the first. */
export function chooseRoute(routes: readonly PublicRoute[]): PublicRoute | undefined {
  return routes.find(({ primary }) => primary) ?? routes[0]
}

export function subjectOfPlace({ environment, region }: Place): Subject {
  return { route: undefined, provider: undefined, environment, region }
}

export function subjectOfRoute({ url, environment, region }: PublicRoute): Subject {
  return { route: url, provider: undefined, environment, region }
}

export function subjectOfCallback({ route, provider }: Callback): Subject {
  return { ...subjectOfRoute(route), provider }
}

export function subjectOfEntry({ route, provider }: Entry): Subject {
  return { ...subjectOfRoute(route), provider }
}
