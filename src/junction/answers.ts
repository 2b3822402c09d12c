import * as z from 'zod/mini'
import { ByooError } from '../errors.ts'
import { printable } from '../output/printable.ts'
import type { HttpAnswer } from './http.ts'

// Junction's enumerations are open, so they are plain text here; unknown fields are dropped.

/** A field that may be missing or null, which mean the same. */
export function maybe<Schema extends z.ZodMiniType>(schema: Schema) {
  return z.pipe(
    z.nullish(schema),
    z.transform((value) => value ?? undefined),
  )
}

/** What Junction holds for one provider of one team; the secret itself never comes back. */
export const credentialSchema = z.object({
  id: z.string(),
  client_id: maybe(z.string()),
  /** Made by an unknown algorithm: comparable with itself only. */
  client_secret_hash: maybe(z.string()),
  /** The provider's slug; the request calls it `provider`. */
  source: z.string(),
  team_id: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
  /** May hold secrets: see `details.ts`. */
  details: maybe(z.record(z.string(), z.unknown())),
  app_url: maybe(z.string()),
  redirect_url_override: maybe(z.string()),
})

export const credentialsPageSchema = z.object({
  credentials: z.array(credentialSchema),
  next_cursor: maybe(z.string()),
})

/** Each id that was asked for is in one of the lists; the status is 200 even when the deletion failed. */
export const deletionSchema = z.object({
  success: z.array(z.string()),
  failure: z.array(z.string()),
  not_found: z.array(z.string()),
})

export const preparationSchema = z.object({
  /** `no_action_needed`, `preparations_required`, or one that is new. */
  status: z.string(),
  preparation_steps: z.pipe(
    z.nullish(
      z.array(
        z.object({
          /** `redirect_uri`, `webhook_uri`, `iam_principal`, or one that is new. */
          type: z.string(),
          key: maybe(z.string()),
          value: z.string(),
          description: maybe(z.string()),
        }),
      ),
    ),
    z.transform((steps) => steps ?? []),
  ),
})

export const teamSchema = z.object({
  id: z.string(),
  name: z.string(),
  region: z.string(),
  environments: maybe(z.array(z.string())),
})

/** A token that fits into a header. */
export const token = z.string().check(z.regex(/^[\x21-\x7e]+$/, 'must be printable ASCII'))

/** `expires_in` is in seconds. */
export const teamTokenSchema = z.object({ access_token: token, expires_in: z.number() })

export type Credential = z.infer<typeof credentialSchema>
export type Deletion = z.infer<typeof deletionSchema>
export type Preparation = z.infer<typeof preparationSchema>
export type Team = z.infer<typeof teamSchema>
export type TeamToken = z.infer<typeof teamTokenSchema>

/** The answer as the schema has it, or an error that names the first field which is not. */
export function readAnswer<Schema extends z.ZodMiniType>(
  schema: Schema,
  answer: HttpAnswer,
  action: string,
  mayHaveTakenEffect: boolean,
): z.infer<Schema> {
  const parsed = schema.safeParse(answer.json, { reportInput: true })
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const { status, requestId } = answer
  throw new ByooError('unexpected_answer', `could not ${action}: ${fault(issue)} in Junction's answer`, {
    status,
    requestId,
    mayHaveTakenEffect,
    hint: 'Junction may have changed its API: look for a newer byoo',
  })
}

function fault(issue: z.core.$ZodIssue | undefined): string {
  const path = (issue?.path ?? [])
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '')
  const name = path === '' ? 'the body' : `"${printable(path, 100)}"`
  if (issue?.code !== 'invalid_type') return `${name} is not as expected`
  if (issue.input === undefined) return `${name} is missing`
  return `${name} is not ${article(issue.expected)}`
}

function article(expected: string): string {
  return /^[aeiou]/.test(expected) ? `an ${expected}` : `a ${expected}`
}
