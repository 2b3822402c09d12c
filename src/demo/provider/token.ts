import { createHash } from 'node:crypto'
import type { Answer } from '../answer.ts'
import { decodeForm } from '../query.ts'
import type { ReceivedRequest } from '../server.ts'
import { accessTokenLife, type ProviderGrant, type ProviderStore, type RegisteredClient } from './store.ts'

const headers = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** The token endpoint: codes (RFC 6749 §4.1.3, RFC 7636 §4.6) and refresh tokens (§6). */
export function answerToken(store: ProviderStore, request: ReceivedRequest): Answer {
  const read = readRequest(store, request)
  if ('status' in read) return read
  const { form, client } = read
  switch (form.get('grant_type')) {
    case 'authorization_code':
      return exchangeCode(store, client, form)
    case 'refresh_token':
      return refresh(store, client, form)
    case null:
      return refused('invalid_request', 'there must be a grant_type')
    default:
      return refused('unsupported_grant_type', 'grant_type must be authorization_code or refresh_token')
  }
}

/** The revocation endpoint (RFC 7009): 200 for a token that nobody knows, too. */
export function answerRevoke(store: ProviderStore, request: ReceivedRequest): Answer {
  const read = readRequest(store, request)
  if ('status' in read) return read
  const token = read.form.get('token')
  if (token === null) return refused('invalid_request', 'there must be a token')
  const grant = store.find(token)
  if (grant?.client_id === read.client.client_id) store.grants.delete(grant)
  return { status: 200, headers }
}

/** What an access token is good for: the user's profile. */
export function answerProfile(store: ProviderStore, authorization: string | undefined): Answer {
  const [, token = ''] = /^Bearer (.+)$/i.exec(authorization ?? '') ?? []
  const grant = [...store.grants].find(({ access_token }) => access_token === token)
  if (grant && grant.expires > store.now()) return { status: 200, headers, body: { user_id: grant.user_id } }
  const challenge = { 'www-authenticate': 'Bearer error="invalid_token"' }
  return { status: 401, headers: { ...headers, ...challenge }, body: { error: 'invalid_token' } }
}

function exchangeCode(store: ProviderStore, client: RegisteredClient, form: URLSearchParams): Answer {
  const code = form.get('code')
  if (code === null) return refused('invalid_request', 'there must be a code')
  const issued = store.codes.get(code)
  if (!issued) return refused('invalid_grant', 'this code was never issued')
  if (issued.used) {
    // RFC 6749 §4.1.2: whoever was first may have stolen it.
    if (issued.grant) store.grants.delete(issued.grant)
    return refused('invalid_grant', 'this code was used already')
  }
  if (issued.client.client_id !== client.client_id) {
    return refused('invalid_grant', 'this code was issued to another client')
  }
  if (issued.expires <= store.now()) return refused('invalid_grant', 'this code has expired')
  if (form.get('redirect_uri') !== issued.redirect_uri) {
    return refused('invalid_grant', 'redirect_uri differs from the one of the authorization request')
  }
  if (!verifies(form.get('code_verifier'), issued.challenge)) {
    return refused('invalid_grant', 'code_verifier does not belong to the code_challenge')
  }
  issued.used = true
  issued.grant = store.grant(client.client_id, issued.scope)
  return granted(issued.grant)
}

function refresh(store: ProviderStore, client: RegisteredClient, form: URLSearchParams): Answer {
  const token = form.get('refresh_token') ?? ''
  const grant = store.find(token)
  if (grant?.client_id !== client.client_id || grant.access_token === token) {
    return refused('invalid_grant', 'this refresh token is not good')
  }
  if (grant.refresh_token !== token) {
    // RFC 9700 §4.14.2: one of the two who hold it has stolen it.
    store.grants.delete(grant)
    return refused('invalid_grant', 'this refresh token was replaced')
  }
  store.renew(grant)
  return granted(grant)
}

function granted({ access_token, refresh_token, scope, user_id }: ProviderGrant): Answer {
  const body = {
    access_token,
    token_type: 'Bearer',
    expires_in: accessTokenLife,
    refresh_token,
    scope,
    user_id,
  }
  return { status: 200, headers, body }
}

/** No challenge needs no verifier, and then must have none (RFC 9700 §4.8.2). */
function verifies(verifier: string | null, challenge: string | undefined): boolean {
  if (verifier === null || challenge === undefined) return verifier === null && challenge === undefined
  return createHash('sha256').update(verifier).digest('base64url') === challenge
}

function readRequest(
  store: ProviderStore,
  { headers: { authorization, 'content-type': type }, text }: ReceivedRequest,
): Answer | { form: URLSearchParams; client: RegisteredClient } {
  if (!/^application\/x-www-form-urlencoded\b/i.test(type ?? '')) {
    return refused('invalid_request', 'the body must be application/x-www-form-urlencoded')
  }
  const form = new URLSearchParams(text)
  const names = [...form.keys()]
  if (new Set(names).size < names.length) return refused('invalid_request', 'a parameter is given twice')
  const [, encoded] = /^Basic ([\w+/=-]+)$/i.exec(authorization ?? '') ?? []
  if (encoded !== undefined && form.has('client_secret')) {
    return refused('invalid_request', 'authenticate in one way only')
  }
  const [basicId, basicSecret] = basic(encoded)
  const client = store.clients.get(basicId ?? form.get('client_id') ?? '')
  const secret = basicSecret ?? form.get('client_secret')
  const sameId = basicId === undefined || [null, basicId].includes(form.get('client_id'))
  if (client && sameId && client.client_secret === secret) return { form, client }
  const answer = refused('invalid_client', 'client id or client secret is wrong', 401)
  // RFC 6749 §5.2
  return authorization === undefined
    ? answer
    : { ...answer, headers: { ...answer.headers, 'www-authenticate': 'Basic realm="Acme Fit"' } }
}

/** Client id and secret, each form-encoded (RFC 6749 §2.3.1). */
function basic(encoded: string | undefined): readonly (string | undefined)[] {
  if (encoded === undefined) return []
  const text = Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  return [text.slice(0, Math.max(colon, 0)), text.slice(colon + 1)].map(decodeForm)
}

function refused(code: string, message: string, status = 400): Answer {
  return {
    status,
    headers,
    body: { error: code, error_description: message },
    fault: { noticedBy: 'provider', code, message },
  }
}
