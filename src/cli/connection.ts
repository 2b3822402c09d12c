import { usageError } from '../errors.ts'
import { findErrorCode } from '../junction/error-codes.ts'
import { isUserId, type UserConnection } from '../junction/link.ts'
import { pairs } from '../output/layout.ts'
import { printable } from '../output/printable.ts'
import { shellLine } from '../output/shell.ts'
import type { Style } from '../output/style.ts'

/** Why a connection does not work. */
export interface ConnectionErrorData {
  readonly type: string
  /** In Junction's words. */
  readonly message: string | undefined
  /** In byoo's words; undefined for a type that this version does not know. */
  readonly meaning: string | undefined
  readonly advice: string | undefined
  readonly since: string | undefined
}

/** A user's connection as `--json` shows it. */
export interface ConnectionData {
  readonly provider: string
  readonly name: string
  /** `connected`, `error`, or one that is new. */
  readonly status: string
  readonly since: string
  readonly error: ConnectionErrorData | null
}

export function toConnectionData(connection: UserConnection): ConnectionData {
  const { slug, name, status, created_on } = connection
  return { provider: slug, name, status, since: created_on, error: errorOf(connection) }
}

function errorOf({ status, error_type, error_message, errored_at }: UserConnection) {
  if (error_type === undefined && status !== 'error') return null
  const type = error_type ?? 'unknown'
  const known = findErrorCode(type)
  return { type, message: error_message, meaning: known?.meaning, advice: known?.advice, since: errored_at }
}

/** Why a connection does not work, and what to do. */
export function errorText(
  { type, message, meaning, advice }: ConnectionErrorData,
  { provider, environment }: { readonly provider: string; readonly environment: string },
  style: Style,
): string {
  const operand = shellLine([printable(provider, 64), '--environment', environment])
  const unknown = 'a type that this version of byoo does not know: update byoo'
  return pairs(
    [
      ['error', printable(type, 64)],
      ['means', meaning ?? unknown],
      ...(message === undefined ? [] : [['Junction says', printable(message)] as const]),
      ...(advice === undefined
        ? []
        : [['what to do', advice.replaceAll('<provider>', () => operand)] as const]),
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
