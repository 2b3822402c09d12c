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

  const canonical = 'must be written the way a browser sends it'
  const ip = 'must have a host name, not an IP address'
  const plain = 'must use https: plain http is allowed to loopback only'
  const fragment = 'must not contain a fragment (#…)'
  const absolute = 'must be an absolute https URL'
  const own = "must be on your own domain, not on Junction's: it is where Junction's own callback lives"
  const short = 'https://oauth.example.com/x'

  test.each<[string, string[], string?]>([
    [` ${right}`, [canonical], right],
    [`${right}\n`, ['must not contain white space, control or non-ASCII characters'], right],
    [right.replace('https', 'http'), [plain], right],
    [`${right}#a`, [fragment], right],
    [`${right}?a=b#c`, ['must not contain a query (?…): provider portals refuse it', fragment], right],
    [right.replace('oauth.', 'u:p@oauth.'), ['must not contain credentials'], right],
    [right.replace('.com', '.com:443'), [canonical], right],
    [right.replace('/strava', '/{provider}'), ['must name the provider in place of {provider}'], right],
    ['https://OAUTH.example.com/x', [canonical], short],
    ['https://oauth.example.com/a/../x', [canonical], short],
    ['https://bücher.example/x', [canonical], 'https://xn--bcher-kva.example/x'],
    ['https://oauth.example.com./x', ['must not end its host with a dot'], short],
    ['https://10.0.0.1/x', [ip]],
    ['https://0x7f.1/x', [canonical, ip]],
    ['https://[::1]/x', [ip]],
    ['https://localhost/x', ['must not be localhost']],
    ['http://127.0.0.1:8080/x', [ip]],
    ['oauth.example.com/x', [absolute]],
    ['ftp://oauth.example.com/x', [absolute]],
    ['', [absolute]],
    [`https://oauth.example.com/${'x'.repeat(230)}`, ['must have at most 255 characters, not 256']],
    ['https://api.us.junction.com/v2/link/connect/strava', [own]],
    ['https://api.tryvital.io/v2/link/connect/strava', [own]],
  ])('may not be %j', (url, faults, corrected) => {
    expect(checkRedirectUrl(url, false, 'strava')).toEqual({ faults, corrected })
  })

  test('may be on this machine only when Junction is', () => {
    expect(checkRedirectUrl('http://127.0.0.1:8080/cb/strava', true, 'strava').faults).toEqual([])
    expect(checkRedirectUrl('http://localhost:8080/cb/strava', true, 'strava').faults).toEqual([])
    expect(checkRedirectUrl('http://oauth.example.com/x', true, 'strava').faults).toEqual([plain])
  })
})
