import * as z from 'zod/mini'
import { ByooError } from '../errors.ts'
import { printable } from '../output/printable.ts'
import { maybe, maybeList, requestTo, token } from './api.ts'
import { findErrorCode } from './error-codes.ts'
import type { ExplainFailure } from './errors.ts'
import type { Http, HttpRequest } from './http.ts'
import { field, parseJson } from './json.ts'

/** Can this be Junction's id of a user? A `client_user_id` may look the same. */
export function isUserId(text: string): boolean {
  return /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text)
}

/** Checked, since it is shown as part of a command to paste. */
const userId = z.string().check(z.refine(isUserId))

const userSchema = z.object({ user_id: userId })

/** The body of the 400 for a `client_user_id` that is taken. */
const userConflictSchema = z.object({ detail: z.object({ user_id: userId }) })

const linkTokenSchema = z.object({ link_token: token })

/** A provider's `oauth_url` is missing when it connects in another way, which `auth_type` may name. */
const oauthLinkSchema = z.object({ oauth_url: maybe(z.string()), auth_type: maybe(z.string()) })

const successSchema = z.object({ success: z.boolean() })

/** One connection of a user. */
export type UserConnection = z.infer<typeof connectionSchema>

const connectionSchema = z.pipe(
  z.object({
    /** The provider's slug. */
    slug: z.string(),
    name: z.string(),
    /** `connected`, `error`, or one that is new. */
    status: z.string(),
    created_on: z.string(),
    /** Set while the status is `error`; see `error-codes.ts`. */
    error_details: maybe(
      z.object({ error_type: z.string(), error_message: maybe(z.string()), errored_at: maybe(z.string()) }),
    ),
  }),
  z.transform(({ error_details, ...connection }) => {
    return { ...connection, ...(error_details as Partial<typeof error_details>) }
  }),
)

const connectionsSchema = z.object({ providers: maybeList(connectionSchema) })

/** Junction's Link API, as far as connecting and disconnecting a user needs it. */
export type Link = ReturnType<typeof createLink>

/**
 * Makes the client for the base URL of one environment, such as `https://api.us.junction.com`; the credentials are
 * `x-vital-api-key`, or `Authorization` with a short-lived team token.
 */
export function createLink(http: Http, api: Pick<HttpRequest, 'url' | 'credentials'>) {
  const remove = async (request: HttpRequest) => {
    const { success } = await http.send(request, successSchema)
    if (success) return
    throw new ByooError('refused', `could not ${request.action}: Junction says that it failed`, {
      hint: 'try again later',
      mayHaveTakenEffect: true,
    })
  }
  return {
    /** Creates a user with a name of your own; fails with the id of the user that already has it. */
    createUser: (client_user_id: string) => {
      const details = { action: 'create a user', body: { client_user_id }, explain: explainCreation }
      return http.send(requestTo(api, 'POST', ['v2', 'user'], details), userSchema)
    },

    /** Junction's id of the user with this name of your own. */
    resolveUser: (clientUserId: string) => {
      const details = { action: 'look up the user', explain: explainUser }
      return http.send(requestTo(api, 'GET', ['v2', 'user', 'resolve', clientUserId], details), userSchema)
    },

    /** Deletes the user and all its connections. */
    deleteUser: (userId: string) => {
      const details = { action: 'delete the user', explain: explainUser }
      return remove(requestTo(api, 'DELETE', ['v2', 'user', userId], details))
    },

    /** A token for one connection, valid for 60 minutes; `redirect_url` is where the *user* ends up. */
    createLinkToken: (body: { user_id: string; provider?: string; redirect_url?: string }) => {
      const details = { action: 'create a link token', body, explain: explainUser }
      return http.send(requestTo(api, 'POST', ['v2', 'link', 'token'], details), linkTokenSchema)
    },

    /** Where to send the user's browser. */
    oauthLink: async (provider: string, linkToken: string) => {
      const action = `get the OAuth link of ${printable(provider, 64)}`
      const details = { action, credentials: { 'x-vital-link-token': linkToken }, explain: explainLinkToken }
      const request = requestTo(api, 'GET', ['v2', 'link', 'provider', 'oauth', provider], details)
      const { oauth_url, auth_type } = await http.send(request, oauthLinkSchema)
      if (oauth_url !== undefined) return { oauth_url }
      const by =
        auth_type === undefined || auth_type === 'oauth' ? '' : `, but by "${printable(auth_type, 64)}"`
      throw new ByooError('refused', `could not ${action}: Junction does not connect it by OAuth${by}`, {
        hint: 'it has no redirect URI; list the providers that have one with: byoo providers',
      })
    },

    connections: async (userId: string) => {
      const details = { action: "look up the user's connections", explain: explainUser }
      const request = requestTo(api, 'GET', ['v2', 'user', 'providers', userId], details)
      return (await http.send(request, connectionsSchema)).providers
    },

    disconnect: (userId: string, provider: string) => {
      const details = { action: `disconnect ${printable(provider, 64)}`, explain: explainConnection }
      return remove(requestTo(api, 'DELETE', ['v2', 'user', userId, provider], details))
    },
  }
}

/** 400 holds the user that already has this name. How Junction says that a sandbox is full is not documented. */
const explainCreation: ExplainFailure = ({ status, body }) => {
  const conflict = status === 400 ? userConflictSchema.safeParse(parseJson(body).value).data : undefined
  if (conflict) {
    const { user_id } = conflict.detail
    const reason = `a user of this name exists already, with the id ${user_id}`
    return { reason, hint: `use that one: --user ${user_id}` }
  }
  if (status < 400 || status === 401 || status === 429 || status >= 500) return undefined
  return {
    hint: 'a sandbox holds 50 users: when it is full, delete one in the Junction dashboard, or give one with --user',
  }
}

/** Explains the statuses that mean something else for a call, and else the error type of the body. */
function explaining(
  meanings: Readonly<Record<number, readonly [reason: string, hint: string]>>,
): ExplainFailure {
  return ({ status, body }) => {
    const [reason, hint] = meanings[status] ?? []
    return reason === undefined ? explainType(body) : { reason, hint }
  }
}

const explainUser = explaining({
  404: [
    'no such user in this environment',
    "give Junction's id of the user, not your own, and check team and environment",
  ],
})

const explainConnection = explaining({
  404: [
    'no such user, or no such connection of this user',
    'list the connections with: byoo connections <user>',
  ],
})

/** For the call that is authenticated by the link token instead of a key. */
const explainLinkToken = explaining({
  401: [
    'it does not accept the link token that it made itself',
    "try again; if it continues, send Junction's support the request id",
  ],
  404: ['it has no such provider with OAuth', 'list the providers with: byoo providers'],
})

/** What `detail.error_type` means, when it is one that is known. */
function explainType(body: string): ReturnType<ExplainFailure> {
  const detail = field(parseJson(body).value, 'detail')
  const type = typeof detail === 'string' ? detail : field(detail, 'error_type')
  const known = typeof type === 'string' ? findErrorCode(type) : undefined
  return known && { hint: `${known.code} means: ${known.meaning};\n${known.advice}` }
}
