import * as z from 'zod/mini'
import { ByooError } from '../errors.ts'
import { printable } from '../output/printable.ts'
import { maybe, maybeList, token } from './answers.ts'
import { findErrorCode } from './error-codes.ts'
import type { Answer, ExplainFailure, FailureExplanation } from './errors.ts'
import type { Http, HttpRequest } from './http.ts'
import { field, parseJson } from './json.ts'

// Junction's enumerations are open, so they are plain text here; unknown fields are dropped.

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
export interface UserConnection {
  /** The provider's slug. */
  readonly slug: string
  readonly name: string
  /** `connected`, `error`, or one that is new. */
  readonly status: string
  readonly created_on: string
  /** Set while the status is `error`; see `error-codes.ts`. */
  readonly error_type?: string | undefined
  readonly error_message?: string | undefined
  readonly errored_at?: string | undefined
}

const connectionSchema = z.pipe(
  z.object({
    slug: z.string(),
    name: z.string(),
    status: z.string(),
    created_on: z.string(),
    error_details: maybe(
      z.object({
        error_type: z.string(),
        error_message: maybe(z.string()),
        errored_at: maybe(z.string()),
      }),
    ),
  }),
  z.transform(({ error_details, ...connection }): UserConnection => ({ ...connection, ...error_details })),
)

const connectionsSchema = z.object({ providers: maybeList(connectionSchema) })

/** Where requests go, and as whom. */
interface LinkAccess {
  /** Base URL of one environment, such as `https://api.us.junction.com`. */
  readonly url: string
  /** `x-vital-api-key`, or `Authorization` with a short-lived team token. */
  readonly credentials: Readonly<Record<string, string>>
}

/** A `GET` changes nothing, a `DELETE` may be repeated, and a `POST` makes something new each time. */
const kinds = { GET: 'read', DELETE: 'write', POST: 'creation' } as const

type Details = Pick<HttpRequest, 'action' | 'explain'> & Partial<Pick<HttpRequest, 'body' | 'credentials'>>

/** Junction's Link API, as far as connecting and disconnecting a user needs it. */
export type Link = ReturnType<typeof createLink>

/** Makes the client. */
export function createLink(http: Http, { url, credentials }: LinkAccess) {
  const requestTo = (method: HttpRequest['method'], segments: readonly string[], details: Details) => ({
    method,
    url: [`${url.replace(/\/+$/, '')}/v2`, ...segments.map(encodeURIComponent)].join('/'),
    credentials,
    kind: kinds[method],
    ...details,
  })
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
      const action = 'create a user'
      const details = { action, body: { client_user_id }, explain: explainCreation }
      return http.send(requestTo('POST', ['user'], details), userSchema)
    },

    /** Junction's id of the user with this name of your own. */
    resolveUser: (clientUserId: string) => {
      const details = { action: 'look up the user', explain: explainUser }
      return http.send(requestTo('GET', ['user', 'resolve', clientUserId], details), userSchema)
    },

    /** Deletes the user and all its connections. */
    deleteUser: (userId: string) => {
      const details = { action: 'delete the user', explain: explainUser }
      return remove(requestTo('DELETE', ['user', userId], details))
    },

    /** A token for one connection, valid for 60 minutes; `redirect_url` is where the *user* ends up. */
    createLinkToken: (body: { user_id: string; provider?: string; redirect_url?: string }) => {
      const details = { action: 'create a link token', body, explain: explainUser }
      return http.send(requestTo('POST', ['link', 'token'], details), linkTokenSchema)
    },

    /** Where to send the user's browser. */
    oauthLink: async (provider: string, linkToken: string) => {
      const action = `get the OAuth link of ${printable(provider, 64)}`
      const details = { action, credentials: { 'x-vital-link-token': linkToken }, explain: explainLinkToken }
      const request = requestTo('GET', ['link', 'provider', 'oauth', provider], details)
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
      const request = requestTo('GET', ['user', 'providers', userId], details)
      return (await http.send(request, connectionsSchema)).providers
    },

    disconnect: (userId: string, provider: string) => {
      const details = { action: `disconnect ${printable(provider, 64)}`, explain: explainConnection }
      return remove(requestTo('DELETE', ['user', userId, provider], details))
    },
  }
}

/** 400 holds the user that already has this name. How Junction says that a sandbox is full is not documented. */
function explainCreation({ status, body }: Answer): FailureExplanation | undefined {
  const conflict = status === 400 ? userConflictSchema.safeParse(parseJson(body).value) : undefined
  if (!conflict?.success) {
    if (status < 400 || status === 401 || status === 429 || status >= 500) return undefined
    return {
      hint: 'a sandbox holds 50 users: when it is full, delete one in the Junction dashboard, or give one with --user',
    }
  }
  const { user_id } = conflict.data.detail
  return {
    reason: `a user of this name exists already, with the id ${user_id}`,
    hint: `use that one: --user ${user_id}`,
  }
}

/** Explains the statuses that mean something else for a call, and else the error type of the body. */
function explaining(meanings: Readonly<Record<number, FailureExplanation>>): ExplainFailure {
  return ({ status, body }) => meanings[status] ?? explainType(body)
}

const explainUser = explaining({
  404: {
    reason: 'no such user in this environment',
    hint: "give Junction's id of the user, not your own, and check team and environment",
  },
})

const explainConnection = explaining({
  404: {
    reason: 'no such user, or no such connection of this user',
    hint: 'list the connections with: byoo connections <user>',
  },
})

/** For the call that is authenticated by the link token instead of a key. */
const explainLinkToken = explaining({
  401: {
    reason: 'it does not accept the link token that it made itself',
    hint: "try again; if it continues, send Junction's support the request id",
  },
  404: {
    reason: 'it has no such provider with OAuth',
    hint: 'list the providers with: byoo providers',
  },
})

/** What `detail.error_type` means, when it is one that is known. */
function explainType(body: string): FailureExplanation | undefined {
  const detail = field(parseJson(body).value, 'detail')
  const type = typeof detail === 'string' ? detail : field(detail, 'error_type')
  const known = typeof type === 'string' ? findErrorCode(type) : undefined
  return known && { hint: `${known.code} means: ${known.meaning};\n${known.advice}` }
}
