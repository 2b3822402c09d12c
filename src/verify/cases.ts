/**
 * Queries that a callback endpoint must pass on byte for byte. `required`: a failure breaks real logins. `exact`:
 * bytes that browsers can send, where a change keeps the meaning but is a change. `hardened`: only tools send them.
 */
export interface ForwardingCase {
  /** Stable: scripts and bug reports name it. */
  readonly id: string
  readonly group: 'required' | 'exact' | 'hardened'
  /** From the first `?` to the end of the request target, or nothing. */
  readonly query: string
}

/** A value in base64url that is shaped like a signed token (RFC 7515 §3.1) and says what it is. */
const madeUpState =
  'eyJhbGciOiJub25lIn0.eyJub3RlIjoiYnlvbyB0ZXN0LCBub3QgYSByZWFsIHN0YXRlIn0.bm90LWEtc2lnbmF0dXJl'

const code = 'byoo-made-up-code'
const state = 'byoo-made-up-state'

export const forwardingCases: readonly ForwardingCase[] = [
  { id: 'no-query', group: 'required', query: '' },
  { id: 'code-and-state', group: 'required', query: `?code=${code}&state=${state}` },
  { id: 'signed-state', group: 'required', query: `?code=${code}&state=${madeUpState}` },
  { id: 'strava', group: 'required', query: `?state=&code=${code}&scope=read,activity:read_all` },
  {
    id: 'google',
    group: 'required',
    query: `?state=${state}&code=4%2F0A${code}&scope=email+profile+https%3A%2F%2Fwww.googleapis.com%2Fauth%2Ffitness.activity.read`,
  },
  {
    id: 'denied',
    group: 'required',
    query: `?error=access_denied&error_description=The+user+denied&state=${state}`,
  },
  {
    id: 'issuer',
    group: 'required',
    query: `?code=${code}&state=${state}&iss=https%3A%2F%2Fprovider.example`,
  },
  { id: 'oauth-1', group: 'required', query: `?oauth_token=${code}&oauth_verifier=${state}` },
  { id: 'plus-and-space', group: 'required', query: '?a=%2B&b=+&c=%20' },
  { id: 'base64-padding', group: 'required', query: '?state=Zm9v%3D%3D&x=Zm9vYg==' },
  { id: 'duplicates', group: 'required', query: '?a=1&b=2&a=3&a=1' },
  { id: 'empty-values', group: 'required', query: '?b=&a&=x&&c=1' },
  { id: 'percent-encoded', group: 'required', query: '?a=%25&b=%2525' },
  { id: 'semicolon', group: 'required', query: '?a=1;b=2' },
  { id: 'lower-case-hex', group: 'required', query: '?a=%e2%9c%93' },
  { id: 'long-state', group: 'required', query: `?code=${code}&state=${'s'.repeat(4000)}` },

  { id: 'bare-question-mark', group: 'exact', query: '?' },
  { id: 'double-question-mark', group: 'exact', query: '??state=a' },
  { id: 'second-question-mark', group: 'exact', query: '?state=a?b=c' },
  { id: 'trailing-ampersand', group: 'exact', query: '?state=a&' },
  { id: 'slash-hex-case', group: 'exact', query: '?a=%2F&b=%2f' },
  { id: 'encoded-unreserved', group: 'exact', query: '?a=%7E&b=%2D&c=%41' },
  { id: 'raw-delimiters', group: 'exact', query: "?a=/:@?,!$'()*" },
  { id: 'raw-brackets', group: 'exact', query: '?a=[]{}|\\^`' },
  { id: 'malformed-percent', group: 'exact', query: '?a=%&b=%zz&c=%4' },
  { id: 'encoded-nul', group: 'exact', query: '?a=%00' },
  { id: 'encoded-newline', group: 'exact', query: '?a=%0d%0aSet-Cookie:x=1' },
  { id: 'encoded-invalid-utf-8', group: 'exact', query: '?a=%ff%fe' },
  { id: 'prototype-names', group: 'exact', query: '?__proto__=a&constructor=b' },
  {
    id: 'many-parameters',
    group: 'exact',
    query: `?${Array.from({ length: 1500 }, (_, i) => `p${i}=`).join('&')}`,
  },
  { id: 'long-query', group: 'exact', query: `?state=${'q'.repeat(8000 - '?state='.length)}` },

  { id: 'raw-quotes', group: 'hardened', query: '?a="<>' },
]
