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

/** What is known of a failure beside its message. */
interface ErrorFacts extends ErrorOptions {
  /** HTTP status of the answer, when there was one. */
  readonly status?: number | undefined
  /** Junction's `x-request-id`, for its support. */
  readonly requestId?: string | undefined
  /** What to do next, as a sentence. */
  readonly hint?: string | undefined
  /** May the failed request have changed something all the same? */
  readonly mayHaveTakenEffect?: boolean | undefined
}

/** A failure that byoo explains to a person. The message never holds a secret, a code, a state or a key. */
export class ByooError extends Error {
  override readonly name = 'ByooError'
  readonly code: ErrorCode
  readonly status: number | undefined
  readonly requestId: string | undefined
  readonly hint: string | undefined
  readonly mayHaveTakenEffect: boolean

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, 'cause' in facts ? { cause: facts.cause } : undefined)
    this.code = code
    this.status = facts.status
    this.requestId = facts.requestId
    this.hint = facts.hint
    this.mayHaveTakenEffect = facts.mayHaveTakenEffect ?? false
  }

  /** A copy with some facts changed, caused by this error. */
  with(facts: ErrorFacts): ByooError {
    const { code, message, status, requestId, hint, mayHaveTakenEffect } = this
    return new ByooError(code, message, {
      cause: this,
      status,
      requestId,
      hint,
      mayHaveTakenEffect,
      ...facts,
    })
  }

  /** A copy whose hint goes on with more advice, on a line of its own. */
  withAdvice(advice: string): ByooError {
    return this.with({ hint: this.hint === undefined ? advice : `${this.hint}\n${advice}` })
  }
}

/** An error in how byoo was called: exit code 2. */
export function usageError(message: string, hint?: string): ByooError {
  return new ByooError('usage', message, { hint })
}

/** All faults of a configuration at once. */
export function faultsError(what: string, faults: readonly string[]): ByooError {
  const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`
  return new ByooError('configuration', [`${what} has ${count}:`, ...faults].join('\n  '))
}
