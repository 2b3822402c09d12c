import { type Answer, headerValues } from './answer.ts'
import type { Case, Expectation } from './cases/case.ts'
import { marker, plantedHost } from './cases/case.ts'
import type { CertificateFacts } from './connect.ts'
import { type Endpoint, isOnThisMachine, namesProvider, targetBase } from './endpoint.ts'
import type { FindingId } from './findings.ts'
import { judgeCaching, judgeProtection, softwareShown } from './headers.ts'
import { type Destination, readLocation } from './location.ts'
import type { Exchange, Failure } from './probe.ts'
import { sameMeaning } from './query.ts'

export type Verdict = 'passed' | 'changed' | 'refused' | 'failed' | 'not applicable'

/** What one case showed, before the cases are looked at together. */
export interface Judgement {
  readonly verdict: Verdict
  /** Of a changed query: would a client that decodes it read the same? */
  readonly sameMeaning?: boolean | undefined
  readonly findings: readonly FindingId[]
  /** What came back, in a few words. */
  readonly note: string
  readonly status?: number | undefined
  /** The `Location` that should have come, and the one that came. */
  readonly expected?: string | undefined
  readonly received?: string | undefined
  /** The provider that people are sent to. */
  readonly provider?: string | undefined
  /** The query that was sent and the one that came back, when people were sent on. */
  readonly queries?: { readonly sent: string; readonly received: string } | undefined
}

/** A case and what it showed. */
export interface Judged {
  readonly case: Case
  readonly judgement: Judgement
}

/** Everything that a verdict depends on. */
export interface Evidence {
  readonly case: Case
  readonly endpoint: Endpoint
  readonly exchange: Exchange
  /** What the plain callback got: other answers are read in its light. */
  readonly plain: Exchange
}

/** Judges one case. Pure. */
export function judge(evidence: Evidence): Judgement {
  const reason = skipReason(evidence)
  if (reason !== undefined) return notApplicable(reason)
  const { answer } = evidence.exchange
  const judgement = rules[evidence.case.expect](evidence)
  return answer ? { ...judgement, status: answer.status } : judgement
}

const needForwarding: ReadonlySet<Expectation> = new Set([
  'refused',
  'forwarded-or-refused',
  'other-provider',
  'status',
  'current-host',
  'not-cacheable',
  'no-code-in-body',
  'bounded-body',
  'redirect-headers',
  'refusal-headers',
  'no-version',
  'nothing-reflected',
  'longest-query',
])
const needTls: ReadonlySet<Expectation> = new Set(['certificate', 'certificate-lifetime', 'old-tls-refused'])

/** Why a case would say nothing about this endpoint, whatever its answer; it need not be asked then. */
export function skipReason({
  case: { expect, send },
  endpoint,
  plain,
}: Omit<Evidence, 'exchange'>): string | undefined {
  if (needTls.has(expect) && !endpoint.secure) return 'no TLS'
  if (send.slug !== undefined && !namesProvider(endpoint)) return 'the path has no provider'
  if (send.otherProvider && endpoint.otherProvider === undefined)
    return 'there is no other provider to ask about'
  if (expect === 'encrypted' && !endpoint.secure && isOnThisMachine(endpoint))
    return 'never leaves the machine'
  if (needForwarding.has(expect) && !isForwarded(endpoint, plain))
    return 'the plain callback is not forwarded'
  return undefined
}

function passed(note: string): Judgement {
  return { verdict: 'passed', findings: [], note }
}

function failed(finding: FindingId, note: string, received?: string): Judgement {
  return { verdict: 'failed', findings: [finding], note, received }
}

function notApplicable(note: string): Judgement {
  return { verdict: 'not applicable', findings: [], note }
}

function statusLine({ status, reason }: Answer): string {
  return `${status} ${reason.replace(/[^\x20-\x7e]/g, '').slice(0, 40)}`.trim()
}

/** In words, why there is no answer. */
export const failureNotes: Record<Failure, string> = {
  'not-http': 'the answer is not HTTP',
  'endless-header': 'the headers do not end',
  'http2-only': 'the answer is HTTP/2',
  unresolvable: 'the name does not resolve',
  'connection-refused': 'connection refused',
  unreachable: 'no route to the address',
  'no-connection': 'no connection in time',
  'no-answer': 'no answer in time',
  'connection-lost': 'closed without an answer',
  'tls-failed': 'the TLS handshake failed',
  certificate: 'the certificate is not valid',
  aborted: 'interrupted',
}

const failureFindings: Record<Exclude<Failure, 'certificate'>, readonly FindingId[]> = {
  'not-http': ['not-http'],
  'endless-header': ['not-http'],
  'http2-only': ['http2-only'],
  unresolvable: ['unresolvable'],
  'connection-refused': ['no-connection'],
  unreachable: ['no-connection'],
  'no-connection': ['no-connection'],
  'no-answer': ['no-answer'],
  'connection-lost': ['no-answer'],
  'tls-failed': ['tls-failed'],
  aborted: [],
}

