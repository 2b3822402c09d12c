import type { RecordDiff } from '../../apply/diff.ts'
import { ByooError } from '../../errors.ts'
import type { JunctionEnvironment } from '../../junction/environments.ts'
import { type Credential, createManagement, type Management } from '../../junction/management.ts'
import { openHttp } from '../api-client.ts'
import { suggestedCommand } from '../resolve/workspace.ts'
import { deleteRecord, type PlannedWrite, writeRecord } from '../write-credentials.ts'
import type { Outcome } from './outcome.ts'
import type { Plans } from './plans.ts'
import { targetOf, type Work } from './work.ts'

/** Writes that are under way at once, until Junction says that it is too much. */
const maxWrites = 4

/** Writes all records, or deletes those without a plan; what is under way when the user interrupts is finished. */
export async function writeAll(
  work: Work,
  diffs: readonly RecordDiff[],
  plans: Plans,
): Promise<readonly Outcome[]> {
  const { session, declared, client } = work
  let lanes = maxWrites
  const onStatus = (status: number) => {
    if (status === 429) lanes = 1
  }
  const http = openHttp(session, declared.workspace, { interruptible: false, onStatus })
  const management = createManagement(http, client.access)
  const writeOne = createWriter({ ...work, client: { ...client, management } }, plans)
  const outcomes = new Map<RecordDiff, Outcome>()
  const underWay = new Set<RecordDiff>()
  const onInterrupt = () => {
    const names = [...underWay].map(({ provider, environment }) => `${provider} in ${environment}`)
    if (names.length === 0) return
    session.show(
      `Finishing what is under way: ${names.join(', ')}. Ctrl-C again stops at once; byoo diff then shows what happened.`,
    )
  }
  session.signal.addEventListener('abort', onInterrupt, { once: true })
  const queue = [...diffs]
  const lane = async (index: number): Promise<void> => {
    for (let diff = queue.shift(); diff; diff = index < lanes ? queue.shift() : undefined) {
      underWay.add(diff)
      outcomes.set(diff, await writeOne(diff).finally(() => underWay.delete(diff)))
    }
  }
  await Promise.all(Array.from({ length: maxWrites }, (_, index) => lane(index)))
  return diffs.map((diff) => outcomes.get(diff) ?? { diff, status: 'not tried' })
}

/** Writes one record; a key that is not accepted stops all that follow, one without a role those of its environment. */
function createWriter(work: Work, plans: Plans) {
  const { signal } = work.session
  const recordNow = createReader(work)
  let stoppedAll: ByooError | undefined
  const stopped = new Map<JunctionEnvironment, ByooError>()
  return async (diff: RecordDiff): Promise<Outcome> => {
    const stop = stoppedAll ?? stopped.get(diff.environment)
    if (stop || signal.aborted) return { diff, status: 'not tried', ...(stop && { error: stop }) }
    try {
      const now = await recordNow(diff)
      if (JSON.stringify(now) !== JSON.stringify(diff.before)) throw changedMeanwhile(diff)
      const hash = await change(work, diff, plans.get(diff))
      return { diff, status: 'done', at: new Date().toISOString(), ...(hash && { hash }) }
    } catch (error) {
      if (!(error instanceof ByooError)) throw error
      if (error.code === 'not_authenticated') stoppedAll = error
      if (error.code === 'not_allowed') stopped.set(diff.environment, error)
      return { diff, status: 'failed', error }
    }
  }
}

/** What Junction holds right before the first write into a store. */
function createReader({ declared: { org }, client: { management } }: Work) {
  const stores = new Map<JunctionEnvironment, ReturnType<Management['listCredentials']>>()
  return async ({ environment, team, provider }: RecordDiff): Promise<Credential | undefined> => {
    const reading =
      stores.get(environment) ?? management.listCredentials({ org, environment }, { team_id: team })
    stores.set(environment, reading)
    return (await reading).find(({ source, team_id }) => source === provider && team_id === team)
  }
}

/** Sends one change, and looks at what Junction holds then. */
async function change(
  work: Work,
  { before, desired, environment }: RecordDiff,
  plan: PlannedWrite | undefined,
): Promise<Outcome['hash']> {
  const { declared, client } = work
  if (!desired || !plan) {
    const check = suggestedCommand(declared.workspace, environment, 'credentials', 'list')
    if (before) await deleteRecord(client.management, { org: declared.org, environment }, before, check)
    return undefined
  }
  const target = targetOf(work, desired)
  const quiet = { progress: <Result>(_: string, running: Promise<Result>) => running }
  const after = await writeRecord(quiet, client, target, { before, team: undefined }, plan)
  const old = before?.client_secret_hash
  return old ? (old === after.client_secret_hash ? 'unchanged' : 'changed') : 'new'
}

function changedMeanwhile({ provider, environment }: RecordDiff): ByooError {
  return new ByooError(
    'read_back_differs',
    `${provider} in ${environment} changed in Junction meanwhile, so it was left as it is`,
    { hint: 'look at it with byoo diff, then run byoo apply again' },
  )
}
