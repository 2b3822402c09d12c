import { environments, regions } from '../../junction/environments.ts'
import { EndlessListError } from '../../junction/management.ts'
import { cell, table } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
import { type Call, defineCommand, flag } from '../command.ts'
import { connect } from '../connection/connection.ts'
import { type RecordData, toRecordData } from '../credentials/record-data.ts'
import { exitCodes } from '../exit-code.ts'
import { findTeam, type Place, selectOrganisation, selectPlace } from '../workspace/selection.ts'
import { type TargetOptions, targetOptions } from '../workspace/target-options.ts'
import { openWorkspace } from '../workspace/workspace.ts'

export interface CredentialsListData {
  readonly credentials: readonly RecordData[]
  /** False when the list had no end. */
  readonly complete: boolean
}

const options = { ...targetOptions, all: flag('--all', 'of every environment and region') }

/** `byoo credentials list` */
export const command = defineCommand({
  description: 'Every provider with its client id, redirect URL override, hash of the secret, and date.',
  examples: ['byoo credentials list', 'byoo credentials list --all --json'],
  options,
  run,
  text,
  exitCode: ({ complete }) => (complete ? 0 : exitCodes.unexpected_answer),
})

/** What Junction holds in one environment and region, or in all of them. */
async function run(call: Call<typeof options>): Promise<CredentialsListData> {
  const { session } = call
  const workspace = await openWorkspace(call)
  const places = call.options.all ? allPlaces(call.options) : [selectPlace(session, workspace)]
  const org = selectOrganisation(workspace)
  const { management } = connect(session, workspace)
  const endless: EndlessListError[] = []
  const lists = places.map(async (place) => {
    const records = await management
      .listCredentials({ org, ...place }, { team_id: findTeam(workspace, place) })
      .catch((error: unknown) => {
        if (!(error instanceof EndlessListError)) throw error
        endless.push(error)
        return error.found
      })
    return records.map((record) => toRecordData(record, place))
  })
  const found = await session.progress('Asking Junction what it holds', Promise.all(lists))
  for (const { message, hint } of endless) session.warn(`${message}; ${hint}`)
  return { credentials: found.flat(), complete: endless.length === 0 }
}

function text({ credentials }: CredentialsListData, style: Style): string {
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
function allPlaces({ environment, region }: TargetOptions): Place[] {
  return environments
    .filter((name) => environment === undefined || name === environment)
    .flatMap((environment) =>
      regions
        .filter((name) => region === undefined || name === region)
        .map((region) => ({ environment, region })),
    )
}
