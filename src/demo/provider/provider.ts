import { createHash, randomUUID } from 'node:crypto'
import { type Answer, notPlayed, Refusal } from '../answer.ts'
import type { ScenarioName } from '../scenarios.ts'
import { decodeForm, type ReceivedRequest, type Service, startServer } from '../server.ts'
import { answerAuthorize, answerDecision } from './authorize.ts'

/** An OAuth client as it is registered at the provider. */
export interface RegisteredClient {
  readonly client_id: string
  readonly client_secret: string
  /** Compared byte for byte (RFC 6749 §3.1.2.3, RFC 9700 §4.1.3). */
  readonly redirect_uris: readonly string[]
  /** What users see. */
  readonly name: string
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

/** An authorization code. */
interface IssuedCode extends Authorization {
  /** In milliseconds since 1970. */
  readonly expires: number
  used: boolean
}

/** Acme Fit, an OAuth provider on loopback that stands in for every other. */
export type SimulatedProvider = Awaited<ReturnType<typeof startProvider>>

/** What the provider answers from. */
export type ProviderState = Omit<SimulatedProvider, 'close'>

const calls: Readonly<Record<string, (provider: ProviderState, request: ReceivedRequest) => Answer>> = {
  'GET /oauth/authorize': answerAuthorize,
  'POST /oauth/decision': answerDecision,
  'POST /oauth/token': answerToken,
}

/** Starts the provider; it listens on loopback only. `scenario` says what is played. */
export async function startProvider(
  scenario: () => ScenarioName | undefined = () => undefined,
  service: Pick<Service, 'around' | 'backLink'> = {},
) {
  const server = await startServer({
    ...service,
    answer: (request) =>
      calls[`${request.method} ${request.target.split('?')[0]}`]?.(state, request) ?? notPlayed,
  })
  const state = {
    /** `http://127.0.0.1:<port>`, also its issuer identifier (RFC 9207). */
    url: server.url,
    endpoints: { authorize: `${server.url}/oauth/authorize`, token: `${server.url}/oauth/token` },
    /** By client id. */
    clients: new Map<string, RegisteredClient>(),
    /** What each consent page asks, by its transaction; the answer is good once. */
    pages: new Map<string, Authorization>(),
    codes: new Map<string, IssuedCode>(),
    /** The URLs to which users were sent back. */
    sentTo: new Set<string>(),
    scenario,
  }
  return { ...state, close: server.close }
}

/** Seconds that an access token says it lives. */
const accessTokenLife = 3600

/** The token endpoint, for authorization codes (RFC 6749 §4.1.3, RFC 7636 §4.6). */
function answerToken(
  provider: ProviderState,
  { headers: { authorization = '' }, text }: ReceivedRequest,
): Answer {
  const [client_id = '', client_secret] = basic(authorization)
  const client = provider.clients.get(client_id)
  if (client?.client_secret !== client_secret) {
    // RFC 6749 §5.2
    const challenge = { 'www-authenticate': 'Basic realm="Acme Fit"' }
    return refuse('invalid_client', 'client id or client secret is wrong', 401, challenge)
  }
  const form = new URLSearchParams(text)
  if (form.get('grant_type') !== 'authorization_code') {
    refuse('unsupported_grant_type', 'grant_type must be authorization_code')
  }
  const code = form.get('code') ?? refuse('invalid_request', 'there must be a code')
  const issued = provider.codes.get(code) ?? refuse('invalid_grant', 'this code was never issued')
  // RFC 6749 §4.1.2
  if (issued.used) refuse('invalid_grant', 'this code was used already')
  if (issued.client !== client) refuse('invalid_grant', 'this code was issued to another client')
  if (issued.expires <= Date.now()) refuse('invalid_grant', 'this code has expired')
  if (form.get('redirect_uri') !== issued.redirect_uri) {
    refuse('invalid_grant', 'redirect_uri differs from the one of the authorization request')
  }
  const verifier = form.get('code_verifier')
  // No challenge needs no verifier, and then must have none (RFC 9700 §4.8.2).
  const challenge = verifier === null ? undefined : createHash('sha256').update(verifier).digest('base64url')
  if (challenge !== issued.challenge) {
    refuse('invalid_grant', 'code_verifier does not belong to the code_challenge')
  }
  issued.used = true
  const body = {
    access_token: `made-up-access-token-${randomUUID()}`,
    refresh_token: `made-up-refresh-token-${randomUUID()}`,
    token_type: 'Bearer',
    expires_in: accessTokenLife,
    scope: issued.scope,
    user_id: `acme-${randomUUID().slice(0, 8)}`,
  }
  return { status: 200, body }
}

/** Client id and secret of HTTP Basic, each form-encoded (RFC 6749 §2.3.1). */
function basic(authorization: string): string[] {
  const [, encoded = ''] = /^Basic ([\w+/=-]+)$/i.exec(authorization) ?? []
  const text = Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  return [text.slice(0, Math.max(colon, 0)), text.slice(colon + 1)].map(decodeForm)
}

function refuse(
  code: string,
  message: string,
  status = 400,
  headers: Readonly<Record<string, string>> = {},
): never {
  throw new Refusal({
    status,
    headers,
    body: { error: code, error_description: message },
    fault: { code, message },
  })
}
