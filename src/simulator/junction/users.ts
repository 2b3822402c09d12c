import { randomUUID } from 'node:crypto'
import type { Combination } from '../../junction/environments.ts'

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

/** The users of every environment and region. */
export class Users {
  readonly #users = new Map<Combination, SimulatedUser[]>()

  /** Oldest first; may be changed to arrange a test. */
  list(combination: Combination): SimulatedUser[] {
    const users = this.#users.get(combination) ?? []
    this.#users.set(combination, users)
    return users
  }

  find(combination: Combination, userId: string): SimulatedUser | undefined {
    return this.list(combination).find(({ user_id }) => user_id === userId.toLowerCase())
  }

  create(
    combination: Combination,
    of: Pick<SimulatedUser, 'team_id' | 'client_user_id' | 'created_on'>,
  ): SimulatedUser {
    const user = { user_id: randomUUID(), ...of, connections: new Map() }
    this.list(combination).push(user)
    return user
  }

  /** Removes a user with all connections; false when there is none with this id. */
  delete(combination: Combination, userId: string): boolean {
    const users = this.list(combination)
    const index = users.findIndex(({ user_id }) => user_id === userId.toLowerCase())
    if (index !== -1) users.splice(index, 1)
    return index !== -1
  }
}
