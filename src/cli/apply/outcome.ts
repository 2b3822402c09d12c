import type { RecordDiff } from '../../apply/diff.ts'
import { diffData, diffText } from '../../apply/report.ts'
import type { ByooError } from '../../errors.ts'
import { cell, counted } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
import { type ExitCode, sharedExitCode } from '../exit-code.ts'
import type { ApplyChoice } from './work.ts'

/** What became of one record. */
export interface Outcome {
  readonly diff: RecordDiff
  readonly status: 'done' | 'failed' | 'not tried'
  readonly error?: ByooError
  /** When it was written, as ISO 8601 in UTC. */
  readonly at?: string
  /** Whether Junction's hash of the secret is another one now. */
  readonly hash?: 'new' | 'unchanged' | 'changed'
}

/** What `byoo apply` did. */
export interface ApplyData {
  /** What was to be done, as it was shown. */
  readonly plan: readonly RecordDiff[]
  /** How many of these were to be written or deleted. */
  readonly chosen: number
  readonly others: number
  readonly outcomes: readonly Outcome[]
  readonly choice: ApplyChoice
  readonly interrupted: boolean
  /** The last four characters of the key. */
  readonly key: string
}

/** The result as `--json` shows it. */
export function applyJson(data: ApplyData): object {
  const { choice, plan, outcomes, key, others } = data
  const records = choice.dryRun ? plan.map(diffData) : outcomes.map(outcomeData)
  return { verdict: applyVerdict(data), dry_run: choice.dryRun, key, not_looked_at: others, records }
}

function outcomeData({ diff, status, error, at, hash }: Outcome): object {
  return {
    ...diffData(diff),
    status,
    written_at: at,
    secret_hash: hash,
    error: error && { code: error.code, message: error.message, hint: error.hint },
  }
}

/** The result in one line. */
export function applyVerdict({ chosen, outcomes, choice, interrupted }: ApplyData): string {
  const what = choice.delete ? 'deleted' : 'written'
  if (choice.dryRun) return `${counted(chosen, 'record')} would be ${what}; nothing was sent.`
  if (outcomes.length === 0 && choice.delete) return 'Junction holds none of these beside byoo.yaml.'
  if (outcomes.length === 0) return 'Junction holds what byoo.yaml says: nothing to write.'
  const of = (status: Outcome['status']) => outcomes.filter((outcome) => outcome.status === status).length
  const summary = `${of('done')} done, ${of('failed')} failed, ${of('not tried')} not tried.`
  return interrupted ? `Interrupted: ${summary}` : summary
}

/** The result for people: a line per write for the ticket, and what to do about the rest. */
export function applyText(data: ApplyData, style: Style): string {
  const { plan, others, outcomes, choice, key } = data
  const head = `${style.bold(applyVerdict(data))}\n`
  if (choice.dryRun) return `${head}${diffText(plan, others, style, choice)}`
  const hints = new Set<string>()
  const lines = outcomes.flatMap((outcome) =>
    outcome.status === 'done' ? [ticketLine(outcome, key, choice)] : leftLines(outcome, hints, style),
  )
  const again = outcomes.some(({ status }) => status !== 'done')
    ? 'When that is mended, run byoo apply again: what is done is not written twice.\n'
    : ''
  return `${head}${lines.map((line) => `${line}\n`).join('')}${again}`
}

function ticketLine({ diff, at, hash }: Outcome, key: string, { rotate }: ApplyChoice): string {
  const changed = diff.fields.filter((field) => !('secret' in field) || field.secret === 'differs')
  const fields = [...changed.map(({ field }) => field), 'client_secret'].join(', ')
  const old =
    rotate && hash === 'unchanged' ? ': this is the old secret, so look where byoo.yaml has it from' : ''
  const what = diff.desired ? `${fields}; hash ${hash}${old}` : 'deleted'
  return `${at}  key …${key}  ${cell(diff.provider)} in ${diff.environment}  ${what}`
}

/** What was not written, and why; the same advice is given once. */
function leftLines({ diff, status, error }: Outcome, hints: Set<string>, style: Style): string[] {
  const shown = status === 'failed' ? style.red('failed') : style.yellow('not tried')
  const line = `${shown}  ${cell(diff.provider)} in ${diff.environment}${error ? `: ${error.message}` : ''}`
  const hint = error?.hint
  if (hint === undefined || hints.has(hint)) return [line]
  hints.add(hint)
  return [line, ...hint.split('\n').map((text) => `    ${text}`)]
}

/** 130 after Ctrl-C, else what the failures have in common. */
export function applyExitCode({ outcomes, interrupted }: ApplyData): ExitCode {
  const left = outcomes.filter(({ status }) => status !== 'done')
  return interrupted ? 130 : sharedExitCode(left.map(({ error }) => error))
}
