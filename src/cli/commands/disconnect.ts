import { ByooError, usageError } from '../../errors.ts'
import { printable } from '../../output/printable.ts'
import type { Style } from '../../output/style.ts'
import { suggestion } from '../../suggestion.ts'
import { type Call, defineCommand, flag } from '../command.ts'
import { requireUserId, toConnectionData, unlessMissing } from '../connection.ts'
import { connectLink } from '../link-client.ts'
import { confirm } from '../prompt.ts'
import { selectEnvironment } from '../resolve/selection.ts'
import { openWorkspace, suggestedCommand, targetOptions } from '../resolve/workspace.ts'
import { withEffectHint } from '../write-credentials.ts'

const options = {
  ...targetOptions,
  deleteUser: flag('--delete-user', 'delete the user as well, and every connection of it'),
  yes: flag('--yes', 'do not ask'),
}

/** `byoo disconnect` */
export const command = defineCommand({
  description: 'Removes one connection of a user, or the user with all of them, after asking.',
  examples: [
    'byoo disconnect 55555555-5555-4555-8555-555555555555 strava',
    'byoo disconnect 55555555-5555-4555-8555-555555555555 --delete-user',
  ],
  operands: [
    ['<user>', "Junction's id of the user"],
    ['[provider]', "the provider's slug; needed unless --delete-user"],
  ],
  options,
  run,
  text,
})

/** Removes one connection of a user, or with `--delete-user` the user and all of them, after asking. */
async function run(call: Call<typeof options>) {
  const { session, options, operands } = call
  const [user = '', provider] = operands
  const { deleteUser: whole, yes } = options
  const user_id = requireUserId(user, '<user>')
  const workspace = await openWorkspace(call)
  if (whole === (provider !== undefined)) {
    const [environment, another] = workspace.environments ?? []
    const look = suggestedCommand(workspace, another ? undefined : environment, 'connections', user_id)
    throw usageError(
      whole ? 'give a provider or --delete-user, not both' : "missing required argument 'provider'",
      `--delete-user deletes the user and every connection of it; see what there is with:\n${look}`,
    )
  }
  const environment = selectEnvironment(workspace)
  const link = await connectLink(session, workspace, environment).link()
  const before = await session.progress('Asking Junction', link.connections(user_id))
  const leaving = before.filter(({ slug }) => whole || slug === provider)
  const disconnected = leaving.map(toConnectionData)
  const data = { user_id, environment, disconnected, user_deleted: whole }
  if (provider !== undefined && leaving.length === 0) {
    const slugs = before.map(({ slug }) => slug)
    throw new ByooError(
      'not_found',
      `this user has no connection of ${printable(provider, 64)} in ${environment}${suggestion(provider, slugs)}`,
      { hint: slugs.length === 0 ? 'it has none at all' : `it has ${printable(slugs.join(', '))}` },
    )
  }
  const intro = whole
    ? `This deletes the user ${user_id} and ${count(data)}, in ${environment}, with all data of it.`
    : `This removes the connection of ${names(data)} from the user ${user_id}, in ${environment}. To get data again, the person has to consent again.`
  if (yes) session.notice(intro)
  else {
    session.show(intro)
    await confirm(whole ? 'Delete the user now?' : 'Disconnect now?', session)
  }

  const check = suggestedCommand(workspace, environment, 'connections', user_id)
  const removing = provider === undefined ? link.deleteUser(user_id) : link.disconnect(user_id, provider)
  await session.progress(whole ? 'Deleting' : 'Disconnecting', removing).catch((error) => {
    throw withEffectHint(error, check)
  })
  const left = await unlessMissing(link.connections(user_id)).catch((error) => {
    throw withEffectHint(error, check, 'Junction says that it is done, but this could not be checked')
  })
  const isThere = whole ? left !== undefined : left?.some(({ slug }) => slug === provider)
  if (!isThere) return data
  const what = whole ? 'user' : 'connection'
  throw new ByooError('read_back_differs', `Junction says that it is done, but the ${what} is still there`, {
    hint: `look at it with\n${check}`,
    mayHaveTakenEffect: true,
  })
}

type DisconnectData = Awaited<ReturnType<typeof run>>

function text(data: DisconnectData, style: Style): string {
  const { user_id, environment, user_deleted } = data
  return user_deleted
    ? `${style.green('Deleted')} the user ${user_id} in ${environment}, with ${count(data)}.\n`
    : `${style.green('Disconnected')} ${names(data)} from the user ${user_id} in ${environment}.\n`
}

function count(data: Pick<DisconnectData, 'disconnected'>): string {
  const { length } = data.disconnected
  if (length === 0) return 'no connections'
  return length === 1 ? `its connection of ${names(data)}` : `its ${length} connections (${names(data)})`
}

function names({ disconnected }: Pick<DisconnectData, 'disconnected'>): string {
  return printable(disconnected.map(({ provider }) => provider).join(', '))
}
