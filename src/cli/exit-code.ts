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

/** What `byoo explain` and the documentation say of each exit code. */
export const exitCodeMeanings: readonly {
  readonly exitCode: ExitCode
  readonly meaning: string
  readonly advice: string
}[] = [
  { exitCode: 0, meaning: 'done', advice: 'nothing' },
  { exitCode: 1, meaning: 'unexpected failure: a bug in byoo', advice: 'report it with what stderr says' },
  {
    exitCode: 2,
    meaning: 'usage or configuration',
    advice: 'correct the command or byoo.yaml as stderr says',
  },
  {
    exitCode: 3,
    meaning: 'not authenticated or not allowed, or a key of the wrong kind',
    advice: 'look at byoo whoami, then run byoo login again',
  },
  { exitCode: 4, meaning: 'not found', advice: 'check provider, team and environment' },
  { exitCode: 5, meaning: 'refused by Junction', advice: 'correct the fields that stderr names' },
  {
    exitCode: 6,
    meaning: 'Junction, or the endpoint to verify, could not be reached or kept failing',
    advice: 'try again later; after a write, check with byoo credentials show first',
  },
  {
    exitCode: 7,
    meaning: 'a check failed, or Junction holds something else than what was sent',
    advice: 'do what the report or stderr says; a failed write names what to restore',
  },
  {
    exitCode: 130,
    meaning: 'interrupted',
    advice: 'run it again; after a write, check with byoo credentials show first',
  },
]
