import { environments, regions } from '../../junction/environments.ts'
import { cell, table } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
import { connect } from '../connection/connection.ts'
import { type RecordData, toRecordData } from '../credentials/record-data.ts'
import type { Session } from '../session.ts'
import { findTeam, type Place, selectOrganisation, selectPlace } from '../workspace/selection.ts'
import type { TargetOptions } from '../workspace/target-options.ts'
import { openWorkspace } from '../workspace/workspace.ts'

export interface CredentialsListData {
  readonly credentials: readonly RecordData[]
}

/** What Junction holds in one environment and region, or in all of them. */
export async function run(session: Session): Promise<CredentialsListData> {
  const workspace = await openWorkspace(session)
  const places =
    session.flags.all === true ? allPlaces(workspace.options.values) : [selectPlace(session, workspace)]
  const org = selectOrganisation(workspace)
  const { management } = connect(session, workspace)
  const lists = places.map(async (place) => {
    const records = await management.listCredentials(
      { org, ...place },
      { team_id: findTeam(workspace, place) },
    )
    return records.map((record) => toRecordData(record, place))
  })
  const found = await session.progress('Asking Junction what it holds', Promise.all(lists))
  return { credentials: found.flat() }
}

export function text({ credentials }: CredentialsListData, style: Style): string {
  if (credentials.length === 0) return 'Junction holds no credentials here.\n'
  const rows = credentials.map((record) => [
    cell(record.provider),
    `${record.environment}/${record.region}`,
    cell(record.client_id),
    cell(record.redirect_url_override),
    cell(record.client_secret_hash?.slice(0, 12)),
    cell(record.updated_at.slice(0, 10)),
  ])
  return table(['PROVIDER', 'WHERE', 'CLIENT ID', 'REDIRECT URI', 'SECRET HASH', 'UPDATED'], rows, style)
}

/** Every environment and region, narrowed by the options. */
function allPlaces({ environment, region }: TargetOptions['values']): Place[] {
  return environments
    .filter((name) => environment === undefined || name === environment)
    .flatMap((environment) =>
      regions
        .filter((name) => region === undefined || name === region)
        .map((region) => ({ environment, region })),
    )
}
