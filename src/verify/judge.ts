import { sameMeaning } from '../query.ts'
import { isLoopback } from '../url.ts'
import { type Answer, headerValues } from './answer.ts'
import { type Case, marker, plantedHost } from './cases.ts'
import { type CertificateFacts, dayOf } from './connect.ts'
import { type Endpoint, placeholder, targetBase } from './endpoint.ts'
import type { FindingId } from './findings.ts'
import { type Destination, readLocation } from './location.ts'
import { type Exchange, failureFacts } from './probe.ts'

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
  /** The query that came back, when users were sent on. */
  readonly receivedQuery?: string | undefined
}

/** A case, what was sent for it, and what it showed. */
export interface CaseResult extends Judgement {
  readonly case: Case
  readonly method: string
  /** The request target; a character is a byte. */
  readonly sent: string
}

/** Judges one case for which there is no `skipReason`. Pure. */
export function judge(asked: Case, endpoint: Endpoint, exchange: Exchange): Judgement {
  const slug = (asked.send.otherProvider && endpoint.otherProvider) || endpoint.provider
  const { answer } = exchange
  const destination = destinationOf(exchange, endpoint, slug, asked.send.query)
  const note = destination ? `${answer?.status} to ${destination.detail ?? 'the target'}` : statusLine(answer)
  const rule: Rule = rules[asked.expect]
  return { ...rule({ case: asked, endpoint, exchange, slug, destination, note }), status: answer?.status }
}

/** What a rule looks at. */
interface Seen {
  readonly case: Case
  readonly endpoint: Endpoint
  readonly exchange: Exchange
  /** The provider that was asked for. */
  readonly slug: string
  /** Undefined when the answer is no redirect. */
  readonly destination: Destination | undefined
  /** The status, and where it leads. */
  readonly note: string
}

type Rule = (seen: Seen) => Judgement

const needTls: ReadonlySet<Expectation> = new Set(['certificate', 'certificate-lifetime', 'old-tls-refused'])
/** These say something even when the plain callback is not forwarded. */
const independent: ReadonlySet<Expectation> = new Set([
  ...needTls,
  ...(['forwarded', 'by-state', 'not-elsewhere', 'direct', 'encrypted', 'no-header-injected'] as const),
])

/**
 * Why a case would say nothing about this endpoint, whatever its answer; it need not be asked then. Other answers are
 * read in the light of what the plain callback got.
 */
export function skipReason({ expect, send }: Case, endpoint: Endpoint, plain: Exchange): string | undefined {
  if (needTls.has(expect) && !endpoint.secure) return 'no TLS'
  if (send.slug !== undefined && !endpoint.path.includes(placeholder)) return 'the path has no provider'
  if (send.otherProvider && !endpoint.otherProvider) return 'there is no other provider to ask about'
  if (expect === 'by-state' && !endpoint.target.environments) return 'the redirect URI is not shared'
  const local = isLoopback(endpoint.host) || endpoint.host === '::1'
  if (expect === 'encrypted' && !endpoint.secure && local) return 'never leaves the machine'
  if (!independent.has(expect) && !isForwarded(endpoint, plain)) return 'the plain callback is not forwarded'
  return undefined
}

function passed(note: string): Judgement {
  return { verdict: 'passed', findings: [], note }
}

function failed(finding: FindingId, note: string, received?: string): Judgement {
  return { verdict: 'failed', findings: [finding], note, received }
}

/** Fails with what is wrong, if anything is. */
function check(finding: FindingId, wrong: string | false | undefined, right: string, received?: string) {
  return wrong ? failed(finding, wrong, received) : passed(right)
}

export function notApplicable(note: string): Judgement {
  return { verdict: 'not applicable', findings: [], note }
}

function statusLine(answer: Answer | undefined): string {
  return answer ? `${answer.status} ${printableStart(answer.reason, 40)}`.trim() : ''
}

function withoutAnswer({ failure = 'connection-lost', detail, certificate }: Exchange): Judgement {
  const { note, finding } = failureFacts[failure]
  const more = certificate && failure === 'certificate' ? describeCertificate(certificate) : detail
  return {
    verdict: failure === 'http2-only' ? 'not applicable' : 'failed',
    findings: finding ? [finding] : failure === 'certificate' ? (certificate?.problems ?? []) : [],
    note: more === undefined ? note : `${note} (${more})`,
  }
}

/** Where browsers follow an answer to; undefined when they stay. */
function destinationOf(
  { answer }: Exchange,
  endpoint: Endpoint,
  slug: string,
  sent: string | undefined,
): Destination | undefined {
  if (!answer || ![301, 302, 303, 307, 308].includes(answer.status)) return undefined
  const [location] = headerValues(answer, 'location')
  return location === undefined ? undefined : readLocation(location, endpoint, slug, sent)
}

