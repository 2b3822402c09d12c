import { describe, expect, onTestFinished, test } from 'vitest'
import { createOAuthClient } from '../../src/demo/junction/oauth-client.ts'
import { startProvider } from '../../src/demo/provider/provider.ts'
import { spawnServe } from '../run.ts'
import { stopClock } from '../stopped-clock.ts'
import { Browser, type Person, queryOf } from './browser.ts'
import { startOpenWearables } from './open-wearables.ts'

const user_id = '00000000-0000-4000-8000-000000000000'
const nowhere = 'http://nowhere.invalid/'

/** A provider, `byoo serve` with a custom target, and Open Wearables behind it. */
async function start() {
  const provider = await startProvider()
  onTestFinished(() => provider.close())
  const wearables = await startOpenWearables(createOAuthClient(provider.endpoints))
  onTestFinished(() => wearables.close())
  const forwarder = await spawnServe([
    ...['--target', `${wearables.url}/api/v1/oauth/{provider}/callback`],
    ...['--path', '/wearables/{provider}', '--providers', 'strava,polar'],
  ])
  const origin = `http://127.0.0.1:${forwarder.port}`
  const redirect_uri = `${origin}/wearables/strava`
  const client = { client_id: 'made-up-client', client_secret: 'made-up-secret', name: 'Made up' }
  const redirect_uris = [redirect_uri, `${origin}/wearables/polar`]
  provider.clients.set(client.client_id, { ...client, redirect_uris })
  wearables.configure({ ...client, redirect_uri })
  const authorize = async (more: Readonly<Record<string, string>> = {}) => {
    const query = new URLSearchParams({ user_id, ...more })
    const answer = await fetch(`${wearables.url}/api/v1/oauth/strava/authorize?${query}`)
    return (await answer.json()) as { authorization_url: string; state: string }
  }
  const decide =
    (decision: string): Person =>
    (visit) =>
      visit.body.includes('name="decision"') ? { fields: { decision } } : undefined
  const walk = (url: string, decision = 'allow', until = nowhere) =>
    new Browser().walk(url, decide(decision), until)
  return { wearables, client, redirect_uri, authorize, walk }
}

const message = (text: string) => ({ status: 200, body: JSON.stringify({ success: false, message: text }) })

describe('in front of Open Wearables', () => {
  test('an opaque state and a code with reserved characters arrive byte for byte', async () => {
    const { authorize, walk, wearables, redirect_uri } = await start()
    const { authorization_url, state } = await authorize()
    const visits = await walk(authorization_url)
    expect(visits.map(({ status }) => status)).toEqual([200, 303, 307, 303, 200])
    expect(visits.at(-1)?.url).toBe(`${wearables.url}/api/v1/oauth/success?provider=strava`)
    const sent = visits.find(({ url }) => url.startsWith(redirect_uri))
    expect(queryOf(sent?.url)).toContain(`&state=${state}&`)
    expect(wearables.targets).toContain(`/api/v1/oauth/strava/callback${queryOf(sent?.url)}`)
    expect(wearables.connections).toEqual([{ user_id, provider: 'strava' }])
  })

  test('the user lands where the app wants', async () => {
    const { authorize, walk } = await start()
    const app = 'https://app.example.com/dashboard?tab=1'
    const { authorization_url } = await authorize({ redirect_uri: app })
    expect((await walk(authorization_url, 'allow', app)).at(-1)?.location).toBe(app)
  })

  test('a refusal ends on the error page', async () => {
    const { authorize, walk, wearables } = await start()
    const visits = await walk((await authorize()).authorization_url, 'deny')
    expect(visits.at(-1)).toMatchObject(message('access_denied'))
    expect(wearables.connections).toEqual([])
  })

  test('a state works once, and only for its provider', async () => {
    const { authorize, walk, redirect_uri } = await start()
    const { authorization_url } = await authorize()
    const before = await walk(authorization_url, 'allow', redirect_uri)
    const callback = before.at(-1)?.location ?? ''
    expect((await walk(callback)).at(-1)?.url).toContain('/success?')
    expect((await walk(callback)).at(-1)).toMatchObject(message('invalid_state'))

    const other = await walk((await authorize()).authorization_url, 'allow', redirect_uri)
    const elsewhere = other.at(-1)?.location?.replace('/wearables/strava', '/wearables/polar') ?? ''
    expect((await walk(elsewhere)).at(-1)).toMatchObject(message('invalid_state'))
  })

  test('a state lives for 900 seconds', async () => {
    const clock = stopClock()
    const { authorize, walk } = await start()
    const [first, second] = [await authorize(), await authorize()]
    clock.forward(899_000)
    expect((await walk(first.authorization_url)).at(-1)?.url).toContain('/success?')
    clock.forward(1000)
    expect((await walk(second.authorization_url)).at(-1)).toMatchObject(message('invalid_state'))
  })

  test('another redirect URI at the exchange than before it is noticed', async () => {
    const { authorize, walk, wearables, client, redirect_uri } = await start()
    const visits = await walk((await authorize()).authorization_url, 'allow', redirect_uri)
    wearables.configure({ ...client, redirect_uri: `${redirect_uri}/` })
    expect((await walk(visits.at(-1)?.location ?? '')).at(-1)).toMatchObject(message('invalid_grant'))
  })

  test('a provider that is not on the list gets no further than the forwarder', async () => {
    const { walk, redirect_uri, wearables } = await start()
    const visits = await walk(`${redirect_uri.replace('strava', 'oura')}?code=made-up&state=made-up`)
    expect(visits.map(({ status }) => status)).toEqual([404])
    expect(wearables.targets).toEqual([])
  })
})
