import { forwardingCases } from '../../../src/verify/cases.ts'
import type { Random } from './random.ts'

// Texts are Latin-1: every character is one byte.

/** What a client does after its last byte. */
export type Ending = 'half-close' | 'wait' | 'destroy' | 'deaf'

/** What one connection carries: some requests, harmed, in pieces. */
export interface Conversation {
  readonly pieces: readonly string[]
  readonly ending: Ending
  /** How many answers there must be; undefined when the requests were harmed. */
  readonly answers?: number | undefined
}

const get = (target: string, headers = 'Host: a.example\r\n', method = 'GET', version = 'HTTP/1.1') =>
  `${method} ${target} ${version}\r\n${headers}\r\n`
const callback = '/oauth_callback/strava?code=byoo-made-up-code&state=byoo-made-up-state'

const base64Url = (text: string) => Buffer.from(text).toString('base64url')
/** A state as Junction's link tokens are, for the Link API of this host. */
const tokenFor = (host: string) =>
  `${base64Url('{"alg":"HS256"}')}.${base64Url(`{"sub":"s","aud":"https://${host}/v2/link"}`)}.c2lnbmF0dXJl`

/** Requests that are answered as they should be, before anything happens to them. */
const seeds: readonly string[] = [
  ...forwardingCases.map(({ query }) => get(`/oauth_callback/strava${query}`)),
  get(callback, 'Host: a.example\r\nUser-Agent: x\r\nAccept: text/html,*/*;q=0.8\r\nCookie: a=b\r\n'),
  get(callback, 'Host: a.example\r\n', 'HEAD'),
  get(callback, '', 'GET', 'HTTP/1.0'),
  get(callback, 'Host: a.example\r\nConnection: close\r\n'),
  get('/oauth/unknown_slug/back?a=1&a=2', 'Host: b.example:8443\r\n'),
  get('http://a.example/oauth_callback/oura?x', 'Host: b.example\r\n'),
  ...[
    tokenFor('api.us.junction.com'),
    tokenFor('api.sandbox.tryvital.io'),
    tokenFor('evil.example'),
    'mine',
  ].map((state) => get(`/shared/oura?code=a%2Fb&state=${state}`)),
  get('/oauth_callback/strava/../x?y'),
  get('/oauth_callback/%73trava?y'),
  get('/google0123456789abcdef.html'),
  get('/health', 'Host: anything\r\n'),
  get('/ready'),
  get('/'),
  get('*', 'Host: a.example\r\n', 'OPTIONS'),
  get('a.example:443', 'Host: a.example\r\n', 'CONNECT'),
  `${get(callback, 'Host: a.example\r\nExpect: 100-continue\r\nContent-Length: 3\r\n', 'POST')}a=b`,
  `${get(callback, 'Host: a.example\r\nContent-Length: 11\r\n', 'POST')}hello=world`,
  get(callback, 'Host: a.example\r\nTransfer-Encoding: chunked\r\n', 'POST') +
    '5\r\nhello\r\n0\r\nX: y\r\n\r\n',
  `${get(callback, 'Host: a.example\r\nContent-Length: 4\r\n')}body`,
  get(callback, 'Host: a.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'),
  get(`/oauth_callback/strava?code=${'x'.repeat(20_000)}`),
  get(callback, `Host: a.example\r\n${'X-More: y\r\n'.repeat(100)}`),
]

/** What parsers trip over. */
const tokens: readonly string[] = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  '\0',
  '\t',
  ' ',
  '\xff\xfe',
  '\x80',
  '#',
  '?',
  '%00',
  '%0d%0aLocation: https://evil.example/',
  '\r\nLocation: https://evil.example/\r\n',
  '&state=',
  `&state=${tokenFor('api.us.junction.com')}`,
  '//evil.example/',
  '/\\evil.example',
  '@evil.example',
  '..;/',
  '{provider}',
  'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n',
  ' HTTP/1.1\r\n',
  ' HTTP/0.9\r\n',
  ' HTTP/2.0\r\n',
  'Host: evil.example\r\n',
  'host:\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: 99999999999999999999\r\n',
  'Content-Length: -1\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: identity, chunked\r\n',
  'Transfer-Encoding:\x0bchunked\r\n',
  'Expect: 100-continue\r\n',
  'Expect: y\r\n',
  'Connection: close\r\n',
  'Connection: keep-alive, Upgrade\r\nUpgrade: h2c\r\n',
  ' folded: header\r\n',
  '0\r\n\r\n',
  'ffffffffffffffff\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
]

