import type { Check, Finding, FindingId, Status } from '../../doctor/finding.ts'
import type { Report } from '../../doctor/report.ts'

/** A finding as `--json` has it: what is absent is null. */
export interface FindingData {
  readonly id: FindingId
  readonly check: Check
  readonly status: Status
  readonly subject: Readonly<Record<'route' | 'provider' | 'environment' | 'region', string | null>>
  readonly message: string
  readonly advice: string | null
  readonly command: string | null
  readonly expected: string | null
  readonly received: string | null
}

export interface DoctorData {
  readonly passed: boolean
  readonly summary: string
  /** Did any endpoint or API answer? Null when none was asked. */
  readonly reached: boolean | null
  readonly counts: Readonly<Record<Status, number>>
  readonly findings: readonly FindingData[]
}

export function toDoctorData({ passed, summary, reached, counts, findings }: Report): DoctorData {
  return { passed, summary, reached: reached ?? null, counts, findings: findings.map(toFindingData) }
}

export function toFindingData({ id, check, status, subject, message, ...rest }: Finding): FindingData {
  return {
    id,
    check,
    status,
    subject: {
      route: subject.route ?? null,
      provider: subject.provider ?? null,
      environment: subject.environment ?? null,
      region: subject.region ?? null,
    },
    message,
    advice: rest.advice ?? null,
    command: rest.command ?? null,
    expected: rest.expected ?? null,
    received: rest.received ?? null,
  }
}
