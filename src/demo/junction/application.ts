import { createHash, randomBytes } from 'node:crypto'
import type { Combination } from '../../junction/environments.ts'
import { findOAuthProvider } from './link-providers.ts'
import type { World } from './state.ts'

/** The OAuth client that Junction is at a provider. */
export interface Application {
  readonly client_id: string
  readonly client_secret: string
  readonly redirect_uri: string
}

/** Junction's own client, for teams that have not brought theirs. */
export const junctionApplication = {
  client_id: 'made-up-junction-application',
  client_secret: 'made-up-secret-of-junction',
} as const

/** As which client a team's users are sent to a provider; undefined when neither the team nor Junction has one. */
export function applicationOf(
  { store, teams }: Pick<World, 'store' | 'teams'>,
  base: string,
  combination: Combination,
  provider: string,
): Application | undefined {
  const team = combination.endsWith('/us') ? teams.us : teams.eu
  const own = `${base}/v2/link/connect/${provider}`
  const record = store
    .records(combination)
    .find(({ team_id, source }) => team_id === team.id && source === provider)
  if (record && record.client_id !== null) {
    return {
      client_id: record.client_id,
      client_secret: store.secret(record) ?? '',
      redirect_uri: record.redirect_url_override ?? own,
    }
  }
  return findOAuthProvider(provider)?.byooOnly === false
    ? { ...junctionApplication, redirect_uri: own }
    : undefined
}

/** The URL that a user is sent to (RFC 6749 §4.1.1, RFC 7636 §4.3). */
export function authorizationUrl(
  authorize: string,
  { client_id, redirect_uri }: Application,
  state: string,
  verifier: string,
): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id,
    redirect_uri,
    scope: 'offline read:activity read:sleep',
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  return `${authorize}?${query}`
}

/** A new code verifier of 256 bits (RFC 7636 §7.1). */
export function createVerifier(): string {
  return randomBytes(32).toString('base64url')
}