/** Does the plain callback send users on to somewhere else than the site itself? */
function isForwarded(endpoint: Endpoint, plain: Exchange): boolean {
  const destination = destinationOf(plain, endpoint, endpoint.provider, undefined)
  return destination !== undefined && !destination.problems.includes('extra-hop')
}

function forwarded({ case: asked, endpoint, exchange, slug, destination, note }: Seen): Judgement {
  const { answer } = exchange
  if (!answer) return withoutAnswer(exchange)
  const sent = asked.send.query ?? ''
  const expected = targetBase(endpoint, slug, sent) + sent
  if (!destination) return { ...withoutRedirect(answer, note), expected }
  const { location, problems, query: receivedQuery } = destination
  const shown = { note, expected, received: location }
  const several = headerValues(answer, 'location').length > 1
  // What another site gets of the query is of no interest.
  if (several || problems.includes('extra-hop') || problems.includes('wrong-host'))
    return { ...shown, verdict: 'failed', findings: several ? ['several-locations'] : problems }
  const changed = receivedQuery !== sent
  return {
    ...shown,
    verdict: problems.length > 0 ? 'failed' : changed ? 'changed' : 'passed',
    sameMeaning: changed ? sameMeaning(sent, receivedQuery) : undefined,
    findings: problems,
    receivedQuery,
  }
}

function withoutRedirect(answer: Answer, note: string): Judgement {
  if (isRefusal(answer)) return { verdict: 'refused', findings: [], note }
  if (answer.status >= 500) return failed('server-error', note)
  return failed('no-redirect', note)
}

function isRefusal({ status }: Answer): boolean {
  return (status >= 400 && status < 500) || status === 501 || status === 505
}

/** A rule about the answer to a request that may fail for other reasons, which other cases tell. */
function ifAnswered(rule: (answer: Answer, seen: Seen) => Judgement): Rule {
  return (seen) => {
    const { answer } = seen.exchange
    return answer ? rule(answer, seen) : notApplicable('there is no answer to look at')
  }
}

/** A rule about an answer that must be a refusal. */
function ifRefused(rule: (answer: Answer, seen: Seen) => Judgement): Rule {
  return ifAnswered((answer, seen) =>
    isRefusal(answer) ? rule(answer, seen) : notApplicable('there is no refusal to look at'),
  )
}

const rules = {
  forwarded,

  refused: ({ case: asked, exchange, destination, note }) => {
    const { answer, failure } = exchange
    // Closing the connection is a refusal too.
    if (!answer) return failure === 'connection-lost' ? passed('closed') : withoutAnswer(exchange)
    if (isRefusal(answer)) return passed(note)
    if (answer.status >= 500) return failed('server-error', note)
    if (asked.id === 'slug-dot-segments' && destination?.problems.length === 0)
      return passed('dot segments are removed before the path is looked at')
    const astray = destination?.host === plantedHost
    return failed(astray ? 'open-redirect' : 'not-refused', note, destination?.location)
  },

  'forwarded-or-refused': (seen) => {
    const { exchange } = seen
    const closed = !exchange.answer && exchange.failure === 'connection-lost'
    if (closed && seen.case.group === 'hardened') return passed('closed')
    const judgement = forwarded(seen)
    return judgement.verdict === 'refused' ? { ...judgement, verdict: 'passed' } : judgement
  },

  'by-state': (seen) => {
    const judgement = forwarded(seen)
    return judgement.verdict === 'refused' ? failed('refuses-callbacks', judgement.note) : judgement
  },

  'not-elsewhere': ifAnswered((_, { destination, note }) => {
    return check('open-redirect', destination?.host === plantedHost && note, note, destination?.location)
  }),

  'other-provider': (seen) => {
    const { endpoint, exchange } = seen
    if (!exchange.answer || !isRefusal(exchange.answer)) return forwarded(seen)
    return notApplicable(`${endpoint.otherProvider} is not accepted here (${exchange.answer.status})`)
  },

  direct: ({ destination, note }) => {
    if (!destination) return notApplicable('there is no redirect to look at')
    return check('extra-hop', destination.problems.includes('extra-hop') && note, note, destination.location)
  },

  status: ifAnswered(({ status }) => check('wrong-status', status !== 307 && String(status), '307')),

  'current-host': ifAnswered((_, { destination, note }) => {
    return check('older-host', destination?.olderHost && note, note, destination?.location)
  }),

  'not-cacheable': ifAnswered((answer) => {
    return check('cacheable', keptBecause(answer), 'no cache may keep it')
  }),

  'no-code-in-body': ifAnswered(({ body }) => {
    const right = body === '' ? 'no body' : 'not in the body'
    return check('body-has-code', body.includes(marker) && 'the body holds the code', right)
  }),

  'bounded-body': ifAnswered(({ body, bodyFault }) => {
    const wrong = bodyFault === 'too-large' ? 'the body is larger than 64 KiB' : 'the body does not end'
    return check('endless-body', bodyFault && wrong, `${body.length} bytes`)
  }),

  'no-header-injected': ifAnswered((answer) => {
    const injected = headerValues(answer, 'set-cookie').some((value) => value.startsWith('x=1'))
    return check('header-injection', injected && 'Set-Cookie: x=1 is a header', 'no header')
  }),

  encrypted: ({ endpoint }) => check('plain-http', !endpoint.secure && 'http', 'https'),

  certificate: ({ exchange: { certificate } }) => {
    if (!certificate) return notApplicable('there is no certificate to look at')
    const { validTo, problems } = certificate
    if (problems.length === 0) return passed(`valid until ${dayOf(validTo)}`)
    return { verdict: 'failed', findings: problems, note: describeCertificate(certificate) }
  },

  'certificate-lifetime': ({ exchange: { certificate } }) => {
    if (!certificate || certificate.problems.length > 0) return notApplicable('there is no valid certificate')
    const note = `valid until ${dayOf(certificate.validTo)}`
    return check('certificate-expires-soon', certificate.expiresSoon && note, note)
  },

  'old-tls-refused': ({ exchange: { tlsVersion = '' } }) => {
    const old = ['TLSv1', 'TLSv1.1'].includes(tlsVersion)
    return check('old-tls', old && `${tlsVersion} was agreed on`, 'refused')
  },

  'redirect-headers': ifAnswered(judgeHeaders),
  'refusal-headers': ifRefused(judgeHeaders),

  'no-version': ifAnswered((answer) => check('version-shown', softwareShown(answer).join('; '), 'none')),

  'nothing-reflected': ifRefused((answer, { note }) => {
    const texts = [answer.body, ...answer.headers.map(([, value]) => value)]
    const wrong = texts.some((text) => text.includes(marker)) && `the ${answer.status} repeats the address`
    return check('reflected-input', wrong, note)
  }),

  // Found by search, not by one answer: see limit.ts.
  'longest-query': () => notApplicable('not looked for'),
} satisfies Record<string, Rule>

