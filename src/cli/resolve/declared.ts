import { type DesiredRecord, desiredRecords } from '../../apply/desired.ts'
import { diffStore, type RecordDiff, type ResolvedDetails, unresolved } from '../../apply/diff.ts'
import { junctionUri, routeEnvironments } from '../../config/callback.ts'
import { replaceReferences } from '../../config/detail-references.ts'
import { ByooError, usageError } from '../../errors.ts'
import { withRedirectUri } from '../../junction/details.ts'
import type { JunctionEnvironment } from '../../junction/environments.ts'
import type { Management } from '../../junction/management.ts'
import { findProvider } from '../../junction/providers.ts'
import type { Call } from '../command.ts'
import type { Session } from '../session.ts'
import { resolveReference } from './secret.ts'
import { openWorkspace, targetOptions, type Workspace } from './workspace.ts'

/** What byoo.yaml says that Junction should hold. */
export interface Declared {
  readonly workspace: Workspace
  readonly org: string
  /** The providers that were named; none for all. */
  readonly slugs: readonly string[]
  readonly desired: readonly DesiredRecord[]
  /** The stores to look at, and the team of each. */
  readonly stores: readonly { readonly environment: JunctionEnvironment; readonly team: string }[]
}

/** Variables that describe one record: left over in a shell, they would be written into all of them. */
const perRecord = [
  'BYOO_CLIENT_SECRET',
  'BYOO_CLIENT_SECRET_FILE',
  'BYOO_CLIENT_ID',
  'BYOO_DETAILS_FILE',
  'BYOO_REDIRECT_URL',
  'BYOO_TEAM',
  // So would what these choose be done to all of them.
  'BYOO_DELETE',
  'BYOO_ROTATE',
]

const { team: _, ...others } = targetOptions
/** Options of `diff` and `apply`; the teams stand in byoo.yaml. */
export const declaredOptions = others

/** Reads byoo.yaml for `diff` and `apply`, which take ids, secrets, details and teams from there alone. */
export async function openDeclared(call: Call<typeof declaredOptions>): Promise<Declared> {
  const { session, given, operands } = call
  const { env } = session.context
  const left = perRecord.filter((name) => env[name] !== undefined && env[name] !== '')
  if (left.length > 0) {
    throw usageError(
      `${left.join(' and ')} would apply to every record`,
      `unset ${left.join(' ')}: ids, secrets, details and teams come from byoo.yaml alone`,
    )
  }
  const slugs = operands.flatMap((operand) => (operand ? [findProvider(operand).slug] : []))
  const workspace = await openWorkspace({ ...call, options: { ...call.options, team: undefined } })
  const { file, environments, options, login } = workspace
  if (!file) {
    throw new ByooError('configuration', 'there is no byoo.yaml, which says what Junction should hold', {
      hint: 'run byoo init --from-junction, or byoo init',
    })
  }
  if (file.config.org && options.org && file.config.org !== options.org) {
    throw usageError(
      `${given.org?.source} is another organisation than org in ${file.name}`,
      'leave one of them out',
    )
  }
  const org = file.config.org ?? options.org ?? login?.org
  if (!org) throw usageError('the organisation is not known', `write "org: <uuid>" into ${file.name}`)
  const desired = desiredRecords(file.config, file.name, environments, slugs)
  const { routes, credentials } = file.config
  const occurring = [...credentials.flatMap((one) => one.environments), ...routes.flatMap(routeEnvironments)]
  const stores = [...new Set(occurring)].flatMap((environment) => {
    const team = file.config.teams[environment]
    const wanted = !environments || environments.includes(environment)
    return team !== undefined && wanted ? [{ environment, team }] : []
  })
  if (stores.length === 0) {
    throw new ByooError('configuration', `${file.name} names no team of an environment to look at`, {
      hint: `add teams, and credentials or routes, to ${file.name}`,
    })
  }
  return { workspace, org, slugs, desired, stores }
}

/** A store that could not be listed, with why; `wanted` when the file wants something there. */
export interface FailedStore {
  readonly environment: JunctionEnvironment
  readonly error: ByooError
  readonly wanted: boolean
}

/** How the stores compare with byoo.yaml, one list call each; `others` are records of other providers or teams. */
export interface StoresCompared {
  readonly diffs: readonly RecordDiff[]
  readonly others: number
  readonly failed: readonly FailedStore[]
}

/** Lists every store, and compares. A key that is not accepted stops all; any other failure stops its environment. */
export async function compareStores(
  session: Session,
  management: Management,
  { workspace, org, stores, desired, slugs }: Declared,
): Promise<StoresCompared> {
  const failed: FailedStore[] = []
  const detailsOf = (record: DesiredRecord) => resolveDetails(session, workspace, record)
  const reading = stores.map(async ({ environment, team }) => {
    try {
      const records = await management.listCredentials({ org, environment }, { team_id: team })
      return [diffStore({ environment, team, records }, desired, detailsOf, slugs)]
    } catch (error) {
      const stops = !(error instanceof ByooError) || ['not_authenticated', 'interrupted'].includes(error.code)
      if (stops) throw error
      const wanted = desired.some((record) => record.environment === environment)
      failed.push({ environment, error, wanted })
      return []
    }
  })
  const asking = session.progress('Asking Junction what it holds', Promise.all(reading))
  const compared = (await asking).flat()
  return {
    diffs: compared.flatMap(({ diffs }) => diffs),
    others: compared.reduce((sum, { others }) => sum + others, 0),
    failed,
  }
}

/** The details of a record; a secret that cannot be read here is `unresolved`. */
function resolveDetails(
  session: Session,
  workspace: Workspace,
  { credential, provider: { slug }, environment, redirectUrl }: DesiredRecord,
): ResolvedDetails {
  if (!credential.details) return undefined
  const resolved = replaceReferences(credential.details, (reference, path) => {
    try {
      return resolveReference(reference, path.join('.'), session, workspace)
    } catch (error) {
      if (error instanceof ByooError) return unresolved
      throw error
    }
  })
  return withRedirectUri(slug, resolved, redirectUrl ?? junctionUri(environment, slug))
}
