import { hosts, type JunctionEnvironment, junctionEnvironments } from '../../junction/environments.ts'
import type { Expectation } from '../judge.ts'
import { type Case, type Group, groups, marker, plantedHost, type Send } from './case.ts'
import { forwardingCases } from './forwarding-cases.ts'

/** A case under its id. It sends the plain callback unless told otherwise. */
interface Entry extends Pick<Case, 'title' | 'why'> {
  readonly send?: Send
  /** `refused` unless told otherwise. */
  readonly expect?: Expectation
}

const callback = `?code=${marker}-code&state=${marker}-state`
const planted = `https%3A%2F%2F${plantedHost}%2F`

/** Everything that is looked at beside the bytes of the query. */
const behaviour: Record<Group, Record<string, Entry>> = {
  required: {
    head: {
      send: { method: 'HEAD' },
      expect: 'forwarded',
      title: 'HEAD',
      why: 'RFC 9110 §9.3.2: answered like GET; link scanners and previews ask with it first',
    },
    'other-provider': {
      send: { otherProvider: true },
      expect: 'other-provider',
      title: "another provider's callback",
      why: "Junction tells providers apart by the last segment of its callback's path",
    },
    ...stateCases(),
    'no-hop': {
      expect: 'direct',
      title: 'no redirect to itself first',
      why: 'RFC 6749 §3.1.2.3: providers compare the redirect URI with the registered one as a string',
    },
    'not-cacheable': {
      expect: 'not-cacheable',
      title: 'no cache may keep the answer',
      why: 'RFC 9111 §3: a kept answer holds the authorization code',
    },
    'no-code-in-body': {
      expect: 'no-code-in-body',
      title: 'no code in the body',
      why: 'RFC 9700 §4.2: pages that hold a code leak it to scripts, extensions and logs',
    },
    'no-open-redirect-by-query': {
      send: {
        query: `?redirect_uri=${planted}&redirect=${planted}&url=${planted}&next=${planted}&target=${planted}&return_to=${planted}&state=${planted}`,
      },
      expect: 'not-elsewhere',
      title: 'the query does not choose the target',
      why: 'RFC 9700 §4.11: an open redirector hands codes to attackers',
    },
    'no-open-redirect-by-path': {
      send: { target: `//${plantedHost}/%2e%2e{callback}/` },
      expect: 'not-elsewhere',
      title: 'the path does not choose the target',
      why: 'RFC 9700 §4.11: to browsers, a Location that begins with // names a host',
    },
    'no-open-redirect-by-host': {
      send: { host: 'foreign' },
      expect: 'not-elsewhere',
      title: 'the Host header does not choose the target',
      why: 'RFC 9700 §4.11: a made-up Host must not come back in Location',
    },
    'no-open-redirect-by-header': {
      send: {
        headers: [
          ['X-Forwarded-Host', plantedHost],
          ['Forwarded', `host=${plantedHost}`],
          ['X-Original-URL', `//${plantedHost}/`],
          ['Referer', `https://${plantedHost}/`],
        ],
      },
      expect: 'not-elsewhere',
      title: 'forwarding headers do not choose the target',
      why: 'RFC 9700 §4.11: anybody can send X-Forwarded-Host',
    },
    'no-header-injected': {
      send: { query: '?a=%0d%0aSet-Cookie:x=1' },
      expect: 'no-header-injected',
      title: 'a line break in the query makes no header',
      why: 'RFC 9110 §5.5: whoever can add a header can set cookies for your domain',
    },
    encrypted: {
      expect: 'encrypted',
      title: 'https',
      why: 'RFC 9700 §2.6: a code must not travel in clear; providers refuse http redirect URIs',
    },
    certificate: {
      expect: 'certificate',
      title: 'a valid certificate',
      why: 'RFC 9525 §6: browsers stop at a certificate that is not valid for the name',
    },
  },
  exact: {
    status: {
      expect: 'status',
      title: 'status 307',
      why: "RFC 9110 §15.4.8, and Junction's guide to callback endpoints",
    },
    'current-host': {
      expect: 'current-host',
      title: "Junction's current host",
      why: "Junction's documentation names the junction.com hosts; the older tryvital.io ones still work",
    },
  },
  hardened: {
    ...methods('POST', 'PUT', 'DELETE', 'TRACE'),
    fragment: {
      send: { query: `${callback}#fragment` },
      title: '# in the request target',
      why: 'RFC 9112 §3.2: a request target has no fragment; dropping and forwarding it are both wrong',
    },
    'trailing-slash': {
      send: { suffix: '/' },
      title: 'a slash after the path',
      why: 'RFC 6749 §3.1.2.3: redirect URIs are compared as strings; a second spelling hides a mistake',
    },
    'other-path': {
      send: { suffix: `/${marker}-path` },
      title: 'a longer path',
      why: 'RFC 9700 §4.11: a catch-all forwards what was never meant for it',
    },
    ...slugs([
      ['slug-upper-case', '{PROVIDER}', 'the provider in capitals'],
      ['slug-encoded', '{%provider}', 'the provider percent-encoded'],
      ['slug-empty', '', 'no provider'],
      ['slug-dot-segments', '{provider}/../{provider}', 'dot segments'],
      ['slug-encoded-dots', '..%2f{provider}', 'encoded dot segments'],
      ['slug-double-slash', `/${plantedHost}`, 'a second slash and a host'],
      ['slug-at', `@${plantedHost}`, '@ and a host'],
    ]),
    'control-character': {
      send: { query: '?a=\x01' },
      title: 'a raw control character',
      why: 'RFC 9112 §3.2: not allowed in a request target, and in Location a header fault',
    },
    'raw-byte': {
      send: { query: '?a=\xe9' },
      expect: 'forwarded-or-refused',
      title: 'a raw byte outside ASCII',
      why: 'RFC 3986 §2: not allowed in a URI; forwarded as it is or refused, but never changed',
    },
    'no-host': {
      send: { host: 'none' },
      title: 'no Host header',
      why: 'RFC 9112 §3.2: a server MUST answer 400',
    },
    'two-hosts': {
      send: { host: 'twice' },
      title: 'two Host headers',
      why: 'RFC 9112 §3.2: a server MUST answer 400',
    },
    'asterisk-form': {
      send: { target: '*', query: '' },
      title: '* as request target',
      why: 'RFC 9112 §3.2.4: for OPTIONS only',
    },
    'authority-form': {
      send: { target: '{authority}', query: '' },
      title: 'a host as request target',
      why: 'RFC 9112 §3.2.3: for CONNECT only',
    },
    'length-and-chunked': {
      // Both readings end at the same byte, so that nothing is left over for a next request.
      send: {
        headers: [
          ['Content-Length', '5'],
          ['Transfer-Encoding', 'chunked'],
        ],
        body: '0\r\n\r\n',
      },
      title: 'Content-Length with Transfer-Encoding',
      why: 'RFC 9112 §6.3: a sign of request smuggling',
    },
    'folded-header': {
      send: { headers: [['X-Byoo', 'a\r\n b']] },
      expect: 'forwarded-or-refused',
      title: 'a header folded over two lines',
      why: 'RFC 9112 §5.2: obsolete; refused, or read as one line',
    },
    'large-header': {
      send: { headers: [['X-Byoo', 'x'.repeat(70_000)]] },
      expect: 'forwarded-or-refused',
      title: 'a header of 70,000 bytes',
      why: 'RFC 6585 §5: too large is 431, not a crash',
    },
    'absolute-form': {
      send: { target: '{origin}{callback}' },
      expect: 'forwarded',
      title: 'a whole URL as request target',
      why: 'RFC 9112 §3.2.2: a server MUST accept it',
    },
    'body-on-get': {
      send: { body: `${marker}-body` },
      expect: 'forwarded-or-refused',
      title: 'a GET with a body',
      why: 'RFC 9110 §9.3.1: a body on GET has no meaning',
    },
    'http-1.0': {
      send: { version: 'HTTP/1.0' },
      expect: 'forwarded',
      title: 'HTTP/1.0',
      why: 'RFC 9110 §2.5: still spoken by health checks and old proxies',
    },
    'redirect-headers': {
      expect: 'redirect-headers',
      title: 'headers of the redirect that protect the code',
      why: 'RFC 9700 §4.2.4 Referrer-Policy; RFC 9111 §5.2.2.5 no-store; Fetch §3.6 nosniff',
    },
    'refusal-headers': {
      send: { suffix: `/${marker}-path` },
      expect: 'refusal-headers',
      title: 'headers of refusals that protect the code',
      why: 'RFC 9110 §15.1: caches may keep 404, 405 and 414 unless told otherwise',
    },
    'nothing-reflected': {
      send: { suffix: `/${marker}-path`, query: `${callback}&x=%22%3Cb%3E` },
      expect: 'nothing-reflected',
      title: 'error pages repeat nothing of the request',
      why: 'RFC 9700 §4.2: a page that repeats the address can hold a code, or a script',
    },
    'no-version': {
      expect: 'no-version',
      title: 'no software version in the headers',
      why: 'RFC 9110 §10.2.4: it tells attackers which faults to try',
    },
    'bounded-body': {
      expect: 'bounded-body',
      title: 'the redirect ends',
      why: 'RFC 9110 §15.4: a redirect needs at most a short note',
    },
    'certificate-lifetime': {
      expect: 'certificate-lifetime',
      title: 'the certificate does not expire soon',
      why: 'RFC 5280 §4.1.2.5: after notAfter, browsers stop',
    },
    'old-tls': {
      send: { oldTls: true },
      expect: 'old-tls-refused',
      title: 'TLS 1.0 and 1.1',
      why: 'RFC 8996 §4, §5: they MUST NOT be used',
    },
  },
  limits: {
    'fifteen-thousand': {
      send: { query: `?state=${'l'.repeat(15_000 - '?state='.length)}` },
      expect: 'forwarded-or-refused',
      title: 'a query of 15,000 bytes',
      why: 'RFC 9110 §15.5.15: too long is 414, never a shorter query',
    },
    'longest-query': {
      send: { query: '' },
      expect: 'longest-query',
      title: 'where the limit lies, and what happens beyond',
      why: 'RFC 9110 §15.5.15: too long is 414, never a shorter query',
    },
  },
}

