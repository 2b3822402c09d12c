import { connectTarget, hosts, type JunctionEnvironment, olderHosts } from '../junction/environments.ts'
import { isLoopback, parseUrl } from '../url.ts'
import type { Credential } from './config.ts'
import { junctionCallback } from './credential-schema.ts'

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
 * the older one. Undefined where the demo stands in for Junction.
 */
export function ownRedirectUri(
  environment: JunctionEnvironment,
  provider: string,
  found: string | undefined,
): string | undefined {
  if (isLoopback(parseUrl(found ?? '')?.hostname ?? '')) return undefined
  const today = junctionUri(environment, provider)
  const older = today.replace(hosts[environment], () => olderHosts[environment])
  return found === older ? older : today
}

/** Where Junction's own callback lives, as it is documented. */
export function junctionUri(environment: JunctionEnvironment, provider: string): string {
  return connectTarget(environment).replace('{provider}', () => provider)
}
