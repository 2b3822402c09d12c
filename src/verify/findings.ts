/**
 * What a finding means for users: it `breaks` logins, keeps the endpoint from being judged (`unjudged`), `exposes`
 * codes, `alters` bytes, leaves something to be `hardened`, or is only worth knowing (`notes`). The worst first.
 */
export const impacts = ['breaks', 'unjudged', 'exposes', 'alters', 'hardens', 'notes'] as const
export type Impact = (typeof impacts)[number]

interface FindingText {
  readonly impact: Impact
  /** What is wrong, as a sentence without a full stop. */
  readonly title: string
  /** What to do, in sentences. */
  readonly advice: string
  /** Shows in the query rather than in where it is sent. */
  readonly aboutQuery: boolean
}

function all<Id extends string>(
  impact: Impact,
  texts: Readonly<Record<Id, readonly [title: string, advice: string]>>,
  aboutQuery = false,
) {
  const entries = Object.entries<readonly [title: string, advice: string]>(texts)
  return Object.fromEntries(
    entries.map(([id, [title, advice]]) => [id, { impact, title, advice, aboutQuery }]),
  ) as Record<Id, FindingText>
}

const appendRaw = 'Append the raw query of the request as it is.'
const renew = 'Renew it, and find out why it was not renewed automatically.'
const sendNoBody = 'Send the redirect with an empty body.'

