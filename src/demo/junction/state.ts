import { createHash, randomUUID } from 'node:crypto'
import {
  type Environment,
  type JunctionEnvironment,
  junctionEnvironments,
  type Region,
  splitEnvironment,
} from '../../junction/environments.ts'
import type { OAuthClient } from './connect.ts'
import { LinkTokens } from './link-tokens.ts'

/** A team as the API shows it. */
export interface SimulatedTeam {
  readonly id: string
  readonly name: string
  readonly created_on: string
  readonly region: Region
  readonly environments: readonly Environment[]
}

/** A record as the API shows it: with a hash of the secret. */
export interface StoredCredential {
  readonly id: string
  client_id: string | null
  client_secret_hash: string | null
  readonly source: string
  readonly team_id: string
  readonly created_at: string
  updated_at: string
  details: Record<string, unknown> | null
  app_url: string | null
  redirect_url_override: string | null
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
export interface SimulatedUser {
  readonly user_id: string
  readonly team_id: string
  readonly client_user_id: string
  readonly created_on: string
  readonly connections: Map<string, SimulatedConnection>
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
export function createState(oauthClient: OAuthClient, delay: () => number) {
  const team = (name: string, region: Region): SimulatedTeam => ({
    id: randomUUID(),
    name,
    created_on: new Date().toISOString(),
    region,
    environments: ['sandbox', 'production'],
  })
  return {
    /** `http://127.0.0.1:<port>`, the base of the management API; empty until it listens. */
    url: '',
    org: randomUUID(),
    /** One in each region, which that region's API keys belong to, and another in the US. */
    teams: {
      us: team('Made-up team in us', 'us'),
      eu: team('Made-up team in eu', 'eu'),
      otherUs: team('Another made-up team in us', 'us'),
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
    users: new Users(),
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

/** The credentials of all teams, in one store per environment. */
class CredentialStore {
  /** Records in one page of a list. */
  pageSize = 50
  readonly #records = perEnvironment((): StoredCredential[] => [])
  readonly #secrets = new WeakMap<StoredCredential, string>()
  readonly #salt = randomUUID()

  /** The records of one store, oldest first; may be changed to arrange a test. */
  records(environment: JunctionEnvironment): StoredCredential[] {
    return this.#records[environment]
  }

  /** The record of a team for a provider. */
  find(environment: JunctionEnvironment, teamId: unknown, provider: unknown): StoredCredential | undefined {
    return this.records(environment).find((one) => one.team_id === teamId && one.source === provider)
  }

  /** Creates or changes the record of a team and provider; null clears a field, what is left out stays. */
  set(environment: JunctionEnvironment, fields: Readonly<Record<string, unknown>>): StoredCredential {
    const { team_id, provider, client_secret: secret } = fields
    const now = new Date().toISOString()
    const found = this.find(environment, team_id, provider)
    const record = found ?? {
      id: randomUUID(),
      client_id: null,
      client_secret_hash: null,
      source: String(provider),
      team_id: String(team_id),
      created_at: now,
      updated_at: now,
      details: null,
      app_url: null,
      redirect_url_override: null,
    }
    if (!found) this.records(environment).push(record)
    for (const name of ['client_id', 'details', 'redirect_url_override']) {
      if (fields[name] !== undefined) Object.assign(record, { [name]: fields[name] })
    }
    if (secret === null) this.#secrets.delete(record)
    else if (secret !== undefined) this.#secrets.set(record, String(secret))
    if (secret !== undefined) record.client_secret_hash = secret === null ? null : this.hash(String(secret))
    record.updated_at = now
    return record
  }

  /** The secret of a record, which the API never shows. */
  secret(record: StoredCredential): string | undefined {
    return this.#secrets.get(record)
  }

  /** Removes the record with this id. */
  delete(environment: JunctionEnvironment, id: string): void {
    this.#records[environment] = this.records(environment).filter((record) => record.id !== id)
  }

  /** How this store hashes a secret; another store's hash of the same secret differs. */
  hash(secret: string): string {
    return createHash('sha256').update(`${this.#salt}:${secret}`).digest('hex')
  }
}

/** The users of every environment. */
class Users {
  readonly #users = perEnvironment((): SimulatedUser[] => [])

  /** Oldest first; may be changed to arrange a test. */
  list(environment: JunctionEnvironment): SimulatedUser[] {
    return this.#users[environment]
  }

  create(
    environment: JunctionEnvironment,
    of: Pick<SimulatedUser, 'team_id' | 'client_user_id' | 'created_on'>,
  ): SimulatedUser {
    const user = { user_id: randomUUID(), ...of, connections: new Map() }
    this.list(environment).push(user)
    return user
  }

  /** Removes a user with all connections. */
  delete(environment: JunctionEnvironment, userId: string): void {
    this.#users[environment] = this.list(environment).filter(({ user_id }) => user_id !== userId)
  }
}

/** Something for each environment. */
export function perEnvironment<Value>(make: (environment: JunctionEnvironment) => Value) {
  return Object.fromEntries(junctionEnvironments.map((name) => [name, make(name)])) as Record<
    JunctionEnvironment,
    Value
  >
}
