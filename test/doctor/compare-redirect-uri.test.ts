import { describe, expect, test } from 'vitest'
import { compareRedirectUri } from '../../src/doctor/compare-redirect-uri.ts'

const right = 'https://oauth.example.com/oauth_callback/strava'

describe('a redirect URI that is not the right one', () => {
  test('is told from the right one by nothing but its bytes', () => {
    expect(compareRedirectUri(right, right)).toBeUndefined()
  })

  test.each([
    [` ${right}`, 'white-space', 'has white space before it'],
    [`${right}\r\n`, 'white-space', 'has white space after it'],
    [`\t${right} `, 'white-space', 'has white space before and after it'],
    [right.replace('callback', 'call\u200bback'), 'white-space', 'has white space in it'],
    [`\ufeff${right}`, 'white-space', 'has white space before it'],
    [right.replace('https', 'http'), 'scheme', 'begins with http: instead of https:'],
    [right.replace('oauth.', 'www.oauth.'), 'www', 'has a "www." before the host'],
    [
      right.replace('oauth.example.com', 'oauth.example.org'),
      'host',
      'has the host oauth.example.org instead of oauth.example.com',
    ],
    [
      right.replace('example.com', 'example.com.'),
      'host',
      'has the host oauth.example.com. instead of oauth.example.com',
    ],
    [right.replace('.com', '.com:443'), 'port', 'names the port 443'],
    [right.replace('oauth.example', 'OAuth.example'), 'case', 'has "O" where "o" should stand'],
    [right.replace('strava', 'Strava'), 'case', 'has "S" where "s" should stand'],
    [`${right}/`, 'trailing-slash', 'has a slash more at the end'],
    [
      right.replace('oauth_callback', 'oauth/callback'),
      'path',
      'has the path /oauth/callback/strava instead of /oauth_callback/strava',
    ],
    [
      right.replace('_callback', '%5Fcallback'),
      'path',
      'has the path /oauth%5Fcallback/strava instead of /oauth_callback/strava',
    ],
    ['https://oauth.example.com', 'path', 'has no path instead of /oauth_callback/strava'],
    [`${right}?a=b`, 'query', 'has a query or fragment, which no redirect URI may have'],
    [`${right}#`, 'query', 'has a query or fragment, which no redirect URI may have'],
    ['oauth.example.com/oauth_callback/strava', 'spelling', 'is no URL'],
    ['not-a-url', 'spelling', 'is no URL'],
    [` ${right.replace('oauth.', 'OAuth.')}`, 'spelling', 'is another spelling of the same address'],
  ])('%j: %s', (received, difference, words) => {
    expect(compareRedirectUri(right, received)).toEqual({ difference, words })
  })

  test.each([
    ['https://www.example.com/x', 'https://example.com/x', 'www', 'lacks the "www." before the host'],
    ['https://example.com/x/', 'https://example.com/x', 'trailing-slash', 'has a slash less at the end'],
    ['https://example.com:8443/x', 'https://example.com/x', 'port', 'lacks the port 8443'],
    ['http://127.0.0.1:1/x', 'http://127.0.0.1:2/x', 'port', 'has the port 2 instead of 1'],
    ['http://[::1]:1/x', 'http://[::1]:2/x', 'port', 'has the port 2 instead of 1'],
    ['http://[::1]:1/x', 'http://[::2]:1/x', 'host', 'has the host [::2] instead of [::1]'],
  ])('%s against %s: %s', (expected, received, difference, words) => {
    expect(compareRedirectUri(expected, received)).toEqual({ difference, words })
  })
})
