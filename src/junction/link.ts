import type * as z from 'zod/mini'
import { ByooError } from '../errors.ts'
import { printable } from '../output/printable.ts'
import { readAnswer } from './answers.ts'
import type { FailedAnswer, FailureExplanation } from './failure.ts'
import type { Http, HttpRequest } from './http.ts'
import {
  connectionsSchema,
  linkTokenSchema,
  oauthLinkSchema,
  successSchema,
  type UserConnection,
  userConflictSchema,
  userSchema,
} from './link-answers.ts'
import { findLinkError } from './link-errors.ts'
import { parseJson } from './parse-json.ts'

export type { UserConnection }

/** Where requests go, and as whom. */
export interface LinkAccess {
  /** Base URL of one environment and region, such as `https://api.us.junction.com`. */
  readonly url: string
  /** `x-vital-api-key`, or `Authorization` with a short-lived team token. */
  readonly credentials: Readonly<Record<string, string>>
}

/** Junction's Link API, as far as connecting and disconnecting a user needs it. */
export interface Link {
  /** A user for a name of your own; fails with Junction's id of it when there is one already. */
  createUser(clientUserId: string): Promise<{ readonly user_id: string }>
  /** The user, and all connections with it. */
  deleteUser(userId: string): Promise<void>
  /** A token that lives 60 minutes and is good for one connection; `redirect_url` is where the *person* ends up. */
  createLinkToken(input: {
    readonly user_id: string
    readonly provider?: string
    readonly redirect_url?: string
  }): Promise<{ readonly link_token: string; readonly link_web_url: string }>
  /** Where to send the person's browser. */
  oauthLink(provider: string, linkToken: string): Promise<{ readonly oauth_url: string }>
  connections(userId: string): Promise<UserConnection[]>
  disconnect(userId: string, provider: string): Promise<void>
}

/** Makes the client. */
export function createLink(http: Http, access: LinkAccess): Link {
  const call = async <Schema extends z.ZodMiniType>(schema: Schema, request: HttpRequest) => {
    const answer = await http.send(request)
    return readAnswer(schema, answer, request.action, request.kind !== 'read')
  }
  const remove = async (request: HttpRequest) => {
    const { success } = await call(successSchema, request)
    if (success) return
    throw new ByooError('refused', `could not ${request.action}: Junction says that it failed`, {
      hint: 'try again later',
      mayHaveTakenEffect: true,
    })
  }
  return {
    createUser: (client_user_id) =>
      call(
        userSchema,
        requestTo(access, 'POST', 'user', {
          kind: 'creation',
          action: 'create a user',
          body: { client_user_id },
          explain: explainNoUser,
        }),
      ),

    deleteUser: (userId) =>
      remove(
        requestTo(access, 'DELETE', `user/${encodeURIComponent(userId)}`, {
          kind: 'write',
          action: 'delete the user',
          explain: explainUser,
        }),
      ),

    createLinkToken: (input) =>
      call(
        linkTokenSchema,
        requestTo(access, 'POST', 'link/token', {
          kind: 'creation',
          action: 'create a link token',
          body: input,
          explain: explainUser,
        }),
      ),

    oauthLink: async (provider, linkToken) => {
      const path = `link/provider/oauth/${encodeURIComponent(provider)}`
      const action = `get the OAuth link of ${printable(provider, 64)}`
      const request = requestTo(
        { ...access, credentials: { 'x-vital-link-token': linkToken } },
        'GET',
        path,
        {
          action,
          explain: explainLinkToken,
        },
      )
      const { oauth_url, auth_type } = await call(oauthLinkSchema, request)
      if (oauth_url !== undefined) return { oauth_url }
      const by =
        auth_type === undefined || auth_type === 'oauth' ? '' : `, but by "${printable(auth_type, 64)}"`
      throw new ByooError('refused', `could not ${action}: Junction does not connect it by OAuth${by}`, {
        hint: 'there is no redirect URI to bring for it; see the providers that have one with: byoo providers',
      })
    },

    connections: async (userId) => {
      const path = `user/providers/${encodeURIComponent(userId)}`
      const action = "look up the user's connections"
      const { providers } = await call(
        connectionsSchema,
        requestTo(access, 'GET', path, { action, explain: explainUser }),
      )
      return providers
    },

    disconnect: (userId, provider) =>
      remove(
        requestTo(access, 'DELETE', `user/${encodeURIComponent(userId)}/${encodeURIComponent(provider)}`, {
          kind: 'write',
          action: `disconnect ${printable(provider, 64)}`,
          explain: explainConnection,
        }),
      ),
  }
}

function requestTo(
  { url, credentials }: LinkAccess,
  method: HttpRequest['method'],
  path: string,
  rest: Pick<HttpRequest, 'action'> & Partial<Pick<HttpRequest, 'kind' | 'body' | 'explain'>>,
): HttpRequest {
  return { method, url: `${url.replace(/\/+$/, '')}/v2/${path}`, credentials, kind: 'read', ...rest }
}

/** 400 with the user that has this name already; else a sandbox may be full, which Junction tells in ways unknown. */
function explainNoUser({ status, body }: FailedAnswer): FailureExplanation | undefined {
  const conflict = status === 400 ? userConflictSchema.safeParse(parsed(body)) : undefined
  if (!conflict?.success) {
    if (status < 400 || status === 401 || status === 429 || status >= 500) return undefined
    return {
      hint: 'a sandbox holds 50 users: when it is full, delete one in the Junction dashboard, or give one with --user',
    }
  }
  const { user_id } = conflict.data.detail
  return {
    reason: `which means that there is a user of this name already, with the id ${user_id}`,
    hint: `use that one: --user ${user_id}`,
  }
}

function explainUser({ status, body }: FailedAnswer): FailureExplanation | undefined {
  if (status !== 404) return explainType(body)
  return {
    reason: 'which means that there is no such user in this environment and region',
    hint: "give Junction's id of the user, not your own, and check team, environment and region",
  }
}

function explainConnection({ status, body }: FailedAnswer): FailureExplanation | undefined {
  if (status !== 404) return explainType(body)
  return {
    reason: 'which means that there is no such user, or that it has no such connection',
    hint: 'see what there is with: byoo connections <user>',
  }
}

/** The link token stands in the place of a key here. */
function explainLinkToken({ status, body }: FailedAnswer): FailureExplanation | undefined {
  if (status === 401) {
    return {
      reason: 'which means that it does not accept the link token that it made itself',
      hint: 'try again; if it goes on, ask its support, with the request id',
    }
  }
  if (status === 404) {
    return {
      reason: 'which means that it knows no such provider with OAuth',
      hint: 'see what there is with: byoo providers',
    }
  }
  return explainType(body)
}

/** What `detail.error_type` means, when it is one that is known. */
function explainType(body: string): FailureExplanation | undefined {
  const known = findLinkError(errorType(body) ?? '')
  return known && { hint: `${known.code} means: ${known.meaning};\n${known.advice}` }
}

function errorType(body: string): string | undefined {
  const detail = field(parsed(body), 'detail')
  const type = typeof detail === 'string' ? detail : field(detail, 'error_type')
  return typeof type === 'string' ? type : undefined
}

function parsed(body: string): unknown {
  const read = parseJson(body)
  return 'value' in read ? read.value : undefined
}

function field(value: unknown, name: string): unknown {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[name] : undefined
}
