import { createHash } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type RegisteredClient, startProvider } from '../../../src/demo/provider/provider.ts'
import { createClock } from '../../../src/demo/timeline.ts'
import { visit } from '../walk.ts'

const redirect_uri = 'https://oauth.example.com/oauth_callback/whoop_v2'
/** Characters that HTTP Basic and forms have to encode. */
const client: RegisteredClient = {
  client_id: 'made-up:client',
  client_secret: 'made-up secret+with=%&reserved:é',
  redirect_uris: [redirect_uri, 'https://oauth.example.com/with?query=1'],
  name: 'Example & Sons <b>',
}
const verifier = 'made-up-verifier-0123456789-0123456789-0123456789'
const challenge = createHash('sha256').update(verifier).digest('base64url')

async function start() {
  const clock = createClock()
  const provider = await startProvider({ clock })
  onTestFinished(() => provider.close())
  provider.register(client)
  provider.register({ ...client, client_id: 'made-up-other', client_secret: 'made-up-other-secret' })
  /** The authorization request, with some parameters changed or, when undefined, left out. */
  const authorizeUrl = (changed: Readonly<Record<string, string | undefined>> = {}) => {
    const fields = {
      response_type: 'code',
      client_id: client.client_id,
      redirect_uri,
      scope: 'offline read:sleep',
      state: 'made-up-state',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...changed,
    }
    const given = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined)
    return `${provider.endpoints.authorize}?${new URLSearchParams(given)}`
  }
  const decide = async (page: string, decision = 'allow') => {
    const transaction = /name="transaction" value="([^"]*)"/.exec(page)?.[1] ?? ''
    const form = `${new URLSearchParams({ transaction, decision })}`
    return visit('POST', `${provider.url}/oauth/decision`, form)
  }
  const authorize = async (changed?: Readonly<Record<string, string | undefined>>) => {
    const { location } = await decide((await visit('GET', authorizeUrl(changed))).body)
    return new URL(location ?? '').searchParams.get('code') ?? ''
  }
  const basic = ({ client_id, client_secret }: RegisteredClient) => {
    const encoded = [client_id, client_secret].map((part) =>
      new URLSearchParams({ a: part }).toString().slice(2),
    )
    return { authorization: `Basic ${Buffer.from(encoded.join(':')).toString('base64')}` }
  }
  const post = async (
    url: string,
    fields: Readonly<Record<string, string | undefined>>,
    headers: Readonly<Record<string, string>> = basic(client),
  ) => {
    const given = Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined)
    const answer = await fetch(url, { method: 'POST', headers, body: new URLSearchParams(given) })
    const text = await answer.text()
    // biome-ignore lint/suspicious/noExplicitAny: tests compare it
    const body: any = text === '' ? undefined : JSON.parse(text)
    return { status: answer.status, headers: answer.headers, body }
  }
  const exchange = (
    code: string,
    changed: Readonly<Record<string, string | undefined>> = {},
    headers?: Readonly<Record<string, string>>,
  ) =>
    post(
      provider.endpoints.token,
      { grant_type: 'authorization_code', code, redirect_uri, code_verifier: verifier, ...changed },
      headers,
    )
  /** Is an access token good? */
  const isGranted = (token: string) => [...provider.grants].some(({ access_token }) => access_token === token)
  return { provider, clock, authorizeUrl, authorize, decide, basic, post, exchange, isGranted }
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
    ['a query', { redirect_uri: `${redirect_uri}?a=b` }, 'redirect_uri_mismatch'],
    ['a space', { redirect_uri: `${redirect_uri} ` }, 'redirect_uri_mismatch'],
    ['an escape', { redirect_uri: redirect_uri.replace('_', '%5F') }, 'redirect_uri_mismatch'],
  ])('sends nobody on for %s', async (_name, changed, code) => {
    const { authorizeUrl } = await start()
    const { status, location, body } = await visit('GET', authorizeUrl(changed))
    expect([status, location]).toEqual([400, undefined])
    expect(body).toContain(`<code>${code}</code>`)
  })

  test.each(['client_id', 'redirect_uri', 'state'])('sends nobody on for two of %s', async (name) => {
    const { authorizeUrl } = await start()
    const { status, location } = await visit('GET', `${authorizeUrl()}&${name}=made-up`)
    expect([status, location]).toEqual([400, undefined])
  })

  test('sends nobody on with a state that would end the URL', async () => {
    const { authorizeUrl } = await start()
    const { status, location } = await visit('GET', `${authorizeUrl({ state: undefined })}&state=a#b`)
    expect([status, location]).toEqual([400, undefined])
  })

  test.each([
    ['another response type', { response_type: 'token' }, 'unsupported_response_type'],
    ['no response type', { response_type: undefined }, 'invalid_request'],
    ['a plain challenge', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['no challenge method', { code_challenge_method: undefined }, 'invalid_request'],
    ['a short challenge', { code_challenge: 'made-up' }, 'invalid_request'],
  ])('tells the app of %s', async (_name, changed, error) => {
    const { provider, authorizeUrl } = await start()
    const { status, location } = await visit('GET', authorizeUrl(changed))
    expect(status).toBe(303)
    expect(location?.startsWith(`${redirect_uri}?`)).toBe(true)
    expect(Object.fromEntries(new URL(location ?? '').searchParams)).toEqual({
      error,
      error_description: expect.any(String),
      state: 'made-up-state',
      iss: provider.url,
    })
  })

  test('keeps the query of a registered URI', async () => {
    const { authorizeUrl, decide } = await start()
    const [, uri = ''] = client.redirect_uris
    const { body } = await visit('GET', authorizeUrl({ redirect_uri: uri }))
    expect((await decide(body)).location?.startsWith(`${uri}&code=`)).toBe(true)
  })

  test('takes each answer once', async () => {
    const { authorizeUrl, decide } = await start()
    const { body } = await visit('GET', authorizeUrl())
    expect((await decide(body, 'deny')).location).toContain('?error=access_denied&')
    const again = await decide(body, 'allow')
    expect([again.status, again.location]).toEqual([400, undefined])
    expect((await decide('')).status).toBe(400)
  })
})

