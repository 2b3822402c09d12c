import { ByooError } from '../../errors.ts'
import type { Credential } from '../../junction/management.ts'
import type { Connection } from '../connection/connection.ts'
import type { Session } from '../session.ts'
import { followUp } from '../workspace/follow-up.ts'
import { findTeam, type Place } from '../workspace/selection.ts'
import type { Workspace } from '../workspace/workspace.ts'

/** The one record of a provider, or an error: none, or several teams have one. */
export async function findRecord(
  session: Session,
  { management }: Connection,
  workspace: Workspace,
  org: string,
  place: Place,
  provider: string,
): Promise<Credential> {
  const team_id = findTeam(workspace, place)
  const listing = management.listCredentials({ org, ...place }, { team_id, provider })
  const records = (await session.progress('Asking Junction what it holds', listing)).filter(
    (record) => team_id === undefined || record.team_id === team_id,
  )
  const [record, another] = records
  if (record && !another) return record
  const where = `${place.environment}/${place.region}`
  if (!record) {
    throw new ByooError('not_found', `Junction has no credentials of ${provider} in ${where}`, {
      hint: `see what there is with:\n${followUp(workspace, place, 'credentials', 'list')}`,
    })
  }
  throw new ByooError(
    'usage',
    `${records.length} teams have credentials of ${provider} in ${where}: choose one`,
    {
      hint: records.map((one) => `--team ${one.team_id}`).join('\n'),
    },
  )
}
