import { createHash, randomUUID } from 'node:crypto'
import { type Answer, Refusal } from '../answer.ts'
import { decodeForm } from '../query.ts'
import type { ReceivedRequest } from '../server.ts'
import type { ProviderState, RegisteredClient } from './provider.ts'

/** Seconds that an access token says it lives. */
const accessTokenLife = 3600

const headers = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** The token endpoint, for authorization codes (RFC 6749 §4.1.3, RFC 7636 §4.6). */
export function answerToken(provider: ProviderState, request: ReceivedRequest): Answer {
  const { form, client } = readRequest(provider, request)
  const type = form.get('grant_type')
  if (type === null) refuse('invalid_request', 'there must be a grant_type')
  if (type !== 'authorization_code') refuse('unsupported_grant_type', 'grant_type must be authorization_code')
  const code = form.get('code') ?? refuse('invalid_request', 'there must be a code')
  const issued = provider.codes.get(code) ?? refuse('invalid_grant', 'this code was never issued')
  if (issued.used) {
    // RFC 6749 §4.1.2: whoever was first may have stolen it.
    if (issued.grant) provider.grants.delete(issued.grant)
    refuse('invalid_grant', 'this code was used already')
  }
  const { client_id } = client
  if (issued.client.client_id !== client_id) refuse('invalid_grant', 'this code was issued to another client')
  if (issued.expires <= provider.clock.now()) refuse('invalid_grant', 'this code has expired')
  if (form.get('redirect_uri') !== issued.redirect_uri) {
    refuse('invalid_grant', 'redirect_uri differs from the one of the authorization request')
  }
  const verifier = form.get('code_verifier')
  // No challenge needs no verifier, and then must have none (RFC 9700 §4.8.2).
  const challenge = verifier === null ? undefined : createHash('sha256').update(verifier).digest('base64url')
  if (challenge !== issued.challenge) {
    refuse('invalid_grant', 'code_verifier does not belong to the code_challenge')
  }
  const tokens = {
    access_token: `made-up-access-token-${randomUUID()}`,
    refresh_token: `made-up-refresh-token-${randomUUID()}`,
  }
  issued.used = true
  issued.grant = { client_id, ...tokens }
  provider.grants.add(issued.grant)
  const user_id = `acme-${randomUUID().slice(0, 8)}`
  const body = { ...tokens, token_type: 'Bearer', expires_in: accessTokenLife, scope: issued.scope, user_id }
  return { status: 200, headers, body }
}

/** The revocation endpoint (RFC 7009): 200 for a token that nobody knows, too. */
export function answerRevoke(provider: ProviderState, request: ReceivedRequest): Answer {
  const { form, client } = readRequest(provider, request)
  const token = form.get('token') ?? refuse('invalid_request', 'there must be a token')
  for (const grant of provider.grants) {
    const meant = [grant.access_token, grant.refresh_token].includes(token)
    if (meant && grant.client_id === client.client_id) provider.grants.delete(grant)
  }
  return { status: 200, headers }
}

/** The form of a request, and the client that it is from. */
function readRequest(
  provider: ProviderState,
  { headers: { authorization, 'content-type': type }, text }: ReceivedRequest,
): { form: URLSearchParams; client: RegisteredClient } {
  if (!/^application\/x-www-form-urlencoded\b/i.test(type ?? '')) {
    refuse('invalid_request', 'the body must be application/x-www-form-urlencoded')
  }
  const form = new URLSearchParams(text)
  const names = [...form.keys()]
  if (new Set(names).size < names.length) refuse('invalid_request', 'a parameter is given twice')
  const [, encoded] = /^Basic ([\w+/=-]+)$/i.exec(authorization ?? '') ?? []
  if (encoded !== undefined && form.has('client_secret')) {
    refuse('invalid_request', 'authenticate in one way only')
  }
  const [basicId, basicSecret] = basic(encoded)
  const client = provider.clients.get(basicId ?? form.get('client_id') ?? '')
  const secret = basicSecret ?? form.get('client_secret')
  const sameId = basicId === undefined || [null, basicId].includes(form.get('client_id'))
  if (client && sameId && client.client_secret === secret) return { form, client }
  // RFC 6749 §5.2
  const challenge = authorization === undefined ? {} : { 'www-authenticate': 'Basic realm="Acme Fit"' }
  return refuse('invalid_client', 'client id or client secret is wrong', 401, challenge)
}

/** Client id and secret, each form-encoded (RFC 6749 §2.3.1). */
function basic(encoded: string | undefined): readonly (string | undefined)[] {
  if (encoded === undefined) return []
  const text = Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  return [text.slice(0, Math.max(colon, 0)), text.slice(colon + 1)].map(decodeForm)
}

function refuse(
  code: string,
  message: string,
  status = 400,
  more: Readonly<Record<string, string>> = {},
): never {
  throw new Refusal({
    status,
    headers: { ...headers, ...more },
    body: { error: code, error_description: message },
    fault: { noticedBy: 'provider', code, message },
  })
}
