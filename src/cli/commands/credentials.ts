import { ByooError, usageError } from '../../errors.ts'
import { junctionEnvironments } from '../../junction/environments.ts'
import { findProvider } from '../../junction/providers.ts'
import { cell, pairs, table } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
import { connectOrganisation } from '../api-client.ts'
import { type Call, defineCommand, flag } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import { confirm, unconfirmed } from '../prompt.ts'
import { readList, recordLines, toRecordData } from '../record.ts'
import { findTeam, selectEnvironment } from '../resolve/selection.ts'
import { openWorkspace, suggestedCommand, targetOptions } from '../resolve/workspace.ts'
import { deleteRecord } from '../write-credentials.ts'

const slugOperand = ['<provider>', "the provider's slug; see byoo providers"] as const
const listOptions = { ...targetOptions, all: flag('--all', 'of every environment') }
const deleteOptions = { ...targetOptions, yes: flag('--yes', 'do not ask') }

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
  text: ({ deleted: { provider, environment, client_id } }, style) =>
    `${style.green('Deleted')} the credentials of ${provider} in ${environment} (client id ${client_id ?? 'none'}).\n`,
})

/** `complete` is false when a list had no end, and what was found of it is shown. */
function exitCode({ complete }: { readonly complete: boolean }): ExitCode {
  return complete ? 0 : exitCodes.unexpected_answer
}

/** What Junction holds in one environment, or in all of them. */
async function list(call: Call<typeof listOptions>) {
  const { session } = call
  const workspace = await openWorkspace(call)
  const environments = call.options.all
    ? (workspace.environments ?? junctionEnvironments)
    : [selectEnvironment(workspace)]
  const { management, org } = connectOrganisation(session, workspace)
  const reading = environments.map(async (environment) => {
    const team_id = findTeam(workspace, environment)
    const { records, endless } = await readList(management.listCredentials({ org, environment }, { team_id }))
    return { found: records.map((record) => toRecordData(record, environment)), endless }
  })
  const lists = await session.progress('Asking Junction what it holds', Promise.all(reading))
  const endless = lists.flatMap((one) => one.endless ?? [])
  for (const { message, hint } of endless) session.warn(`${message}; ${hint}`)
  return { credentials: lists.flatMap(({ found }) => found), complete: endless.length === 0 }
}

function listText({ credentials }: Awaited<ReturnType<typeof list>>, style: Style): string {
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
async function show(call: Call<typeof targetOptions>) {
  const { record, environment, endless } = await findRecord(call)
  if (endless) call.session.warn(`${endless.message}; ${endless.hint}`)
  return { credential: toRecordData(record, environment), complete: !endless }
}

/** Deletes what Junction holds for one provider, after the provider's name was typed. */
async function remove(call: Call<typeof deleteOptions>) {
  const { session } = call
  const { workspace, environment, management, org, record, endless } = await findRecord(call)
  if (endless) throw endless
  const deleted = toRecordData(record, environment)
  const { provider } = deleted
  const plan = pairs(recordLines(deleted), session.errorStyle).trimEnd().replace(/^/gm, '  ')
  const intro = `This will be deleted. Users can then no longer connect ${provider} with your application:\n${plan}`
  if (call.options.yes) session.notice(intro)
  else {
    session.show(intro)
    await confirm(`Type ${provider} to delete it`, session, unconfirmed('a deletion has'), provider)
  }
  const check = suggestedCommand(workspace, environment, 'credentials', 'list')
  await session.progress('Deleting', deleteRecord(management, { org, environment }, record, check))
  return { deleted }
}

/** The one record of a provider, or an error: none, or several teams have one. */
async function findRecord(call: Call<typeof targetOptions>) {
  const { session } = call
  const { slug: provider } = findProvider(call.operands[0] ?? '')
  const workspace = await openWorkspace(call)
  const environment = selectEnvironment(workspace, provider)
  const { management, org } = connectOrganisation(session, workspace)
  const team_id = findTeam(workspace, environment)
  const listing = readList(management.listCredentials({ org, environment }, { team_id, provider }))
  const { records, endless } = await session.progress('Asking Junction what it holds', listing)
  const own = records.filter((record) => team_id === undefined || record.team_id === team_id)
  const [record, another] = own
  if (record && !another) return { workspace, environment, management, org, record, endless }
  if (endless) throw endless
  if (another) {
    throw usageError(
      `${own.length} teams have credentials of ${provider} in ${environment}: choose one`,
      own.map((one) => `--team ${one.team_id}`).join('\n'),
    )
  }
  throw new ByooError('not_found', `Junction has no credentials of ${provider} in ${environment}`, {
    hint: `see what there is with:\n${suggestedCommand(workspace, environment, 'credentials', 'list')}`,
  })
}
