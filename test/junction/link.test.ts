import { describe, expect, test } from 'vitest'
import { createLink, type Link } from '../../src/junction/link.ts'
import { type LinkAnswer, type LinkRequest, startLink, teamKey } from './link-server.ts'
import { failureOf } from './start.ts'

const user = '55555555-5555-4555-8555-555555555555'

/** A token that nobody signed. */
function madeUpToken(claims: unknown): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'HS256' })}.${part(claims)}.made-up-signature`
}

const linkToken = madeUpToken({ aud: 'https://api.sandbox.us.junction.com', sub: 'made-up' })
const oauthUrl = `https://acme-fit.example/authorize?client_id=12345&state=${linkToken}`
const connection = {
  name: 'Strava',
  slug: 'strava',
  logo: 'https://logo.example/strava',
  created_on: '2026-11-20T12:00:00+00:00',
  status: 'connected',
  external_user_id: 'made-up@example.com',
  error_details: null,
  resource_availability: {},
}

const fine: Readonly<Record<string, LinkAnswer>> = {
  'POST /sandbox/us/v2/user': { body: { user_id: user, team_id: user, new_field: 1 } },
  [`DELETE /sandbox/us/v2/user/${user}`]: { body: { success: true } },
  'POST /sandbox/us/v2/link/token': { body: { link_token: linkToken, link_web_url: 'https://link.example' } },
  'GET /sandbox/us/v2/link/provider/oauth/strava': {
    body: { name: 'Strava', slug: 'strava', id: 1, oauth_url: oauthUrl, auth_type: 'brand_new' },
  },
  [`GET /sandbox/us/v2/user/providers/${user}`]: { body: { providers: [connection] } },
  [`DELETE /sandbox/us/v2/user/${user}/strava`]: { body: { success: true } },
}

const answerFine = ({ method, path }: LinkRequest): LinkAnswer =>
  fine[`${method} ${path}`] ?? { status: 404, body: '' }

/** One of each request. */
const calls = {
  createUser: (link: Link) => link.createUser('byoo-made-up'),
  createLinkToken: (link: Link) =>
    link.createLinkToken({ user_id: user, provider: 'strava', redirect_url: 'https://app.example/done' }),
  oauthLink: (link: Link) => link.oauthLink('strava', linkToken),
  connections: (link: Link) => link.connections(user),
  deleteUser: (link: Link) => link.deleteUser(user),
  disconnect: (link: Link) => link.disconnect(user, 'strava'),
}
type CallName = keyof typeof calls

describe('a call', () => {
  const { name, slug, status, created_on } = connection

  test.each<[CallName, body: unknown, result: unknown]>([
    ['createUser', { client_user_id: 'byoo-made-up' }, { user_id: user }],
    [
      'createLinkToken',
      { user_id: user, provider: 'strava', redirect_url: 'https://app.example/done' },
      { link_token: linkToken },
    ],
    ['connections', undefined, [{ name, slug, status, created_on }]],
    ['deleteUser', undefined, undefined],
    ['disconnect', undefined, undefined],
  ])('%s', async (call, body, result) => {
    const { link, requests } = await startLink(answerFine)
    expect(await calls[call](link)).toEqual(result)
    expect(requests.map((request) => request.body)).toEqual([body])
    expect(requests[0]?.headers['x-vital-api-key']).toBe(teamKey)
  })

  test('oauthLink is authenticated by the link token alone', async () => {
    const { link, requests } = await startLink(answerFine)
    expect((await link.oauthLink('strava', linkToken)).oauth_url).toBe(oauthUrl)
    expect(requests[0]?.headers['x-vital-link-token']).toBe(linkToken)
    expect(requests[0]?.headers).not.toHaveProperty('x-vital-api-key')
  })

  test('with a short-lived token instead of a key', async () => {
    const { http, url, requests, traced } = await startLink(({ headers }) => ({
      body: { providers: [], said: `${headers.authorization}`.replace('Bearer ', '') },
    }))
    const credentials = { Authorization: 'Bearer made-up-team-token' }
    await createLink(http, { url, credentials }).connections(user)
    expect(requests[0]?.headers.authorization).toBe(credentials.Authorization)
    expect(traced[1]).toContain('"said":"[redacted]"')
  })

  test('connections with an error of a kind that nobody knows', async () => {
    const error_details = { error_type: 'brand_new', error_message: 'made up', errored_at: '2026-11-20' }
    const { link } = await startLink(() => ({
      body: { providers: [{ ...connection, status: 'error', error_details }] },
    }))
    expect(await link.connections(user)).toMatchObject([{ status: 'error', ...error_details }])
  })

  test.each([{}, { providers: null }, { providers: [] }])(
    'connections when there are none: %j',
    async (body) => {
      const { link } = await startLink(() => ({ body }))
      expect(await link.connections(user)).toEqual([])
    },
  )

  test('a name from elsewhere stays one segment of the path', async () => {
    const { link, requests } = await startLink(answerFine)
    await failureOf(link.disconnect('../user', 'a/b?c'))
    expect(requests[0]?.path).toBe('/sandbox/us/v2/user/..%2Fuser/a%2Fb%3Fc')
  })
})

