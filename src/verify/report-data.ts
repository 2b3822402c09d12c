import type { Case } from './cases/case.ts'
import { targetBase } from './endpoint.ts'
import { failures, summarise, type Verification } from './verification.ts'

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
    passed: reached && failures(verification, strict).length === 0,
    reached,
    summary: summarise(verification, strict),
    findings: verification.findings.map(({ id, impact, title, detail, advice, cases, evidence }) => ({
      id,
      impact,
      title,
      detail,
      advice,
      cases,
      expected: evidence?.expected,
      received: evidence?.received,
    })),
    cases: verification.cases.map((result) => ({
      id: result.case.id,
      group: result.case.group,
      verdict: result.verdict,
      same_meaning: result.sameMeaning,
      findings: result.findings,
      method: result.method,
      sent: result.sent,
      status: result.status,
      expected_location: result.expected,
      received_location: result.received,
      note: result.note,
    })),
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