/** What must come back: a rule by its name. */
export type Expectation = keyof typeof rules

function judgeHeaders(answer: Answer): Judgement {
  const missing = missingProtection(answer)
  return check('headers-missing', missing && `the ${answer.status} lacks ${missing}`, 'all three')
}

function describeCertificate({ validFrom, validTo, names }: CertificateFacts): string {
  return `valid from ${dayOf(validFrom)} until ${dayOf(validTo)} for ${names}`
}

/** Because of what may a cache keep this answer? (RFC 9111 §3) Undefined when none may. */
function keptBecause(answer: Answer): string | undefined {
  const control = headerValues(answer, 'cache-control').join(',').toLowerCase()
  const directives = control.split(',').map((directive) => directive.trim())
  if (directives.some((each) => /^no-store$|^no-cache$|^max-age="?0/.test(each))) return undefined
  const explicit = directives.find((each) => /^public$|^immutable$|^(s-maxage|max-age)=/.test(each))
  if (explicit) return `Cache-Control: ${explicit.slice(0, 40)}`
  const [expires] = headerValues(answer, 'expires')
  if (expires !== undefined && Date.parse(expires) > Date.now()) return 'Expires lies in the future'
  // RFC 9110 §15.1: caches may keep these two unless told otherwise; 302, 303 and 307 they may not.
  if (answer.status !== 301 && answer.status !== 308) return undefined
  return `a ${answer.status} may be kept unless told otherwise`
}

/** The headers that keep a code out of caches, of other sites and of guesses at the type, as far as they are missing. */
function missingProtection(answer: Answer): string {
  const value = (name: string) => headerValues(answer, name).join(',').toLowerCase()
  const missing: string[] = []
  if (!value('cache-control').includes('no-store')) missing.push('Cache-Control: no-store')
  if (!/no-referrer(?!-when)|origin/.test(value('referrer-policy')))
    missing.push('Referrer-Policy: no-referrer')
  if (!value('x-content-type-options').includes('nosniff')) missing.push('X-Content-Type-Options: nosniff')
  return missing.join(', ')
}

/** Headers that tell the software and its version. */
function softwareShown({ headers }: Answer): string[] {
  const reveals = ([name, value]: readonly [string, string]) =>
    /^x-(powered-by|aspnet-version)$/i.test(name) || (/^server$/i.test(name) && /\/\d/.test(value))
  return headers.filter(reveals).map(([name, value]) => `${name}: ${printableStart(value, 60)}`)
}

/** The start of a text from an answer, without what a terminal obeys. */
function printableStart(text: string, length: number): string {
  return text.replace(/[^\x20-\x7e]/g, '').slice(0, length)
}
