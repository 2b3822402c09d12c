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
  readonly title: string
  readonly why: string
  readonly advice: string
}

/** A value in base64url that is shaped like a signed token (RFC 7515 §3.1) and says what it is. */
const madeUpToken =
  'eyJhbGciOiJub25lIn0.eyJub3RlIjoiYnlvbyB0ZXN0LCBub3QgYSByZWFsIHN0YXRlIn0.bm90LWEtc2lnbmF0dXJl'

/** Part of every made-up code, so that whoever reads a log sees where it came from. */
export const marker = 'byoo-made-up'

const code = `${marker}-code`
const state = `${marker}-state`

const slice = 'Take the query from the raw request target and append it as it is.'
const noParser = 'Do not parse the query and write it again: pass the raw text on.'
const noDecoding = 'Do not decode the query.'
const unknownToo = 'Pass on parameters that you do not know.'
const unchanged = 'Pass the bytes on as they arrive, without normalising them.'
const limits = 'Raise the limits for the request line and for response headers, on every hop.'

export const forwardingCases: readonly ForwardingCase[] = [
  {
    id: 'code-and-state',
    group: 'required',
    query: `?code=${code}&state=${state}`,
    title: 'code and state',
    why: 'RFC 6749 §4.1.2: the answer of every OAuth 2.0 provider',
    advice: slice,
  },
  {
    id: 'no-query',
    group: 'required',
    query: '',
    title: 'no query at all',
    why: 'RFC 3986 §3.4: no query and an empty one are two things; nothing may be invented',
    advice: 'Append "?" and the query only when the request has them.',
  },
  {
    id: 'signed-state',
    group: 'required',
    query: `?code=${code}&state=${madeUpToken}`,
    title: 'a signed token as state',
    why: "Junction's state is a signed token (RFC 7515): one changed byte breaks the signature",
    advice: slice,
  },
  {
    id: 'strava',
    group: 'required',
    query: `?state=&code=${code}&scope=read,activity:read_all`,
    title: "Strava's empty state and raw commas and colons",
    why: 'RFC 3986 §3.4: "," and ":" may stand raw in a query, and Strava sends them',
    advice: noParser,
  },
  {
    id: 'google',
    group: 'required',
    query: `?state=${state}&code=4%2F0A${code}&scope=email+profile+https%3A%2F%2Fwww.googleapis.com%2Fauth%2Ffitness.activity.read`,
    title: "Google's escapes and plus signs",
    why: 'RFC 6749 appendix B: values are form-encoded, and decoding them belongs to the client',
    advice: noParser,
  },
  {
    id: 'denied',
    group: 'required',
    query: `?error=access_denied&error_description=The+user+denied&state=${state}`,
    title: 'a refusal by the user',
    why: 'RFC 6749 §4.1.2.1: a refusal comes as error and state, without a code',
    advice: 'Do not demand a code: forward refusals alike.',
  },
  {
    id: 'issuer',
    group: 'required',
    query: `?code=${code}&state=${state}&iss=https%3A%2F%2Fprovider.example`,
    title: 'iss beside code and state',
    why: 'RFC 9207 §2: clients compare the issuer as a string',
    advice: unknownToo,
  },
  {
    id: 'oauth-1',
    group: 'required',
    query: `?oauth_token=${code}&oauth_verifier=${state}`,
    title: 'OAuth 1.0a',
    why: 'RFC 5849 §2.2: oauth_token and oauth_verifier, no code and no state',
    advice: unknownToo,
  },
  {
    id: 'plus-and-space',
    group: 'required',
    query: '?a=%2B&b=+&c=%20',
    title: '%2B, + and %20',
    why: 'RFC 6749 appendix B: a plus sign, and a space in two spellings',
    advice: noParser,
  },
  {
    id: 'base64-padding',
    group: 'required',
    query: '?state=Zm9v%3D%3D&x=Zm9vYg==',
    title: 'base64 padding',
    why: 'RFC 4648 §4: "=" ends many states; RFC 3986 §3.4 allows it raw',
    advice: noParser,
  },
  {
    id: 'duplicates',
    group: 'required',
    query: '?a=1&b=2&a=3&a=1',
    title: 'a name more than once',
    why: 'RFC 3986 §3.4: a query is one text; names may repeat, and their order counts',
    advice: 'Do not put the parameters into a map.',
  },
  {
    id: 'empty-values',
    group: 'required',
    query: '?b=&a&=x&&c=1',
    title: 'empty names and values',
    why: 'RFC 3986 §3.4: a query is one text; Strava sends an empty state',
    advice: 'Do not filter empty parameters.',
  },
  {
    id: 'percent-encoded',
    group: 'required',
    query: '?a=%25&b=%2525',
    title: '%25 and %2525',
    why: 'RFC 3986 §2.4: the same text must not be decoded or encoded twice',
    advice: slice,
  },
  {
    id: 'semicolon',
    group: 'required',
    query: '?a=1;b=2',
    title: 'a semicolon',
    why: 'RFC 3986 §2.2: ";" is data in a query, not a separator',
    advice: noParser,
  },
  {
    id: 'lower-case-hex',
    group: 'required',
    query: '?a=%e2%9c%93',
    title: 'lower-case hex digits',
    why: 'RFC 3986 §6.2.2.1: equal in meaning, but a signature is over the bytes',
    advice: unchanged,
  },
  {
    id: 'long-state',
    group: 'required',
    query: `?code=${code}&state=${'s'.repeat(4000)}`,
    title: 'a state of 4,000 bytes',
    why: 'RFC 9110 §4.1: request targets of 8,000 octets and more should be accepted',
    advice: limits,
  },

  {
    id: 'bare-question-mark',
    group: 'exact',
    query: '?',
    title: 'a bare ?',
    why: 'RFC 3986 §6.2.3: an empty query is not the same as none',
    advice: 'Append everything from the first "?" on, the "?" included.',
  },
  {
    id: 'double-question-mark',
    group: 'exact',
    query: '??state=a',
    title: '?? at the start',
    why: 'RFC 3986 §3.4: "?" is allowed within a query',
    advice: 'Append everything from the first "?" on.',
  },
  {
    id: 'second-question-mark',
    group: 'exact',
    query: '?state=a?b=c',
    title: 'a second ?',
    why: 'RFC 3986 §3.4: "?" is allowed within a query',
    advice: 'Split the request target at the first "?" only.',
  },
  {
    id: 'trailing-ampersand',
    group: 'exact',
    query: '?state=a&',
    title: 'an & at the end',
    why: 'RFC 3986 §3.4: a query is one text',
    advice: unchanged,
  },
  {
    id: 'slash-hex-case',
    group: 'exact',
    query: '?a=%2F&b=%2f',
    title: '%2F and %2f',
    why: 'RFC 3986 §6.2.2.1: equal in meaning, different as bytes',
    advice: unchanged,
  },
  {
    id: 'encoded-unreserved',
    group: 'exact',
    query: '?a=%7E&b=%2D&c=%41',
    title: '%7E, %2D and %41',
    why: 'RFC 3986 §6.2.2.2: equal in meaning when decoded, different as bytes',
    advice: unchanged,
  },
  {
    id: 'raw-delimiters',
    group: 'exact',
    query: "?a=/:@?,!$'()*",
    title: 'raw delimiters',
    why: 'RFC 3986 §3.4: all of them may stand raw in a query',
    advice: unchanged,
  },
  {
    id: 'raw-brackets',
    group: 'exact',
    query: '?a=[]{}|\\^`',
    title: 'raw brackets, bar, backslash, caret and backtick',
    why: 'WHATWG URL: browsers send these raw in a query',
    advice: unchanged,
  },
  {
    id: 'malformed-percent',
    group: 'exact',
    query: '?a=%&b=%zz&c=%4',
    title: '% without two hex digits',
    why: 'WHATWG URL: browsers send a malformed escape as it is',
    advice: noDecoding,
  },
  {
    id: 'encoded-nul',
    group: 'exact',
    query: '?a=%00',
    title: '%00',
    why: 'RFC 3986 §2.1: encoded, it is data like any other',
    advice: noDecoding,
  },
  {
    id: 'encoded-newline',
    group: 'exact',
    query: '?a=%0d%0aSet-Cookie:x=1',
    title: '%0d%0a and a header after it',
    why: 'RFC 9110 §5.5: decoded into Location, it would begin a new header',
    advice: noDecoding,
  },
  {
    id: 'encoded-invalid-utf-8',
    group: 'exact',
    query: '?a=%ff%fe',
    title: '%ff%fe, which is not UTF-8',
    why: 'RFC 3986 §2.1: an escape is an octet, not a character',
    advice: noDecoding,
  },
  {
    id: 'prototype-names',
    group: 'exact',
    query: '?__proto__=a&constructor=b',
    title: 'names that objects have already',
    why: 'RFC 3986 §3.4: a query is one text, and any name is allowed',
    advice: 'Do not put the parameters into an object.',
  },
  {
    id: 'many-parameters',
    group: 'exact',
    query: `?${Array.from({ length: 1500 }, (_, i) => `p${i}=`).join('&')}`,
    title: '1,500 parameters',
    why: 'RFC 3986 §3.4: a query is one text; parsers stop counting, often at 1,000',
    advice: noParser,
  },
  {
    id: 'long-query',
    group: 'exact',
    query: `?state=${'q'.repeat(8000 - '?state='.length)}`,
    title: 'a query of 8,000 bytes',
    why: 'RFC 9110 §4.1: request targets of 8,000 octets and more should be accepted',
    advice: limits,
  },

  {
    id: 'raw-quotes',
    group: 'hardened',
    query: '?a="<>',
    title: 'raw quotes and angle brackets',
    why: 'RFC 3986 §2: not allowed in a URI; only tools send them, and a change is still a change',
    advice: unchanged,
  },
]
