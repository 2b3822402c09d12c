import { type Case, marker } from './case.ts'

/**
 * Queries that a callback endpoint must pass on byte for byte. `required`: a failure breaks real logins. `exact`:
 * bytes that browsers can send, where a change keeps the meaning but is a change. `hardened`: only tools send them.
 */
export interface ForwardingCase extends Pick<Case, 'id' | 'group' | 'title' | 'why'> {
  /** From the first `?` to the end of the request target, or nothing. */
  readonly query: string
}

/** A value in base64url that is shaped like a signed token (RFC 7515 §3.1) and says what it is. */
const madeUpToken =
  'eyJhbGciOiJub25lIn0.eyJub3RlIjoiYnlvbyB0ZXN0LCBub3QgYSByZWFsIHN0YXRlIn0.bm90LWEtc2lnbmF0dXJl'

const code = `${marker}-code`
const state = `${marker}-state`

const byGroup: Record<
  'required' | 'exact' | 'hardened',
  Record<string, Omit<ForwardingCase, 'id' | 'group'>>
> = {
  required: {
    'code-and-state': {
      query: `?code=${code}&state=${state}`,
      title: 'code and state',
      why: 'RFC 6749 §4.1.2: the answer of every OAuth 2.0 provider',
    },
    'no-query': {
      query: '',
      title: 'no query at all',
      why: 'RFC 3986 §3.4: no query and an empty one are two things; nothing may be invented',
    },
    'signed-state': {
      query: `?code=${code}&state=${madeUpToken}`,
      title: 'a signed token as state',
      why: "Junction's state is a signed token (RFC 7515): one changed byte breaks the signature",
    },
    strava: {
      query: `?state=&code=${code}&scope=read,activity:read_all`,
      title: "Strava's empty state and raw commas and colons",
      why: 'RFC 3986 §3.4: "," and ":" may stand raw in a query, and Strava sends them',
    },
    google: {
      query: `?state=${state}&code=4%2F0A${code}&scope=email+profile+https%3A%2F%2Fwww.googleapis.com%2Fauth%2Ffitness.activity.read`,
      title: "Google's escapes and plus signs",
      why: 'RFC 6749 appendix B: values are form-encoded, and decoding them belongs to the client',
    },
    denied: {
      query: `?error=access_denied&error_description=The+user+denied&state=${state}`,
      title: 'a refusal by the user',
      why: 'RFC 6749 §4.1.2.1: a refusal comes as error and state, without a code',
    },
    issuer: {
      query: `?code=${code}&state=${state}&iss=https%3A%2F%2Fprovider.example`,
      title: 'iss beside code and state',
      why: 'RFC 9207 §2: clients compare the issuer as a string',
    },
    'oauth-1': {
      query: `?oauth_token=${code}&oauth_verifier=${state}`,
      title: 'OAuth 1.0a',
      why: 'RFC 5849 §2.2: oauth_token and oauth_verifier, no code and no state',
    },
    'plus-and-space': {
      query: '?a=%2B&b=+&c=%20',
      title: '%2B, + and %20',
      why: 'RFC 6749 appendix B: a plus sign, and a space in two spellings',
    },
    'base64-padding': {
      query: '?state=Zm9v%3D%3D&x=Zm9vYg==',
      title: 'base64 padding',
      why: 'RFC 4648 §4: "=" ends many states; RFC 3986 §3.4 allows it raw',
    },
    duplicates: {
      query: '?a=1&b=2&a=3&a=1',
      title: 'a name more than once',
      why: 'RFC 3986 §3.4: a query is one text; names may repeat, and their order counts',
    },
    'empty-values': {
      query: '?b=&a&=x&&c=1',
      title: 'empty names and values',
      why: 'RFC 3986 §3.4: a query is one text; Strava sends an empty state',
    },
    'percent-encoded': {
      query: '?a=%25&b=%2525',
      title: '%25 and %2525',
      why: 'RFC 3986 §2.4: the same text must not be decoded or encoded twice',
    },
    semicolon: {
      query: '?a=1;b=2',
      title: 'a semicolon',
      why: 'RFC 3986 §2.2: ";" is data in a query, not a separator',
    },
    'lower-case-hex': {
      query: '?a=%e2%9c%93',
      title: 'lower-case hex digits',
      why: 'RFC 3986 §6.2.2.1: equal in meaning, but a signature is over the bytes',
    },
    'long-state': {
      query: `?code=${code}&state=${'s'.repeat(4000)}`,
      title: 'a state of 4,000 bytes',
      why: 'RFC 9110 §4.1: request targets of 8,000 octets and more should be accepted',
    },
  },
  exact: {
    'bare-question-mark': {
      query: '?',
      title: 'a bare ?',
      why: 'RFC 3986 §6.2.3: an empty query is not the same as none',
    },
    'double-question-mark': {
      query: '??state=a',
      title: '?? at the start',
      why: 'RFC 3986 §3.4: "?" is allowed within a query',
    },
    'second-question-mark': {
      query: '?state=a?b=c',
      title: 'a second ?',
      why: 'RFC 3986 §3.4: "?" is allowed within a query',
    },
    'trailing-ampersand': {
      query: '?state=a&',
      title: 'an & at the end',
      why: 'RFC 3986 §3.4: a query is one text',
    },
    'slash-hex-case': {
      query: '?a=%2F&b=%2f',
      title: '%2F and %2f',
      why: 'RFC 3986 §6.2.2.1: equal in meaning, different as bytes',
    },
    'encoded-unreserved': {
      query: '?a=%7E&b=%2D&c=%41',
      title: '%7E, %2D and %41',
      why: 'RFC 3986 §6.2.2.2: equal in meaning when decoded, different as bytes',
    },
    'raw-delimiters': {
      query: "?a=/:@?,!$'()*",
      title: 'raw delimiters',
      why: 'RFC 3986 §3.4: all of them may stand raw in a query',
    },
    'raw-brackets': {
      query: '?a=[]{}|\\^`',
      title: 'raw brackets, bar, backslash, caret and backtick',
      why: 'WHATWG URL: browsers send these raw in a query',
    },
    'malformed-percent': {
      query: '?a=%&b=%zz&c=%4',
      title: '% without two hex digits',
      why: 'WHATWG URL: browsers send a malformed escape as it is',
    },
    'encoded-nul': {
      query: '?a=%00',
      title: '%00',
      why: 'RFC 3986 §2.1: encoded, it is data like any other',
    },
    'encoded-newline': {
      query: '?a=%0d%0aSet-Cookie:x=1',
      title: '%0d%0a and a header after it',
      why: 'RFC 9110 §5.5: decoded into Location, it would begin a new header',
    },
    'encoded-invalid-utf-8': {
      query: '?a=%ff%fe',
      title: '%ff%fe, which is not UTF-8',
      why: 'RFC 3986 §2.1: an escape is an octet, not a character',
    },
    'prototype-names': {
      query: '?__proto__=a&constructor=b',
      title: 'names that objects have already',
      why: 'RFC 3986 §3.4: a query is one text, and any name is allowed',
    },
    'many-parameters': {
      query: `?${Array.from({ length: 1500 }, (_, i) => `p${i}=`).join('&')}`,
      title: '1,500 parameters',
      why: 'RFC 3986 §3.4: a query is one text; parsers stop counting, often at 1,000',
    },
    'long-query': {
      query: `?state=${'q'.repeat(8000 - '?state='.length)}`,
      title: 'a query of 8,000 bytes',
      why: 'RFC 9110 §4.1: request targets of 8,000 octets and more should be accepted',
    },
  },
  hardened: {
    'raw-quotes': {
      query: '?a="<>',
      title: 'raw quotes and angle brackets',
      why: 'RFC 3986 §2: not allowed in a URI; only tools send them, and a change is still a change',
    },
  },
}

export const forwardingCases: readonly ForwardingCase[] = (
  ['required', 'exact', 'hardened'] as const
).flatMap((group) => Object.entries(byGroup[group]).map(([id, entry]) => ({ id, group, ...entry })))
