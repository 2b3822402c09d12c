import { hosts, junctionEnvironments } from '../junction/environments.ts'
import type { Expectation } from './judge.ts'

/** Part of every made-up code, so that whoever reads a log sees where it came from. */
export const marker = 'byoo-made-up'

/** A host that cannot exist (RFC 6761 §6.4): if it comes back in a `Location`, the endpoint can be led astray. */
export const plantedHost = `${marker}.invalid`

/**
 * `required`: a failure breaks real logins or gives codes away. `exact`: a change that keeps the meaning. `hardened`:
 * what only tools and attackers send. `limits`: how long a query may be.
 */
export const groups = ['required', 'exact', 'hardened', 'limits'] as const
export type Group = (typeof groups)[number]

/** What is sent, as far as it differs from `GET <callback> HTTP/1.1` with the endpoint's own `Host`. */
export interface Send {
  readonly method?: string
  /** From the first `?` to the end of the request target, or nothing. */
  readonly query?: string
  /** Stands where the provider stands; `{provider}`, `{PROVIDER}` and `{%provider}` are the slug, in three spellings. */
  readonly slug?: string
  /** Follows the path. */
  readonly suffix?: string
  /** The path instead; `{callback}`, `{origin}` and `{authority}` are the endpoint's. */
  readonly target?: string
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly host?: 'none' | 'twice' | 'foreign'
  readonly version?: 'HTTP/1.0'
  readonly body?: string
  /** Another provider's callback. */
  readonly otherProvider?: true
  /** A TLS handshake that offers only what RFC 8996 forbids. */
  readonly oldTls?: true
}

/** One thing that `byoo verify` looks at. */
export interface Case {
  /** Stable: scripts and bug reports name it. */
  readonly id: string
  readonly group: Group
  readonly send: Send
  readonly expect: Expectation
  /** What is looked at, in a few words. */
  readonly title: string
  /** The rule behind it: an RFC's section, or Junction's. */
  readonly why: string
}

/**
 * A query alone must be passed on byte for byte, and anything else, which is sent with the plain callback, be refused;
 * unless told otherwise.
 */
type Row = readonly [id: string, title: string, send: string | Send, expect?: Expectation]

const code = `${marker}-code`
const state = `${marker}-state`
const callback = `?code=${code}&state=${state}`

/** A value in base64url that is shaped like a signed token (RFC 7515 §3.1) and says what it is. */
const madeUpToken =
  'eyJhbGciOiJub25lIn0.eyJub3RlIjoiYnlvbyB0ZXN0LCBub3QgYSByZWFsIHN0YXRlIn0.bm90LWEtc2lnbmF0dXJl'

const googleScope = 'email+profile+https%3A%2F%2Fwww.googleapis.com%2Fauth%2Ffitness.activity.read'
const lineBreak = '?a=%0d%0aSet-Cookie:x=1'
const manyNames = Array.from({ length: 1500 }, (_, index) => `p${index}=`)

const plantedNames = ['redirect_uri', 'redirect', 'url', 'next', 'target', 'return_to', 'state']
const plantedValues = plantedNames.map((name) => `${name}=https%3A%2F%2F${plantedHost}%2F`)
const plantedQuery = `?${plantedValues.join('&')}`
const plantedPath: Send = { target: `//${plantedHost}/%2e%2e{callback}/` }
const plantedHeaders: Send = {
  headers: [
    ['X-Forwarded-Host', plantedHost],
    ['Forwarded', `host=${plantedHost}`],
    ['X-Original-URL', `//${plantedHost}/`],
    ['Referer', `https://${plantedHost}/`],
  ],
}

const otherPath: Send = { suffix: `/${marker}-path` }
const markedPath: Send = { ...otherPath, query: `${callback}&x=%22%3Cb%3E` }
const header = (value: string): Send => ({ headers: [['X-Byoo', value]] })

/** Both readings end at the same byte, so that nothing is left over for a next request. */
const lengthAndChunked: Send = {
  headers: [
    ['Content-Length', '5'],
    ['Transfer-Encoding', 'chunked'],
  ],
  body: '0\r\n\r\n',
}

/** On a redirect URI that is shared with an app, the `aud` of Junction's link token says whose login it is. */
const stateRows = junctionEnvironments.map((environment): Row => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { note: 'byoo test, not a real state', aud: `${hosts[environment]}/v2/link` }
  const token = `${encode({ alg: 'none' })}.${encode(claims)}.${encode('not a signature')}`
  const title = `the state of a login in ${environment}, where a redirect URI is shared`
  const query = `?code=${code}&state=${token}`
  return [`state-of-${environment.replace('/', '-')}`, title, query, 'by-state']
})

