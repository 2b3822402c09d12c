import { doctorFindings } from '../../doctor/findings.ts'
import { usageError } from '../../errors.ts'
import { errorCodes } from '../../junction/error-codes.ts'
import { pairs } from '../../output/layout.ts'
import { printable } from '../../output/printable.ts'
import { suggestion } from '../../suggestion.ts'
import { verifyFindings } from '../../verify/findings.ts'
import { type Call, defineCommand } from '../command.ts'
import { exitCodeMeanings } from '../exit-code.ts'

interface ExplainData {
  readonly code: string
  readonly kind: (typeof kinds)[keyof typeof kinds]
  readonly meaning: string
  readonly advice: string
}

const kinds = {
  link: 'link error',
  widget: 'custom widget code',
  connection: 'connection error',
  provider: 'OAuth error of the provider',
  forwarder: 'status of byoo serve',
  exit: 'exit code',
  verify: 'finding of byoo verify',
  doctor: 'finding of byoo doctor',
} as const

/** `byoo explain` */
export const command = defineCommand({
  description:
    "Explains an error type of Junction's Link, an OAuth error of a provider, a code of Junction's custom widget, " +
    "a status of byoo serve, a finding of byoo verify or doctor, or byoo's exit code.",
  examples: ['byoo explain provider_credential_error', 'byoo explain 404', 'byoo explain 7'],
  operands: [['<code>', 'such as provider_credential_error, invalid_client, 404 or 7']],
  options: {},
  run,
  text: ({ code, kind, meaning, advice }, style) => {
    const title = `${style.bold(code)} (${kind})`
    return pairs(
      [
        ['code', title],
        ['means', meaning],
        ['what to do', advice],
      ],
      style,
    )
  },
  quiet: ({ meaning }) => `${meaning}\n`,
})

async function run({ operands: [code = ''] }: Call): Promise<ExplainData> {
  const same = (one: ExplainData) => one.code === code
  const found = all.find(same) ?? all.find((one) => one.code.toLowerCase() === code.toLowerCase())
  if (found) return found
  const codes = all.map((one) => one.code)
  throw usageError(
    `${JSON.stringify(printable(code, 64))} is not a code that byoo knows${suggestion(code, codes)}`,
    'Junction or the provider may have added it: search their documentation',
  )
}

/** Everything that is known; the first of several with one code is meant. */
const all: readonly ExplainData[] = [
  ...exitCodeMeanings.map(({ exitCode, ...facts }) => ({ code: `${exitCode}`, kind: kinds.exit, ...facts })),
  ...errorCodes.map(({ code, from, meaning, advice }) => ({ code, kind: kinds[from], meaning, advice })),
  ...Object.entries(verifyFindings).map(([code, { title, advice }]) => {
    return { code, kind: kinds.verify, meaning: `${title}.`, advice }
  }),
  ...Object.entries(doctorFindings).map(([code, { meaning, advice }]) => {
    return { code, kind: kinds.doctor, meaning, advice }
  }),
]
