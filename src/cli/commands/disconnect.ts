import { ByooError, usageError } from '../../errors.ts'
import type { JunctionEnvironment } from '../../junction/environments.ts'
import type { Link, UserConnection } from '../../junction/link.ts'
import { printable } from '../../output/printable.ts'
import type { Style } from '../../output/style.ts'
import { suggestion } from '../../suggestion.ts'
import { type Call, defineCommand, flag, type OptionValues } from '../command.ts'
import { type ConnectionData, requireUserId, toConnectionData } from '../connection.ts'
import { connectLink } from '../link-client.ts'
import { askConfirmation } from '../prompt.ts'
import { selectEnvironment } from '../resolve/selection.ts'
import { suggestedCommand } from '../resolve/suggested-command.ts'
import { openWorkspace, targetOptions, type Workspace } from '../resolve/workspace.ts'
import type { Session } from '../session.ts'
import { withEffectHint } from '../write-credentials.ts'

export interface DisconnectData {
  readonly user_id: string
  readonly environment: string
  /** What there was until now. */
  readonly disconnected: readonly ConnectionData[]
  /** Is the user gone as well? */
  readonly user_deleted: boolean
}

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
async function run(call: Call<typeof options>): Promise<DisconnectData> {
  const {
    session,
    operands: [user = '', provider],
  } = call
  const user_id = requireUserId(user, '<user>')
  const whole = call.options.deleteUser
  const workspace = await openWorkspace(call)
  if (whole === (provider !== undefined)) throw unclear(whole, user_id, workspace)
  const environment = selectEnvironment(workspace)
  const link = await connectLink(session, workspace, environment).link()
  const before = await session.progress('Asking Junction', link.connections(user_id))
  const leaving = provider === undefined ? before : [requireConnection(before, provider, environment)]
  const disconnected = leaving.map(toConnectionData)
  await confirm(session, environment, user_id, disconnected, call.options)

  const check = suggestedCommand(workspace, environment, 'connections', user_id)
  const removing = provider === undefined ? link.deleteUser(user_id) : link.disconnect(user_id, provider)
  await session.progress(whole ? 'Deleting' : 'Disconnecting', removing).catch((error) => {
    throw withEffectHint(error, check)
  })
  const left = await remaining(link, user_id, provider).catch((error) => {
    throw withEffectHint(error, check, 'Junction says that it is done, but this could not be checked')
  })
  if (left) {
    throw new ByooError('read_back_differs', `Junction says that it is done, but ${left}`, {
      hint: `look at it with\n${check}`,
      mayHaveTakenEffect: true,
    })
  }
  return { user_id, environment, disconnected, user_deleted: whole }
}

function text({ user_id, environment, disconnected, user_deleted }: DisconnectData, style: Style): string {
  return user_deleted
    ? `${style.green('Deleted')} the user ${user_id} in ${environment}, with ${count(disconnected)}.\n`
    : `${style.green('Disconnected')} ${names(disconnected)} from the user ${user_id} in ${environment}.\n`
}

function unclear(whole: boolean, userId: string, workspace: Workspace): ByooError {
  const [environment, another] = workspace.environments ?? []
  const look = suggestedCommand(workspace, another ? undefined : environment, 'connections', userId)
  return whole
    ? usageError(
        'give a provider or --delete-user, not both',
        '--delete-user deletes the user and every connection of it',
      )
    : usageError(
        "missing required argument 'provider'",
        `see what there is with:\n${look}\nto delete the user with all of it add --delete-user`,
      )
}

function requireConnection(
  connections: readonly UserConnection[],
  provider: string,
  environment: JunctionEnvironment,
): UserConnection {
  const found = connections.find(({ slug }) => slug === provider)
  if (found) return found
  const slugs = connections.map(({ slug }) => slug)
  const near = suggestion(provider, slugs)
  const message = `this user has no connection of ${printable(provider, 64)} in ${environment}${near}`
  const hint = slugs.length === 0 ? 'it has none at all' : `it has ${printable(slugs.join(', '))}`
  throw new ByooError('not_found', message, { hint })
}

async function confirm(
  session: Session,
  environment: JunctionEnvironment,
  userId: string,
  leaving: readonly ConnectionData[],
  { deleteUser: whole, yes }: OptionValues<typeof options>,
): Promise<void> {
  const what = whole ? `the user ${userId} and ${count(leaving)}` : `the connection of ${names(leaving)}`
  const intro = whole
    ? `This deletes ${what}, in ${environment}, with all data of it.`
    : `This removes ${what} from the user ${userId}, in ${environment}. To get data again, the person has to consent again.`
  if (yes) return session.notice(intro)
  session.show(intro)
  const confirmed = await askConfirmation(whole ? 'Delete the user now?' : 'Disconnect now?', session)
  if (confirmed === undefined) {
    const message = 'this has to be confirmed, and there is no terminal to ask on'
    throw usageError(message, 'add --yes when you are sure')
  }
  if (!confirmed) throw new ByooError('interrupted', 'stopped: nothing was changed')
}

function count(connections: readonly ConnectionData[]): string {
  if (connections.length === 0) return 'no connections'
  if (connections.length === 1) return `its connection of ${names(connections)}`
  return `its ${connections.length} connections (${names(connections)})`
}

function names(connections: readonly ConnectionData[]): string {
  return printable(connections.map(({ provider }) => provider).join(', '))
}

/** What is still there, or undefined. A user that is gone has no connections. */
async function remaining(
  link: Link,
  userId: string,
  provider: string | undefined,
): Promise<string | undefined> {
  try {
    const left = await link.connections(userId)
    const there = provider === undefined || left.some(({ slug }) => slug === provider)
    return there ? `the ${provider === undefined ? 'user' : 'connection'} is still there` : undefined
  } catch (error) {
    if (error instanceof ByooError && error.code === 'not_found') return undefined
    throw error
  }
}
