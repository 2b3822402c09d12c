import { describe, expect, onTestFinished, test } from 'vitest'
import { startForwarder } from '../forwarder/start-forwarder.ts'
import { queryOf } from './browser.ts'
import { agrees, app, type Front, outcome, refuses, startCertifiedLoop } from './certified-loop.ts'

/** The forwarder alone. */
async function startFront(target: string): Promise<Front> {
  const route = { url: 'https://oauth.example.com/oauth_callback/{provider}', target }
  const forwarder = await startForwarder(JSON.stringify({ routes: [route] }))
  onTestFinished(async () => {
    await forwarder.stop(1000)
  })
  return { redirect_uri: `http://127.0.0.1:${forwarder.port}/oauth_callback/whoop_v2` }
}

describe('with a certified server as the provider and a certified client in Junction', () => {
  test('the loop ends with a connection', async () => {
    const { browser, createLink } = await startCertifiedLoop(startFront)
    const { oauth_url } = await createLink()
    expect(outcome(await browser.walk(oauth_url, agrees, app))).toEqual({ state: 'success' })
  })

  test('a signed state and a code with reserved characters arrive byte for byte', async () => {
    const { browser, createLink, provider, redirect_uri, junction } = await startCertifiedLoop(startFront)
    const { oauth_url, link_token } = await createLink()
    const visits = await browser.walk(oauth_url, agrees, app)
    const [code = ''] = provider.codes
    const query = queryOf(visits.find(({ location }) => location?.startsWith(redirect_uri))?.location)
    expect(query).toBe(`?${new URLSearchParams({ code, state: link_token, iss: provider.issuer })}`)
    expect(query).toMatch(/%2F.*%2B.*%26%7E\+%3D%252B%3B&state=/)
    const arrived = junction.requests.filter(({ operation }) => operation === 'connect')
    expect(arrived.map(({ path }) => path)).toEqual([`/sandbox/us/v2/link/connect/whoop_v2${query}`])
  })

  test('a refusal arrives, too', async () => {
    const { browser, createLink } = await startCertifiedLoop(startFront)
    const { oauth_url } = await createLink()
    expect(outcome(await browser.walk(oauth_url, refuses, app))).toMatchObject({
      state: 'error',
      error_type: 'user_cancelled',
    })
  })

  test('a callback that is loaded twice works once', async () => {
    const { browser, createLink, redirect_uri } = await startCertifiedLoop(startFront)
    const visits = await browser.walk((await createLink()).oauth_url, agrees, redirect_uri)
    const callback = visits.at(-1)?.location ?? ''
    expect(outcome(await browser.walk(callback, agrees, app))).toEqual({ state: 'success' })
    const again = outcome(await browser.walk(callback, agrees, app))
    expect(again).toMatchObject({ state: 'error', error_type: 'token_consumed' })
  })
})

describe('an override that is not the registered URI byte for byte', () => {
  const nearMisses: readonly (readonly [name: string, (uri: string) => string])[] = [
    ['a slash more', (uri) => `${uri}/`],
    ['a slash twice', (uri) => uri.replace('/oauth', '//oauth')],
    ['a dot segment', (uri) => uri.replace('/oauth', '/./oauth')],
    ['another case in the path', (uri) => uri.replace('oauth', 'OAuth')],
    ['another case in the scheme', (uri) => uri.replace('http', 'HTTP')],
    ['https', (uri) => uri.replace('http', 'https')],
    ['another name of the host', (uri) => uri.replace('127.0.0.1', 'localhost')],
    ['another port', (uri) => uri.replace(/:\d+/, ':1')],
    ['no port', (uri) => uri.replace(/:\d+/, '')],
    ['an escape', (uri) => uri.replace('_', '%5F')],
    ['an escape of a slash', (uri) => uri.replace('/whoop', '%2Fwhoop')],
    ['a question mark', (uri) => `${uri}?`],
    ['a query', (uri) => `${uri}?a=b`],
    ['a fragment', (uri) => `${uri}#`],
    ['a space before it', (uri) => ` ${uri}`],
    ['a space behind it', (uri) => `${uri} `],
    ['a line break behind it', (uri) => `${uri}\n`],
    ['another provider', (uri) => uri.replace('whoop_v2', 'whoop')],
  ]

  test.each(nearMisses)('%s: the provider asks nobody and sends nobody back', async (_name, miss) => {
    const { browser, createLink, setOverride, redirect_uri } = await startCertifiedLoop(startFront)
    setOverride(miss(redirect_uri))
    const visits = await browser.walk((await createLink()).oauth_url, agrees, app)
    expect(visits.map(({ status, location }) => [status, location])).toEqual([[400, undefined]])
    expect(visits[0]?.body).toContain('invalid_redirect_uri')
    setOverride(redirect_uri)
    const mended = await browser.walk((await createLink()).oauth_url, agrees, app)
    expect(outcome(mended)).toEqual({ state: 'success' })
  })

  test.each(nearMisses)('%s: the exchange fails when it is changed on the way', async (_name, miss) => {
    const { browser, createLink, setOverride, redirect_uri } = await startCertifiedLoop(startFront)
    const visits = await browser.walk((await createLink()).oauth_url, agrees, redirect_uri)
    setOverride(miss(redirect_uri))
    const ended = await browser.walk(visits.at(-1)?.location ?? '', agrees, app)
    expect(outcome(ended)).toMatchObject({
      state: 'error',
      error_type: 'provider_credential_error',
      error: expect.stringContaining('invalid_grant'),
    })
  })
})
