import type { Route } from '../config/config.ts'
import {
  hosts,
  type JunctionEnvironment,
  junctionEnvironments,
  olderHosts,
} from '../junction/environments.ts'

/** The Link base URL of each environment, by both of Junction's host families, as link tokens name it in `aud`. */
const audiences: ReadonlyMap<string, JunctionEnvironment> = new Map(
  junctionEnvironments.flatMap((name) =>
    [hosts, olderHosts].map((family) => [`${family[name]}/v2/link`, name] as const),
  ),
)

/** The longest `state` that is looked at, and the longest payload in it, in octets. */
const longestState = 8192
const longestPayload = 4096
/** More brackets than any link token has: JSON nested in thousands would take milliseconds to read. */
const manyBrackets = /(?:[[{][^[{]*){65}/

/**
 * Which of a shared route's environments a login belongs to: the one whose Link API its raw query's `state`, Junction's
 * link token, was made for. Undefined for whatever else arrives. The token is neither verified nor trusted, since it
 * only chooses among targets of the configuration, and Junction verifies it. Never throws.
 */
export function environmentOfState(
  query: string,
  listed: Pick<ReadonlySet<JunctionEnvironment>, 'has'>,
): JunctionEnvironment | undefined {
  const state = onlyState(query)
  if (state === undefined || state.length > longestState) return undefined
  const [, payload] = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(state) ?? []
  const environment = payload === undefined ? undefined : audiences.get(audience(payload) ?? '')
  return environment !== undefined && listed.has(environment) ? environment : undefined
}

/** The decision of a route alone; undefined when it is not shared. */
export function decisionOf({ environments, otherwise }: Pick<Route, 'environments' | 'otherwise'>) {
  if (otherwise === undefined) return undefined
  const listed = new Set(environments)
  return (query: string) => environmentOfState(query, listed)
}

/** The raw value of the one parameter whose raw name is `state`; undefined when there is none, or a second one. */
function onlyState(query: string): string | undefined {
  const parameter = /(?:^\?|&)state(?:=([^&]*))?(?=&|$)/g
  const value = parameter.exec(query)?.[1]
  return value === undefined || parameter.test(query) ? undefined : value
}

/** The `aud` of a JWT's payload (RFC 7519 §4.1.3), when it is one string. */
function audience(payload: string): string | undefined {
  if (payload.length > Math.ceil((longestPayload * 4) / 3)) return undefined
  try {
    // One character per octet: what is not ASCII can only stand in other claims, or is no JSON.
    const text = atob(payload.replaceAll('-', '+').replaceAll('_', '/'))
    const claims: unknown = text.startsWith('{') && !manyBrackets.test(text) ? JSON.parse(text) : undefined
    return claims instanceof Object && 'aud' in claims && typeof claims.aud === 'string'
      ? claims.aud
      : undefined
  } catch {
    return undefined
  }
}