function withoutAnswer({ failure = 'connection-lost', detail, certificate }: Exchange): Judgement {
  const more = certificate && failure === 'certificate' ? describeCertificate(certificate) : detail
  const note = more === undefined ? failureNotes[failure] : `${failureNotes[failure]} (${more})`
  const findings = failure === 'certificate' ? (certificate?.problems ?? []) : failureFindings[failure]
  const judged = failure !== 'aborted' && failure !== 'http2-only'
  return { verdict: judged ? 'failed' : 'not applicable', findings, note }
}

/** The `Location` of a redirect that browsers follow. */
function redirectOf(answer: Answer | undefined): string | undefined {
  if (!answer || ![301, 302, 303, 307, 308].includes(answer.status)) return undefined
  return headerValues(answer, 'location')[0]
}

/** Does the plain callback send people on to somewhere else than the site itself? */
function isForwarded(endpoint: Endpoint, plain: Exchange): boolean {
  const location = redirectOf(plain.answer)
  return location !== undefined && !readLocation(location, endpoint, endpoint.provider).hop
}

function slugOf({ endpoint, case: { send } }: Evidence): string {
  return (send.otherProvider && endpoint.otherProvider) || endpoint.provider
}

function destinationOf(evidence: Evidence): Destination | undefined {
  const location = redirectOf(evidence.exchange.answer)
  return location === undefined ? undefined : readLocation(location, evidence.endpoint, slugOf(evidence))
}

function forwarded(evidence: Evidence): Judgement {
  const { case: asked, endpoint, exchange } = evidence
  const { answer } = exchange
  if (!answer) return withoutAnswer(exchange)
  const sent = asked.send.query ?? ''
  const expected = targetBase(endpoint, slugOf(evidence)) + sent
  const destination = destinationOf(evidence)
  if (!destination) return { ...withoutRedirect(answer), expected }
  const { problems, provider, hop, detail } = destination
  const note = `${answer.status} to ${detail ?? 'the target'}`
  const shown = { note, expected, received: redirectOf(answer), provider }
  const fails = { ...shown, verdict: 'failed', findings: problems } as const
  if (headerValues(answer, 'location').length > 1) return { ...fails, findings: ['several-locations'] }
  // What another site gets of the query is of no interest.
  if (hop || problems.includes('wrong-host')) return fails
  const queries = { sent, received: destination.query }
  if (problems.length > 0) return { ...fails, queries }
  if (queries.received === sent) return { ...shown, verdict: 'passed', findings: [], queries }
  const same = sameMeaning(sent, queries.received)
  return { ...shown, verdict: 'changed', sameMeaning: same, findings: [], queries }
}

function withoutRedirect(answer: Answer): Judgement {
  if (isRefusal(answer)) return { verdict: 'refused', findings: [], note: statusLine(answer) }
  if (answer.status >= 500) return failed('server-error', statusLine(answer))
  return failed(
    'no-redirect',
    redirectsInPage(answer) ? `${statusLine(answer)}, a page that redirects` : statusLine(answer),
  )
}

function isRefusal({ status }: Answer): boolean {
  return (status >= 400 && status < 500) || status === 501 || status === 505
}

