import { createHash } from 'node:crypto'

/** What Junction sends to a provider's token endpoint (RFC 6749 §4.1.3). */
export interface CodeExchange {
  readonly client_id: string
  readonly client_secret: string
  readonly code: string
  readonly redirect_uri: string
  readonly code_verifier: string
  /** The link token; it is not sent. */
  readonly state: string
  /** The query of the callback, exactly as it arrived; it is not sent. */
  readonly query: string
}

/** Who the user is at the provider, or an error code of RFC 6749 §5.2 and what it says. */
export type Grant =
  | { readonly user_id: string | undefined }
  | { readonly error: string; readonly description: string }

/** How Junction talks to a provider. */
export interface OAuthClient {
  /** Where users are sent. */
  readonly authorizeUrl: string
  /** Behind the user's back. */
  exchange(exchange: CodeExchange): Promise<Grant>
}

/** A client of a provider's endpoints that authenticates with HTTP Basic (RFC 6749 §2.3.1). */
export function createOAuthClient(endpoints: {
  readonly authorize: string
  readonly token: string
}): OAuthClient {
  return {
    authorizeUrl: endpoints.authorize,
    exchange: async ({ client_id, client_secret, code, redirect_uri, code_verifier }) => {
      const fields = { grant_type: 'authorization_code', code, redirect_uri, code_verifier }
      const answer = await fetch(endpoints.token, {
        method: 'POST',
        headers: { authorization: basic(client_id, client_secret), accept: 'application/json' },
        body: new URLSearchParams(fields),
      })
      const { user_id, error, error_description } = (await answer.json()) as Record<string, string>
      return error === undefined ? { user_id } : { error, description: error_description ?? '' }
    },
  }
}

/** Where a user is sent for consent (RFC 6749 §4.1.1), with a PKCE challenge (RFC 7636 §4.3). */
export function authorizationUrl(
  { authorizeUrl }: OAuthClient,
  verifier: string,
  request: { client_id: string; redirect_uri: string; scope: string; state: string },
): string {
  const query = new URLSearchParams({
    response_type: 'code',
    ...request,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  return `${authorizeUrl}?${query}`
}

function basic(client_id: string, client_secret: string): string {
  const [id, secret] = [client_id, client_secret].map((text) =>
    new URLSearchParams({ '': text }).toString().slice(1),
  )
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
}
