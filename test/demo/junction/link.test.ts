import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import * as z from 'zod/mini'
import { createUser as makeUser } from '../../../src/demo/junction/state.ts'
import { stopClock } from '../../stopped-clock.ts'
import { type JunctionDouble, startLinkApi } from '../../world.ts'

/** A short-lived token of a team. */
async function teamToken({ url, org, keys }: JunctionDouble, team: string): Promise<string> {
  const answer = await fetch(`${url}/v1/org/${org}/team/${team}/create_api_access_token`, {
    method: 'POST',
    headers: { 'X-Management-Key': keys.organisation },
    body: JSON.stringify({ env: 'sandbox' }),
  })
  return ((await answer.json()) as { access_token: string }).access_token
}

const nobody = '00000000-0000-4000-8000-000000000000'

const text = z.string()
const dateTime = z.iso.datetime({ offset: true })
const provider = z.strictObject({ name: text, slug: text, logo: text })

// The facts of Junction's published description of its link API.
const user = z.strictObject({
  user_id: z.uuid(),
  team_id: z.uuid(),
  client_user_id: text,
  created_on: dateTime,
  connected_sources: z.array(z.strictObject({ provider, source: provider, created_on: dateTime })),
  fallback_time_zone: z.null(),
  fallback_birth_date: z.null(),
  ingestion_start: z.null(),
  ingestion_end: z.null(),
})
const source = z.strictObject({
  id: z.int(),
  name: text,
  slug: text,
  description: text,
  logo: text,
  oauth_url: z.url(),
  auth_type: z.literal('oauth'),
  source_type: z.literal('device'),
  is_active: z.boolean(),
})
const detailed = z.strictObject({
  name: text,
  slug: text,
  description: text,
  logo: text,
  auth_type: z.literal('oauth'),
  supported_resources: z.array(text),
})

describe('shapes', () => {
  test('of users, tokens, links and connections are those of the description', async () => {
    const { call, oauthLink } = await startLinkApi()
    const created = await call('POST', 'user', { body: { client_user_id: 'made-up' } })
    const { user_id } = user.parse(created.body)
    expect(user.parse((await call('GET', `user/${user_id}`)).body).user_id).toBe(user_id)
    expect(user.parse((await call('GET', 'user/resolve/made-up')).body).user_id).toBe(user_id)

    const token = await call('POST', 'link/token', { body: { user_id } })
    const { link_token } = z.strictObject({ link_token: z.jwt(), link_web_url: z.url() }).parse(token.body)
    expect(source.parse((await oauthLink('oura', link_token)).body).slug).toBe('oura')

    expect(z.array(detailed).parse((await call('GET', 'providers')).body).length).toBeGreaterThan(16)

    expect((await call('GET', `user/providers/${user_id}`)).body).toEqual({ providers: [] })
    expect((await call('DELETE', `user/${user_id}/oura`)).status).toBe(404)
    expect(await call('DELETE', `user/${user_id}`)).toEqual({ status: 200, body: { success: true } })
    expect((await call('GET', `user/${user_id}`)).status).toBe(404)
  })

  test('a link token says for whom it is, and where', async () => {
    const { junction, createUser, call } = await startLinkApi()
    const user_id = await createUser()
    const { body } = await call('POST', 'link/token', { body: { user_id, provider: 'oura' } })
    const { iat = 0, ...claims } = decodeJwt(body.link_token)
    expect(claims).toEqual({
      aud: 'https://api.sandbox.us.junction.com/v2/link',
      sub: user_id,
      user_id,
      team_id: junction.teams.us.id,
      jti: expect.any(String),
      exp: iat + 3600,
    })
    expect(body.link_web_url).toContain(body.link_token)
  })
})

