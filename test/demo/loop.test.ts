import { describe, expect, test } from 'vitest'
import { stopClock } from '../stopped-clock.ts'
import { startLoop } from '../world.ts'
import { decide, outcome, queryOf, visit, walk } from './walk.ts'

describe('the healthy loop', () => {
  test('passes state and code on byte for byte, whatever is in them', async () => {
    const { simulator, createLink } = await startLoop()
    const { oauth_url, link_token } = await createLink()
    const [, decided, forwarded, connected] = await walk(oauth_url)
    const [code = ''] = simulator.provider.codes.keys()
    expect(code).toMatch(/\/.*\+.*&.*=/)
    const query = `?code=${encodeURIComponent(code)}&state=${link_token}&iss=${encodeURIComponent(simulator.provider.url)}`
    expect([decided, forwarded].map((step) => queryOf(step?.location))).toEqual([query, query])
    expect(queryOf(connected?.url)).toBe(query)
  })

  test.each(["a%2Fb%2B+%20~*'()!", '%e2%9c%93', 'a;b,c', '%', ''])(
    'returns the state %j as it came',
    async (state) => {
      const { simulator, createLink } = await startLoop()
      const { oauth_url, link_token } = await createLink()
      const [, decided, forwarded] = await walk(oauth_url.replace(link_token, state))
      expect(decided?.location).toContain(`&state=${state}&iss=`)
      expect(queryOf(forwarded?.location)).toBe(queryOf(decided?.location))
      expect(simulator.hops.at(-1)?.fault?.code).toBe('invalid_token')
    },
  )

  test('ends on a page of Junction when the app wants nobody back', async () => {
    const { createLink } = await startLoop()
    const steps = await walk((await createLink({ redirect_url: null })).oauth_url)
    expect(steps.at(-1)).toMatchObject({
      status: 200,
      body: expect.stringContaining('<h1>You are connected</h1>'),
    })
  })

  test("works with Junction's own application", async () => {
    const { createLink } = await startLoop()
    const steps = await walk((await createLink({ provider: 'fitbit' })).oauth_url)
    expect(steps.map(({ status }) => status)).toEqual([200, 303, 307])
    expect(outcome(steps)).toEqual({ state: 'success' })
  })

  test('takes a link token once', async () => {
    const { createLink } = await startLoop()
    const { oauth_url } = await createLink()
    await walk(oauth_url)
    expect(outcome(await walk(oauth_url))).toMatchObject({ state: 'error', error_type: 'token_consumed' })
  })
})

test('Junction also holds what byoo has to leave alone: of another team in the region, and of a lab', async () => {
  const { simulator } = await startLoop()
  const { org, url, keys, teams } = simulator.junction
  const listed = async (key: string) => {
    const path = `${url}/v1/org/${org}/team_custom_credentials/sandbox/us`
    const answer = await fetch(path, { headers: { 'X-Management-Key': key } })
    const { credentials } = (await answer.json()) as { credentials: { source: string; team_id: string }[] }
    return credentials.map(({ source, team_id }) => [source, team_id === teams.us.id])
  }
  const own = [
    ['whoop_v2', true],
    ['oura', true],
    ['made_up_lab', true],
  ]
  expect(await listed(keys.organisation)).toEqual(own.toSpliced(2, 0, ['whoop_v2', false]))
  expect(await listed(keys.team)).toEqual(own)
})

describe('a scenario', () => {
  test('the page of a refused redirect URI shows it, sends nobody anywhere, and reflects no markup', async () => {
    const { simulator, createLink } = await startLoop()
    const { oauth_url } = await createLink()
    const evil = 'https://evil.example/"><script>alert(1)</script>'
    const url = new URL(oauth_url)
    url.searchParams.set('redirect_uri', evil)
    const [step] = await walk(url.href)
    expect([step?.status, step?.location]).toEqual([400, undefined])
    expect(step?.body).toContain('https://evil.example/&#34;&#62;&#60;script&#62;')
    expect(step?.body).not.toContain('<script')
    expect(simulator.hops.at(-1)?.fault).toMatchObject({ code: 'redirect_uri_mismatch' })
  })

  test.each([
    ['a code that is too old', () => stopClock().forward(30_000), /expired/],
    ['a secret that was changed', (loop: Loop) => loop.simulator.play('wrong_secret'), /invalid_client/],
    ['an override that was changed', (loop: Loop) => loop.simulator.play('trailing_slash'), /redirect_uri/],
  ])('%s is noticed at the exchange', async (_name, spoil, expected) => {
    const loop = await startLoop()
    const { oauth_url } = await loop.createLink()
    const decided = await decide(await visit('GET', oauth_url), 'allow')
    spoil(loop)
    const ending = outcome(await walk(decided?.location ?? ''))
    expect(ending).toMatchObject({
      error_type: 'provider_credential_error',
      error: expect.stringMatching(expected),
    })
  })
})

type Loop = Awaited<ReturnType<typeof startLoop>>

describe('the callback refuses', () => {
  test.each([
    ['no state', '?code=made-up', 'invalid_token'],
    ['two states', '?code=made-up&state={state}&state={state}', 'invalid_token'],
    ['an encoded state', '?code=made-up&state={encoded}', 'invalid_token'],
    ['no code', '?state={state}', 'provider_api_error'],
    ['two codes', '?code=a&code=b&state={state}', 'provider_api_error'],
    ['an error of the provider', '?error=server_error&state={state}', 'provider_api_error'],
    ['a made-up code', '?code=made-up&state={state}', 'provider_credential_error'],
  ])('%s', async (_name, query, code) => {
    const { simulator, createLink } = await startLoop()
    const { link_token } = await createLink()
    const filled = query
      .replaceAll('{state}', link_token)
      .replace('{encoded}', link_token.replaceAll('.', '%2E'))
    const sent = await visit('GET', `${simulator.forwarder.redirectUri('sandbox/us', 'whoop_v2')}${filled}`)
    const { location, body } = await visit('GET', sent.location ?? '')
    const told = outcome([{ ...sent, location }])?.error_type ?? /<code>(\w+)<\/code>/.exec(body)?.[1]
    expect(told).toBe(code)
  })

  test('a provider that no link was made for, and a user who is gone', async () => {
    const { simulator, createLink, call } = await startLoop()
    const { link_token, user_id } = await createLink()
    const at = `${simulator.junction.url}/sandbox/us/v2/link/connect`
    await visit('GET', `${at}/oura?code=made-up&state=${link_token}`)
    expect(simulator.hops.at(-1)?.fault?.code).toBe('token_not_validated')
    await call('sandbox/us', 'DELETE', `user/${user_id}`)
    await visit('GET', `${at}/whoop_v2?code=made-up&state=${link_token}`)
    expect(simulator.hops.at(-1)?.fault?.code).toBe('invalid_token')
  })
})
