import { findProvider } from '../../junction/providers.ts'
import { pairs } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
import { connect } from '../connection/connection.ts'
import { findRecord } from '../credentials/find-record.ts'
import { type RecordData, recordLines, toRecordData } from '../credentials/record-data.ts'
import type { Session } from '../session.ts'
import { selectOrganisation, selectPlace } from '../workspace/selection.ts'
import { openWorkspace } from '../workspace/workspace.ts'

export interface CredentialsShowData {
  readonly credential: RecordData
}

/** Everything that Junction holds for one provider. */
export async function run(session: Session, slug: string): Promise<CredentialsShowData> {
  const provider = findProvider(slug)
  const workspace = await openWorkspace(session)
  const place = selectPlace(session, workspace, provider.slug)
  const org = selectOrganisation(workspace)
  const record = await findRecord(session, connect(session, workspace), workspace, org, place, provider.slug)
  return { credential: toRecordData(record, place) }
}

export function text({ credential }: CredentialsShowData, style: Style): string {
  return pairs(recordLines(credential), style)
}