describe('who asks', () => {
  test.each([
    ['sandbox/us', 'sandbox/us', 200],
    ['production/eu', 'production/eu', 200],
    ['sandbox/us', 'sandbox/eu', 401],
    ['sandbox/us', 'production/us', 401],
  ] as const)('%s with the API key of %s is answered with %i', async (environment, of, status) => {
    const { junction, call } = await startLinkApi()
    const headers = { 'x-vital-api-key': junction.apiKeys[of] }
    const body = { client_user_id: 'made-up' }
    expect((await call('POST', 'user', { environment, headers, body })).status).toBe(status)
    expect(junction.requests[0]?.headers['x-vital-api-key']).toBe(of)
    expect(JSON.stringify(junction.requests)).not.toContain(headers['x-vital-api-key'])
  })

  test('a short-lived team token is good for its region and environment, for ten minutes', async () => {
    const clock = stopClock()
    const { junction, call } = await startLinkApi()
    const access_token = await teamToken(junction, junction.teams.eu.id)
    const headers = { authorization: `Bearer ${access_token}` }
    const ask = async (environment: 'sandbox/eu' | 'sandbox/us' | 'production/eu') =>
      (await call('GET', 'providers', { environment, headers })).status
    expect([await ask('sandbox/eu'), await ask('sandbox/us'), await ask('production/eu')]).toEqual([
      200, 401, 401,
    ])
    clock.forward(600_000)
    expect(await ask('sandbox/eu')).toBe(401)
    expect(junction.requests.at(-1)?.headers.authorization).toBe('team token')
  })

  test('a team has its own users and applications, beside another in its region', async () => {
    const { junction, call, createUser, oauthLink } = await startLinkApi()
    const { us, otherUs } = junction.teams
    const of = { provider: 'whoop_v2', client_secret: 'made-up-secret' }
    junction.store.set('sandbox/us', { ...of, team_id: us.id, client_id: 'made-up-first' })
    junction.store.set('sandbox/us', { ...of, team_id: otherUs.id, client_id: 'made-up-second' })
    const access_token = await teamToken(junction, otherUs.id)
    const headers = { authorization: `Bearer ${access_token}` }
    const ofFirst = await createUser()
    expect((await call('GET', `user/${ofFirst}`, { headers })).status).toBe(404)
    const body = { client_user_id: 'made-up' }
    const { user_id, team_id } = (await call('POST', 'user', { headers, body })).body
    expect(team_id).toBe(otherUs.id)
    const { link_token } = (await call('POST', 'link/token', { headers, body: { user_id } })).body
    const { oauth_url } = (await oauthLink('whoop_v2', link_token)).body
    expect(new URL(oauth_url).searchParams.get('client_id')).toBe('made-up-second')
  })
})

describe('users', () => {
  test('have one client user id each', async () => {
    const { call } = await startLinkApi()
    const body = { client_user_id: 'made-up' }
    const { user_id, created_on } = (await call('POST', 'user', { body })).body
    const error_message = 'Client user id already exists.'
    expect(await call('POST', 'user', { body })).toEqual({
      status: 400,
      body: { detail: { error_type: 'INVALID_REQUEST', error_message, user_id, created_on } },
    })
  })

  test('are fifty at most in the sandbox', async () => {
    const { junction, call, createUser } = await startLinkApi()
    const team_id = junction.teams.us.id
    for (let number = 0; number < 49; number += 1) {
      for (const environment of ['sandbox/us', 'production/us'] as const) {
        junction.users[environment].push(makeUser(team_id, `${number}`))
      }
    }
    const id = await createUser()
    const body = { client_user_id: 'one too many' }
    expect((await call('POST', 'user', { body })).status).toBe(403)
    await call('DELETE', `user/${id}`)
    expect((await call('POST', 'user', { body })).status).toBe(200)
    expect((await call('POST', 'user', { body, environment: 'production/us' })).status).toBe(200)
    const more = { client_user_id: 'one more' }
    expect((await call('POST', 'user', { body: more, environment: 'production/us' })).status).toBe(200)
  })

  test.each([
    ['POST', 'user', {}],
    ['POST', 'user', { client_user_id: 1 }],
    ['POST', 'link/token', {}],
    ['POST', 'link/token', { user_id: 'no uuid' }],
    ['POST', 'link/token', { user_id: nobody, provider: 'made_up' }],
    ['POST', 'link/token', { user_id: nobody, redirect_url: 'javascript:alert(1)' }],
    ['GET', 'user/no-uuid', undefined],
    ['GET', 'link/provider/oauth/made_up', undefined],
  ])('%s %s with %j is not valid', async (method, path, body) => {
    const { call } = await startLinkApi()
    const answer = await call(method, path, { body })
    expect(answer.status).toBe(422)
    expect(answer.body.detail[0]).toMatchObject({ loc: expect.any(Array), msg: expect.any(String) })
  })
})

