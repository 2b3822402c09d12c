import { randomBytes, randomUUID } from 'node:crypto'
import type { Clock } from '../timeline.ts'

/** An OAuth client as it is registered at the provider. */
export interface RegisteredClient {
  readonly client_id: string
  readonly client_secret: string
  /** Compared byte for byte (RFC 6749 §3.1.2.3, RFC 9700 §4.1.3). */
  readonly redirect_uris: readonly string[]
  /** What users see. */
  readonly name?: string
}

/** A request for authorization that passed every check. */
export interface Authorization {
  readonly client: RegisteredClient
  readonly redirect_uri: string
  /** Exactly as it stood in the query; undefined when there was none. */
  readonly state: string | undefined
  readonly scope: string
  /** PKCE code challenge (S256). */
  readonly challenge: string | undefined
}

/** What a user agreed to. */
export interface ProviderGrant {
  readonly client_id: string
  readonly scope: string
  /** The user at the provider. */
  readonly user_id: string
  access_token: string
  /** In milliseconds since 1970. */
  expires: number
  refresh_token: string
  /** Refresh tokens that were replaced. */
  readonly replaced: Set<string>
}

/** An authorization code. */
export interface IssuedCode extends Authorization {
  /** In milliseconds since 1970. */
  readonly expires: number
  used: boolean
  /** What came of it. */
  grant: ProviderGrant | undefined
}

/** Seconds that a code lives, as at Withings; and an access token. */
export const codeLife = 30
export const accessTokenLife = 3600

/** What the provider remembers. */
export class ProviderStore {
  readonly clients = new Map<string, RegisteredClient>()
  readonly codes = new Map<string, IssuedCode>()
  readonly grants = new Set<ProviderGrant>()
  readonly #pages = new Map<string, Authorization>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  now(): number {
    return this.#clock.now()
  }

  /** Remembers what a consent page asks; the answer is good once. */
  ask(authorization: Authorization): string {
    const transaction = randomBytes(16).toString('base64url')
    this.#pages.set(transaction, authorization)
    return transaction
  }

  /** What a consent page asked, and forgets it. */
  answered(transaction: string): Authorization | undefined {
    const asked = this.#pages.get(transaction)
    this.#pages.delete(transaction)
    return asked
  }

  /** A new code. It has characters that mean something in a query, so whoever encodes it anew destroys it. */
  issueCode(authorization: Authorization, used: boolean): string {
    const code = `4/made-up+${randomBytes(18).toString('base64')}&~=%2B==`
    const expires = this.now() + codeLife * 1000
    this.codes.set(code, { ...authorization, expires, used, grant: undefined })
    return code
  }

  grant(client_id: string, scope: string): ProviderGrant {
    const grant: ProviderGrant = {
      client_id,
      scope,
      user_id: `acme-${randomBytes(4).toString('hex')}`,
      access_token: '',
      expires: 0,
      refresh_token: '',
      replaced: new Set(),
    }
    this.grants.add(grant)
    this.renew(grant)
    return grant
  }

  /** Gives a grant new tokens; the old ones are good no more. */
  renew(grant: ProviderGrant): void {
    if (grant.refresh_token !== '') grant.replaced.add(grant.refresh_token)
    grant.access_token = `made-up-access-token-${randomUUID()}`
    grant.refresh_token = `made-up-refresh-token-${randomUUID()}`
    grant.expires = this.now() + accessTokenLife * 1000
  }

  /** The grant that a token belongs to, replaced refresh tokens included. */
  find(token: string): ProviderGrant | undefined {
    return [...this.grants].find(
      (grant) => grant.access_token === token || grant.refresh_token === token || grant.replaced.has(token),
    )
  }
}
