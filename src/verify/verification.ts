import { counted } from '../output/layout.ts'
import { cases as allCases, type Case, type Group } from './cases.ts'
import type { CertificateFacts } from './connect.ts'
import { type Endpoint, targetBase } from './endpoint.ts'
import type { Finding } from './findings.ts'
import type { CaseResult } from './judge.ts'
import type { Limit } from './limit.ts'

/** Everything that was found out about one endpoint. */
export interface Verification {
  readonly endpoint: Endpoint
  /** Did anything answer at all? */
  readonly reached: boolean
  readonly cases: readonly CaseResult[]
  /** What matters most first. */
  readonly findings: readonly Finding[]
  readonly limit: Limit | undefined
  readonly certificate: CertificateFacts | undefined
  /** The IP address that was asked. */
  readonly address: string | undefined
  readonly requests: number
  /** In milliseconds. */
  readonly duration: number
}

/** Cases that count against an endpoint: required ones, and with `strict` exact and hardened ones too. */
export function failures({ cases, findings }: Verification, strict: boolean): CaseResult[] {
  const counted: readonly Group[] = strict ? ['required', 'exact', 'hardened'] : ['required']
  const unjudged = findings.some(({ impact }) => impact === 'unjudged')
  return cases.filter(({ case: { group }, verdict }) => {
    if (!counted.includes(group) || verdict === 'passed') return false
    return verdict !== 'not applicable' || unjudged
  })
}

/** Did it answer, and did no case count against it? */
export function hasPassed(verification: Verification, strict: boolean): boolean {
  return verification.reached && failures(verification, strict).length === 0
}

/** The verdict in one sentence: do logins work through this endpoint? */
export function summarise(verification: Verification, strict = false): string {
  const { cases, findings, reached } = verification
  const titles = (impact: string) =>
    findings.filter((finding) => finding.impact === impact).map(({ title }) => lowerFirst(title))
  const [worst] = findings
  const [unjudged] = titles('unjudged')
  if (unjudged !== undefined) return `It is unknown whether logins work: ${unjudged}.`
  if (worst && (!reached || worst.impact === 'breaks')) {
    const broken = findings.filter(({ impact }) => impact === 'breaks').flatMap((finding) => finding.cases)
    const ofAll = !reached || broken.includes('code-and-state') || broken.includes('certificate')
    const fail = worst.id === 'extra-hop' ? 'Logins may fail' : ofAll ? 'Logins fail' : 'Some logins fail'
    return `${fail}: ${lowerFirst(worst.title)}.`
  }
  if (!reached) return 'Logins fail: there is no answer.'
  const exposed = titles('exposes')
  if (exposed.length > 0) return `Logins work, but are not safe: ${exposed.join(', and ')}.`
  const changed = failures(verification, false).flatMap((result) => result.findings)
  const found = findings.find(({ id }) => changed.includes(id))
  if (found) return `Logins may fail: ${lowerFirst(found.title)}, but most programs read it the same.`
  const asked = cases.filter(({ verdict }) => verdict !== 'not applicable')
  const complete = allCases.every(
    ({ id, group }) => group !== 'required' || cases.some((result) => result.case.id === id),
  )
  const failed = failures(verification, strict).length
  if (!complete) return `${asked.length - failed} of ${counted(asked.length, 'case')} passed.`
  const but = failed > 0 ? `, but ${counted(failed, 'case')} that only --strict counts did not pass` : ''
  return `Logins work through this endpoint${but}.`
}

/** For the middle of a sentence; names such as "HEAD" stay as they are. */
function lowerFirst(text: string): string {
  return /^[A-Z][a-z]* /.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text
}

/** Raised when a field changes its meaning or goes away; new fields do not raise it. */
const reportVersion = 1

/** Verifications as data for programs. A character of a target, query or location is a byte; undefined means null. */
export function verificationsData(verifications: readonly Verification[], strict: boolean) {
  const endpoints = verifications.map((verification) => endpointData(verification, strict))
  return { version: reportVersion, strict, endpoints }
}

/** The cases as data for programs. */
export function casesData(cases: readonly Case[]) {
  const list = cases.map(({ id, group, title, why }) => ({ id, group, title, why }))
  return { version: reportVersion, cases: list }
}

function endpointData(verification: Verification, strict: boolean) {
  const { endpoint, reached, certificate, limit } = verification
  return {
    url: endpoint.url,
    provider: endpoint.provider,
    target: targetBase(endpoint, endpoint.provider),
    environment: endpoint.target.environment,
    environments: endpoint.target.environments,
    passed: hasPassed(verification, strict),
    reached,
    summary: summarise(verification, strict),
    findings: verification.findings.map(({ shownBy: _, evidence, ...finding }) => ({
      ...finding,
      expected: evidence?.expected,
      received: evidence?.received,
    })),
    cases: verification.cases.map(
      ({ case: { id, group }, sameMeaning, expected, received, receivedQuery: _, ...result }) => ({
        id,
        group,
        ...result,
        status: result.status,
        same_meaning: sameMeaning,
        expected_location: expected,
        received_location: received,
      }),
    ),
    limit: limit && { longest: limit.longest, beyond: limit.beyond?.outcome, note: limit.beyond?.note },
    certificate: certificate && {
      valid_from: dateOf(certificate.validFrom),
      valid_to: dateOf(certificate.validTo),
      names: certificate.names,
      problems: certificate.problems,
    },
    address: verification.address,
    requests: verification.requests,
    duration_ms: Math.round(verification.duration),
  }
}

/** Nothing when the certificate's date cannot be read. */
function dateOf(time: number): string | undefined {
  return Number.isNaN(time) ? undefined : new Date(time).toISOString()
}
