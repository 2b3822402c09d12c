import * as z from 'zod/mini'
import { isProduction } from '../../junction/environments.ts'
import type { Answer } from '../answer.ts'
import { type Call, check, refuse, text, usersOf, uuid } from './call.ts'
import { providerFacts } from './link.ts'
import { createUser as makeUser, removeUser, type SimulatedUser } from './state.ts'

/** Users that the sandbox holds. */
const sandboxUsers = 50

const done: Answer = { status: 200, body: { success: true } }

/** `POST /v2/user` */
export function createUser(call: Call): Answer {
  const { junction, environment, body } = call
  const { client_user_id } = check('body', body, z.object({ client_user_id: text }))
  const users = usersOf(call)
  const existing = users.find((user) => user.client_user_id === client_user_id)
  if (existing) {
    const { user_id, created_on } = existing
    const error_message = 'Client user id already exists.'
    return refuse(400, { error_type: 'INVALID_REQUEST', error_message, user_id, created_on })
  }
  if (!isProduction(environment) && users.length >= sandboxUsers) {
    return refuse(403, `The sandbox holds ${sandboxUsers} users: delete one first.`)
  }
  const user = makeUser(call.teams[0]?.id ?? '', client_user_id)
  junction.users[environment].push(user)
  return shown(user)
}

/** `GET /v2/user/{user_id}` */
export function getUser(call: Call): Answer {
  return shown(userInPath(call))
}

/** `GET /v2/user/resolve/{client_user_id}` */
export function resolveUser(call: Call): Answer {
  const user = usersOf(call).find(({ client_user_id }) => client_user_id === call.path.client_user_id)
  return user ? shown(user) : refuse(404, 'User not found')
}

/** `DELETE /v2/user/{user_id}` */
export function deleteUser(call: Call): Answer {
  removeUser(call.junction, call.environment, userInPath(call).user_id)
  return done
}

/** `GET /v2/user/providers/{user_id}` */
export function listConnections(call: Call): Answer {
  const providers = [...userInPath(call).connections.values()].map((connection) => ({
    ...providerFacts(connection.slug),
    ...connection,
    resource_availability: {},
  }))
  return { status: 200, body: { providers } }
}

/** `DELETE /v2/user/{user_id}/{provider}` */
export function disconnect(call: Call): Answer {
  const connected = userInPath(call).connections.delete(call.path.provider ?? '')
  return connected ? done : refuse(404, 'The user has no connection to this provider')
}

function userInPath(call: Call): SimulatedUser {
  const { user_id } = check('path', call.path, z.object({ user_id: uuid }))
  const user = usersOf(call).find((one) => one.user_id === user_id)
  return user ?? refuse(404, 'User not found')
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
