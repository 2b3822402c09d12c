import * as z from 'zod/mini'

// The facts of Junction's published description of its management API, in our own words: what a request must be,
// and what an answer may be. Stricter than the client, which tolerates what it does not know.

const uuid = z.uuid()
const text = z.string()
const dateTime = z.iso.datetime({ offset: true })
const environment = z.enum(['production', 'sandbox'])
const maybeText = z.nullish(text)

const details = z.union([
  z.looseObject({
    fitbit: z.looseObject({
      workout_verify_token: text,
      sleep_verify_token: text,
      body_verify_token: text,
      foods_verify_token: maybeText,
      is_hr_enabled: z.optional(z.boolean()),
    }),
  }),
  z.looseObject({ redirect_uri: text, data_scopes: z.array(text) }),
  z.strictObject({ project_number: text, service_account_email: text }),
  z.looseObject({ webhook_secret: text }),
  z.looseObject({ client: text }),
  z.null(),
])

const credential = z.strictObject({
  id: uuid,
  client_id: maybeText,
  client_secret_hash: maybeText,
  source: text,
  team_id: uuid,
  created_at: dateTime,
  updated_at: dateTime,
  details: z.optional(details),
  app_url: maybeText,
  redirect_url_override: maybeText,
})

const ids = z.array(uuid)
const settings = z.nullable(z.looseObject({}))

const id = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const team = `/v1/org/${id}/team/${id}`
const store = (name: string) => `/v1/org/${id}/${name}/(?:production|sandbox)/(?:us|eu)`

interface Operation {
  /** Pattern of method and path. */
  readonly request: string
  /** All values of each parameter; none when it is left out. */
  readonly query?: z.ZodMiniType
  readonly body?: z.ZodMiniType
  readonly answer: z.ZodMiniType
}

/** What each call consists of, by the simulator's names. */
export const contract: Readonly<Record<string, Operation>> = {
  list: {
    request: `GET ${store('team_custom_credentials')}`,
    query: z.strictObject({ team_id: z.optional(ids), next_cursor: z.optional(z.tuple([text])) }),
    answer: z.strictObject({ credentials: z.array(credential), next_cursor: maybeText }),
  },
  set: {
    request: `POST ${store('team_custom_credentials')}`,
    // Junction accepts null too; byoo must never send it by accident.
    body: z.strictObject({
      team_id: uuid,
      provider: text,
      client_id: z.optional(text),
      client_secret: z.optional(text),
      details: z.optional(details),
      redirect_url_override: z.optional(text),
    }),
    answer: credential,
  },
  delete: {
    request: `DELETE ${store('team_custom_credentials')}`,
    query: z.strictObject({ credential_id: ids.check(z.minLength(1)) }),
    answer: z.strictObject({ success: ids, failure: ids, not_found: ids }),
  },
  prepare: {
    request: `POST ${store('prepare_team_custom_credentials')}`,
    body: z.strictObject({ team_id: uuid, provider: text }),
    answer: z.strictObject({
      status: z.enum(['no_action_needed', 'preparations_required']),
      preparation_steps: z.optional(
        z.array(
          z.strictObject({
            type: z.enum(['redirect_uri', 'webhook_uri', 'iam_principal']),
            key: z.nullable(text),
            value: text,
            description: z.nullable(text),
          }),
        ),
      ),
    }),
  },
  team: {
    request: `GET ${team}`,
    query: z.strictObject({ include_environment: z.optional(z.array(environment)) }),
    answer: z.strictObject({
      id: uuid,
      name: text,
      created_on: dateTime,
      region: z.enum(['us', 'eu']),
      integration_team_id: maybeText,
      environments: z.optional(z.array(environment)),
      sandbox: settings,
      production: settings,
    }),
  },
  token: {
    request: `POST ${team}/(?:create_api_access_token|create_access_token)`,
    body: z.strictObject({ env: environment }),
    answer: z.strictObject({ access_token: text, expires_in: z.int() }),
  },
}

/** The body of a 422. */
export const validationError = z.strictObject({
  detail: z.array(
    z.strictObject({
      loc: z.array(z.union([text, z.int()])),
      msg: text,
      type: text,
      input: z.optional(z.unknown()),
      ctx: z.optional(z.looseObject({})),
    }),
  ),
})
