import { connectTarget, type JunctionEnvironment } from '../junction/environments.ts'
import type { Credential } from './config.ts'
import { junctionCallback } from './credential-schema.ts'

/** The redirect URI that a credential names itself; undefined where it is that of the route. */
export function redirectUrlOf(
  credential: Pick<Credential, 'redirectUrl'> | undefined,
  environment: JunctionEnvironment,
  provider: string,
): string | undefined {
  if (credential?.redirectUrl !== junctionCallback) return credential?.redirectUrl
  return connectTarget(environment).replace('{provider}', () => provider)
}
