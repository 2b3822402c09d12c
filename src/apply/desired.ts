import { callbackUrl, narrowRoutes } from '../config/callback.ts'
import type { Config, ConfiguredRoute, Credential } from '../config/config.ts'
import { ByooError } from '../errors.ts'
import type { JunctionEnvironment } from '../junction/environments.ts'
import { findProvider, type Provider } from '../junction/providers.ts'

/** A record that Junction should hold, as byoo.yaml says. */
export interface DesiredRecord {
  readonly provider: Provider
  readonly environment: JunctionEnvironment
  readonly team: string
  readonly clientId: string
  readonly credential: Credential
  /** The redirect URL override; undefined for Junction's own callback. */
  readonly redirectUrl: string | undefined
  /** The route that serves `redirectUrl`; undefined when none in byoo.yaml does. */
  readonly route: ConfiguredRoute | undefined
}

/**
 * The records that byoo.yaml describes, by environment and provider; `environments` and `slugs` choose among them.
 * Fails with everything that is missing.
 */
export function desiredRecords(
  { routes, teams, credentials }: Config,
  name: string,
  environments: readonly JunctionEnvironment[] | undefined,
  slugs: readonly string[],
): DesiredRecord[] {
  const faults: string[] = []
  const records = credentials.flatMap((credential) =>
    credential.environments
      .filter((environment) => !environments || environments.includes(environment))
      .filter(() => slugs.length === 0 || slugs.includes(credential.provider))
      .flatMap((environment): DesiredRecord[] => {
        const { clientId } = credential
        const team = teams[environment]
        const what = `${credential.provider} in ${environment}`
        const { redirectUrl, route, fault } = redirectOf(routes, credential, environment)
        if (clientId === undefined) faults.push(`${what} has no client_id`)
        if (team === undefined) faults.push(`teams has no team of ${environment}`)
        if (fault) faults.push(`${what} ${fault}`)
        if (clientId === undefined || team === undefined || fault) return []
        const provider = findProvider(credential.provider)
        return [{ provider, environment, team, clientId, credential, redirectUrl, route }]
      }),
  )
  if (faults.length === 0) return records
  throw new ByooError('configuration', [`${name} does not say enough:`, ...new Set(faults)].join('\n  '), {
    hint: `write it into ${name}: ids, teams and secrets come from there alone`,
  })
}

function redirectOf(
  routes: readonly ConfiguredRoute[],
  { provider, redirectUrl }: Credential,
  environment: JunctionEnvironment,
): Pick<DesiredRecord, 'redirectUrl' | 'route'> & { readonly fault?: string } {
  if (redirectUrl === 'junction') return { redirectUrl: undefined, route: undefined }
  const own = narrowRoutes(routes, [environment], provider)
  if (redirectUrl !== undefined) {
    return { redirectUrl, route: own.find((route) => callbackUrl(route, provider) === redirectUrl) }
  }
  const primary = own.filter((route) => route.primary)
  const [route, another] = primary.length > 0 ? primary : own
  if (route && !another) return { redirectUrl: callbackUrl(route, provider), route }
  const fault = route
    ? 'has several routes: put "primary: true" on one of them'
    : 'has no route: add one, or give the credential a redirect_url'
  return { redirectUrl: undefined, route: undefined, fault }
}
