import { createHash, randomUUID } from 'node:crypto'
import {
  type Environment,
  type JunctionEnvironment,
  junctionEnvironments,
  type Region,
  splitEnvironment,
} from '../../junction/environments.ts'
import { LinkTokens } from './link-tokens.ts'
import type { OAuthClient } from './oauth-client.ts'

/** A team as the API shows it. */
export type SimulatedTeam = ReturnType<typeof createTeam>

function createTeam(name: string, region: Region) {
  const id: string = randomUUID()
  const environments: readonly Environment[] = ['sandbox', 'production']
  return { id, name, created_on: new Date().toISOString(), region, environments }
}

/** A record as the API shows it: with a hash of the secret. */
export type StoredCredential = ReturnType<typeof createRecord>

function createRecord(team_id: unknown, provider: unknown) {
  const now = new Date().toISOString()
  return {
    id: randomUUID() as string,
    client_id: null as string | null,
    client_secret_hash: null as string | null,
    source: String(provider),
    team_id: String(team_id),
    created_at: now,
    updated_at: now,
    details: null as Record<string, unknown> | null,
    app_url: null,
    redirect_url_override: null as string | null,
  }
}

/** A connection of a user to a provider as the API shows it. */
export interface SimulatedConnection {
  readonly slug: string
  readonly created_on: string
  readonly status: 'connected' | 'error'
  readonly external_user_id: string | null
  readonly error_details: { error_type: string; error_message: string; errored_at: string } | null
}

/** A user of one team in one environment. */
export type SimulatedUser = ReturnType<typeof createUser>

export function createUser(team_id: string, client_user_id: string) {
  const user_id: string = randomUUID()
  const connections = new Map<string, SimulatedConnection>()
  return { user_id, team_id, client_user_id, created_on: new Date().toISOString(), connections }
}

/** Removes a user with all connections. */
export function removeUser({ users }: JunctionState, environment: JunctionEnvironment, userId: string): void {
  users[environment] = users[environment].filter(({ user_id }) => user_id !== userId)
}

/** What a short-lived team token is good for. */
interface TeamTokenGrant {
  readonly team: SimulatedTeam
  readonly environment: Environment
  /** In milliseconds since 1970. */
  readonly expires: number
}

/** What the simulated Junction answers from. */
export type JunctionState = ReturnType<typeof createState>

/** An organisation with its teams, and nothing set up. */
export function createState(url: string, oauthClient: OAuthClient, delay: () => number) {
  return {
    /** `http://127.0.0.1:<port>`, the base of the management API. */
    url,
    org: randomUUID(),
    /** One in each region, which that region's API keys belong to, and another in the US. */
    teams: {
      us: createTeam('Made-up team in us', 'us'),
      eu: createTeam('Made-up team in eu', 'eu'),
      otherUs: createTeam('Another made-up team in us', 'us'),
    },
    /** Made-up management keys: of the organisation, and of the first team in the US alone. */
    keys: {
      organisation: `mg_made-up-organisation-key-${randomUUID()}`,
      team: `mg_made-up-team-key-${randomUUID()}`,
    },
    /** Made-up team API keys of the main API. */
    apiKeys: perEnvironment((name) => {
      const { environment, region } = splitEnvironment(name)
      return `${environment.charAt(0)}k_${region}_made-up-team-key-${randomUUID()}`
    }),
    store: new CredentialStore(),
    /** Short-lived team tokens that were handed out. */
    teamTokens: new Map<string, TeamTokenGrant>(),
    /** Oldest first. */
    users: perEnvironment((): SimulatedUser[] => []),
    linkTokens: new LinkTokens(),
    /** How Junction talks to the provider of all slugs. */
    oauthClient,
    /** Milliseconds that a link token has aged by the time the user comes back, beside those that have passed. */
    delay,
  }
}

/** The base URL of the link API of one environment here. */
export function linkUrl({ url }: JunctionState, environment: JunctionEnvironment): string {
  return `${url}/${environment}/v2/link`
}

/** The team whose key opens the API of a region. */
export function teamIn({ teams }: JunctionState, environment: JunctionEnvironment): SimulatedTeam {
  return teams[splitEnvironment(environment).region]
}

/** The credentials of all teams. */
class CredentialStore {
  /** Records in one page of a list. */
  pageSize = 50
  /** Oldest first. */
  readonly records = perEnvironment((): StoredCredential[] => [])
  readonly #secrets = new WeakMap<StoredCredential, string>()
  readonly #salt = randomUUID()

  /** The record of a team for a provider. */
  find(environment: JunctionEnvironment, teamId: unknown, provider: unknown): StoredCredential | undefined {
    return this.records[environment].find((one) => one.team_id === teamId && one.source === provider)
  }

  /** Creates or changes the record of a team and provider; null clears a field, what is left out stays. */
  set(environment: JunctionEnvironment, fields: Readonly<Record<string, unknown>>): StoredCredential {
    const { team_id, provider, client_secret: secret } = fields
    const found = this.find(environment, team_id, provider)
    const record = found ?? createRecord(team_id, provider)
    if (!found) this.records[environment].push(record)
    for (const name of ['client_id', 'details', 'redirect_url_override']) {
      if (fields[name] !== undefined) Object.assign(record, { [name]: fields[name] })
    }
    if (secret === null) this.#secrets.delete(record)
    else if (secret !== undefined) this.#secrets.set(record, String(secret))
    if (secret !== undefined) record.client_secret_hash = secret === null ? null : this.hash(String(secret))
    record.updated_at = new Date().toISOString()
    return record
  }

  /** The secret of a record, which the API never shows. */
  secret(record: StoredCredential): string | undefined {
    return this.#secrets.get(record)
  }

  /** How this store hashes a secret; another store's hash of the same secret differs. */
  hash(secret: string): string {
    return createHash('sha256').update(`${this.#salt}:${secret}`).digest('hex')
  }
}

/** Something for each environment. */
export function perEnvironment<Value>(make: (environment: JunctionEnvironment) => Value) {
  return Object.fromEntries(junctionEnvironments.map((name) => [name, make(name)])) as Record<
    JunctionEnvironment,
    Value
  >
}
