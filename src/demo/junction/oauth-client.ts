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

/** What the provider granted, or an error code of RFC 6749 §5.2 and what it says. */
export type Grant =
  | {
      readonly access_token: string
      readonly refresh_token: string | undefined
      readonly user_id: string | undefined
    }
  | { readonly error: string; readonly description: string }

/** How Junction talks to a provider behind the user's back. */
export interface OAuthClient {
  /** Where users are sent. */
  readonly authorizeUrl: string
  exchange(exchange: CodeExchange): Promise<Grant>
  /** Gives a token back (RFC 7009); does not fail. */
  revoke(client: Pick<CodeExchange, 'client_id' | 'client_secret'>, token: string): Promise<void>
}

/** Milliseconds for one request to the provider. */
const timeout = 10_000

/** A client of a provider's endpoints that authenticates with HTTP Basic (RFC 6749 §2.3.1). */
export function createOAuthClient(endpoints: {
  readonly authorize: string
  readonly token: string
  readonly revoke: string
}): OAuthClient {
  const send = (
    url: string,
    { client_id, client_secret }: Pick<CodeExchange, 'client_id' | 'client_secret'>,
    fields: Readonly<Record<string, string>>,
  ) =>
    fetch(url, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
      headers: { authorization: basic(client_id, client_secret), accept: 'application/json' },
      body: new URLSearchParams(fields),
    })
  return {
    authorizeUrl: endpoints.authorize,
    exchange: async ({ code, redirect_uri, code_verifier, client_id, client_secret }) => {
      const client = { client_id, client_secret }
      const fields = { grant_type: 'authorization_code', code, redirect_uri, code_verifier }
      const read = async () => readGrant(await (await send(endpoints.token, client, fields)).json())
      return read().catch(() => ({
        error: 'no_answer',
        description: 'the token endpoint gave no JSON answer',
      }))
    },
    revoke: async (client, token) => {
      await send(endpoints.revoke, client, { token }).then(
        (answer) => answer.body?.cancel(),
        () => undefined,
      )
    },
  }
}

function basic(client_id: string, client_secret: string): string {
  const [id, secret] = [client_id, client_secret].map((text) =>
    new URLSearchParams({ '': text }).toString().slice(1),
  )
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
}

function readGrant(answer: unknown): Grant {
  const fields = (answer ?? {}) as Readonly<Record<string, unknown>>
  const text = (name: string) => (typeof fields[name] === 'string' ? fields[name] : undefined)
  const access_token = text('access_token')
  if (access_token !== undefined) {
    return { access_token, refresh_token: text('refresh_token'), user_id: text('user_id') }
  }
  return {
    error: text('error') ?? 'no_token',
    description: text('error_description') ?? 'no token came back',
  }
}
