import { cell, table } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
import { type Call, defineCommand } from '../command.ts'
import { type ConnectionData, errorText, toConnectionData } from '../connection.ts'
import { connectLink } from '../link-client.ts'
import { selectEnvironment } from '../resolve/selection.ts'
import { requireUserId } from '../resolve/user-id.ts'
import { openWorkspace, targetOptions } from '../resolve/workspace.ts'

export interface ConnectionsData {
  readonly user_id: string
  readonly environment: string
  readonly connections: readonly ConnectionData[]
}

const options = { ...targetOptions }

/** `byoo connections` */
export const command = defineCommand({
  description: "A user's connections, each with its status, its date, and what its error means.",
  examples: ['byoo connections 55555555-5555-4555-8555-555555555555'],
  operands: [['<user>', "Junction's id of the user"]],
  options,
  run,
  text,
})

/** A user's connections and their status. */
async function run(call: Call<typeof options>): Promise<ConnectionsData> {
  const {
    session,
    operands: [user = ''],
  } = call
  const user_id = requireUserId(user, '<user>')
  const workspace = await openWorkspace(call)
  const environment = selectEnvironment(workspace)
  const link = await connectLink(session, workspace, environment).link()
  const connections = await session.progress('Asking Junction', link.connections(user_id))
  return { user_id, environment, connections: connections.map(toConnectionData) }
}

function text({ environment, connections }: ConnectionsData, style: Style): string {
  if (connections.length === 0) return `This user has no connections in ${environment}.\n`
  const rows = connections.map(({ provider, status, since, error }) => [
    cell(provider),
    cell(status),
    cell(since.slice(0, 16).replace('T', ' ')),
    cell(error?.type),
  ])
  const errors = connections.flatMap(({ provider, error }) =>
    error ? [`\n${style.bold(cell(provider))}\n${errorText(error, { provider, environment }, style)}`] : [],
  )
  return `${table(['PROVIDER', 'STATUS', 'SINCE', 'ERROR'], rows, style)}${errors.join('')}`
}