function redirectsInPage({ body }: Answer): boolean {
  const meta = /<meta[^<>]+http-equiv=["']?refresh/i
  const script = /\blocation(\.href)?\s*=[^=]|\blocation\.(replace|assign)\s*\(/
  return meta.test(body) || script.test(body)
}

type Rule = (evidence: Evidence) => Judgement

/** A rule about the answer to a request that may fail for other reasons, which other cases tell. */
function ifAnswered(rule: (answer: Answer, evidence: Evidence) => Judgement): Rule {
  return (evidence) => {
    const { answer } = evidence.exchange
    return answer ? rule(answer, evidence) : notApplicable('there is no answer to look at')
  }
}

/** A rule about an answer that must be a refusal. */
function ifRefused(rule: (answer: Answer) => Judgement): Rule {
  return ifAnswered((answer) =>
    isRefusal(answer) ? rule(answer) : notApplicable('there is no refusal to look at'),
  )
}

const rules: Record<Expectation, Rule> = {
  forwarded,

  refused: (evidence) => {
    const { case: asked, exchange } = evidence
    const { answer } = exchange
    // Closing the connection is a refusal too.
    if (!answer) return exchange.failure === 'connection-lost' ? passed('closed') : withoutAnswer(exchange)
    if (isRefusal(answer)) return passed(statusLine(answer))
    if (answer.status >= 500) return failed('server-error', statusLine(answer))
    const to = redirectOf(answer)
    const destination = destinationOf(evidence)
    const note = destination
      ? `${answer.status} to ${destination.detail ?? 'the target'}`
      : statusLine(answer)
    if (destination?.host === plantedHost) return failed('open-redirect', note, to)
    if (asked.id === 'slug-dot-segments' && destination?.problems.length === 0) {
      return passed('dot segments are removed before the path is looked at')
    }
    return failed('not-refused', note, to)
  },

  'forwarded-or-refused': (evidence) => {
    const { exchange } = evidence
    if (!exchange.answer && exchange.failure === 'connection-lost' && evidence.case.group === 'hardened') {
      return passed('closed')
    }
    const judgement = forwarded(evidence)
    return judgement.verdict === 'refused' ? { ...judgement, verdict: 'passed' } : judgement
  },

  'not-elsewhere': ifAnswered((answer, evidence) => {
    const destination = destinationOf(evidence)
    if (!destination) return passed(statusLine(answer))
    const note = `${answer.status} to ${destination.host ?? 'the site itself'}`
    return destination.host === plantedHost ? failed('open-redirect', note, redirectOf(answer)) : passed(note)
  }),

  'other-provider': (evidence) => {
    const { endpoint, exchange } = evidence
    if (exchange.answer && isRefusal(exchange.answer)) {
      return notApplicable(`${endpoint.otherProvider} is not accepted here (${exchange.answer.status})`)
    }
    return forwarded(evidence)
  },

  direct: (evidence) => {
    const destination = destinationOf(evidence)
    if (!destination) return notApplicable('there is no redirect to look at')
    const note = `${evidence.exchange.answer?.status} to ${destination.detail ?? 'the target'}`
    if (!destination.hop) return passed(note)
    return failed('extra-hop', note, redirectOf(evidence.exchange.answer))
  },

  status: ifAnswered(({ status }) => {
    if (status === 307) return passed('307')
    return failed('wrong-status', String(status))
  }),

  'current-host': ifAnswered((answer, evidence) => {
    const destination = destinationOf(evidence)
    if (!destination?.olderHost) return passed(destination?.host ?? '')
    return failed('older-host', destination.host ?? '', redirectOf(answer))
  }),

  'not-cacheable': ifAnswered((answer) => {
    const { kept, note } = judgeCaching(answer, Date.now())
    return kept ? failed('cacheable', note) : passed(note)
  }),

  'no-code-in-body': ifAnswered(({ body }) => {
    if (body.includes(marker)) return failed('body-has-code', 'the body holds the code')
    return passed(body === '' ? 'no body' : 'not in the body')
  }),

  'bounded-body': ifAnswered(({ body, bodyFault }) => {
    if (!bodyFault) return passed(`${body.length} bytes`)
    const large = bodyFault === 'too-large'
    return failed('endless-body', large ? 'the body is larger than 64 KiB' : 'the body does not end')
  }),

  'no-header-injected': ifAnswered((answer) => {
    const injected = headerValues(answer, 'set-cookie').some((value) => value.startsWith('x=1'))
    return injected ? failed('header-injection', 'Set-Cookie: x=1 is a header') : passed('no header')
  }),

  encrypted: ({ endpoint }) => (endpoint.secure ? passed('https') : failed('plain-http', 'http')),

  certificate: ({ exchange: { certificate } }) => {
    if (!certificate) return notApplicable('there is no certificate to look at')
    const { validTo, problems } = certificate
    if (problems.length === 0) return passed(`valid until ${day(validTo)}`)
    return { verdict: 'failed', findings: problems, note: describeCertificate(certificate) }
  },

  'certificate-lifetime': ({ exchange: { certificate } }) => {
    if (!certificate || certificate.problems.length > 0) return notApplicable('there is no valid certificate')
    const note = `valid until ${day(certificate.validTo)}`
    return certificate.expiresSoon ? failed('certificate-expires-soon', note) : passed(note)
  },

  'old-tls-refused': ({ exchange: { tlsVersion } }) => {
    const old = tlsVersion === 'TLSv1' || tlsVersion === 'TLSv1.1'
    return old ? failed('old-tls', `${tlsVersion} was agreed on`) : passed('refused')
  },

  'redirect-headers': ifAnswered(judgeHeaders),
  'refusal-headers': ifRefused(judgeHeaders),

  'no-version': ifAnswered((answer) => {
    const shown = softwareShown(answer)
    return shown.length === 0 ? passed('none') : failed('version-shown', shown.join('; '))
  }),

  'nothing-reflected': ifRefused((answer) => {
    const reflected = [answer.body, ...answer.headers.map(([, value]) => value)].some((text) =>
      text.includes(marker),
    )
    return reflected
      ? failed('reflected-input', `the ${answer.status} repeats the address`)
      : passed(statusLine(answer))
  }),

  // Found by search, not by one answer: see limit.ts.
  'longest-query': () => notApplicable('not looked for'),
}

function judgeHeaders(answer: Answer): Judgement {
  const missing = judgeProtection(answer)
  if (missing.length === 0) return passed('all three')
  return failed('headers-missing', `the ${answer.status} lacks ${missing.join(', ')}`)
}

function describeCertificate({ validFrom, validTo, names }: CertificateFacts): string {
  return `valid from ${day(validFrom)} until ${day(validTo)} for ${names}`
}

function day(time: number): string {
  return Number.isNaN(time) ? 'unknown' : new Date(time).toISOString().slice(0, 10)
}
