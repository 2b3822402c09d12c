import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, header } from '../raw-http.ts'
import { type StartedForwarder, startForwarder } from './start-forwarder.ts'

let forwarder: StartedForwarder
beforeAll(async () => {
  forwarder = await startForwarder(`
routes:
  - url: https://oauth.example.com/oauth_callback/{provider}
    environment: production/us
    providers: [strava, acme_fit]
  - url: https://oauth.example.com/eu/{provider}
    environment: production/eu
  - url: https://oauth.example.com/wearables/{provider}/back
    target: https://wearables.example.com/api/v1/oauth/{provider}/callback
  - url: https://oauth.example.com/oauth/callback/google_health
    provider: google_health
    environment: production/us
  - url: https://oauth.example.com/fixed
    provider: polar
    target: https://wearables.example.com/polar/callback
  - url: https://sandbox.example.com:8443/oauth_callback/{provider}
    environment: sandbox/us
  - url: http://localhost:8080/oauth_callback/{provider}
    environment: sandbox/eu
    target: http://127.0.0.1:3000/v2/link/connect/{provider}
site_verification:
  /proof.txt: owner
`)
})
afterAll(() => forwarder.stop(1000))

async function location(host: string, form: string): Promise<string | number> {
  const answer = await ask(
    forwarder.port,
    `GET ${form} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
  )
  return header(answer, 'location') ?? answer.status
}

const production = 'oauth.example.com'
const us = 'https://api.us.junction.com/v2/link/connect/'
const sandbox = 'https://api.sandbox.us.junction.com/v2/link/connect/'

describe('host and path select the route', () => {
  test.each([
    [production, '/oauth_callback/strava?c=1', `${us}strava?c=1`],
    ['OAuth.example.com.', '/oauth_callback/strava', `${us}strava`],
    ['oauth.example.com.:443', '/oauth_callback/strava', `${us}strava`],
    ['oauth.example.com..', '/oauth_callback/strava', 421],
    ['OAuth.EXAMPLE.com:443', '/oauth_callback/strava', `${us}strava`],
    [production, '/eu/oura?c=1', 'https://api.eu.junction.com/v2/link/connect/oura?c=1'],
    [production, '/wearables/oura/back?s=1', 'https://wearables.example.com/api/v1/oauth/oura/callback?s=1'],
    [production, '/oauth/callback/google_health?', `${us}google_health?`],
    [production, '/fixed?code=1', 'https://wearables.example.com/polar/callback?code=1'],
    ['sandbox.example.com', '/oauth_callback/oura', `${sandbox}oura`],
    ['sandbox.example.com:1', '/oauth_callback/oura', `${sandbox}oura`],
    ['localhost:8080', '/oauth_callback/oura?c', 'http://127.0.0.1:3000/v2/link/connect/oura?c'],
    ['other.example', `http://${production}/oauth_callback/strava`, `${us}strava`],
  ])('%s %s', async (host, form, expected) => {
    expect(await location(host, form)).toBe(expected)
  })

  test.each([
    [production, '/oauth_callback/oura', 404],
    [production, '/wearables/back', 404],
    [production, '/wearables//back', 404],
    [production, '/wearables/oura/back/', 404],
    [production, '/wearables/oura', 404],
    [production, '/oauth/callback/oura', 404],
    [production, '/fixed/', 404],
    ['sandbox.example.com', '/eu/oura', 404],
    ['sandbox.example.com', '/proof.txt', 200],
    ['evil.example', '/oauth_callback/strava', 421],
    ['evil.example', '/nowhere', 421],
    ['evil.example', '/proof.txt', 421],
    ['', '/oauth_callback/strava', 421],
    [`${production}.evil.example`, '/oauth_callback/strava', 421],
    [`evil@${production}`, '/oauth_callback/strava', 421],
    [production, 'http://evil.example/oauth_callback/strava', 421],
    ['evil.example', '/health', 200],
    ['evil.example', '/ready', 200],
  ])('%s %s is %s', async (host, form, status) => {
    expect(await location(host, form)).toBe(status)
  })

  test('HTTP/1.0 without Host cannot be told apart: 421', async () => {
    const answer = await ask(forwarder.port, 'GET /oauth_callback/strava HTTP/1.0\r\n\r\n')
    expect(answer.status).toBe(421)
  })
})

test('what is logged: the route, and only providers that are known', async () => {
  const from = forwarder.accessEntries.length
  await location(production, '/oauth_callback/acme_fit?code=c')
  await location(production, '/eu/ac0de')
  await location(production, '/eu/strava')
  await location(production, '/fixed')
  await location(production, '/proof.txt')
  await location(production, '/a-misplaced-code')
  await location('evil.example', '/eu/strava')
  expect(
    forwarder.accessEntries.slice(from).map(({ route, provider, status }) => [route, provider, status]),
  ).toEqual([
    ['https://oauth.example.com/oauth_callback/{provider}', 'acme_fit', 307],
    ['https://oauth.example.com/eu/{provider}', 'other', 307],
    ['https://oauth.example.com/eu/{provider}', 'strava', 307],
    ['https://oauth.example.com/fixed', 'polar', 307],
    ['site_verification', undefined, 200],
    ['unmatched', undefined, 404],
    ['unmatched', undefined, 421],
  ])
  expect(forwarder.accessEntries.at(-1)?.hint).toContain('proxy_set_header Host $host')
})
