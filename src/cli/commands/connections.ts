import { createInterface } from 'node:readline'
import { ByooError, usageError } from '../../errors.ts'
import type { JunctionEnvironment } from '../../junction/environments.ts'
import { isUserId, type Link } from '../../junction/link.ts'
import { cell, table } from '../../output/layout.ts'
import { printable } from '../../output/printable.ts'
import type { Style } from '../../output/style.ts'
import { createRateLimiter } from '../../verify/rate-limiter.ts'
import { type Call, defineCommand, flag } from '../command.ts'
import {
  type ConnectionData,
  errorText,
  requireUserId,
  toConnectionData,
  unlessMissing,
} from '../connection.ts'
import { sharedExitCode } from '../exit-code.ts'
import { connectLink, type LinkClient } from '../link-client.ts'
import { selectEnvironment } from '../resolve/selection.ts'
import { openWorkspace, targetOptions } from '../resolve/workspace.ts'
import type { Session } from '../session.ts'

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
  text: (data, style) => ('failing' in data ? failingText(data, style) : text(data, style)),
  exitCode: (data) => {
    if (!('failing' in data)) return 0
    return data.failed.length === 0 && data.not_found.length > 0 ? 4 : sharedExitCode(data.failed)
  },
})

/** The connections of one user, or those that fail of many. */
async function run(call: Call<typeof options>) {
  const { session, options } = call
  const { failing } = options
  const [user] = call.operands
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
  if (failing) return findFailing(await readIds(session), environment, client, session)
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

type FailingData = Awaited<ReturnType<typeof findFailing>>

async function findFailing(
  ids: readonly string[],
  environment: JunctionEnvironment,
  client: LinkClient,
  session: Session,
) {
  const limiter = createRateLimiter(20, 4, session.signal)
  const lookUp = async (id: string) => {
    try {
      return { id, found: await limiter(() => find(id, client)) }
    } catch (error) {
      return { id, problem: problemOf(error, session) }
    }
  }
  const asking = Promise.all(ids.map(lookUp))
  const users = await session.progress(`Asking Junction about ${ids.length} users`, asking)
  return {
    environment,
    users: ids.length,
    failing: users.flatMap(({ id, found }) => {
      const connections = found?.connections.map(toConnectionData).filter(({ error }) => error !== null) ?? []
      return found && connections.length > 0 ? [{ id, user_id: found.user_id, connections }] : []
    }),
    not_found: users.flatMap(({ id, found, problem }) => (found || problem ? [] : [id])),
    failed: users.flatMap(({ id, problem }) =>
      problem ? [{ id, code: problem.code, message: problem.message }] : [],
    ),
  }
}

/** What keeps one user from being looked up; a key that opens nothing, and a bug, end the command. */
function problemOf(error: unknown, { signal }: Session): ByooError {
  if (signal.aborted) return new ByooError('interrupted', 'interrupted')
  const endsAll = ['not_authenticated', 'not_allowed', 'wrong_key']
  if (error instanceof ByooError && !endsAll.includes(error.code)) return error
  throw error
}

/** The user with an id, be it Junction's or one of your own; undefined when there is none. */
async function find(id: string, client: LinkClient) {
  const link = await client.link()
  const own = isUserId(id) ? await unlessMissing(connectionsOf(link, id)) : undefined
  if (own) return own
  const resolved = await unlessMissing(link.resolveUser(id))
  return resolved && connectionsOf(link, resolved.user_id)
}

async function connectionsOf(link: Link, user_id: string) {
  return { user_id, connections: await link.connections(user_id) }
}

interface ConnectionsData {
  readonly environment: string
  readonly connections: readonly ConnectionData[]
}

function text({ environment, connections }: ConnectionsData, style: Style): string {
  if (connections.length === 0) return `This user has no connections in ${environment}.\n`
  const rows = connections.map(({ provider, status, since, error }) => [
    cell(provider),
    cell(status),
    cell(minute(since)),
    cell(error?.type),
  ])
  const list = table(['PROVIDER', 'STATUS', 'SINCE', 'ERROR'], rows, style)
  return `${list}${explained(connections, environment, style)}`
}

function failingText(data: FailingData, style: Style): string {
  const { environment, users, failing, not_found, failed } = data
  const counted = users === 1 ? '1 user' : `${users} users`
  const verdict =
    failing.length === 0
      ? `No connection of ${counted} fails in ${environment}.\n`
      : `${failing.length} of ${counted} ${failing.length === 1 ? 'has' : 'have'} a connection that fails in ${environment}.\n`
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
  const under = (heading: string, lines: readonly string[]) =>
    lines.length === 0 ? '' : `\n${heading}:\n${lines.map((line) => `  ${line}\n`).join('')}`
  const faults = failed.map(({ id, message }) => `${printable(id)}: ${message}`)
  return [
    verdict,
    list,
    explained([...kinds.values()], environment, style),
    under(
      `Not found in ${environment}`,
      not_found.map((id) => printable(id)),
    ),
    under(style.red('Not looked up'), faults),
  ].join('')
}

function explained(connections: readonly ConnectionData[], environment: string, style: Style): string {
  return connections
    .map(({ provider, error }) =>
      error ? `\n${style.bold(cell(provider))}\n${errorText(error, { provider, environment }, style)}` : '',
    )
    .join('')
}

/** As Junction says it, without seconds. */
function minute(time: string): string {
  return time.slice(0, 16).replace('T', ' ')
}
