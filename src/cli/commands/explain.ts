import { suggestion } from '../../config/fault.ts'
import { usageError } from '../../errors.ts'
import { errorCodes, findErrorCode } from '../../junction/error-codes.ts'
import { pairs } from '../../output/layout.ts'
import { printable } from '../../output/printable.ts'
import type { Style } from '../../output/style.ts'
import { type Call, defineCommand } from '../command.ts'
import { exitCodeMeanings } from '../exit-code.ts'

export interface ExplainData {
  readonly code: string
  readonly kind: (typeof kinds)[keyof typeof kinds] | 'exit code'
  readonly meaning: string
  readonly advice: string
}

const kinds = {
  link: 'link error',
  widget: 'custom widget code',
  connection: 'connection error',
  provider: 'OAuth error of the provider',
  forwarder: 'status of byoo serve',
} as const

/** `byoo explain` */
export const command = defineCommand({
  description:
    "Explains an error type of Junction's Link, an OAuth error of a provider, a code of Junction's custom widget, " +
    "a status of byoo serve, or byoo's exit code.",
  examples: ['byoo explain provider_credential_error', 'byoo explain 404', 'byoo explain 7'],
  operands: [['<code>', 'such as provider_credential_error, invalid_client, 404 or 7']],
  options: {},
  run,
  text,
})

/** Explains an error of Link, a connection, a provider or the older widget, a status of serve, or an exit code. */
async function run({ operands: [code = ''] }: Call): Promise<ExplainData> {
  const exit = exitCodeMeanings.find((known) => String(known.exitCode) === code)
  if (exit) return { code, kind: 'exit code', meaning: exit.meaning, advice: exit.advice }
  const error = findErrorCode(code)
  if (error) {
    return { code: error.code, kind: kinds[error.from], meaning: error.meaning, advice: error.advice }
  }
  const codes = errorCodes.map((known) => known.code)
  throw usageError(
    `${JSON.stringify(printable(code, 64))} is not a code that byoo knows${suggestion(code, codes)}`,
    'Junction or the provider may have added it: search their documentation',
  )
}

function text({ code, kind, meaning, advice }: ExplainData, style: Style): string {
  return pairs(
    [
      ['code', `${style.bold(code)} (${kind})`],
      ['means', meaning],
      ['what to do', advice],
    ],
    style,
  )
}