test.each([
  ['GET', 'user/metrics'],
  ['GET', 'link/providers'],
  ['GET', 'user/providers'],
])('%s %s is not played', async (method, path) => {
  const { call } = await startLinkApi()
  const answer = await call(method, path)
  expect(answer).toEqual({ status: 501, body: { detail: 'the demo does not play this' } })
})

describe('link tokens', () => {
  const detail = (error_type: string) => ({ detail: { error_type, error_message: expect.any(String) } })

  test('are needed for a link, and no key', async () => {
    const { oauthLink, createLinkToken, junction } = await startLinkApi()
    expect((await oauthLink('oura', await createLinkToken())).status).toBe(200)
    expect(junction.requests.at(-1)?.headers).not.toHaveProperty('x-vital-api-key')
    expect(await oauthLink('oura')).toEqual({ status: 400, body: detail('MISSING_LINK_TOKEN') })
    expect(await oauthLink('oura', 'made-up')).toEqual({ status: 401, body: detail('INVALID_REQUEST') })
  })

  test('live for sixty minutes', async () => {
    const clock = stopClock()
    const { oauthLink, createLinkToken } = await startLinkApi()
    const token = await createLinkToken()
    clock.forward(59 * 60_000)
    expect((await oauthLink('oura', token)).status).toBe(200)
    clock.forward(61_000)
    expect(await oauthLink('oura', token)).toEqual({ status: 401, body: detail('INVALID_REQUEST') })
  })

  test('are for one environment', async () => {
    const { oauthLink, createLinkToken } = await startLinkApi()
    const token = await createLinkToken()
    for (const environment of ['sandbox/eu', 'production/us', 'production/eu'] as const) {
      expect((await oauthLink('oura', token, environment)).status).toBe(401)
    }
  })

  test('are for the provider that they name', async () => {
    const { oauthLink, createLinkToken } = await startLinkApi()
    const token = await createLinkToken({ provider: 'oura' })
    expect((await oauthLink('oura', token)).status).toBe(200)
    expect(await oauthLink('polar', token)).toEqual({ status: 400, body: detail('INVALID_PROVIDER') })
  })

  test('die with their user', async () => {
    const { oauthLink, createUser, call } = await startLinkApi()
    const user_id = await createUser()
    const token = (await call('POST', 'link/token', { body: { user_id } })).body.link_token
    await call('DELETE', `user/${user_id}`)
    expect(await oauthLink('oura', token)).toEqual({ status: 400, body: detail('INVALID_USER_ID') })
    const again = await call('POST', 'link/token', { body: { user_id } })
    expect(again).toEqual({ status: 400, body: detail('INVALID_USER_ID') })
  })
})

describe('the link', () => {
  const query = (url: string) => Object.fromEntries(new URL(url).searchParams)

  test('has the client id and redirect URI that were set, the token as state, and PKCE', async () => {
    const { junction, oauthLink, createLinkToken } = await startLinkApi()
    const override = 'https://oauth.example.com/oauth_callback/whoop_v2'
    const of = { team_id: junction.teams.us.id, provider: 'whoop_v2', client_id: 'made-up-client' }
    junction.store.set('sandbox/us', { ...of, redirect_url_override: override })
    const token = await createLinkToken()
    const { body } = await oauthLink('whoop_v2', token)
    expect(query(body.oauth_url)).toEqual({
      response_type: 'code',
      client_id: 'made-up-client',
      redirect_uri: override,
      scope: expect.any(String),
      state: token,
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    })
  })

  test("is of Junction's own application when the team has none, unless Junction has none either", async () => {
    const { junction, oauthLink, createLinkToken } = await startLinkApi()
    const token = await createLinkToken()
    const { body } = await oauthLink('oura', token)
    expect(query(body.oauth_url)).toMatchObject({
      client_id: 'made-up-junction-application',
      redirect_uri: `${junction.url}/sandbox/us/v2/link/connect/oura`,
    })
    expect((await oauthLink('whoop_v2', token)).body.detail.error_type).toBe('INVALID_PROVIDER')
  })
})
