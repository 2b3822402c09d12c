/**
 * What a finding means for people: it `breaks` logins, keeps the endpoint from being judged (`unjudged`), `exposes`
 * codes, `alters` bytes, leaves something to be `hardened`, or is only worth knowing (`notes`). The worst first.
 */
export const impacts = ['breaks', 'unjudged', 'exposes', 'alters', 'hardens', 'notes'] as const
export type Impact = (typeof impacts)[number]

interface FindingText {
  readonly impact: Impact
  readonly title: string
  readonly advice: string
  /** Shows in the query rather than in where it is sent. */
  readonly aboutQuery?: true
}

/** Something happened to the query. */
function change(
  title: string,
  advice = 'Take the query from the raw request target and append it as it is.',
) {
  return { impact: 'alters', title, advice, aboutQuery: true } as const
}

/** Everything that can be found, the most basic first. */
const catalogue = {
  unresolvable: {
    impact: 'breaks',
    title: 'The host name does not resolve',
    advice: 'Create the DNS record, or test the origin with --resolve host:port:address.',
  },
  'connection-refused': {
    impact: 'breaks',
    title: 'Nothing listens at this address',
    advice: 'Start the server, and check host, port and firewall.',
  },
  unreachable: {
    impact: 'breaks',
    title: 'There is no way to this address from here',
    advice: 'Check the network; a name with IPv6 addresses only needs IPv6 here as well.',
  },
  'no-connection': {
    impact: 'breaks',
    title: 'The connection is not accepted in time',
    advice: 'Check host, port and firewall.',
  },
  'tls-failed': {
    impact: 'breaks',
    title: 'The TLS handshake fails',
    advice: 'Check that this port speaks TLS 1.2 or 1.3 and has a certificate for this name.',
  },
  'certificate-expired': {
    impact: 'breaks',
    title: 'The certificate has expired',
    advice: 'Renew it, and see why it was not renewed by itself.',
  },
  'certificate-not-yet-valid': {
    impact: 'breaks',
    title: 'The certificate is not valid yet',
    advice: 'Check the clocks of both machines.',
  },
  'certificate-other-name': {
    impact: 'breaks',
    title: 'The certificate is for another name',
    advice: 'Get a certificate for this name, or use the name of the certificate.',
  },
  'certificate-untrusted': {
    impact: 'breaks',
    title: 'The certificate is not from a trusted authority',
    advice: 'Serve the whole chain; for a private authority use --ca-file.',
  },
  'http2-only': {
    impact: 'unjudged',
    title: 'The endpoint speaks HTTP/2 only',
    advice: 'Allow HTTP/1.1 as well: older clients need it, and this check speaks nothing else.',
  },
  'not-http': {
    impact: 'breaks',
    title: 'What comes back is not HTTP',
    advice: 'Check that this is the port of the web server, and whether it expects TLS.',
  },
  'endless-header': {
    impact: 'breaks',
    title: 'The headers of the answer do not end',
    advice: 'Find out which program answers here.',
  },
  'no-answer': {
    impact: 'breaks',
    title: 'The answer does not come in time',
    advice: 'Find out what the endpoint waits for: a redirect needs no look-up.',
  },
  'connection-lost': {
    impact: 'breaks',
    title: 'The connection is closed without an answer',
    advice: 'Look into the logs of the server and of every proxy in front of it.',
  },
  'extra-hop': {
    impact: 'breaks',
    title: 'The endpoint redirects to itself first',
    advice: 'Register the address that it leads to, or answer directly: each hop can change the query.',
  },
  'refuses-callbacks': {
    impact: 'breaks',
    title: 'Callbacks are refused',
    advice:
      'Check the path and the provider, and that nothing in front demands a login or blocks the request.',
  },
  'server-error': {
    impact: 'breaks',
    title: 'The server fails',
    advice: 'Look into its log; the usual reason is a query that cannot be decoded.',
  },
  'html-redirect': {
    impact: 'breaks',
    title: 'A page redirects instead of the HTTP answer',
    advice:
      'Answer with 307 and Location: a page shows the code to scripts, and not every client follows it.',
  },
  'no-redirect': {
    impact: 'breaks',
    title: 'The answer is not a redirect',
    advice: 'Answer with 307 and Location.',
  },
  'several-locations': {
    impact: 'breaks',
    title: 'The answer has more than one Location',
    advice: 'Send it once: browsers differ in which they follow.',
  },
  'wrong-host': {
    impact: 'breaks',
    title: 'People are sent to another host',
    advice: 'Correct the target.',
  },
  'wrong-environment': {
    impact: 'breaks',
    title: "People are sent to Junction's other environment",
    advice: 'Correct the host of the target: sandbox and production know nothing of each other.',
  },
  'wrong-region': {
    impact: 'breaks',
    title: "People are sent to Junction's other region",
    advice: 'Correct the host of the target: a team exists in one region only.',
  },
  'insecure-target': {
    impact: 'breaks',
    title: 'People are sent on over another scheme',
    advice: 'Use https in the target.',
  },
  'fixed-provider': {
    impact: 'breaks',
    title: 'The callbacks of all providers are sent to one',
    advice: 'Take the provider from the path, not from a constant.',
  },
  'wrong-provider': {
    impact: 'breaks',
    title: 'People are sent to another provider',
    advice: 'Take the provider from the path, without translating it.',
  },
  'wrong-path': {
    impact: 'breaks',
    title: 'People are sent to another path of the right host',
    advice: 'Compare the target with the expected one, slashes included.',
  },

  'query-lost': change('The query is lost'),
  'question-mark-lost': change('The query is appended without its "?"'),
  'parameters-dropped': change('Only some parameters are kept', 'Pass on parameters that you do not know.'),
  'parameters-cut': change('Parameters beyond a number are lost', 'Do not parse the query.'),
  cut: change('Long queries are cut', 'Raise the limit, or refuse what is longer with 414.'),
  'form-re-encoded': change('The query is parsed and written again as a form'),
  'url-re-encoded': change('Characters are percent-encoded on the way'),
  decoded: change('The query is decoded once too often'),
  'double-encoded': change(
    'The query is encoded once too often',
    'Pass it on as it is (Apache: the NE flag of RewriteRule).',
  ),
  'html-escaped': change('The query is escaped as HTML'),
  'encoded-plus-decoded': change('%2B becomes +'),
  'plus-to-space': change('+ becomes %20'),
  'space-to-plus': change('%20 becomes +'),
  'unreserved-decoded': change('Escapes of unreserved characters are decoded'),
  'hex-case-changed': change('The hex digits of escapes change case'),
  'lower-cased': change('The query is turned into lower case'),
  'semicolon-changed': change('The semicolon does not arrive'),
  'duplicates-joined': change('Repeated parameters are joined'),
  'duplicates-dropped': change('Repeated parameters are dropped'),
  reordered: change('Parameters change their order'),
  'empty-dropped': change('Empty parameters are dropped'),
  'equals-added': change('Names without "=" get one'),
  'prototype-names-dropped': change('Parameters named like parts of an object are dropped'),
  'parameter-added': change('A parameter is added', 'Append nothing of your own to the query.'),
  'query-doubled': change(
    'The query is appended twice',
    'Append it once (nginx: end the replacement of rewrite with "?").',
  ),
  'question-mark-added': change(
    'A "?" is added',
    'Append "?" only when the request has one (nginx: $is_args$args).',
  ),
  'question-mark-dropped': change(
    'A "?" is dropped',
    'Append everything from the first "?" on, the "?" included.',
  ),
  'query-changed': change('The query is changed in a way of its own'),

  'requires-parameters': {
    impact: 'breaks',
    title: 'Callbacks without certain parameters are refused',
    advice: 'Forward whatever comes: refusals have no code, OAuth 1.0a has neither code nor state.',
  },
  'refuses-long': {
    impact: 'breaks',
    title: 'Long queries are refused',
    advice: 'Raise the limits for the request line and for response headers, on every hop.',
  },
  'refuses-characters': {
    impact: 'alters',
    title: 'Queries with certain characters are refused',
    advice: 'Do not decode the query, and let the firewall in front pass what browsers send.',
  },
  'head-differs': {
    impact: 'breaks',
    title: 'HEAD is not answered like GET',
    advice: 'Answer HEAD with the same status and headers as GET.',
  },
  'open-redirect': {
    impact: 'exposes',
    title: 'An attacker can choose where people are sent',
    advice: 'Take the target from the configuration alone.',
  },
  'header-injection': {
    impact: 'exposes',
    title: 'An attacker can add headers to the answer',
    advice: 'Do not decode the query.',
  },
  cacheable: {
    impact: 'exposes',
    title: 'Caches may keep the answer with the code in it',
    advice: 'Send Cache-Control: no-store.',
  },
  'body-has-code': {
    impact: 'exposes',
    title: 'The body repeats the authorization code',
    advice: 'Send the redirect with an empty body.',
  },
  'plain-http': {
    impact: 'exposes',
    title: 'The code travels in clear',
    advice: 'Register and serve the https address.',
  },

  'status-301': {
    impact: 'exposes',
    title: 'The redirect is permanent (301)',
    advice: 'Answer with 307: browsers keep a 301, with the code in it.',
  },
  'status-302': {
    impact: 'alters',
    title: 'The redirect is a 302',
    advice: 'Answer with 307, as Junction asks.',
  },
  'status-303': {
    impact: 'alters',
    title: 'The redirect is a 303',
    advice: 'Answer with 307, as Junction asks.',
  },
  'status-308': {
    impact: 'exposes',
    title: 'The redirect is permanent (308)',
    advice: 'Answer with 307: browsers keep a 308, with the code in it.',
  },
  'older-host': {
    impact: 'alters',
    title: "The target is on Junction's older host",
    advice: "It still works; write Junction's current host into the configuration.",
  },

  'method-not-refused': {
    impact: 'hardens',
    title: 'Methods other than GET and HEAD are not refused',
    advice: 'Answer them with 405: after a 307 the browser sends the same body to the target.',
  },
  'provider-not-refused': {
    impact: 'hardens',
    title: 'Malformed providers are not refused',
    advice: 'Accept only lower-case letters, digits, "_" and "-" as provider, without decoding.',
  },
  'path-not-refused': {
    impact: 'hardens',
    title: 'Other paths are not refused',
    advice: 'Match the whole path exactly.',
  },
  'fragment-accepted': {
    impact: 'hardens',
    title: 'A "#" in the request target is accepted',
    advice: 'Answer it with 400.',
  },
  'malformed-accepted': {
    impact: 'hardens',
    title: 'Requests that are not valid HTTP are accepted',
    advice: 'Answer them with 400.',
  },
  'unusual-mishandled': {
    impact: 'hardens',
    title: 'Unusual but valid requests are answered differently',
    advice: 'Answer absolute-form targets, HTTP/1.0 and bodies on GET like any other request.',
  },
  'reflected-input': {
    impact: 'hardens',
    title: 'Error pages repeat what was sent',
    advice: 'Answer errors with a fixed text.',
  },
  'headers-missing': {
    impact: 'hardens',
    title: 'Headers that protect the code are missing',
    advice:
      'Send Cache-Control: no-store, Referrer-Policy: no-referrer and X-Content-Type-Options: nosniff, always.',
  },
  'version-shown': {
    impact: 'hardens',
    title: 'The headers tell the software and its version',
    advice:
      'Hide it (nginx: server_tokens off; Apache: ServerTokens Prod; express: app.disable("x-powered-by")).',
  },
  'endless-body': {
    impact: 'hardens',
    title: 'The body of the redirect is large or does not end',
    advice: 'Send the redirect with an empty body.',
  },
  'certificate-expires-soon': {
    impact: 'hardens',
    title: 'The certificate expires soon',
    advice: 'Renew it, and see why it was not renewed by itself.',
  },
  'old-tls': {
    impact: 'hardens',
    title: 'TLS 1.0 or 1.1 is accepted',
    advice: 'Allow TLS 1.2 and 1.3 only.',
  },
  'unclean-limit': {
    impact: 'notes',
    title: 'Queries that are too long are not refused cleanly',
    advice: 'Answer what is too long with 414.',
  },
} as const satisfies Record<string, FindingText>

/** Stable: scripts and bug reports name it. */
export type FindingId = keyof typeof catalogue

export const findingTexts: Readonly<Record<FindingId, FindingText>> = catalogue

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
}
