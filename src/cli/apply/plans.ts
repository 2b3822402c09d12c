import type { DesiredRecord } from '../../apply/desired.ts'
import type { RecordDiff } from '../../apply/diff.ts'
import { replaceReferences } from '../../config/detail-references.ts'
import type { Sourced } from '../../config/options.ts'
import { ByooError, usageError } from '../../errors.ts'
import type { Credential } from '../../junction/management.ts'
import { askSecret } from '../prompt.ts'
import { detailsAdvice, findDetails, needsDetails } from '../resolve/details.ts'
import { findClientSecret, resolveReference } from '../resolve/secret.ts'
import { type PlannedWrite, planWrite, type RecordParts } from '../write-credentials.ts'
import { targetOf, type Work } from './work.ts'

export type Plans = ReadonlyMap<RecordDiff, PlannedWrite>

/** What is to be written into each record, its secrets too; fails with everything that is missing. */
export async function planWrites(work: Work, diffs: readonly RecordDiff[]): Promise<Plans> {
  const plans = new Map<RecordDiff, PlannedWrite>()
  const missing: string[] = []
  const secretOf = createSecrets(work)
  for (const diff of diffs) {
    const { desired, before } = diff
    if (!desired) continue
    const details = await attempt(missing, () => detailsOf(work, desired, before))
    const secret = await attempt(missing, () => secretOf(desired))
    const parts: RecordParts = { clientId: desired.clientId, secret, details }
    plans.set(diff, planWrite(targetOf(work, desired), before, parts, []))
  }
  if (missing.length === 0) return plans
  throw usageError(
    ['nothing was written, because this is missing:', ...new Set(missing)].join('\n  '),
    'set the variables, write the files, or run it on a terminal to be asked for client secrets',
  )
}

/** What a person has to confirm beside the changes, each as a sentence that names the provider. */
export function doubtsOf(plans: Plans): string[] {
  const all = [...plans.values()].flatMap(({ record, doubts }) =>
    doubts.map((doubt) => `${record.provider}: ${doubt}`),
  )
  return [...new Set(all)]
}

async function attempt<Value>(missing: string[], find: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await find()
  } catch (error) {
    if (!(error instanceof ByooError) || error.code === 'interrupted') throw error
    missing.push(error.message)
    return undefined
  }
}

/** The client secret of a record: a reference, else asked for once for each provider and client id. */
function createSecrets({ session, declared: { workspace } }: Work) {
  const asked = new Map<string, Sourced>()
  return async ({ provider, clientId, credential }: DesiredRecord): Promise<Sourced> => {
    const name = `${provider.slug} (client id ${clientId})`
    const known = asked.get(name)
    if (known) return known
    const what = `the client secret of ${provider.slug}`
    const found = await findClientSecret(session, workspace, credential.clientSecret, what)
    if (found) return found
    const value = await askSecret(`Client secret of ${name}`, session)
    if (value === undefined) throw usageError(`the client secret of ${name}`)
    const answer = { value, source: 'the prompt' }
    asked.set(name, answer)
    return answer
  }
}

/** The details of a record, as `set-credentials` finds them. */
async function detailsOf(
  { session, declared: { workspace } }: Work,
  desired: DesiredRecord,
  before: Credential | undefined,
): Promise<RecordParts['details']> {
  const { provider, environment, credential } = desired
  const unread: string[] = []
  replaceReferences(credential.details ?? {}, (reference, path) => {
    const what = `details.${path.join('.')} of ${provider.slug}`
    try {
      resolveReference(reference, what, session, workspace)
    } catch (error) {
      if (!(error instanceof ByooError)) throw error
      unread.push(error.message)
    }
  })
  if (unread.length > 0) throw usageError(unread.join('\n  '))
  const details = await findDetails(session, workspace, desired, credential, before)
  if (details || !needsDetails(provider)) return details
  throw usageError(`the details of ${provider.slug} in ${environment}`, detailsAdvice(provider))
}
