import { createInterface } from 'node:readline'
import { ByooError, type ErrorCode, usageError } from '../../errors.ts'
import { isUserId, type Link, type UserConnection } from '../../junction/link.ts'
import { cell, table } from '../../output/layout.ts'
import { printable } from '../../output/printable.ts'
import type { Style } from '../../output/style.ts'
import { createRateLimiter } from '../../verify/rate-limiter.ts'
import { type Call, defineCommand, flag } from '../command.ts'
import { type ConnectionData, errorText, requireUserId, toConnectionData } from '../connection.ts'
import { type ExitCode, sharedExitCode } from '../exit-code.ts'
import { connectLink, type LinkClient } from '../link-client.ts'
import { selectEnvironment } from '../resolve/selection.ts'
import { openWorkspace, targetOptions } from '../resolve/workspace.ts'
import type { Session } from '../session.ts'

/** One user's connections. */
export interface ConnectionsData {
  readonly user_id: string
  readonly environment: string
  readonly connections: readonly ConnectionData[]
}

/** Who of many has to connect again. */
export interface FailingData {
  readonly environment: string
  /** How many were looked up. */
  readonly users: number
  readonly failing: readonly {
    /** As it was given. */
    readonly id: string
    readonly user_id: string
    /** Only those that do not work. */
    readonly connections: readonly ConnectionData[]
  }[]
  /** Ids that nobody has in this environment. */
  readonly not_found: readonly string[]
  /** Ids that could not be looked up, with why. */
  readonly failed: readonly { readonly id: string; readonly code: ErrorCode; readonly message: string }[]
}

const options = {
  ...targetOptions,
  failing: flag('--failing', 'of the users on stdin, an id a line, show those who must connect again'),
}

/** `byoo connections` */
export const command = defineCommand({
  description:
    "A user's connections, each with its status, its date, and what its error means. With --failing it reads ids of " +
    'users from stdin, one a line, yours (client_user_id) or those of Junction, and shows only connections that do not ' +
    'work: after a client secret was replaced, those are the people who must connect again.',
  examples: [
    'byoo connections 55555555-5555-4555-8555-555555555555',
    'byoo connections --failing < user-ids.txt',
  ],
  operands: [['[user]', "Junction's id of the user; needed unless --failing"]],
  options,
  run,
  text: (data: ConnectionsData | FailingData, style) =>
    'failing' in data ? failingText(data, style) : text(data, style),
  exitCode: (data) => ('failing' in data ? failingExitCode(data) : 0),
})

/** The connections of one user, or those that fail of many. */
async function run(call: Call<typeof options>): Promise<ConnectionsData | FailingData> {
  const { session, operands } = call
  const [user] = operands
  const { failing } = call.options
  if (failing === (user !== undefined)) {
    throw failing
      ? usageError('--failing reads the users from stdin: give no user beside it')
      : usageError(
          "missing required argument 'user'",
          'or give many on stdin: byoo connections --failing < ids',
        )
  }
  const user_id = user === undefined ? '' : requireUserId(user, '<user>')
  const workspace = await openWorkspace(call)
  const environment = selectEnvironment(workspace)
  const client = connectLink(session, workspace, environment)
  if (failing) return { environment, ...(await findFailing(await readIds(session), client, session)) }
  const link = await client.link()
  const connections = await session.progress('Asking Junction', link.connections(user_id))
  return { user_id, environment, connections: connections.map(toConnectionData) }
}

/** Most characters of an id, and most ids. */
const [maxLength, maxIds] = [200, 100_000]

async function readIds({ context, signal }: Session): Promise<readonly string[]> {
  if (context.stdinIsTerminal()) {
    throw usageError(
      '--failing reads ids of users from stdin',
      'write: byoo connections --failing < user-ids.txt',
    )
  }
  const ids = new Set<string>()
  for await (const line of createInterface({ input: context.stdin(), signal })) {
    const id = line.trim()
    if (id.length > maxLength) throw usageError(`an id on stdin has more than ${maxLength} characters`)
    if (id !== '') ids.add(id)
    if (ids.size > maxIds) throw usageError(`there are more than ${maxIds} ids on stdin: give them in parts`)
  }
  if (ids.size === 0) throw usageError('there is no id on stdin', 'give one id of a user a line')
  return [...ids]
}