/** By group, each under the rule behind it: an RFC's section, or Junction's. */
const rows: Record<Group, readonly (string | Row)[]> = {
  required: [
    'RFC 6749 §4.1.2: the answer of every OAuth 2.0 provider',
    ['code-and-state', 'code and state', callback],
    'RFC 3986 §3.4: no query and an empty one are two things; nothing may be invented',
    ['no-query', 'no query at all', ''],
    "Junction's state is a signed token (RFC 7515): one changed byte breaks the signature",
    ['signed-state', 'a signed token as state', `?code=${code}&state=${madeUpToken}`],
    'RFC 3986 §3.4: "," and ":" may stand raw in a query, and Strava sends them',
    ['strava', 'an empty state, and raw , and :', `?state=&code=${code}&scope=read,activity:read_all`],
    'RFC 6749 appendix B: values are form-encoded, and decoding them belongs to the client',
    ['google', "Google's escapes and plus signs", `?state=${state}&code=4%2F0A${code}&scope=${googleScope}`],
    'RFC 6749 §4.1.2.1: a refusal comes as error and state, without a code',
    ['denied', 'a refusal', `?error=access_denied&error_description=The+user+denied&state=${state}`],
    'RFC 9207 §2: clients compare the issuer as a string',
    ['issuer', 'iss beside code and state', `${callback}&iss=https%3A%2F%2Fprovider.example`],
    'RFC 5849 §2.2: oauth_token and oauth_verifier, no code and no state',
    ['oauth-1', 'OAuth 1.0a', `?oauth_token=${code}&oauth_verifier=${state}`],
    'RFC 6749 appendix B: a plus sign, and a space in two spellings',
    ['plus-and-space', '%2B, + and %20', '?a=%2B&b=+&c=%20'],
    'RFC 4648 §4: "=" ends many states; RFC 3986 §3.4 allows it raw',
    ['base64-padding', 'base64 padding', '?state=Zm9v%3D%3D&x=Zm9vYg=='],
    'RFC 3986 §3.4: a query is one text; names may repeat, their order counts, and Strava sends an empty state',
    ['duplicates', 'a name more than once', '?a=1&b=2&a=3&a=1'],
    ['empty-values', 'empty names and values', '?b=&a&=x&&c=1'],
    'RFC 3986 §2.4: the same text must not be decoded or encoded twice',
    ['percent-encoded', '%25 and %2525', '?a=%25&b=%2525'],
    'RFC 3986 §2.2: ";" is data in a query, not a separator',
    ['semicolon', 'a semicolon', '?a=1;b=2'],
    'RFC 3986 §6.2.2.1: equal in meaning, but a signature is over the bytes',
    ['lower-case-hex', 'lower-case hex digits', '?a=%e2%9c%93'],
    'RFC 9110 §4.1: request targets of 8,000 octets and more should be accepted',
    ['long-state', 'a state of 4,000 bytes', `?code=${code}&state=${'s'.repeat(4000)}`],
    'RFC 9110 §9.3.2: answered like GET; link scanners and previews ask with it first',
    ['head', 'HEAD', { method: 'HEAD' }, 'forwarded'],
    "Junction tells providers apart by the last segment of its callback's path",
    ['other-provider', "another provider's callback", { otherProvider: true }, 'other-provider'],
    "RFC 7519 §4.1.3: aud is the Link API that Junction's token was made for",
    ...stateRows,
    'RFC 6749 §3.1.2.3: providers compare the redirect URI with the registered one as a string',
    ['no-hop', 'no redirect to itself first', {}, 'direct'],
    'RFC 9111 §3: a kept answer holds the authorization code',
    ['not-cacheable', 'no cache may keep the answer', {}, 'not-cacheable'],
    'RFC 9700 §4.2: pages that hold a code leak it to scripts, extensions and logs',
    ['no-code-in-body', 'no code in the body', {}, 'no-code-in-body'],
    'RFC 9700 §4.11: an open redirector hands codes to attackers, who can make up any query and header',
    ['no-open-redirect-by-query', 'the query does not choose the target', plantedQuery, 'not-elsewhere'],
    ['no-open-redirect-by-host', 'Host does not choose the target', { host: 'foreign' }, 'not-elsewhere'],
    ['no-open-redirect-by-header', 'headers do not choose the target', plantedHeaders, 'not-elsewhere'],
    'RFC 9700 §4.11: to browsers, a Location that begins with // names a host',
    ['no-open-redirect-by-path', 'the path does not choose the target', plantedPath, 'not-elsewhere'],
    'RFC 9110 §5.5: whoever can add a header can set cookies for your domain',
    ['no-header-injected', 'a line break makes no header', { query: lineBreak }, 'no-header-injected'],
    'RFC 9700 §2.6: a code must not travel in clear; providers refuse http redirect URIs',
    ['encrypted', 'https', {}, 'encrypted'],
    'RFC 9525 §6: browsers stop at a certificate that is not valid for the name',
    ['certificate', 'a valid certificate', {}, 'certificate'],
  ],
  exact: [
    'RFC 3986 §6.2.3: an empty query is not the same as none',
    ['bare-question-mark', 'a bare ?', '?'],
    'RFC 3986 §3.4: "?" is allowed within a query',
    ['double-question-mark', '?? at the start', '??state=a'],
    ['second-question-mark', 'a second ?', '?state=a?b=c'],
    'RFC 3986 §6.2.2: equal in meaning when decoded, different as bytes',
    ['slash-hex-case', '%2F and %2f', '?a=%2F&b=%2f'],
    ['encoded-unreserved', '%7E, %2D and %41', '?a=%7E&b=%2D&c=%41'],
    'RFC 3986 §3.4: all of them may stand raw in a query',
    ['raw-delimiters', 'raw delimiters', "?a=/:@?,!$'()*"],
    'WHATWG URL: browsers send these as they are',
    ['raw-brackets', 'raw brackets, bar, backslash, caret and backtick', '?a=[]{}|\\^`'],
    ['malformed-percent', '% without two hex digits', '?a=%&b=%zz&c=%4'],
    'RFC 9110 §5.5: decoded into Location, it would begin a new header',
    ['encoded-newline', '%0d%0a and a header after it', lineBreak],
    'RFC 3986 §2.1: an escape is an octet like any other, not a character',
    ['encoded-nul', '%00', '?a=%00'],
    ['encoded-invalid-utf-8', '%ff%fe, which is not UTF-8', '?a=%ff%fe'],
    'RFC 3986 §3.4: a query is one text, in which any name and any delimiter may stand',
    ['trailing-ampersand', 'an & at the end', '?state=a&'],
    ['prototype-names', 'names that objects have already', '?__proto__=a&constructor=b'],
    'RFC 3986 §3.4: a query is one text; parsers stop counting, often at 1,000',
    ['many-parameters', '1,500 parameters', `?${manyNames.join('&')}`],
    'RFC 9110 §4.1: request targets of 8,000 octets and more should be accepted',
    ['long-query', '8,000 bytes', '?state='.padEnd(8000, 'q')],
    "RFC 9110 §15.4.8, and Junction's guide to callback endpoints",
    ['status', 'status 307', {}, 'status'],
    "Junction's documentation names the junction.com hosts; the older tryvital.io ones still work",
    ['current-host', "Junction's current host", {}, 'current-host'],
  ],
  hardened: [
    'RFC 3986 §2: not allowed in a URI; only tools send them, and a change is still a change',
    ['raw-quotes', 'raw quotes and angle brackets', '?a="<>'],
    'RFC 9110 §15.4.8: after a 307 the browser sends the same method and body to the target',
    ['method-post', 'POST', { method: 'POST', body: 'a=1' }],
    ['method-put', 'PUT', { method: 'PUT', body: 'a=1' }],
    ['method-delete', 'DELETE', { method: 'DELETE' }],
    ['method-trace', 'TRACE', { method: 'TRACE' }],
    'RFC 9112 §3.2: a request target has no fragment; dropping and forwarding it are both wrong',
    ['fragment', '# in the request target', `${callback}#fragment`, 'refused'],
    'RFC 6749 §3.1.2.3: redirect URIs are compared as strings; a second spelling hides a mistake',
    ['trailing-slash', 'a slash after the path', { suffix: '/' }],
    'RFC 9700 §4.11: a catch-all forwards what was never meant for it',
    ['other-path', 'a longer path', otherPath],
    'RFC 9700 §4.11: the provider is all that a request may put into the target; other spellings are a way in',
    ['slug-upper-case', 'the provider in capitals', { slug: '{PROVIDER}' }],
    ['slug-encoded', 'the provider percent-encoded', { slug: '{%provider}' }],
    ['slug-empty', 'no provider', { slug: '' }],
    ['slug-dot-segments', 'dot segments', { slug: '{provider}/../{provider}' }],
    ['slug-encoded-dots', 'encoded dot segments', { slug: '..%2f{provider}' }],
    ['slug-double-slash', 'a second slash and a host', { slug: `/${plantedHost}` }],
    ['slug-at', '@ and a host', { slug: `@${plantedHost}` }],
    'RFC 9112 §3.2: not allowed in a request target, and in Location a header fault',
    ['control-character', 'a raw control character', '?a=\x01', 'refused'],
    'RFC 3986 §2: not allowed in a URI; forwarded as it is or refused, but never changed',
    ['raw-byte', 'a raw byte outside ASCII', '?a=\xe9', 'forwarded-or-refused'],
    'RFC 9112 §3.2: a server MUST answer 400',
    ['no-host', 'no Host header', { host: 'none' }],
    ['two-hosts', 'two Host headers', { host: 'twice' }],
    'RFC 9112 §3.2: these forms are for OPTIONS and CONNECT only',
    ['asterisk-form', '* as request target', { query: '', target: '*' }],
    ['authority-form', 'a host as request target', { query: '', target: '{authority}' }],
    'RFC 9112 §6.3: a sign of request smuggling',
    ['length-and-chunked', 'Content-Length with Transfer-Encoding', lengthAndChunked],
    'RFC 9112 §5.2: obsolete; refused, or read as one line',
    ['folded-header', 'a folded header', header('a\r\n b'), 'forwarded-or-refused'],
    'RFC 6585 §5: too large is 431, not a crash',
    ['large-header', 'a header of 70,000 bytes', header('x'.repeat(70_000)), 'forwarded-or-refused'],
    'RFC 9112 §3.2.2: a server MUST accept it',
    ['absolute-form', 'a whole URL as request target', { target: '{origin}{callback}' }, 'forwarded'],
    'RFC 9110 §9.3.1: a body on GET has no meaning',
    ['body-on-get', 'a GET with a body', { body: `${marker}-body` }, 'forwarded-or-refused'],
    'RFC 9110 §2.5: still spoken by health checks and old proxies',
    ['http-1.0', 'HTTP/1.0', { version: 'HTTP/1.0' }, 'forwarded'],
    'RFC 9700 §4.2.4 Referrer-Policy; RFC 9111 §5.2.2.5 no-store; Fetch §3.6 nosniff',
    ['redirect-headers', 'headers of the redirect that protect the code', {}, 'redirect-headers'],
    'RFC 9110 §15.1: caches may keep 404, 405 and 414 unless told otherwise',
    ['refusal-headers', 'headers of refusals that protect the code', otherPath, 'refusal-headers'],
    'RFC 9700 §4.2: a page that repeats the address can hold a code, or a script',
    ['nothing-reflected', 'error pages repeat nothing of the request', markedPath, 'nothing-reflected'],
    'RFC 9110 §10.2.4: it tells attackers which faults to try',
    ['no-version', 'no software version in the headers', {}, 'no-version'],
    'RFC 9110 §15.4: a redirect needs at most a short note',
    ['bounded-body', 'the redirect ends', {}, 'bounded-body'],
    'RFC 5280 §4.1.2.5: after notAfter, browsers stop',
    ['certificate-lifetime', 'the certificate does not expire soon', {}, 'certificate-lifetime'],
    'RFC 8996 §4, §5: they MUST NOT be used',
    ['old-tls', 'TLS 1.0 and 1.1', { oldTls: true }, 'old-tls-refused'],
  ],
  limits: [
    'RFC 9110 §15.5.15: too long is 414, never a shorter query',
    ['fifteen-thousand', '15,000 bytes', { query: '?state='.padEnd(15_000, 'l') }, 'forwarded-or-refused'],
    ['longest-query', 'where the limit lies, and what happens beyond', '', 'longest-query'],
  ],
}

/** Every case, in the order in which they are shown. */
export const cases: readonly Case[] = groups.flatMap((group) => {
  let why = ''
  return rows[group].flatMap((row): Case[] => {
    if (typeof row === 'string') {
      why = row
      return []
    }
    const [id, title, what, expected] = row
    const isQuery = typeof what === 'string'
    const send = isQuery ? { query: what } : { query: callback, ...what }
    return [{ id, group, title, why, send, expect: expected ?? (isQuery ? 'forwarded' : 'refused') }]
  })
})

/** Those that are a query to be passed on, which the tests of the forwarder ask too. */
export const forwardingCases = cases.flatMap(({ id, group, send: { query = '', ...more }, expect }) =>
  expect === 'forwarded' && Object.keys(more).length === 0 ? [{ id, group, query }] : [],
)
