import { expect, test } from 'vitest'
import { createEndpoint } from '../../src/verify/endpoint.ts'
import { readLocation } from '../../src/verify/location.ts'

const endpoint = createEndpoint(
  'https://oauth.example.com/oauth_callback/{provider}',
  {
    template: 'https://api.us.junction.com/v2/link/connect/{provider}',
    environment: 'production/us',
  },
  ['strava', 'oura'],
)

test.each([
  ['https://api.us.junction.com/v2/link/connect/strava', [], undefined],
  ['https://api.us.junction.com/v2/link/connect/strava?a=1#b', [], undefined],
  [
    'HTTPS://API.US.JUNCTION.COM/v2/link/connect/strava',
    [],
    'HTTPS://API.US.JUNCTION.COM/v2/link/connect/strava',
  ],
  ['https://api.us.junction.com:443/v2/link/connect/strava', [], undefined],
  ['https://api.us.junction.com:8443/v2/link/connect/strava', ['wrong-host'], undefined],
  ['https://api.us.junction.com/v2/link/connect/strava/', ['wrong-target'], undefined],
  ['https://api.us.junction.com/v2/link/connect/oura', ['wrong-provider'], undefined],
  ['http://api.us.junction.com/v2/link/connect/strava', ['wrong-target'], undefined],
  ['https://api.sandbox.eu.junction.com/v2/link/connect/strava', ['wrong-environment'], undefined],
  ['https://api.us.junction.com@evil.example/v2/link/connect/strava', ['wrong-host'], undefined],
  ['https://api.us.junction.com.evil.example/v2/link/connect/strava', ['wrong-host'], undefined],
  ['//evil.example/v2/link/connect/strava', ['wrong-host'], undefined],
  ['/\\evil.example/', ['wrong-host'], undefined],
  ['javascript:alert(1)', ['wrong-host'], undefined],
  ['', ['extra-hop'], ''],
  ['/oauth_callback/strava/', ['extra-hop'], '/oauth_callback/strava/'],
  ['/login', ['extra-hop'], '/login'],
  [
    'https://www.oauth.example.com/oauth_callback/strava',
    ['extra-hop'],
    'https://www.oauth.example.com/oauth_callback/strava',
  ],
])('Location: %s', (location, problems, detail) => {
  const destination = readLocation(location, endpoint, 'strava')
  expect(destination.problems).toEqual(problems)
  if (detail !== undefined) expect(destination.detail).toBe(detail)
})

const demo = createEndpoint(
  'http://127.0.0.1:8080/sandbox/us/oauth_callback/{provider}',
  {
    template: 'http://127.0.0.1:9090/sandbox/us/v2/link/connect/{provider}',
    environment: 'sandbox/us',
  },
  ['strava', 'oura'],
)

test.each([
  ['http://127.0.0.1:9090/sandbox/us/v2/link/connect/strava', []],
  ['http://127.0.0.1:9090/sandbox/eu/v2/link/connect/strava', ['wrong-environment']],
  ['http://127.0.0.1:9090/production/us/v2/link/connect/strava', ['wrong-environment']],
  ['http://127.0.0.1:9090/production/eu/v2/link/connect/strava', ['wrong-environment']],
  ['http://127.0.0.1:9090/sandbox/us/v2/link/connect/strava/', ['wrong-target']],
  ['http://127.0.0.1:9090/v2/link/connect/strava', ['wrong-target']],
  ['http://localhost:9090/sandbox/us/v2/link/connect/strava', ['wrong-host']],
])('Location of a Junction on loopback: %s', (location, problems) => {
  expect(readLocation(location, demo, 'strava').problems).toEqual(problems)
})
