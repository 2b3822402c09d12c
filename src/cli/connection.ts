import { ByooError, usageError } from '../errors.ts'
import { findErrorCode } from '../junction/error-codes.ts'
import { isUserId, type UserConnection } from '../junction/link.ts'
import { pairs } from '../output/layout.ts'
import { printable } from '../output/printable.ts'
import { shellLine } from '../output/shell.ts'
import type { Style } from '../output/style.ts'

/** A user's connection as `--json` shows it. */
export type ConnectionData = ReturnType<typeof toConnectionData>

export function toConnectionData({ slug, name, status, created_on, ...failure }: UserConnection) {
  const { error_type, error_message: message, errored_at: since } = failure
  const type = error_type ?? (status === 'error' ? 'unknown' : undefined)
  // Undefined for a type that this version does not know.
  const { meaning, advice } = (type && findErrorCode(type)) || {}
  const error = type === undefined ? null : { type, message, meaning, advice, since }
  return { provider: slug, name, status, since: created_on, error }
}

/** Why a connection does not work, and what to do. */
export function errorText(
  { type, message, meaning, advice }: NonNullable<ConnectionData['error']>,
  { provider, environment }: { readonly provider: string; readonly environment: string },
  style: Style,
): string {
  const operand = shellLine([printable(provider, 64), '--environment', environment])
  return pairs(
    [
      ['error', printable(type, 64)],
      ['means', meaning ?? 'a type that this version of byoo does not know: update byoo'],
      ['Junction says', message && printable(message)],
      ['what to do', advice?.replaceAll('<provider>', () => operand)],
    ],
    style,
  )
}

/** Junction's id of a user, checked; `source` names the option or operand. */
export function requireUserId(text: string, source: string): string {
  if (isUserId(text)) return text
  throw usageError(
    `${source} ${JSON.stringify(printable(text, 64))} is not the UUID of a user`,
    "give Junction's id of the user (user_id), not your own name for it (client_user_id)",
  )
}

/** What is asked for; undefined when Junction does not have it. */
export async function unlessMissing<Value>(asking: Promise<Value>): Promise<Value | undefined> {
  try {
    return await asking
  } catch (error) {
    if (error instanceof ByooError && error.code === 'not_found') return undefined
    throw error
  }
}
