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
  readonly aboutQuery?: true
}

function finding(impact: Impact, title: string, advice: string): FindingText {
  return { impact, title, advice }
}

/** Something happened to the query; which cases show it says how bad that is. */
function change(title: string, advice = 'Append the raw query of the request as it is.'): FindingText {
  return { impact: 'alters', title, advice, aboutQuery: true }
}

const catalogue = {
  unresolvable: finding(
    'breaks',
    'The host name does not resolve',
    'Create the DNS record, or test the origin with --resolve host:port:address.',
  ),
  'no-connection': finding(
    'breaks',
    'There is no connection to this address',
    'Start the server, and check host, port and firewall. A host with only IPv6 addresses needs IPv6 here too.',
  ),
  'tls-failed': finding(
    'breaks',
    'The TLS handshake fails',
    'Check that this port speaks TLS 1.2 or 1.3 and has a certificate for this name.',
  ),
  'certificate-expired': finding(
    'breaks',
    'The certificate has expired',
    'Renew it, and find out why it was not renewed automatically.',
  ),
  'certificate-not-yet-valid': finding(
    'breaks',
    'The certificate is not valid yet',
    'Check the clocks of both machines.',
  ),
  'certificate-other-name': finding(
    'breaks',
    'The certificate is for another name',
    'Get a certificate for this name, or use the name of the certificate.',
  ),
  'certificate-untrusted': finding(
    'breaks',
    'The certificate is not from a trusted authority',
    'Serve the whole chain. For a private authority use --ca-file.',
  ),
  'http2-only': finding(
    'unjudged',
    'The endpoint speaks HTTP/2 only',
    'Allow HTTP/1.1 too: older clients need it, and byoo verify speaks nothing else.',
  ),
  'not-http': finding(
    'breaks',
    'The answer is not HTTP',
    'Check that this is the port of the web server, and whether it expects TLS.',
  ),
  'no-answer': finding(
    'breaks',
    'There is no answer',
    'Look into the logs of the server and of every proxy in front of it.',
  ),
  'extra-hop': finding(
    'breaks',
    'The endpoint redirects to itself first',
    'Register the URL that it leads to, or answer directly: each hop can change the query.',
  ),
  'refuses-callbacks': finding(
    'breaks',
    'Callbacks are refused',
    'Check the path and the provider, and that nothing in front demands a login or blocks the request.',
  ),
  'server-error': finding(
    'breaks',
    'The server fails',
    'Look into its log. The usual reason is a query that cannot be decoded.',
  ),
  'no-redirect': finding(
    'breaks',
    'The answer is not a redirect',
    'Answer with 307 and Location. A page that redirects shows the code to scripts, and not every client follows it.',
  ),
  'several-locations': finding(
    'breaks',
    'The answer has more than one Location',
    'Send it once: browsers differ in which one they follow.',
  ),
  'wrong-host': finding('breaks', 'Users are sent to another host', 'Correct the target.'),
  'wrong-environment': finding(
    'breaks',
    'Users are sent to another environment of Junction',
    'Correct the host of the target: each team exists in one region.',
  ),
  'wrong-target': finding(
    'breaks',
    'Users are sent to another URL on the right host',
    'Correct the scheme and the path of the target, slashes included.',
  ),
  'wrong-provider': finding(
    'breaks',
    'Users are sent to another provider',
    'Take the provider from the path of the request, unchanged.',
  ),

  'query-lost': change('The query is lost'),
  'parameters-lost': change(
    'A part of the query is lost',
    'Pass on the whole query, unknown parameters too.',
  ),
  'parameters-changed': change('Parameters are changed'),
  'query-re-encoded': change('The query is encoded again'),
  'query-decoded': change('The query is decoded'),
  'question-mark-changed': change('The "?" before the query is changed'),
  'query-changed': change('The query is changed in an unknown way'),

  'requires-parameters': finding(
    'breaks',
    'Callbacks without certain parameters are refused',
    'Forward every callback: refusals by the user have no code, OAuth 1.0a has neither code nor state.',
  ),
  'refuses-long': finding(
    'breaks',
    'Long queries are refused',
    'Raise the limits for the request line and for response headers, on every hop.',
  ),
  'refuses-characters': finding(
    'alters',
    'Queries with certain characters are refused',
    'Do not decode the query, and let the firewall in front pass what browsers send.',
  ),
  'head-differs': finding(
    'breaks',
    'HEAD is not answered like GET',
    'Answer HEAD with the same status and headers as GET.',
  ),
  'open-redirect': finding(
    'exposes',
    'An attacker can choose where users are sent',
    'Take the target from the configuration alone.',
  ),
  'header-injection': finding(
    'exposes',
    'An attacker can add headers to the answer',
    'Do not decode the query.',
  ),
  cacheable: finding(
    'exposes',
    'Caches may keep the answer with the code in it',
    'Send Cache-Control: no-store, and answer with 307 rather than 301 or 308.',
  ),
  'body-has-code': finding(
    'exposes',
    'The body repeats the authorization code',
    'Send the redirect with an empty body.',
  ),
  'plain-http': finding(
    'exposes',
    'The code is sent without encryption',
    'Register and serve the https address.',
  ),
  'wrong-status': finding(
    'alters',
    'The redirect has another status than 307',
    'Answer with 307, as Junction asks.',
  ),
  'older-host': finding(
    'alters',
    "The target is on Junction's older host",
    "It still works; write Junction's current host into the configuration.",
  ),

  'not-refused': finding(
    'hardens',
    'Requests that should be refused are accepted',
    'Answer methods other than GET and HEAD with 405, other paths with 404, and invalid requests with 400.',
  ),
  'unusual-mishandled': finding(
    'hardens',
    'Unusual but valid requests are answered differently',
    'Answer absolute-form targets, HTTP/1.0 and GET with a body like any other request.',
  ),
  'reflected-input': finding(
    'hardens',
    'Error pages repeat parts of the request',
    'Answer errors with a fixed text.',
  ),
  'headers-missing': finding(
    'hardens',
    'Headers that protect the code are missing',
    'Send Cache-Control: no-store, Referrer-Policy: no-referrer and X-Content-Type-Options: nosniff, on errors too.',
  ),
  'version-shown': finding(
    'hardens',
    'The headers tell the software and its version',
    'Hide it (nginx: server_tokens off; Apache: ServerTokens Prod; express: app.disable("x-powered-by")).',
  ),
  'endless-body': finding(
    'hardens',
    'The body of the redirect is large or does not end',
    'Send the redirect with an empty body.',
  ),
  'certificate-expires-soon': finding(
    'hardens',
    'The certificate expires soon',
    'Renew it, and find out why it was not renewed automatically.',
  ),
  'old-tls': finding('hardens', 'TLS 1.0 or 1.1 is accepted', 'Allow TLS 1.2 and 1.3 only.'),
  'unclean-limit': finding(
    'notes',
    'Queries that are too long are not answered with 414',
    'Answer them with 414.',
  ),
}

/** Stable: scripts and bug reports name it. */
export type FindingId = keyof typeof catalogue

/** Everything that `byoo verify` can find, the most basic first. */
export const verifyFindings: Readonly<Record<FindingId, FindingText>> = catalogue

/** Every id, the most basic first. */
export const findingIds = Object.keys(catalogue) as FindingId[]

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
  readonly evidence: Evidence | undefined
}

/** Two texts that should be the same. A character is a byte. */
export interface Evidence {
  readonly what: 'query' | 'Location'
  readonly expected: string
  readonly received: string
}
