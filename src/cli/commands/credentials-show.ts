import { EndlessListError } from '../../junction/management.ts'
import { findProvider } from '../../junction/providers.ts'
import { pairs } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
import { type Call, defineCommand } from '../command.ts'
import { connect } from '../connection/connection.ts'
import { findRecord } from '../credentials/find-record.ts'
import { type RecordData, recordLines, toRecordData } from '../credentials/record-data.ts'
import { exitCodes } from '../exit-code.ts'
import { selectOrganisation, selectPlace } from '../workspace/selection.ts'
import { targetOptions } from '../workspace/target-options.ts'
import { openWorkspace } from '../workspace/workspace.ts'

export interface CredentialsShowData {
  readonly credential: RecordData
  /** False when the list that it was found in had no end. */
  readonly complete: boolean
}

const options = { ...targetOptions }

/** `byoo credentials show` */
export const command = defineCommand({
  description: 'Everything that Junction holds for one provider; secrets are never shown.',
  examples: ['byoo credentials show strava'],
  operands: [['<provider>', "the provider's slug; see byoo providers"]],
  options,
  run,
  text,
  exitCode: ({ complete }) => (complete ? 0 : exitCodes.unexpected_answer),
})

/** Everything that Junction holds for one provider. */
async function run(call: Call<typeof options>): Promise<CredentialsShowData> {
  const {
    session,
    operands: [slug = ''],
  } = call
  const provider = findProvider(slug)
  const workspace = await openWorkspace(call)
  const place = selectPlace(session, workspace, provider.slug)
  const org = selectOrganisation(workspace)
  try {
    const record = await findRecord(
      session,
      connect(session, workspace),
      workspace,
      org,
      place,
      provider.slug,
    )
    return { credential: toRecordData(record, place), complete: true }
  } catch (error) {
    const [record, another] = error instanceof EndlessListError ? error.found : []
    if (!(error instanceof EndlessListError) || !record || another) throw error
    session.warn(`${error.message}; ${error.hint}`)
    return { credential: toRecordData(record, place), complete: false }
  }
}

function text({ credential }: CredentialsShowData, style: Style): string {
  return pairs(recordLines(credential), style)
}
