/** What can go wrong, as stable codes; `src/cli/exit-code.ts` maps each to an exit code. */
export type ErrorCode =
  | 'usage'
  | 'configuration'
  | 'cannot_listen'
  | 'unhealthy'
  /** A key of the wrong kind, environment or region, caught before it is sent. */
  | 'wrong_key'
  /** 401 */
  | 'not_authenticated'
  /** 403 */
  | 'not_allowed'
  /** 404 */
  | 'not_found'
  /** Every other 4xx but 429. */
  | 'refused'
  /** No connection, no answer in time, 429 or 5xx, after the retries. */
  | 'unreachable'
  /** An answer that Junction does not give: a redirect, no JSON, a required field missing, too large. */
  | 'unexpected_answer'
  /** Cancelled by the person who started it. */
  | 'interrupted'
  /** Junction holds something else than what was sent. */
  | 'read_back_differs'
  /** The live endpoint would not pass users on unharmed. */
  | 'check_failed'

/** What a failed request may have changed: nothing for certain, or perhaps everything that it asked for. */
export type Effect = 'none' | 'unknown'

/** What is known of a failure beside its message. */
export interface ErrorFacts extends ErrorOptions {
  /** HTTP status of the answer, when there was one. */
  readonly status?: number | undefined
  /** Junction's `x-request-id`, for its support. */
  readonly requestId?: string | undefined
  /** What to do next, as a sentence. */
  readonly hint?: string | undefined
  readonly effect?: Effect | undefined
}

/** A failure that byoo explains to a person. The message never holds a secret, a code, a state or a key. */
export class ByooError extends Error {
  override readonly name = 'ByooError'
  readonly code: ErrorCode
  readonly status: number | undefined
  readonly requestId: string | undefined
  readonly hint: string | undefined
  readonly effect: Effect | undefined

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, 'cause' in facts ? { cause: facts.cause } : undefined)
    this.code = code
    this.status = facts.status
    this.requestId = facts.requestId
    this.hint = facts.hint
    this.effect = facts.effect
  }
}
