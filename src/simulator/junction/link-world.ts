import type { Combination } from '../../junction/environments.ts'
import type { LinkTokens } from './link-tokens.ts'
import type { OAuthClient } from './oauth-client.ts'
import type { SimulatedUser, Users } from './users.ts'
import type { World } from './world.ts'

/** What Junction's link API answers from, beside what the management API does. */
export interface LinkWorld extends World {
  /** The base URL of one environment and region, which is also the audience of its link tokens. */
  readonly baseUrl: (combination: Combination) => string
  readonly users: Users
  readonly linkTokens: LinkTokens
  readonly oauthClient: OAuthClient
  /** Milliseconds that a link token has aged by the time the user comes back, beside those that have passed. */
  readonly delay: () => number
}

/** Who asks: a team by its key, and in which environment and region. */
export interface Caller {
  readonly world: LinkWorld
  readonly combination: Combination
  readonly teamId: string
}

/** The user of a caller's team with this id. */
export function findUser({ world, combination, teamId }: Caller, userId: string): SimulatedUser | undefined {
  const user = world.users.find(combination, userId)
  return user?.team_id === teamId ? user : undefined
}
