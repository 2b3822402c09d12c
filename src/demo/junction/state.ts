import { randomUUID } from 'node:crypto'
import {
  type Environment,
  type JunctionEnvironment,
  type Region,
  splitEnvironment,
} from '../../junction/environments.ts'
import { type Clock, createClock } from '../timeline.ts'
import { CredentialStore } from './credential-store.ts'
import { LinkTokens } from './link-tokens.ts'
import type { OAuthClient } from './oauth-client.ts'
import { type SimulatedUser, Users } from './users.ts'

/** A team as the API shows it. */
export interface SimulatedTeam {
  readonly id: string
  readonly name: string
  readonly created_on: string
  readonly region: Region
  readonly environments: readonly Environment[]
}

/** What a short-lived team token is good for. */
export interface TeamTokenGrant {
  readonly team: SimulatedTeam
  readonly environment: Environment
  /** In milliseconds since 1970. */
  readonly expires: number
}

/** What the simulated Junction answers from. */
export interface JunctionState {
  /** `http://127.0.0.1:<port>`, the base of the management API; empty until it listens. */
  url: string
  readonly org: string
  /** One in each region; a team key belongs to the first. */
  readonly teams: { readonly us: SimulatedTeam; readonly eu: SimulatedTeam }
  /** Made-up management keys: of the organisation, and of the team in the US alone. */
  readonly keys: { readonly organisation: string; readonly team: string }
  /** Made-up team API keys of the main API. */
  readonly apiKeys: Readonly<Record<JunctionEnvironment, string>>
  readonly store: CredentialStore
  /** Short-lived team tokens that were handed out. */
  readonly teamTokens: Map<string, TeamTokenGrant>
  readonly users: Users
  readonly linkTokens: LinkTokens
  /** How Junction talks to the provider of all slugs. */
  readonly oauthClient: OAuthClient
  readonly clock: Clock
  /** Milliseconds that a link token has aged by the time the user comes back, beside those that have passed. */
  readonly delay: () => number
}

/** Who asks: a team by its key, and in which environment. */
export interface Caller {
  readonly junction: JunctionState
  readonly environment: JunctionEnvironment
  readonly teamId: string
}

/** An organisation with a team in each region, and nothing set up. */
export function createState(
  oauthClient: OAuthClient,
  clock: Clock = createClock(),
  delay: () => number = () => 0,
): JunctionState {
  const team = (region: Region): SimulatedTeam => ({
    id: randomUUID(),
    name: `Made-up team in ${region}`,
    created_on: new Date(clock.now()).toISOString(),
    region,
    environments: ['sandbox', 'production'],
  })
  const apiKey = (prefix: string) => `${prefix}_made-up-team-key-${randomUUID()}`
  return {
    url: '',
    org: randomUUID(),
    teams: { us: team('us'), eu: team('eu') },
    keys: {
      organisation: `mg_made-up-organisation-key-${randomUUID()}`,
      team: `mg_made-up-team-key-${randomUUID()}`,
    },
    apiKeys: {
      'production/us': apiKey('pk_us'),
      'production/eu': apiKey('pk_eu'),
      'sandbox/us': apiKey('sk_us'),
      'sandbox/eu': apiKey('sk_eu'),
    },
    store: new CredentialStore(),
    teamTokens: new Map(),
    users: new Users(),
    linkTokens: new LinkTokens(clock),
    oauthClient,
    clock,
    delay,
  }
}

/** The base URL of the link API of one environment, which is the audience of its link tokens. */
export function linkUrl({ url }: JunctionState, environment: JunctionEnvironment): string {
  return `${url}/${environment}/v2/link`
}

/** The team whose key opens the API of a region. */
export function teamIn({ teams }: JunctionState, environment: JunctionEnvironment): SimulatedTeam {
  return teams[splitEnvironment(environment).region]
}

/** The user of a caller's team with this id. */
export function findUser(
  { junction, environment, teamId }: Caller,
  userId: string,
): SimulatedUser | undefined {
  const user = junction.users.find(environment, userId)
  return user?.team_id === teamId ? user : undefined
}
