import { describe, expect, test } from 'vitest'
import { checkRedirectUrl } from '../../../src/config/url.ts'

const right = 'https://oauth.example.com/oauth_callback/strava'

describe('a redirect URL override', () => {
  test.each([right, 'https://a.example:8443/x', 'https://xn--bcher-kva.example/x', 'https://a.example/'])(
    'may be %s',
    (url) => {
      expect(checkRedirectUrl(url, false, 'strava')).toEqual({ faults: [], corrected: undefined })
    },
  )

  test.each<[string, string[], string | undefined]>([
    [` ${right}`, ['must be written the way a browser sends it'], right],
    [`${right}\n`, ['must not contain white space, control or non-ASCII characters'], right],
    [
      'http://oauth.example.com/oauth_callback/strava',
      ['must use https: plain http is allowed to loopback only'],
      right,
    ],
    [`${right}#a`, ['must not contain a fragment (#…)'], right],
    [
      `${right}?a=b#c`,
      ['must not contain a query (?…): provider portals refuse it', 'must not contain a fragment (#…)'],
      right,
    ],
    ['https://u:p@oauth.example.com/oauth_callback/strava', ['must not contain credentials'], right],
    [
      'https://oauth.example.com:443/oauth_callback/strava',
      ['must be written the way a browser sends it'],
      right,
    ],
    [
      'https://oauth.example.com/oauth_callback/{provider}',
      ['must name the provider in place of {provider}'],
      right,
    ],
    [
      'https://OAUTH.example.com/x',
      ['must be written the way a browser sends it'],
      'https://oauth.example.com/x',
    ],
    [
      'https://oauth.example.com/a/../x',
      ['must be written the way a browser sends it'],
      'https://oauth.example.com/x',
    ],
    [
      'https://bücher.example/x',
      ['must be written the way a browser sends it'],
      'https://xn--bcher-kva.example/x',
    ],
    ['https://oauth.example.com./x', ['must not end its host with a dot'], 'https://oauth.example.com/x'],
    ['https://10.0.0.1/x', ['must have a host name, not an IP address'], undefined],
    [
      'https://0x7f.1/x',
      ['must be written the way a browser sends it', 'must have a host name, not an IP address'],
      undefined,
    ],
    ['https://[::1]/x', ['must have a host name, not an IP address'], undefined],
    ['https://localhost/x', ['must not be localhost'], undefined],
    ['http://127.0.0.1:8080/x', ['must have a host name, not an IP address'], undefined],
    ['oauth.example.com/x', ['must be an absolute https URL'], undefined],
    ['ftp://oauth.example.com/x', ['must be an absolute https URL'], undefined],
    ['', ['must be an absolute https URL'], undefined],
    [
      `https://oauth.example.com/${'x'.repeat(230)}`,
      ['must have at most 255 characters, not 256'],
      undefined,
    ],
    [
      'https://api.us.junction.com/v2/link/connect/strava',
      ["must be on your own domain, not on Junction's: it is where Junction's own callback lives"],
      undefined,
    ],
    [
      'https://api.tryvital.io/v2/link/connect/strava',
      ["must be on your own domain, not on Junction's: it is where Junction's own callback lives"],
      undefined,
    ],
  ])('may not be %j', (url, faults, corrected) => {
    expect(checkRedirectUrl(url, false, 'strava')).toEqual({ faults, corrected })
  })

  test('may be on this machine only when Junction is', () => {
    expect(checkRedirectUrl('http://127.0.0.1:8080/cb/strava', true, 'strava').faults).toEqual([])
    expect(checkRedirectUrl('http://localhost:8080/cb/strava', true, 'strava').faults).toEqual([])
    expect(checkRedirectUrl('http://oauth.example.com/x', true, 'strava').faults).toEqual([
      'must use https: plain http is allowed to loopback only',
    ])
  })
})
