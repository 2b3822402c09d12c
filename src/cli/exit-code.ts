import type { ErrorCode } from '../errors.ts'

/** What the shell is told; documented in README.md. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 130

export const exitCodes: Record<ErrorCode, ExitCode> = {
  usage: 2,
  configuration: 2,
  cannot_listen: 2,
  unhealthy: 1,
  wrong_key: 3,
  not_authenticated: 3,
  not_allowed: 3,
  not_found: 4,
  refused: 5,
  unreachable: 6,
  unexpected_answer: 6,
  interrupted: 130,
  read_back_differs: 7,
}