describe('the token endpoint', () => {
  test('takes a code once, and what came of it is good no more when it is used again', async () => {
    const { authorize, exchange, isGranted } = await start()
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
    expect(isGranted(body.access_token)).toBe(true)
    expect(await exchange(code)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect(isGranted(body.access_token)).toBe(false)
  })

  test('takes a code for thirty seconds', async () => {
    const { authorize, exchange, clock } = await start()
    const [first, second] = [await authorize(), await authorize()]
    clock.forward(29_000)
    expect((await exchange(first)).status).toBe(200)
    clock.forward(1000)
    expect((await exchange(second)).body.error).toBe('invalid_grant')
  })

  test.each([
    ['another redirect URI', { redirect_uri: `${redirect_uri}/` }, 'invalid_grant'],
    ['no redirect URI', { redirect_uri: undefined }, 'invalid_grant'],
    ['another verifier', { code_verifier: `${verifier}x` }, 'invalid_grant'],
    ['no verifier', { code_verifier: undefined }, 'invalid_grant'],
    ['no code', { code: undefined }, 'invalid_request'],
    ['another code', { code: 'made-up' }, 'invalid_grant'],
    ['no grant type', { grant_type: undefined }, 'invalid_request'],
    ['another grant type', { grant_type: 'refresh_token' }, 'unsupported_grant_type'],
  ])('refuses %s, and the code stays good', async (_name, changed, error) => {
    const { authorize, exchange } = await start()
    const code = await authorize()
    expect(await exchange(code, changed)).toMatchObject({ status: 400, body: { error } })
    expect((await exchange(code)).status).toBe(200)
  })

  test('refuses a verifier where there was no challenge, and takes none', async () => {
    const { authorize, exchange } = await start()
    const code = await authorize({ code_challenge: undefined, code_challenge_method: undefined })
    expect((await exchange(code)).body.error).toBe('invalid_grant')
    expect((await exchange(code, { code_verifier: undefined })).status).toBe(200)
  })

  test('takes the client secret from the header or the body', async () => {
    const { authorize, exchange } = await start()
    const { client_id, client_secret } = client
    expect((await exchange(await authorize(), { client_id, client_secret }, {})).status).toBe(200)
    expect((await exchange(await authorize(), { client_id })).status).toBe(200)
  })

  test.each([
    ['no secret', { client_id: client.client_id }, undefined, 401, 'invalid_client'],
    [
      'another secret',
      { client_id: client.client_id, client_secret: 'made-up' },
      undefined,
      401,
      'invalid_client',
    ],
    ['no client', {}, undefined, 401, 'invalid_client'],
    ['another secret in the header', {}, { ...client, client_secret: 'made-up' }, 401, 'invalid_client'],
    [
      'a secret with a line break',
      {},
      { ...client, client_secret: `${client.client_secret}\n` },
      401,
      'invalid_client',
    ],
    ['another client id in the body', { client_id: 'made-up-other' }, client, 401, 'invalid_client'],
    ['both ways at once', { client_secret: client.client_secret }, client, 400, 'invalid_request'],
  ])('refuses %s', async (_name, fields, inHeader, status, error) => {
    const { authorize, exchange, basic } = await start()
    const answer = await exchange(await authorize(), fields, inHeader ? basic(inHeader) : {})
    expect(answer).toMatchObject({ status, body: { error } })
    expect(answer.headers.has('www-authenticate')).toBe(status === 401 && inHeader !== undefined)
  })

  test("refuses another client's code", async () => {
    const { authorize, exchange, basic } = await start()
    const other = { ...client, client_id: 'made-up-other', client_secret: 'made-up-other-secret' }
    expect((await exchange(await authorize(), {}, basic(other))).body.error).toBe('invalid_grant')
  })

  test('refuses JSON, and a parameter that is given twice', async () => {
    const { provider, basic } = await start()
    const send = async (body: string, type: string) => {
      const headers = { ...basic(client), 'content-type': type }
      const answer = await fetch(provider.endpoints.token, { method: 'POST', headers, body })
      return [answer.status, ((await answer.json()) as { error: string }).error]
    }
    expect(await send('{"grant_type":"authorization_code"}', 'application/json')).toEqual([
      400,
      'invalid_request',
    ])
    const twice = 'grant_type=authorization_code&code=a&code=b'
    expect(await send(twice, 'application/x-www-form-urlencoded')).toEqual([400, 'invalid_request'])
  })
})

describe('the revocation endpoint', () => {
  test.each(['access_token', 'refresh_token'])('ends a grant by its %s', async (name) => {
    const { provider, authorize, exchange, post, isGranted } = await start()
    const { body } = await exchange(await authorize())
    expect((await post(provider.endpoints.revoke, { token: body[name] })).status).toBe(200)
    expect(isGranted(body.access_token)).toBe(false)
  })

  test('says yes to a token that nobody knows, and no to a stranger', async () => {
    const { provider, authorize, exchange, post, isGranted, basic } = await start()
    const { revoke } = provider.endpoints
    expect((await post(revoke, { token: 'made-up' })).status).toBe(200)
    expect((await post(revoke, {})).body.error).toBe('invalid_request')
    const { body } = await exchange(await authorize())
    expect((await post(revoke, { token: body.access_token }, {})).status).toBe(401)
    const other = { ...client, client_id: 'made-up-other', client_secret: 'made-up-other-secret' }
    expect((await post(revoke, { token: body.access_token }, basic(other))).status).toBe(200)
    expect(isGranted(body.access_token)).toBe(true)
  })
})
