/** What can go wrong, as stable codes; `src/cli/exit-code.ts` maps each to an exit code. */
export type ErrorCode = 'usage' | 'configuration' | 'cannot_listen' | 'unhealthy'

/** A failure that byoo explains to a person. The message never holds a secret, a code, a state or a key. */
export class ByooError extends Error {
  override readonly name = 'ByooError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