/** On a redirect URI that is shared with an app, the `aud` of Junction's link token says whose login it is. */
function stateCases(): Record<string, Entry> {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const entry = (environment: JunctionEnvironment): Entry => {
    const claims = { note: 'byoo test, not a real state', aud: `${hosts[environment]}/v2/link` }
    const token = `${encode({ alg: 'none' })}.${encode(claims)}.${encode('not a signature')}`
    return {
      send: { query: `?code=${marker}-code&state=${token}` },
      expect: 'by-state',
      title: `the state of a login in ${environment}, where a redirect URI is shared`,
      why: "RFC 7519 §4.1.3: aud is the Link API that Junction's token was made for",
    }
  }
  return Object.fromEntries(
    junctionEnvironments.map((name) => [`state-of-${name.replace('/', '-')}`, entry(name)]),
  )
}

function methods(...names: readonly string[]): Record<string, Entry> {
  const entry = (method: string): Entry => ({
    send: { method, ...(method.startsWith('P') ? { body: 'a=1' } : {}) },
    title: method,
    why: 'RFC 9110 §15.4.8: after a 307 the browser sends the same method and body to the target',
  })
  return Object.fromEntries(names.map((name) => [`method-${name.toLowerCase()}`, entry(name)]))
}

function slugs(
  shapes: readonly (readonly [id: string, slug: string, title: string])[],
): Record<string, Entry> {
  const why =
    'RFC 9700 §4.11: the provider is all that a request may put into the target; other spellings are a way in'
  return Object.fromEntries(shapes.map(([id, slug, title]) => [id, { send: { slug }, title, why }]))
}

/** Every case, in the order in which they are shown. */
export const cases: readonly Case[] = groups.flatMap((group) => [
  ...forwardingCases
    .filter((forwarding) => forwarding.group === group)
    .map(({ query, ...rest }): Case => ({ ...rest, send: { query }, expect: 'forwarded' })),
  ...Object.entries(behaviour[group]).map(
    ([id, { send, expect = 'refused', title, why }]): Case => ({
      id,
      group,
      send: { query: callback, ...send },
      expect,
      title,
      why,
    }),
  ),
])
