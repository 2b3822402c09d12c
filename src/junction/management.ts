import * as z from 'zod/mini'
import { ByooError } from '../errors.ts'
import { maybe, maybeList, requestTo, token } from './api.ts'
import { environments, type JunctionEnvironment, splitEnvironment } from './environments.ts'
import type { Http, HttpRequest } from './http.ts'

/** What Junction holds for one provider of one team; the secret itself never comes back. */
const credentialSchema = z.object({
  id: z.string(),
  client_id: maybe(z.string()),
  /** By an undocumented algorithm: comparable with itself only. */
  client_secret_hash: maybe(z.string()),
  /** The provider's slug; the request calls it `provider`. */
  source: z.string(),
  team_id: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
  /** May hold secrets: see `details.ts`. */
  details: maybe(z.record(z.string(), z.unknown())),
  redirect_url_override: maybe(z.string()),
})

const credentialsPageSchema = z.object({
  credentials: z.array(credentialSchema),
  next_cursor: maybe(z.string()),
})

/** Each id that was asked for is in one of the lists; the status is 200 even when the deletion failed. */
const deletionSchema = z.object({
  success: z.array(z.string()),
  failure: z.array(z.string()),
  not_found: z.array(z.string()),
})

const preparationSchema = z.object({
  /** `no_action_needed`, `preparations_required`, or one that is new. */
  status: z.string(),
  preparation_steps: maybeList(
    z.object({
      /** `redirect_uri`, `webhook_uri`, `iam_principal`, or one that is new. */
      type: z.string(),
      key: maybe(z.string()),
      value: z.string(),
      description: maybe(z.string()),
    }),
  ),
})

const teamSchema = z.object({
  id: z.string(),
  name: z.string(),
  region: z.string(),
  environments: maybe(z.array(z.string())),
})

/** `expires_in` is in seconds. */
const teamTokenSchema = z.object({ access_token: token, expires_in: z.number() })

export type Credential = z.infer<typeof credentialSchema>
export type Team = z.infer<typeof teamSchema>

/** Which of an organisation's four stores a call is about. */
export interface Store {
  /** UUID of the organisation. */
  readonly org: string
  readonly environment: JunctionEnvironment
}

/** What a write sends. Junction does not document whether a field that is left out is kept or cleared. */
export interface CredentialInput {
  readonly team_id: string
  readonly provider: string
  readonly client_id?: string | undefined
  readonly client_secret?: string | undefined
  readonly details?: Readonly<Record<string, unknown>> | undefined
  /** Null clears it, which is unproven; undefined leaves it out. */
  readonly redirect_url_override?: string | null | undefined
}

/** What a person has to know before a record gets this client id. */
export function warningsOf(before: Credential | undefined, clientId: string | undefined): string[] {
  if (!before?.client_id || before.client_id === clientId) return []
  return ['the client id changes: users connected with the old one may have to connect again']
}

/** Where requests go, and as whom. */
export interface ManagementAccess {
  /** A management key (`mg_…`). */
  readonly key: string
  /** Base URL. */
  readonly url: string
}

/** A list that has no end, with what was read of it: enough to show, too little to base a write on. */
export class EndlessListError extends ByooError {
  readonly found: readonly Credential[]

  constructor(fault: string, found: readonly Credential[]) {
    super('unexpected_answer', `could not list all credentials: ${fault}`, {
      hint: "ask Junction's support: its list has no end",
    })
    this.found = found
  }
}

/** Pages that are read of one list. */
const maxPages = 1000

/** Junction's organisation management API, as far as custom credentials need it. */
export type Management = ReturnType<typeof createManagement>

