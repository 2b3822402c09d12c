import type { DesiredRecord } from '../../apply/desired.ts'
import type { RecordDiff } from '../../apply/diff.ts'
import { ByooError } from '../../errors.ts'
import { isProduction } from '../../junction/environments.ts'
import type { ApiClient } from '../api-client.ts'
import type { Declared } from '../resolve/declared.ts'
import type { Session } from '../session.ts'
import { clearingFault, type Target, verifyBeforeWrite } from '../write-credentials.ts'
import type { Outcome } from './outcome.ts'

/** What the user chose. */
export interface ApplyChoice {
  readonly yes: boolean
  readonly rotate: boolean
  readonly delete: boolean
  readonly skipVerify: boolean
  readonly dryRun: boolean
}

/** Everything that a step needs. */
export interface Work {
  readonly session: Session
  readonly declared: Declared
  readonly client: ApiClient
  readonly choice: ApplyChoice
}

/** What a write of a record is about. */
export function targetOf({ declared }: Work, record: DesiredRecord): Target {
  const { provider, environment, team, redirectUrl } = record
  return { workspace: declared.workspace, provider, environment, team, redirectUrl, org: declared.org }
}

/** Divides the diffs into those that may be written, and those that something stands against. */
export async function checkBeforeWrites(
  work: Work,
  diffs: readonly RecordDiff[],
): Promise<{ readonly ready: readonly RecordDiff[]; readonly stopped: readonly Outcome[] }> {
  const faults = await verifyRoutes(work, diffs)
  for (const diff of diffs) {
    const fault = diff.desired && clearingFault(targetOf(work, diff.desired), diff.before)
    if (fault) faults.set(diff, fault)
  }
  return {
    ready: diffs.filter((diff) => !faults.has(diff)),
    stopped: [...faults].map(([diff, error]): Outcome => ({ diff, status: 'not tried', error })),
  }
}

/** Verifies the endpoint of each route once; the records whose route fails, with why. */
async function verifyRoutes(work: Work, diffs: readonly RecordDiff[]): Promise<Map<RecordDiff, ByooError>> {
  const faults = new Map<RecordDiff, ByooError>()
  const urlOf = ({ desired }: RecordDiff) => desired?.route?.url ?? desired?.redirectUrl
  for (const url of new Set(diffs.map(urlOf))) {
    const group = diffs.filter((diff) => urlOf(diff) === url)
    const first = group.find(({ environment }) => isProduction(environment))
    if (url === undefined || !first?.desired) continue
    try {
      await verifyBeforeWrite(work.session, targetOf(work, first.desired), work.choice)
    } catch (error) {
      if (!(error instanceof ByooError) || error.code === 'interrupted') throw error
      for (const diff of group) faults.set(diff, error)
    }
  }
  return faults
}