async function findFailing(ids: readonly string[], client: LinkClient, session: Session) {
  const limiter = createRateLimiter(20, 4, session.signal)
  const failed: { id: string; code: ErrorCode; message: string }[] = []
  const lookUp = async (id: string) => {
    try {
      return [{ id, found: await limiter(() => find(id, client)) }]
    } catch (error) {
      const { code, message } = problemOf(error, session)
      failed.push({ id, code, message })
      return []
    }
  }
  const asking = Promise.all(ids.map(lookUp))
  const users = (await session.progress(`Asking Junction about ${ids.length} users`, asking)).flat()
  return {
    failed,
    users: ids.length,
    failing: users.flatMap(({ id, found }) => {
      const connections = found?.connections.map(toConnectionData).filter(({ error }) => error !== null) ?? []
      return found && connections.length > 0 ? [{ id, user_id: found.user_id, connections }] : []
    }),
    not_found: users.flatMap(({ id, found }) => (found ? [] : [id])),
  }
}

/** What keeps one user from being looked up; a key that opens nothing, and a bug, end the command. */
function problemOf(error: unknown, { signal }: Session): ByooError {
  if (signal.aborted) return new ByooError('interrupted', 'interrupted')
  const isOfOne =
    error instanceof ByooError && !['not_authenticated', 'not_allowed', 'wrong_key'].includes(error.code)
  if (!isOfOne) throw error
  return error
}

function failingExitCode({ failed, not_found }: FailingData): ExitCode {
  if (failed.length > 0) return sharedExitCode(failed)
  return not_found.length > 0 ? 4 : 0
}

interface FoundUser {
  readonly user_id: string
  readonly connections: readonly UserConnection[]
}

/** The user with an id, be it Junction's or one of your own; undefined when there is none. */
async function find(id: string, client: LinkClient): Promise<FoundUser | undefined> {
  const link = await client.link()
  const own = isUserId(id) ? await unlessMissing(connectionsOf(link, id)) : undefined
  if (own) return own
  const resolved = await unlessMissing(link.resolveUser(id))
  return resolved && connectionsOf(link, resolved.user_id)
}

async function connectionsOf(link: Link, user_id: string): Promise<FoundUser> {
  return { user_id, connections: await link.connections(user_id) }
}

async function unlessMissing<Value>(asking: Promise<Value>): Promise<Value | undefined> {
  try {
    return await asking
  } catch (error) {
    if (error instanceof ByooError && error.code === 'not_found') return undefined
    throw error
  }
}

function text({ environment, connections }: ConnectionsData, style: Style): string {
  if (connections.length === 0) return `This user has no connections in ${environment}.\n`
  const rows = connections.map(({ provider, status, since, error }) => [
    cell(provider),
    cell(status),
    cell(minute(since)),
    cell(error?.type),
  ])
  const errors = connections.flatMap((connection) => explained(connection, environment, style))
  return `${table(['PROVIDER', 'STATUS', 'SINCE', 'ERROR'], rows, style)}${errors.join('')}`
}

function failingText(data: FailingData, style: Style): string {
  const { environment, users, failing, not_found, failed } = data
  const verdict =
    failing.length === 0
      ? `No connection of ${counted(users)} fails in ${environment}.\n`
      : `${failing.length} of ${counted(users)} ${failing.length === 1 ? 'has' : 'have'} a connection that fails in ${environment}.\n`
  const all = failing.flatMap(({ id, connections }) =>
    connections.map((connection) => ({ id, ...connection })),
  )
  const rows = all.map(({ id, provider, error }) => [
    cell(id),
    cell(provider),
    cell(error?.type),
    cell(error?.since && minute(error.since)),
  ])
  const list = rows.length === 0 ? '' : `\n${table(['USER', 'PROVIDER', 'ERROR', 'SINCE'], rows, style)}`
  // What an error means is told once for each provider.
  const kinds = new Map(all.map((one) => [`${one.provider} ${one.error?.type}`, one]))
  const errors = [...kinds.values()].flatMap((connection) => explained(connection, environment, style))
  const missing = not_found.map((id) => `  ${printable(id)}\n`)
  const unknown = missing.length === 0 ? '' : `\nNot found in ${environment}:\n${missing.join('')}`
  const faults = failed.map(({ id, message }) => `  ${printable(id)}: ${message}\n`)
  const unread = faults.length === 0 ? '' : `\n${style.red('Not looked up')}:\n${faults.join('')}`
  return `${verdict}${list}${errors.join('')}${unknown}${unread}`
}

function explained({ provider, error }: ConnectionData, environment: string, style: Style): string[] {
  if (!error) return []
  return [`\n${style.bold(cell(provider))}\n${errorText(error, { provider, environment }, style)}`]
}

/** As Junction says it, without seconds. */
function minute(time: string): string {
  return time.slice(0, 16).replace('T', ' ')
}

function counted(users: number): string {
  return users === 1 ? '1 user' : `${users} users`
}