describe('a failure', () => {
  test('names the user that has this name already', async () => {
    const detail = {
      error_type: 'INVALID_REQUEST',
      error_message: 'Client user id already exists.',
      user_id: user,
      created_on: '2026-11-20T12:00:00+00:00',
    }
    const { link, requests } = await startLink(() => ({ status: 400, body: { detail } }))
    const error = await failureOf(link.createUser('byoo-made-up'))
    expect(error).toMatchObject({ code: 'refused', status: 400, hint: `use that one: --user ${user}` })
    expect(error.message).toContain(`with the id ${user}`)
    expect(requests).toHaveLength(1)
  })

  test.each([
    [403, true],
    [422, true],
    [401, false],
    [429, false],
    [500, false],
  ])('%i to a creation: is a full sandbox suggested? %s', async (status, suggested) => {
    const { link } = await startLink(() => ({ status, body: '' }))
    const { hint } = await failureOf(link.createUser('byoo-made-up'))
    expect(hint?.includes('50 users')).toBe(suggested)
    if (status === 429) expect(hint).toBe('wait a minute, then try again')
  })

  test.each<[CallName, requests: number, mayHaveTakenEffect: boolean]>([
    ['createUser', 1, true],
    ['createLinkToken', 1, true],
    ['connections', 3, false],
    ['disconnect', 3, true],
    ['deleteUser', 3, true],
  ])('503 to %s is one after %i requests', async (call, attempts, mayHaveTakenEffect) => {
    const { link, requests } = await startLink(() => ({ status: 503, body: '' }))
    const error = await failureOf(calls[call](link))
    expect(error).toMatchObject({ code: 'unreachable', mayHaveTakenEffect })
    expect(requests).toHaveLength(attempts)
  })

  test.each([
    ['text', 'INVALID_PROVIDER', /INVALID_PROVIDER means: .*\n.*byoo providers/],
    ['an object', { error_type: 'token_expired', error_message: 'late' }, /token_expired means: /],
    ['an object of a new type', { error_type: 'brand_new', error_message: 'x' }, /read what it says/],
    ['a list', [{ loc: ['path', 'oauth_provider'], msg: 'no such', type: 'enum' }], /read what it says/],
  ])('whose detail is %s is explained', async (_name, detail, hint) => {
    const { link } = await startLink(() => ({ status: 400, body: { detail } }))
    const error = await failureOf(link.oauthLink('strava', linkToken))
    expect(error).toMatchObject({ code: 'refused', hint: expect.stringMatching(hint) })
  })

  test.each([
    ['connections', 'no such user in this environment'],
    ['deleteUser', 'no such user in this environment'],
    ['disconnect', 'no such user, or no such connection of this user'],
    ['oauthLink', 'it has no such provider with OAuth'],
  ] as const)('404 of %s says what is not there', async (call, reason) => {
    const { link } = await startLink(() => ({ status: 404, body: '' }))
    const message = expect.stringContaining(`: Junction answered 404: ${reason} (request id made-up-request)`)
    expect(await failureOf(calls[call](link))).toMatchObject({ code: 'not_found', message })
  })

  test('401 of the link token does not blame the key', async () => {
    const { link } = await startLink(() => ({ status: 401, body: { detail: 'INVALID_REQUEST' } }))
    const error = await failureOf(link.oauthLink('strava', linkToken))
    const message = expect.stringContaining('the link token')
    expect(error).toMatchObject({ code: 'not_authenticated', message })
  })

  test.each([
    ['password', ', but by "password"'],
    [null, ''],
  ])('a provider that connects by %s has no OAuth link', async (auth_type, by) => {
    const { link } = await startLink(() => ({ body: { oauth_url: null, auth_type } }))
    const error = await failureOf(link.oauthLink('whoop', linkToken))
    expect(error).toMatchObject({
      code: 'refused',
      message: `could not get the OAuth link of whoop: Junction does not connect it by OAuth${by}`,
    })
  })

  test.each([
    ['createUser', { user_id: 'a\u001b[31mb' }, '"user_id" is not as expected'],
    ['createLinkToken', { link_token: 'a\nb: c' }, '"link_token" is not as expected'],
    ['createLinkToken', { link_token: '' }, '"link_token" is not as expected'],
  ] as const)('an answer to %s that could do harm is one: %j', async (call, body, message) => {
    const { link } = await startLink(() => ({ body }))
    expect(await failureOf(calls[call](link))).toMatchObject({
      code: 'unexpected_answer',
      mayHaveTakenEffect: true,
      message: expect.stringContaining(message),
    })
  })

  test('success: false is one', async () => {
    const { link } = await startLink(() => ({ body: { success: false } }))
    expect(await failureOf(link.deleteUser(user))).toMatchObject({
      code: 'refused',
      mayHaveTakenEffect: true,
    })
  })

  test('and nothing that was traced holds a key, a token, a state or an address', async () => {
    const echo = ({ headers }: LinkRequest) => {
      const key = headers['x-vital-api-key'] ?? headers.authorization
      return { detail: `no: ${key} ${linkToken} https://x.example/?state=${linkToken}` }
    }
    const lines: string[] = []
    for (const status of [200, 401, 500]) {
      const { link, traced } = await startLink((request) =>
        status === 200 ? answerFine(request) : { status, body: echo(request) },
      )
      for (const call of ['createUser', 'createLinkToken', 'oauthLink', 'connections'] as const) {
        await calls[call](link).catch(({ message, hint }) => lines.push(message, hint))
      }
      lines.push(...traced)
    }
    const text = lines.join('\n')
    expect(text).toContain('"link_token":"[redacted]"')
    expect(text).toContain('"oauth_url":"[redacted]"')
    for (const secret of [teamKey, linkToken, 'made-up-signature', 'link.example', 'made-up@']) {
      expect(text).not.toContain(secret)
    }
  })

  test('a token in an answer that is cut off is not shown', async () => {
    const { link, traced } = await startLink(() => ({ body: `{"link_token":"${linkToken}","link_web` }))
    const error = await failureOf(link.createLinkToken({ user_id: user }))
    expect(error.code).toBe('unexpected_answer')
    expect(traced.join() + error.message).not.toContain('made-up-signature')
  })
})
