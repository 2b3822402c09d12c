import type { ErrorCode } from '../errors.ts'

/** What the shell is told; documented in README.md. */
export type ExitCode = 0 | 1 | 2

export const exitCodes: Record<ErrorCode, ExitCode> = {
  usage: 2,
  configuration: 2,
  cannot_listen: 2,
  unhealthy: 1,
}
