import { type Check, type Finding, type FindingId, type Status, statuses } from './finding.ts'

/** What an examination came to. */
export interface Report {
  /** Did nothing fail? */
  readonly passed: boolean
  /** In one sentence, for people. */
  readonly summary: string
  /** In the order of the file, the routes and the checks. */
  readonly findings: readonly Finding[]
  readonly counts: Readonly<Record<Status, number>>
  /** Did any endpoint or API answer? Undefined when none was asked. */
  readonly reached: boolean | undefined
}

export function report(findings: readonly Finding[], reached: boolean | undefined): Report {
  const counts = Object.fromEntries(
    statuses.map((status) => [status, findings.filter((finding) => finding.status === status).length]),
  ) as Record<Status, number>
  return { passed: counts.failed === 0, summary: summarise(findings, counts), findings, counts, reached }
}

/** What these compare is on the way of every login; other failures are of keys, teams and users of whoever asks. */
const onTheWay: ReadonlySet<string> = new Set<Check>([
  'routes',
  'dns',
  'tls',
  'verify',
  'credentials',
  'override',
  'prepare',
  'ask-provider',
])
const inTheLink: ReadonlySet<string> = new Set<FindingId>([
  'link-redirect-uri-differs',
  'link-client-id-differs',
  'link-parameter-repeated',
])

function keepsUsersOut({ check, id }: Finding): boolean {
  return onTheWay.has(check) || inTheLink.has(id)
}

function headOf(finding: Finding): string {
  if (keepsUsersOut(finding)) return 'Logins may fail'
  return finding.id === 'link-user-kept' ? 'Something is left behind' : 'Not everything could be looked at'
}

function summarise(findings: readonly Finding[], { failed, note, skipped }: Record<Status, number>): string {
  if (failed > 0) {
    const failing = findings.filter(({ status }) => status === 'failed')
    const first =
      failing.find(keepsUsersOut) ?? failing.find(({ id }) => id !== 'link-user-kept') ?? failing[0]
    const others = failed === 1 ? '' : `, and ${failed - 1} more`
    return `${first ? headOf(first) : ''}: ${first?.message}${others}.`
  }
  const left = skipped > 0 ? `, as far as it could be looked at` : ''
  if (note > 0)
    return `Nothing is wrong${left}; ${note === 1 ? 'one thing is' : `${note} things are`} worth a look.`
  return `Everything agrees${left}.`
}
