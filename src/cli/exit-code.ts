import type { ErrorCode } from '../errors.ts'

/** What the shell is told; docs/commands.md lists them. */
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
  check_failed: 7,
}

/** The code that all failures share, else 7; 0 without any. One without an error counts as a check that failed. */
export function sharedExitCode(errors: readonly ({ readonly code: ErrorCode } | undefined)[]): ExitCode {
  const [code = 0, another] = new Set(errors.map((error) => exitCodes[error?.code ?? 'check_failed']))
  return another === undefined ? code : 7
}

const meanings: readonly (readonly [ExitCode, meaning: string, advice: string])[] = [
  [0, 'done', 'nothing'],
  [1, 'unexpected failure: a bug in byoo', 'report it with what stderr says'],
  [2, 'usage or configuration', 'correct the command or byoo.yaml as stderr says'],
  [
    3,
    'not authenticated or not allowed, or a key of the wrong kind',
    'look at byoo whoami, then run byoo login again',
  ],
  [4, 'not found', 'check provider, team and environment'],
  [5, 'refused by Junction', 'correct the fields that stderr names'],
  [
    6,
    'Junction, or the endpoint to verify, could not be reached or kept failing',
    'try again later; after a write, check with byoo credentials show first',
  ],
  [
    7,
    'a check failed, or Junction holds something else than what was sent',
    'do what the report or stderr says; a failed write names what to restore',
  ],
  [130, 'interrupted', 'run it again; after a write, check with byoo credentials show first'],
]

/** What `byoo explain` and the documentation say of each exit code. */
export const exitCodeMeanings = meanings.map(([exitCode, meaning, advice]) => ({ exitCode, meaning, advice }))