/** Makes the client. */
export function createManagement(http: Http, access: ManagementAccess) {
  const api = apiOf(access)
  return {
    /** What to set up at the provider before the credentials are set. */
    prepare: (store: Store, body: { team_id: string; provider: string }) => {
      const details = { kind: 'read', action: `ask how to prepare ${body.provider}`, body } as const
      const segments = storeSegments('prepare_team_custom_credentials', store)
      return http.send(requestTo(api, 'POST', segments, details), preparationSchema)
    },

    /**
     * All pages; the provider is filtered here, since the API's filter does not know every provider. Fails with an
     * `EndlessListError` when there is no last page.
     */
    listCredentials: async (
      store: Store,
      { team_id, provider }: { team_id?: string | undefined; provider?: string | undefined } = {},
    ) => {
      const query = new URLSearchParams(team_id === undefined ? {} : { team_id })
      const details = { action: 'list the credentials', query }
      const found = new Map<string, Credential>()
      const cursors = new Set<string>()
      const matching = () =>
        [...found.values()].filter(({ source }) => provider === undefined || source === provider)
      for (;;) {
        const request = requestTo(api, 'GET', storeSegments('team_custom_credentials', store), details)
        const { credentials, next_cursor } = await http.send(request, credentialsPageSchema)
        for (const record of credentials) found.set(record.id, record)
        if (!next_cursor) return matching()
        const pages = cursors.size + 1
        const repeats = cursors.has(next_cursor) && `the cursor of page ${pages} repeats an earlier one`
        const fault = repeats || (pages === maxPages && `there are more than ${maxPages} pages`)
        if (fault) throw new EndlessListError(fault, matching())
        cursors.add(next_cursor)
        query.set('next_cursor', next_cursor)
      }
    },

    /** Creates or changes the one record of this team and provider in this store. */
    setCredentials: (store: Store, record: CredentialInput) =>
      http.send(setCredentialsRequest(access, store, record), credentialSchema),

    /** Resolves even when nothing was deleted: look at the three lists. */
    deleteCredentials: (store: Store, ids: readonly string[]) => {
      const details = { action: 'delete the credentials', query: repeated('credential_id', ids) }
      const segments = storeSegments('team_custom_credentials', store)
      return http.send(requestTo(api, 'DELETE', segments, details), deletionSchema)
    },

    team: (org: string, teamId: string) => {
      const details = { action: 'look up the team', query: repeated('include_environment', environments) }
      return http.send(requestTo(api, 'GET', ['v1', 'org', org, 'team', teamId], details), teamSchema)
    },

    /** A bearer token for the main API, good for ten minutes. */
    createTeamToken: async (org: string, teamId: string, environment: JunctionEnvironment) => {
      const body = { env: splitEnvironment(environment).environment }
      const details = { action: 'create a short-lived team token', body }
      const create = (name: string) =>
        http.send(requestTo(api, 'POST', ['v1', 'org', org, 'team', teamId, name], details), teamTokenSchema)
      try {
        return await create('create_api_access_token')
      } catch (error) {
        // The specification and a documentation page disagree about the name.
        if (error instanceof ByooError && error.code === 'not_found') return create('create_access_token')
        throw error
      }
    },
  }
}

/** The request of `setCredentials`; nothing is sent. */
export function setCredentialsRequest(
  access: ManagementAccess,
  store: Store,
  record: CredentialInput,
): HttpRequest {
  // Null certainly clears a field; one that is left out may be kept.
  const body = Object.fromEntries(
    Object.entries(record).filter(
      ([name, value]) => value !== undefined && (value !== null || name === 'redirect_url_override'),
    ),
  )
  const details = { kind: 'write', action: `set the credentials of ${record.provider}`, body } as const
  return requestTo(apiOf(access), 'POST', storeSegments('team_custom_credentials', store), details)
}

function apiOf({ key, url }: ManagementAccess) {
  return { url, credentials: { 'X-Management-Key': key } }
}

function storeSegments(name: string, { org, environment }: Store): string[] {
  return ['v1', 'org', org, name, ...environment.split('/')]
}

function repeated(name: string, values: readonly string[]): URLSearchParams {
  return new URLSearchParams(values.map((value): [string, string] => [name, value]))
}
