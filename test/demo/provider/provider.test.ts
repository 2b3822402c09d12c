import { createHash } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type RegisteredClient, startProvider } from '../../../src/demo/provider/provider.ts'
import { stopClock } from '../../stopped-clock.ts'
import { decide, visit } from '../walk.ts'

const redirect_uri = 'https://oauth.example.com/oauth_callback/whoop_v2'
/** Characters that HTTP Basic and forms have to encode. */
const client: RegisteredClient = {
  client_id: 'made-up:client',
  client_secret: 'made-up secret+with=%&reserved:é',
  redirect_uris: [redirect_uri],
  name: 'Example & Sons <b>',
}
const other = { ...client, client_id: 'made-up-other', client_secret: 'made-up-other-secret' }
const verifier = 'made-up-verifier-0123456789-0123456789-0123456789'
const challenge = createHash('sha256').update(verifier).digest('base64url')

type Changed = Readonly<Record<string, string | undefined>>

/** The fields that are not undefined. */
function given(fields: Changed): URLSearchParams {
  return new URLSearchParams(
    Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

function basic({ client_id, client_secret }: RegisteredClient) {
  const encoded = [client_id, client_secret].map((part) => `${new URLSearchParams({ '': part })}`.slice(1))
  return { authorization: `Basic ${Buffer.from(encoded.join(':')).toString('base64')}` }
}

async function start() {
  const provider = await startProvider()
  onTestFinished(() => provider.close())
  for (const one of [client, other]) provider.clients.set(one.client_id, one)
  /** The authorization request, with some parameters changed or, when undefined, left out. */
  const authorizeUrl = (changed: Changed = {}) =>
    `${provider.endpoints.authorize}?${given({
      response_type: 'code',
      client_id: client.client_id,
      redirect_uri,
      scope: 'offline read:sleep',
      state: 'made-up-state',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...changed,
    })}`
  /** An authorization code. */
  const authorize = async (changed?: Changed) => {
    const decided = await decide(await visit('GET', authorizeUrl(changed)), 'allow')
    return new URL(decided?.location ?? '').searchParams.get('code') ?? ''
  }
  const exchange = async (code: string, changed: Changed = {}, headers: object = basic(client)) => {
    const body = given({
      grant_type: 'authorization_code',
      code,
      redirect_uri,
      code_verifier: verifier,
      ...changed,
    })
    const answer = await fetch(provider.endpoints.token, { method: 'POST', headers: { ...headers }, body })
    return {
      status: answer.status,
      headers: answer.headers,
      // biome-ignore lint/suspicious/noExplicitAny: tests compare it
      body: (await answer.json()) as any,
    }
  }
  return { provider, authorizeUrl, authorize, exchange }
}

describe('the authorization endpoint', () => {
  test('asks on a page that nothing can be smuggled into', async () => {
    const { authorizeUrl } = await start()
    const page = await visit('GET', authorizeUrl({ scope: 'read:"><script>alert(1)</script>' }))
    expect(page.status).toBe(200)
    expect(page.body).not.toMatch(/<script|<b>/)
    expect(page.body).toContain('Example &#38; Sons &#60;b&#62;')
    expect(page.headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringMatching(
        /^default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri/,
      ),
      'content-type': 'text/html; charset=utf-8',
    })
  })

  test.each([
    ['an unknown client', { client_id: 'made-up-stranger' }, 'invalid_client'],
    ['no client', { client_id: undefined }, 'invalid_client'],
    ['no redirect URI', { redirect_uri: undefined }, 'redirect_uri_mismatch'],
    ['a slash more', { redirect_uri: `${redirect_uri}/` }, 'redirect_uri_mismatch'],
    ['another case', { redirect_uri: redirect_uri.replace('oauth.', 'OAuth.') }, 'redirect_uri_mismatch'],
    ['a default port', { redirect_uri: redirect_uri.replace('.com', '.com:443') }, 'redirect_uri_mismatch'],
    ['an escape', { redirect_uri: redirect_uri.replace('_', '%5F') }, 'redirect_uri_mismatch'],
  ])('sends nobody on for %s', async (_name, changed, code) => {
    const { authorizeUrl } = await start()
    const { status, location, body } = await visit('GET', authorizeUrl(changed))
    expect([status, location]).toEqual([400, undefined])
    expect(body).toContain(`<code>${code}</code>`)
  })

  test.each(['client_id', 'redirect_uri'])('sends nobody on for two of %s', async (name) => {
    const { authorizeUrl } = await start()
    const { status, location } = await visit('GET', `${authorizeUrl()}&${name}=made-up`)
    expect([status, location]).toEqual([400, undefined])
  })

  test('tells the app of another response type', async () => {
    const { provider, authorizeUrl } = await start()
    const { status, location } = await visit('GET', authorizeUrl({ response_type: 'token' }))
    expect(status).toBe(303)
    expect(location?.startsWith(`${redirect_uri}?`)).toBe(true)
    expect(Object.fromEntries(new URL(location ?? '').searchParams)).toEqual({
      error: 'unsupported_response_type',
      error_description: expect.any(String),
      state: 'made-up-state',
      iss: provider.url,
    })
  })

  test('takes each answer once', async () => {
    const { authorizeUrl } = await start()
    const page = await visit('GET', authorizeUrl())
    expect((await decide(page, 'deny'))?.location).toContain('?error=access_denied&')
    expect(await decide(page, 'allow')).toMatchObject({ status: 400, location: undefined })
  })
})

describe('the token endpoint', () => {
  test('takes a code once', async () => {
    const { authorize, exchange } = await start()
    const code = await authorize()
    const { status, body, headers } = await exchange(code)
    expect([status, body]).toEqual([
      200,
      {
        access_token: expect.any(String),
        token_type: 'Bearer',
        expires_in: 3600,
        refresh_token: expect.any(String),
        scope: 'offline read:sleep',
        user_id: expect.any(String),
      },
    ])
    expect(headers.get('cache-control')).toBe('no-store')
    expect(await exchange(code)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })

  test('takes a code for thirty seconds', async () => {
    const clock = stopClock()
    const { authorize, exchange } = await start()
    const [first, second] = [await authorize(), await authorize()]
    clock.forward(29_000)
    expect((await exchange(first)).status).toBe(200)
    clock.forward(1000)
    expect((await exchange(second)).body.error).toBe('invalid_grant')
  })

  const line = { ...client, client_secret: `${client.client_secret}\n` }
  test.each<
    [name: string, changed: Changed, as: RegisteredClient | undefined, status: number, error: string]
  >([
    ['another redirect URI', { redirect_uri: `${redirect_uri}/` }, client, 400, 'invalid_grant'],
    ['no redirect URI', { redirect_uri: undefined }, client, 400, 'invalid_grant'],
    ['another verifier', { code_verifier: `${verifier}x` }, client, 400, 'invalid_grant'],
    ['no verifier', { code_verifier: undefined }, client, 400, 'invalid_grant'],
    ['no code', { code: undefined }, client, 400, 'invalid_request'],
    ['another code', { code: 'made-up' }, client, 400, 'invalid_grant'],
    ['another grant type', { grant_type: 'refresh_token' }, client, 400, 'unsupported_grant_type'],
    ["another client's code", {}, other, 400, 'invalid_grant'],
    ['no client', {}, undefined, 401, 'invalid_client'],
    ['another secret', {}, { ...client, client_secret: 'made-up' }, 401, 'invalid_client'],
    ['a secret with a line break', {}, line, 401, 'invalid_client'],
  ])('refuses %s, and the code stays good', async (_name, changed, as, status, error) => {
    const { authorize, exchange } = await start()
    const code = await authorize()
    const answer = await exchange(code, changed, as ? basic(as) : {})
    expect(answer).toMatchObject({ status, body: { error } })
    expect(answer.headers.has('www-authenticate')).toBe(status === 401)
    expect((await exchange(code)).status).toBe(200)
  })

  test('refuses a verifier where there was no challenge, and takes none', async () => {
    const { authorize, exchange } = await start()
    const code = await authorize({ code_challenge: undefined, code_challenge_method: undefined })
    expect((await exchange(code)).body.error).toBe('invalid_grant')
    expect((await exchange(code, { code_verifier: undefined })).status).toBe(200)
  })
})
