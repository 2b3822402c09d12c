import { isWrite } from '../../apply/diff.ts'
import { diffData, diffText } from '../../apply/report.ts'
import { counted } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
import { connect } from '../api-client.ts'
import { type Call, defineCommand } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import { compareStores, declaredOptions, openDeclared, type StoresCompared } from '../resolve/declared.ts'

/** `byoo diff` */
export const command = defineCommand({
  description:
    'Compares what byoo.yaml says with what Junction holds, for every provider and environment, and changes nothing. ' +
    'Ends with 7 when there is something to create or change.',
  examples: ['byoo diff', 'byoo diff strava oura --environment production/us'],
  operands: [['[provider...]', 'only these providers']],
  options: declaredOptions,
  run,
  text,
  quiet: (data) => `${verdict(data)}\n`,
  json: (data) => ({
    verdict: verdict(data),
    records: data.diffs.map(diffData),
    not_looked_at: data.others,
    failed: data.failed.map(({ environment, error }) => ({
      environment,
      code: error.code,
      message: error.message,
    })),
  }),
  exitCode,
})

async function run(call: Call<typeof declaredOptions>): Promise<StoresCompared> {
  const { session } = call
  const declared = await openDeclared(call)
  const { management } = connect(session, declared.workspace)
  return compareStores(session, management, declared)
}

function verdict({ diffs, failed }: StoresCompared): string {
  const writes = diffs.filter(isWrite)
  const creates = writes.filter(({ kind }) => kind === 'create').length
  const unread = failed.length > 0 ? `; ${counted(failed.length, 'environment')} could not be read` : ''
  if (writes.length === 0) return `Junction holds what byoo.yaml says${unread}.`
  return `${creates} to create, ${writes.length - creates} to change${unread}.`
}

function text(data: StoresCompared, style: Style): string {
  const { diffs, others, failed } = data
  const unread = failed.map(
    ({ environment, error }) => `${style.red('not read')} ${environment}: ${error.message}\n`,
  )
  const next = diffs.some(isWrite) ? '\nbyoo apply makes Junction equal to byoo.yaml.\n' : ''
  return `${style.bold(verdict(data))}\n${unread.join('')}${diffText(diffs, others, style)}${next}`
}

function exitCode({ diffs, failed }: StoresCompared): ExitCode {
  const first = failed.find(({ wanted }) => wanted)
  if (first) return exitCodes[first.error.code]
  return diffs.some(isWrite) ? 7 : 0
}
