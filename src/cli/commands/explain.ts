import { suggestion } from '../../config/fault.ts'
import { ByooError } from '../../errors.ts'
import { findLinkError, linkErrors } from '../../junction/error-codes.ts'
import { pairs } from '../../output/layout.ts'
import { printable } from '../../output/printable.ts'
import type { Style } from '../../output/style.ts'
import { exitCodeMeanings } from '../exit-code.ts'
import type { Session } from '../session.ts'

export interface ExplainData {
  readonly code: string
  readonly kind: 'link error' | 'custom widget code' | 'connection error' | 'exit code'
  readonly meaning: string
  readonly advice: string
}

const kinds = { link: 'link error', widget: 'custom widget code', connection: 'connection error' } as const

/** Explains an error type of Link or of a connection, a code of the older custom widget, or an exit code of byoo. */
export async function run(_session: Session, code: string): Promise<ExplainData> {
  const exit = exitCodeMeanings.find((known) => String(known.exitCode) === code)
  if (exit) return { code, kind: 'exit code', meaning: exit.meaning, advice: exit.advice }
  const error = findLinkError(code)
  if (error) {
    return { code: error.code, kind: kinds[error.from], meaning: error.meaning, advice: error.advice }
  }
  const codes = linkErrors.map((known) => known.code)
  throw new ByooError(
    'usage',
    `${JSON.stringify(printable(code, 64))} is not a code that byoo knows${suggestion(code, codes)}`,
    {
      hint: `exit codes are ${exitCodeMeanings.map(({ exitCode }) => exitCode).join(', ')};\nthe others are ${codes.join(', ')}.\nJunction may have added codes since: look at its documentation`,
    },
  )
}

export function text({ code, kind, meaning, advice }: ExplainData, style: Style): string {
  return pairs(
    [
      ['code', `${style.bold(code)} (${kind})`],
      ['means', meaning],
      ['what to do', advice],
    ],
    style,
  )
}