/** Everything that `byoo verify` can find, the most basic first. The ids are stable: scripts and bug reports name them. */
export const verifyFindings = {
  ...all('breaks', {
    unresolvable: ['The host name does not resolve', 'Create its DNS record, or use --resolve.'],
    'no-connection': ['There is no connection', 'Start the server; check host, port, firewall and IPv6.'],
    'tls-failed': ['The TLS handshake fails', 'Check that this port speaks TLS 1.2 or 1.3 for this name.'],
    'certificate-expired': ['The certificate has expired', renew],
    'certificate-not-yet-valid': ['The certificate is not valid yet', 'Check the clocks of both machines.'],
    'certificate-other-name': ['The certificate is for another name', 'Get one for this name.'],
    'certificate-untrusted': ['The certificate is not trusted', 'Serve the whole chain, or use --ca-file.'],
    'not-http': ['The answer is not HTTP', 'Check whether this is the right port, and one for TLS.'],
    'no-answer': ['There is no answer', 'Look into the logs of the server and of the proxies before it.'],
    'extra-hop': [
      'The endpoint redirects to itself first',
      'Register where it leads to, or answer directly.',
    ],
    'refuses-callbacks': [
      'Callbacks are refused',
      'Check the path and the provider, and that nothing in front demands a login or blocks the request.',
    ],
    'server-error': ['The server fails', 'Look into its log. Often a query cannot be decoded.'],
    'no-redirect': ['The answer is not a redirect', 'Answer with 307: a page shows the code to scripts.'],
    'several-locations': ['The answer has more than one Location', 'Send it once: browsers differ.'],
    'wrong-host': ['Users are sent to another host', 'Correct the target.'],
    'wrong-side': [
      'Logins are sent to the wrong side of a shared redirect URI',
      'Send a state that is a link token to Junction, by the host in its aud, and everything else to the app.',
    ],
    'wrong-environment': ['Users are sent to another environment', 'Correct its host, and so its region.'],
    'wrong-target': ['Users are sent to another URL on the right host', 'Correct its scheme and path.'],
    'wrong-provider': ['Users are sent to another provider', 'Take the provider from the path, unchanged.'],
  }),
  // Something happened to the query; which cases show it says how bad that is.
  ...all(
    'alters',
    {
      'query-lost': ['The query is lost', appendRaw],
      'parameters-lost': [
        'A part of the query is lost',
        'Pass on the whole query, unknown parameters too, and answer what is too long with 414.',
      ],
      'parameters-changed': [
        'Parameters are changed',
        'Append the raw query once, and nothing else (nginx: end the replacement of rewrite with "?").',
      ],
      'query-re-encoded': [
        'The query is encoded again',
        'Append the raw query of the request as it is (Apache: the NE flag of RewriteRule).',
      ],
      'query-decoded': ['The query is decoded', appendRaw],
      'question-mark-changed': [
        'The "?" before the query is changed',
        'Append "?" only when the request has one (nginx: $is_args$args).',
      ],
      'query-changed': ['The query is changed in an unknown way', appendRaw],
    },
    true,
  ),
  ...all('breaks', {
    'requires-parameters': [
      'Callbacks without certain parameters are refused',
      'Forward every callback: refusals by the user have no code, OAuth 1.0a has neither code nor state.',
    ],
    'refuses-long': [
      'Long queries are refused',
      'Raise the limits for request line and headers on every hop.',
    ],
    'head-differs': ['HEAD is not answered like GET', 'Answer HEAD with the same status and headers as GET.'],
  }),
  ...all('unjudged', {
    'http2-only': ['The endpoint speaks HTTP/2 only', 'Allow HTTP/1.1 too: byoo verify needs it.'],
  }),
  ...all('exposes', {
    'open-redirect': ['An attacker can choose where users are sent', 'Take it from the configuration alone.'],
    'header-injection': ['An attacker can add headers to the answer', 'Do not decode the query.'],
    cacheable: ['Caches may keep the answer with the code in it', 'Answer 307 with Cache-Control: no-store.'],
    'body-has-code': ['The body repeats the authorization code', sendNoBody],
    'plain-http': ['The code is sent without encryption', 'Register and serve the https address.'],
  }),
  ...all('alters', {
    'refuses-characters': [
      'Queries with certain characters are refused',
      'Do not decode the query, and let the firewall in front pass what browsers send.',
    ],
    'wrong-status': ['The redirect has another status than 307', 'Answer with 307, as Junction asks.'],
    'older-host': ["The target is on Junction's older host", 'It still works; write the current one.'],
  }),
  ...all('hardens', {
    'not-refused': [
      'Requests that should be refused are accepted',
      'Answer methods other than GET and HEAD with 405, other paths with 404, and invalid requests with 400.',
    ],
    'unusual-mishandled': [
      'Unusual but valid requests are answered differently',
      'Answer absolute-form targets, HTTP/1.0 and GET with a body like any other request.',
    ],
    'reflected-input': ['Error pages repeat parts of the request', 'Answer errors with a fixed text.'],
    'headers-missing': [
      'Headers that protect the code are missing',
      'Send Cache-Control: no-store, Referrer-Policy: no-referrer and X-Content-Type-Options: nosniff, on errors too.',
    ],
    'version-shown': [
      'The headers tell the software and its version',
      'Hide it (nginx: server_tokens off; Apache: ServerTokens Prod; express: app.disable("x-powered-by")).',
    ],
    'endless-body': ['The body of the redirect is large or does not end', sendNoBody],
    'certificate-expires-soon': ['The certificate expires soon', renew],
    'old-tls': ['TLS 1.0 or 1.1 is accepted', 'Allow TLS 1.2 and 1.3 only.'],
  }),
  ...all('notes', {
    'unclean-limit': ['Queries that are too long are not answered with 414', 'Answer them with 414.'],
  }),
}

export type FindingId = keyof typeof verifyFindings

/** Every id, the most basic first. */
export const findingIds = Object.keys(verifyFindings) as FindingId[]

/** One thing that is wrong, seen in one or several cases. */
export interface Finding {
  readonly id: FindingId
  readonly impact: Impact
  readonly title: string
  /** What exactly: where to, how much, who is known to do so. */
  readonly detail: string | undefined
  readonly advice: string
  /** Ids of the cases in which it shows. */
  readonly cases: readonly string[]
  /** The case that shows it best. */
  readonly shownBy: string
  /** Two texts that should be the same. A character is a byte. */
  readonly evidence:
    | { readonly what: 'query' | 'Location'; readonly expected: string; readonly received: string }
    | undefined
}
