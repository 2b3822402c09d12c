import { ByooError } from '../../errors.ts'
import { deleteCredentialsRequest } from '../../junction/management.ts'
import { findProvider } from '../../junction/providers.ts'
import { pairs } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
import { type Call, defineCommand, flag } from '../command.ts'
import { connect } from '../connection/connection.ts'
import { type DryRunData, dryRunData, dryRunText } from '../credentials/dry-run.ts'
import { findRecord } from '../credentials/find-record.ts'
import { type RecordData, recordLines, toRecordData } from '../credentials/record-data.ts'
import { withConsequence } from '../credentials/write-credentials.ts'
import { askText } from '../input/prompt.ts'
import type { Session } from '../session.ts'
import { followUp } from '../workspace/follow-up.ts'
import { selectOrganisation, selectPlace } from '../workspace/selection.ts'
import { targetOptions } from '../workspace/target-options.ts'
import { openWorkspace } from '../workspace/workspace.ts'

export interface DeletedData {
  /** What Junction held until now. */
  readonly deleted: RecordData
}

export type CredentialsDeleteData = DeletedData | DryRunData

const options = {
  ...targetOptions,
  yes: flag('--yes', 'do not ask'),
  dryRun: flag('--dry-run', 'show the request and send nothing'),
}

/** `byoo credentials delete` */
export const command = defineCommand({
  description:
    "Deletes what Junction holds for one provider, after the provider's name was typed, or with --yes.",
  examples: ['byoo credentials delete strava'],
  operands: [['<provider>', "the provider's slug; see byoo providers"]],
  options,
  run,
  text,
})

/** Deletes what Junction holds for one provider, after the provider's name was typed. */
async function run(call: Call<typeof options>): Promise<CredentialsDeleteData> {
  const {
    session,
    operands: [slug = ''],
  } = call
  const provider = findProvider(slug)
  const workspace = await openWorkspace(call)
  const place = selectPlace(session, workspace, provider.slug)
  const store = { org: selectOrganisation(workspace), ...place }
  if (call.options.dryRun) {
    session.notice('The id would be looked up first.')
    const access = { key: '', url: workspace.managementUrl }
    return dryRunData(session, deleteCredentialsRequest(access, store, ['<id>']))
  }
  const connection = connect(session, workspace)
  const record = await findRecord(session, connection, workspace, store.org, place, provider.slug)
  const deleted = toRecordData(record, place)
  await confirm(session, deleted, call.options.yes)

  const check = followUp(workspace, place, 'credentials', 'list')
  const { management } = connection
  const deletion = await session
    .progress('Deleting', management.deleteCredentials(store, [record.id]))
    .catch((error) => {
      throw withConsequence(error, check)
    })
  if (deletion.failure.includes(record.id)) {
    throw new ByooError('refused', `Junction could not delete the credentials of ${provider.slug}`, {
      hint: `try again later; look at what is there with\n${check}`,
    })
  }
  if (deletion.not_found.includes(record.id)) {
    throw new ByooError('not_found', `the credentials of ${provider.slug} were gone already`)
  }
  const left = await management.listCredentials(store, { provider: provider.slug }).catch((error) => {
    throw withConsequence(error, check, 'Junction says that it deleted them, but this could not be checked')
  })
  if (!left.some(({ id }) => id === record.id)) return { deleted }
  throw new ByooError(
    'read_back_differs',
    `Junction says that it deleted ${provider.slug}, but it is still there`,
    {
      hint: `look at it with\n${check}`,
      mayHaveTakenEffect: true,
    },
  )
}

function text(data: CredentialsDeleteData, style: Style): string {
  if ('dry_run' in data) return dryRunText(data, style)
  const { provider, environment, region, client_id } = data.deleted
  return `${style.green('Deleted')} the credentials of ${provider} in ${environment}/${region} (client id ${client_id ?? 'none'}).\n`
}

async function confirm(session: Session, record: RecordData, yes: boolean): Promise<void> {
  const plan = pairs(recordLines(record), session.errorStyle).trimEnd().replace(/^/gm, '  ')
  const intro = `This will be deleted. Users can then no longer connect ${record.provider} with your application:\n${plan}`
  if (yes) return session.notice(intro)
  session.show(intro)
  const typed = askText(`Type ${record.provider} to delete it`, session, {
    fault: (answer) => (answer === record.provider ? undefined : `Type ${record.provider}, or press Ctrl-C.`),
  })
  if ((await typed) !== undefined) return
  throw new ByooError('usage', 'a deletion has to be confirmed, and there is no terminal to ask on', {
    hint: 'add --yes when you are sure',
  })
}
