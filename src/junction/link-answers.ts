import * as z from 'zod/mini'
import { maybe, token } from './answers.ts'

// Junction's enumerations are open, so they are plain text here; unknown fields are dropped.

/** It is shown, and part of a command to paste. */
const userId = z.string().check(z.regex(/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i, 'must be a UUID'))

export const userSchema = z.object({ user_id: userId })

/** The body of the 400 for a `client_user_id` that is taken. */
export const userConflictSchema = z.object({ detail: z.object({ user_id: userId }) })

export const linkTokenSchema = z.object({ link_token: token, link_web_url: z.string() })

/** A provider's `oauth_url` is missing when it connects in another way, which `auth_type` may name. */
export const oauthLinkSchema = z.object({ oauth_url: maybe(z.string()), auth_type: maybe(z.string()) })

export const successSchema = z.object({ success: z.boolean() })

/** One connection of a user. */
export interface UserConnection {
  /** The provider's slug. */
  readonly slug: string
  readonly name: string
  /** `connected`, `error`, or one that is new. */
  readonly status: string
  readonly created_on: string
  /** Set while the status is `error`; see `link-errors.ts`. */
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

/** The description lets Junction leave out an empty list. */
export const connectionsSchema = z.object({
  providers: z.pipe(
    z.nullish(z.array(connectionSchema)),
    z.transform((connections) => connections ?? []),
  ),
})
