import { usageError } from '../../errors.ts'
import { junctionEnvironments } from '../../junction/environments.ts'
import { deleteCredentialsRequest, EndlessListError } from '../../junction/management.ts'
import { findProvider } from '../../junction/providers.ts'
import { cell, pairs, table } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
import { connectOrganisation } from '../api-client.ts'
import { type Call, defineCommand, flag } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import { askText } from '../prompt.ts'
import {
  type DryRunData,
  dryRunData,
  dryRunText,
  findRecord,
  type RecordData,
  recordLines,
  toRecordData,
} from '../record.ts'
import { findTeam, selectEnvironment, selectOrganisation } from '../resolve/selection.ts'
import { suggestedCommand } from '../resolve/suggested-command.ts'
import { openWorkspace, targetOptions } from '../resolve/workspace.ts'
import type { Session } from '../session.ts'
import { deleteRecord } from '../write-credentials.ts'

const slugOperand = ['<provider>', "the provider's slug; see byoo providers"] as const
const listOptions = { ...targetOptions, all: flag('--all', 'of every environment') }
const deleteOptions = {
  ...targetOptions,
  yes: flag('--yes', 'do not ask'),
  dryRun: flag('--dry-run', 'show the request and send nothing'),
}

/** `byoo credentials list` */
export const listCommand = defineCommand({
  description: 'Every provider with its client id, redirect URL override, hash of the secret, and date.',
  examples: ['byoo credentials list', 'byoo credentials list --all --json'],
  options: listOptions,
  run: list,
  text: listText,
  exitCode: (data) => exitCode(data),
})

/** `byoo credentials show` */
export const showCommand = defineCommand({
  description: 'Everything that Junction holds for one provider; secrets are never shown.',
  examples: ['byoo credentials show strava'],
  operands: [slugOperand],
  options: targetOptions,
  run: show,
  text: ({ credential }, style) => pairs(recordLines(credential), style),
  exitCode: (data) => exitCode(data),
})

/** `byoo credentials delete` */
export const deleteCommand = defineCommand({
  description:
    "Deletes what Junction holds for one provider, after the provider's name was typed, or with --yes.",
  examples: ['byoo credentials delete strava'],
  operands: [slugOperand],
  options: deleteOptions,
  run: remove,
  text: deletedText,
})

interface ListData {
  readonly credentials: readonly RecordData[]
  /** False when the list had no end. */
  readonly complete: boolean
}

interface ShowData {
  readonly credential: RecordData
  /** False when the list that it was found in had no end. */
  readonly complete: boolean
}

function exitCode({ complete }: { readonly complete: boolean }): ExitCode {
  return complete ? 0 : exitCodes.unexpected_answer
}

/** What Junction holds in one environment, or in all of them. */
async function list(call: Call<typeof listOptions>): Promise<ListData> {
  const { session } = call
  const workspace = await openWorkspace(call)
  const environments = call.options.all
    ? (workspace.environments ?? junctionEnvironments)
    : [selectEnvironment(workspace)]
  const { management, org } = connectOrganisation(session, workspace)
  const endless: EndlessListError[] = []
  const lists = environments.map(async (environment) => {
    const records = await management
      .listCredentials({ org, environment }, { team_id: findTeam(workspace, environment) })
      .catch((error: unknown) => {
        if (!(error instanceof EndlessListError)) throw error
        endless.push(error)
        return error.found
      })
    return records.map((record) => toRecordData(record, environment))
  })
  const found = await session.progress('Asking Junction what it holds', Promise.all(lists))
  for (const { message, hint } of endless) session.warn(`${message}; ${hint}`)
  return { credentials: found.flat(), complete: endless.length === 0 }
}

function listText({ credentials }: ListData, style: Style): string {
  if (credentials.length === 0) return 'Junction holds no credentials here.\n'
  const rows = credentials.map((record) => [
    cell(record.provider),
    record.environment,
    cell(record.client_id),
    cell(record.redirect_url_override),
    cell(record.client_secret_hash?.slice(0, 12)),
    cell(record.updated_at.slice(0, 10)),
  ])
  return table(['PROVIDER', 'WHERE', 'CLIENT ID', 'REDIRECT URI', 'SECRET HASH', 'UPDATED'], rows, style)
}

/** Everything that Junction holds for one provider. */
async function show(call: Call<typeof targetOptions>): Promise<ShowData> {
  const {
    session,
    operands: [slug = ''],
  } = call
  const provider = findProvider(slug)
  const workspace = await openWorkspace(call)
  const environment = selectEnvironment(workspace, provider.slug)
  const connection = connectOrganisation(session, workspace)
  try {
    const record = await findRecord(
      session,
      connection,
      workspace,
      connection.org,
      environment,
      provider.slug,
    )
    return { credential: toRecordData(record, environment), complete: true }
  } catch (error) {
    const [record, another] = error instanceof EndlessListError ? error.found : []
    if (!(error instanceof EndlessListError) || !record || another) throw error
    session.warn(`${error.message}; ${error.hint}`)
    return { credential: toRecordData(record, environment), complete: false }
  }
}

interface DeletedData {
  /** What Junction held until now. */
  readonly deleted: RecordData
}

/** Deletes what Junction holds for one provider, after the provider's name was typed. */
async function remove(call: Call<typeof deleteOptions>): Promise<DeletedData | DryRunData> {
  const {
    session,
    operands: [slug = ''],
  } = call
  const provider = findProvider(slug)
  const workspace = await openWorkspace(call)
  const environment = selectEnvironment(workspace, provider.slug)
  if (call.options.dryRun) {
    const store = { org: selectOrganisation(workspace), environment }
    session.notice('The id would be looked up first.')
    const access = { key: '', url: workspace.managementUrl }
    return dryRunData(session, deleteCredentialsRequest(access, store, ['<id>']))
  }
  const connection = connectOrganisation(session, workspace)
  const store = { org: connection.org, environment }
  const record = await findRecord(session, connection, workspace, store.org, environment, provider.slug)
  const deleted = toRecordData(record, environment)
  await confirm(session, deleted, call.options.yes)

  const check = suggestedCommand(workspace, environment, 'credentials', 'list')
  await session.progress('Deleting', deleteRecord(connection.management, store, record, check))
  return { deleted }
}

function deletedText(data: DeletedData | DryRunData, style: Style): string {
  if ('dry_run' in data) return dryRunText(data, style)
  const { provider, environment, client_id } = data.deleted
  return `${style.green('Deleted')} the credentials of ${provider} in ${environment} (client id ${client_id ?? 'none'}).\n`
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
  throw usageError(
    'a deletion has to be confirmed, and there is no terminal to ask on',
    'add --yes when you are sure',
  )
}
