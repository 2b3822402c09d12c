import type { Case } from './cases/case.ts'
import { targetBase } from './endpoint.ts'
import { failures, summarise, type Verification } from './verification.ts'

/** Raised when a field changes its meaning or goes away; new fields do not raise it. */
const reportVersion = 1

/** Verifications as data for programs; documented in README.md. A character of a target or a location is a byte. */
export function verificationsData(verifications: readonly Verification[], strict: boolean) {
  return {
    version: reportVersion,
    strict,
    endpoints: verifications.map((verification) => endpointData(verification, strict)),
  }
}

function endpointData(verification: Verification, strict: boolean) {
  const { endpoint, reached, certificate, limit } = verification
  return {
    url: endpoint.url,
    provider: endpoint.provider,
    target: targetBase(endpoint, endpoint.provider),
    environment: endpoint.target.environment ?? null,
    region: endpoint.target.region ?? null,
    passed: reached && failures(verification, strict).length === 0,
    reached,
    summary: summarise(verification),
    findings: verification.findings.map(({ id, impact, title, detail, advice, cases }) => ({
      id,
      impact,
      title,
      detail: detail ?? null,
      advice,
      cases,
    })),
    cases: verification.cases.map((result) => ({
      id: result.case.id,
      group: result.case.group,
      verdict: result.verdict,
      same_meaning: result.sameMeaning ?? null,
      findings: result.findings,
      method: result.method,
      sent: result.sent,
      status: result.status ?? null,
      expected_location: result.expected ?? null,
      received_location: result.received ?? null,
      note: result.note,
    })),
    limit: limit
      ? { longest: limit.longest, beyond: limit.beyond?.outcome ?? null, note: limit.beyond?.note ?? null }
      : null,
    certificate: certificate
      ? {
          valid_from: dateOf(certificate.validFrom),
          valid_to: dateOf(certificate.validTo),
          names: certificate.names,
          problems: certificate.problems,
        }
      : null,
    address: verification.address ?? null,
    requests: verification.requests,
    duration_ms: Math.round(verification.duration),
  }
}

function dateOf(time: number): string | null {
  return Number.isNaN(time) ? null : new Date(time).toISOString()
}

/** The cases as data. */
export function casesData(cases: readonly Case[]) {
  return {
    version: reportVersion,
    cases: cases.map(({ id, group, title, why }) => ({ id, group, title, why })),
  }
}
