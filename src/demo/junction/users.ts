import { randomUUID } from 'node:crypto'
import { isProduction, type JunctionEnvironment } from '../../junction/environments.ts'
import { type Answer, failed, invalid } from '../answer.ts'
import { providerFacts } from './link-providers.ts'
import { type Caller, findUser } from './state.ts'
import { identifierFaults } from './validation.ts'

/** A connection of a user to a provider. */
export interface SimulatedConnection {
  readonly slug: string
  readonly created_on: string
  readonly status: 'connected' | 'error'
  readonly external_user_id: string | null
  /** Why it is broken, when it is. */
  readonly error: { readonly type: string; readonly message: string; readonly at: string } | undefined
  /** What the provider granted; never shown. */
  readonly tokens: { readonly access_token: string; readonly refresh_token: string | undefined } | undefined
}

/** A user of one team in one environment. */
export interface SimulatedUser {
  readonly user_id: string
  readonly team_id: string
  readonly client_user_id: string
  readonly created_on: string
  readonly connections: Map<string, SimulatedConnection>
}

/** The users of every environment. */
export class Users {
  readonly #users = new Map<JunctionEnvironment, SimulatedUser[]>()

  /** Oldest first; may be changed to arrange a test. */
  list(environment: JunctionEnvironment): SimulatedUser[] {
    const users = this.#users.get(environment) ?? []
    this.#users.set(environment, users)
    return users
  }

  find(environment: JunctionEnvironment, userId: string): SimulatedUser | undefined {
    return this.list(environment).find(({ user_id }) => user_id === userId.toLowerCase())
  }

  create(
    environment: JunctionEnvironment,
    of: Pick<SimulatedUser, 'team_id' | 'client_user_id' | 'created_on'>,
  ): SimulatedUser {
    const user = { user_id: randomUUID(), ...of, connections: new Map() }
    this.list(environment).push(user)
    return user
  }

  /** Removes a user with all connections; false when there is none with this id. */
  delete(environment: JunctionEnvironment, userId: string): boolean {
    const users = this.list(environment)
    const index = users.findIndex(({ user_id }) => user_id === userId.toLowerCase())
    if (index !== -1) users.splice(index, 1)
    return index !== -1
  }
}

/** Users that the sandbox holds. */
const sandboxUsers = 50

const done: Answer = { status: 200, body: { success: true } }
const noUser = failed(404, 'User not found')

/** `POST /v2/user` */
export function createUser(caller: Caller, body: unknown): Answer {
  const { junction, environment, teamId } = caller
  const { client_user_id } = (body ?? {}) as { client_user_id?: unknown }
  const loc = ['body', 'client_user_id']
  if (client_user_id === undefined) {
    return invalid([{ loc, msg: 'Field required', type: 'missing', input: body }])
  }
  if (typeof client_user_id !== 'string') {
    return invalid([
      { loc, msg: 'Input should be a valid string', type: 'string_type', input: client_user_id },
    ])
  }
  const users = junction.users.list(environment).filter(({ team_id }) => team_id === teamId)
  const existing = users.find((user) => user.client_user_id === client_user_id)
  if (existing) {
    const { user_id, created_on } = existing
    const error_message = 'Client user id already exists.'
    return failed(400, { error_type: 'INVALID_REQUEST', error_message, user_id, created_on })
  }
  if (!isProduction(environment) && users.length >= sandboxUsers) {
    return failed(403, `The sandbox holds ${sandboxUsers} users: delete one first.`)
  }
  const created_on = new Date(junction.clock.now()).toISOString()
  return shown(junction.users.create(environment, { team_id: teamId, client_user_id, created_on }))
}

/** `GET /v2/user/{user_id}` */
export function getUser(caller: Caller, userId: string): Answer {
  return withUser(caller, userId, shown)
}

/** `GET /v2/user/resolve/{client_user_id}` */
export function resolveUser({ junction, environment, teamId }: Caller, clientUserId: string): Answer {
  const user = junction.users
    .list(environment)
    .find(({ team_id, client_user_id }) => team_id === teamId && client_user_id === clientUserId)
  return user ? shown(user) : noUser
}

/** `DELETE /v2/user/{user_id}` */
export function deleteUser(caller: Caller, userId: string): Answer {
  return withUser(caller, userId, () => {
    caller.junction.users.delete(caller.environment, userId)
    return done
  })
}

/** `GET /v2/user/providers/{user_id}` */
export function listConnections(caller: Caller, userId: string): Answer {
  return withUser(caller, userId, ({ connections }) => ({
    status: 200,
    body: { providers: [...connections.values()].map(shownConnection) },
  }))
}

/** `DELETE /v2/user/{user_id}/{provider}`; `revoke` gives back what the provider granted. */
export async function disconnect(
  caller: Caller,
  [userId = '', provider = '']: readonly string[],
  revoke: (connection: SimulatedConnection) => Promise<void>,
): Promise<Answer> {
  const connection = findUser(caller, userId)?.connections.get(provider)
  return withUser(caller, userId, async ({ connections }) => {
    if (!connection) return failed(404, 'The user has no connection to this provider')
    connections.delete(provider)
    await revoke(connection)
    return done
  })
}

function withUser<Result extends Answer | Promise<Answer>>(
  caller: Caller,
  userId: string,
  answer: (user: SimulatedUser) => Result,
): Result | Answer {
  const faults = identifierFaults('path', { user_id: userId })
  if (faults.length > 0) return invalid(faults)
  const user = findUser(caller, userId)
  return user ? answer(user) : noUser
}

function shown({ connections, ...user }: SimulatedUser): Answer {
  const connected_sources = [...connections.values()].map(({ slug, created_on }) => ({
    provider: providerFacts(slug),
    source: providerFacts(slug),
    created_on,
  }))
  const unset = {
    fallback_time_zone: null,
    fallback_birth_date: null,
    ingestion_start: null,
    ingestion_end: null,
  }
  return { status: 200, body: { ...user, connected_sources, ...unset } }
}

function shownConnection({ slug, created_on, status, external_user_id, error }: SimulatedConnection) {
  const error_details = error && {
    error_type: error.type,
    error_message: error.message,
    errored_at: error.at,
  }
  return {
    ...providerFacts(slug),
    created_on,
    status,
    external_user_id,
    error_details: error_details ?? null,
    resource_availability: {},
  }
}