type Mutation = (bytes: string, random: Random) => string

function spliced(bytes: string, start: number, end: number, inserted: string): string {
  return bytes.slice(0, start) + inserted + bytes.slice(end)
}

function range(bytes: string, random: Random): [start: number, end: number] {
  const start = random.integer(bytes.length + 1)
  return [start, Math.min(bytes.length, start + random.integer(random.pick([2, 10, 100, 5000])))]
}

const mutations: readonly Mutation[] = [
  // One bit.
  (bytes, random) => {
    const at = random.integer(bytes.length)
    return spliced(bytes, at, at + 1, String.fromCharCode(bytes.charCodeAt(at) ^ (1 << random.integer(8))))
  },
  // One byte.
  (bytes, random) => {
    const at = random.integer(bytes.length)
    return spliced(bytes, at, at + 1, random.bytes(1))
  },
  (bytes, random) => spliced(bytes, ...insertion(bytes, random), random.bytes(1 + random.integer(20))),
  (bytes, random) => spliced(bytes, ...insertion(bytes, random), random.pick(tokens)),
  (bytes, random) => spliced(bytes, ...range(bytes, random), random.pick(tokens)),
  (bytes, random) => spliced(bytes, ...range(bytes, random), ''),
  (bytes, random) => bytes.slice(0, random.integer(bytes.length + 1)),
  // A part twice, there or elsewhere.
  (bytes, random) => {
    const [start, end] = range(bytes, random)
    const at = random.percent(50) ? end : random.integer(bytes.length + 1)
    return spliced(bytes, at, at, bytes.slice(start, end))
  },
  // The beginning of one request and the end of another.
  (bytes, random) => {
    const other = random.pick(seeds)
    return bytes.slice(0, random.integer(bytes.length + 1)) + other.slice(random.integer(other.length))
  },
  // Something much too long.
  (bytes, random) =>
    spliced(
      bytes,
      ...insertion(bytes, random),
      random.pick(['x', 'a:b\r\n', ' ', '\xe9', '%']).repeat(random.integer(70_000)),
    ),
  (bytes, random) => {
    const [line = '', ...rest] = bytes.split('\r\n')
    const order = random.percent(50) ? rest.toReversed() : [...rest, ...rest]
    return [line, ...order].join('\r\n')
  },
]

function insertion(bytes: string, random: Random): [number, number] {
  const at = random.integer(bytes.length + 1)
  return [at, at]
}

/** In bytes; more would only cost time. */
const longest = 200_000

/** What one connection does; some are left whole, so that harmed and whole ones meet in the server. */
export function createConversation(random: Random): Conversation {
  const requests = Array.from({ length: 1 + random.integer(random.pick([1, 3, 12])) }, () =>
    random.pick(seeds),
  )
  let bytes = requests.join('')
  const last = requests.findIndex((request) =>
    /^CONNECT|HTTP\/1\.0|^(Connection: close|Expect: .*|Upgrade: .*)\r$/m.test(request),
  )
  const harm = random.pick([0, 1, 1, 2, 3, 8])
  for (let count = 0; count < harm; count += 1) bytes = random.pick(mutations)(bytes || ' ', random)
  bytes = bytes.slice(0, longest)
  const cuts = Array.from({ length: random.pick([0, 0, 1, 3, 20]) }, () => random.integer(bytes.length + 1))
  const edges = [0, ...cuts.sort((left, right) => left - right), bytes.length]
  const pieces = edges.slice(1).map((edge, index) => bytes.slice(edges[index], edge))
  const lot = random.integer(100)
  const ending = lot < 75 ? 'half-close' : lot < 85 ? 'wait' : lot < 95 ? 'destroy' : 'deaf'
  return { pieces, ending, answers: harm > 0 ? undefined : last === -1 ? requests.length : last + 1 }
}
