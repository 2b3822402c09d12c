import type { DesiredRecord } from '../../apply/desired.ts'
import type { RecordDiff } from '../../apply/diff.ts'
import { ByooError } from '../../errors.ts'
import type { ApiClient } from '../api-client.ts'
import type { Declared } from '../resolve/declared.ts'
import type { Session } from '../session.ts'
import { clearingFault, findTeamHere, type Target, verifyBeforeWrite } from '../write-credentials.ts'
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
  const faults = await checkTeams(work, diffs)
  const here = diffs.filter((diff) => !faults.has(diff))
  for (const [diff, fault] of await verifyRoutes(work, here)) faults.set(diff, fault)
  for (const diff of here) {
    const fault = diff.desired && clearingFault(targetOf(work, diff.desired), diff.before)
    if (fault) faults.set(diff, fault)
  }
  return {
    ready: diffs.filter((diff) => !faults.has(diff)),
    stopped: [...faults].map(([diff, error]): Outcome => ({ diff, status: 'not tried', error })),
  }
}

type Faults = Map<RecordDiff, ByooError>

/** The records of environments in another region than the team that byoo.yaml names. */
async function checkTeams(
  { declared, client: { management } }: Work,
  diffs: readonly RecordDiff[],
): Promise<Faults> {
  const faults: Faults = new Map()
  const checking = declared.stores.map(async ({ environment, team }) => {
    const own = diffs.filter((diff) => diff.environment === environment)
    if (own.length === 0) return
    try {
      await findTeamHere(management, { org: declared.org, environment, team })
    } catch (error) {
      for (const diff of own) faults.set(diff, onlyOwn(error))
    }
  })
  await Promise.all(checking)
  return faults
}

/** What stops some records; anything else stops all. */
function onlyOwn(error: unknown): ByooError {
  if (error instanceof ByooError && error.code !== 'interrupted') return error
  throw error
}

/** Verifies the endpoint of each route once, and of each URL that none serves; the records whose endpoint fails, with why. */
async function verifyRoutes(work: Work, diffs: readonly RecordDiff[]): Promise<Faults> {
  const faults: Faults = new Map()
  if (work.choice.skipVerify) return faults
  const endpointOf = ({ desired, environment }: RecordDiff) =>
    desired?.route?.url ?? (desired?.redirectUrl && `${desired.redirectUrl} for ${environment}`)
  for (const endpoint of new Set(diffs.map(endpointOf))) {
    const group = diffs.filter((diff) => endpointOf(diff) === endpoint)
    const [first] = group
    if (endpoint === undefined || !first?.desired) continue
    try {
      await verifyBeforeWrite(work.session, targetOf(work, first.desired))
    } catch (error) {
      for (const diff of group) faults.set(diff, onlyOwn(error))
    }
  }
  return faults
}
