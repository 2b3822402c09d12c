import { findErrorCode } from '../../junction/error-codes.ts'
import type { UserConnection } from '../../junction/link.ts'

/** Why a connection does not work. */
export interface ConnectionErrorData {
  readonly type: string
  /** In Junction's words. */
  readonly message: string | null
  /** In byoo's words; null for a type that this version does not know. */
  readonly meaning: string | null
  readonly advice: string | null
  readonly since: string | null
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
  return {
    type,
    message: error_message ?? null,
    meaning: known?.meaning ?? null,
    advice: known?.advice ?? null,
    since: errored_at ?? null,
  }
}
