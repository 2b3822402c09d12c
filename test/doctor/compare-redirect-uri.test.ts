import { describe, expect, test } from 'vitest'
import { describeDifference } from '../../src/doctor/compare-redirect-uri.ts'

const right = 'https://oauth.example.com/oauth_callback/strava'

describe('a redirect URI that is not the right one', () => {
  test.each([
    [` ${right}`, 'has white space before it'],
    [`${right}\r\n`, 'has white space after it'],
    [`\t${right} `, 'has white space before and after it'],
    [right.replace('callback', 'call\u200bback'), 'has white space in it'],
    [`\ufeff${right}`, 'has white space before it'],
    [right.replace('https', 'http'), 'begins with http: instead of https:'],
    [right.replace('oauth.', 'www.oauth.'), 'has an extra "www." before the host'],
    [
      right.replace('oauth.example.com', 'oauth.example.org'),
      'has the host oauth.example.org instead of oauth.example.com',
    ],
    [
      right.replace('example.com', 'example.com.'),
      'has the host oauth.example.com. instead of oauth.example.com',
    ],
    [right.replace('.com', '.com:443'), 'has an extra port, 443'],
    [right.replace('oauth.example', 'OAuth.example'), 'has "O" instead of "o"'],
    [right.replace('strava', 'Strava'), 'has "S" instead of "s"'],
    [`${right}/`, 'has an extra slash at the end'],
    [
      right.replace('oauth_callback', 'oauth/callback'),
      'has the path /oauth/callback/strava instead of /oauth_callback/strava',
    ],
    [
      right.replace('_callback', '%5Fcallback'),
      'has the path /oauth%5Fcallback/strava instead of /oauth_callback/strava',
    ],
    ['https://oauth.example.com', 'has no path instead of /oauth_callback/strava'],
    [`${right}?a=b`, 'has a query or fragment, which a redirect URI must not have'],
    [`${right}#`, 'has a query or fragment, which a redirect URI must not have'],
    ['oauth.example.com/oauth_callback/strava', 'is not a URL'],
    ['not-a-url', 'is not a URL'],
    [` ${right.replace('oauth.', 'OAuth.')}`, 'is another spelling of the same address'],
    ['https://old.example.org/callback', 'is another URL'],
    [`${right.replace('https', 'http')}/`, 'is another URL'],
    [`${right.replace('.com', '.com:443')}?a=b`, 'is another URL'],
  ])('%j: %s', (received, words) => {
    expect(describeDifference(right, received)).toBe(words)
  })

  test.each([
    ['https://www.example.com/x', 'https://example.com/x', 'lacks the "www." before the host'],
    ['https://example.com/x/', 'https://example.com/x', 'lacks the slash at the end'],
    ['https://example.com:8443/x', 'https://example.com/x', 'lacks the port 8443'],
    ['http://127.0.0.1:1/x', 'http://127.0.0.1:2/x', 'has the port 2 instead of 1'],
    ['http://[::1]:1/x', 'http://[::1]:2/x', 'has the port 2 instead of 1'],
    ['http://[::1]:1/x', 'http://[::2]:1/x', 'has the host [::2] instead of [::1]'],
  ])('%s against %s: %s', (expected, received, words) => {
    expect(describeDifference(expected, received)).toBe(words)
  })
})
