import type { JunctionEnvironment } from '../junction/environments.ts'
import { type Check, type Finding, type Status, statuses } from './findings.ts'

/** When Junction's record of a provider last changed, by whomever. */
export interface RecordAge {
  readonly environment: JunctionEnvironment
  readonly provider: string
  /** As Junction says it, RFC 3339. */
  readonly updated_at: string
  /** Connects a user, which proves what no check can. */
  readonly command: string
}

/** What doctor found; `--json` prints it as it is. */
export interface Report {
  /** Did nothing fail, and was nothing interrupted? */
  readonly passed: boolean
  /** Did Ctrl-C end it? Then findings say which checks have no result. */
  readonly interrupted: boolean
  /** The verdict, in a sentence or two, for people. */
  readonly summary: string
  /** Did any endpoint or API answer? Null when none was asked. */
  readonly reached: boolean | null
  readonly counts: Readonly<Record<Status, number>>
  readonly records: readonly RecordAge[]
  /** In the order of the file, the routes and the checks. */
  readonly findings: readonly Finding[]
}

export function createReport(
  findings: readonly Finding[],
  reached: boolean | null,
  records: readonly RecordAge[] = [],
  interrupted = false,
): Report {
  const counts = Object.fromEntries(
    statuses.map((status) => [status, findings.filter((finding) => finding.status === status).length]),
  ) as Record<Status, number>
  const passed = counts.failed === 0 && !interrupted
  const summary = interrupted ? summariseInterrupted(findings) : summarise(findings)
  return { passed, interrupted, summary, reached, counts, records, findings }
}

/** Their failures are on the way of every login; others are about keys, teams and users of whoever asks. */
const loginChecks: readonly Check[] = [
  'routes',
  'verify',
  'credentials',
  'override',
  'prepare',
  'ask-provider',
]

/** Does it keep users from logging in? */
export function affectsLogins({ check, id, status }: Finding): boolean {
  return (
    status === 'failed' && (loginChecks.includes(check) || id === 'link-differs' || id === 'link-goes-to-app')
  )
}

function summarise(findings: readonly Finding[]): string {
  const failed = findings.filter(({ status }) => status === 'failed')
  const telling =
    failed.find(affectsLogins) ?? failed.find(({ id }) => id !== 'user-not-deleted') ?? failed[0]
  if (telling) {
    const heading = affectsLogins(telling)
      ? 'Logins may fail'
      : telling.id === 'user-not-deleted'
        ? 'A user is left behind'
        : 'Not everything could be checked'
    const others = failed.length === 1 ? '' : `, and ${failed.length - 1} more`
    return `${heading}: ${telling.message}${others}.`
  }
  const notes = findings.filter(({ status }) => status === 'note').length
  const worth = notes === 0 ? '' : `, ${notes === 1 ? 'one thing' : `${notes} things`} to look at`
  const unchecked = uncheckedParts(findings)
  return `Nothing wrong found${worth}.${unchecked.length === 0 ? '' : ` Not checked: ${unchecked.join(', ')}.`}`
}

function summariseInterrupted(findings: readonly Finding[]): string {
  const left = findings.filter(({ id }) => id === 'interrupted').length
  const found = findings.some(({ status }) => status === 'failed')
    ? summarise(findings)
    : 'Nothing wrong found until then.'
  return `Interrupted: ${left === 1 ? 'one check has' : `${left} checks have`} no result. ${found}`
}

/** How the verdict names a check that was skipped; `link` and `ask-provider` only add to the others. */
const checkNames: Partial<Record<Check, string>> = {
  key: 'keys',
  team: 'teams',
  verify: 'the live endpoint',
  credentials: 'client ids',
  override: 'redirect URL overrides',
}

/** What was not checked, the parts that no check of byoo sees included. */
function uncheckedParts(findings: readonly Finding[]): string[] {
  const skipped = findings
    .filter(({ id }) => id === 'skipped')
    .flatMap(({ check }) => checkNames[check] ?? [])
  const asksJunction = findings.some(({ check }) => check === 'credentials')
  const accepted = findings.some(({ check, status }) => check === 'ask-provider' && status === 'passed')
  const unseen = ['the client secret', 'scopes', accepted ? 'logins at the provider' : 'the provider itself']
  return [...new Set(skipped), ...(asksJunction ? unseen : [])]
}
