import type { RecordDiff } from '../../apply/diff.ts'
import { counted } from '../../apply/report.ts'
import { ByooError, usageError } from '../../errors.ts'
import { isProduction } from '../../junction/environments.ts'
import { askConfirmation, askText } from '../prompt.ts'
import type { Session } from '../session.ts'
import type { Work } from './work.ts'

/** One question for all changes; `doubts` are what it confirms beside them. */
export async function confirmWrites(
  { session, choice }: Work,
  diffs: readonly RecordDiff[],
  doubts: readonly string[],
): Promise<void> {
  if (choice.yes) return
  const changes = `make ${counted(diffs.length, 'change')}`
  for (const doubt of doubts) session.show(`Note: ${doubt}.`)
  if (diffs.some(({ environment }) => isProduction(environment)))
    return typed(session, 'production', changes, doubts)
  await confirmed(session, `M${changes.slice(1)} now?`, doubts)
}

/** A deletion in production is confirmed by its name, whatever `--yes` says. */
export async function confirmDeletions(work: Work, diffs: readonly RecordDiff[]): Promise<void> {
  const production = diffs.filter(({ environment }) => isProduction(environment))
  for (const { provider, environment } of production) {
    await typed(work.session, provider, `delete ${provider} in ${environment}`, [])
  }
  if (production.length === 0) await confirmWrites(work, diffs, [])
}

/** Asks whether to go on; fails when nobody does. */
export async function confirmed(
  session: Session,
  question: string,
  doubts: readonly string[],
): Promise<void> {
  const answer = await askConfirmation(question, session)
  if (answer === undefined) throw nobodyToAsk(doubts)
  if (!answer) throw new ByooError('interrupted', 'stopped: nothing was changed')
}

async function typed(session: Session, word: string, action: string, doubts: readonly string[]) {
  const fault = (text: string) => (text === word ? undefined : `Type ${word}, or press Ctrl-C.`)
  const answer = await askText(`Type ${word} to ${action}`, session, { fault })
  if (answer === undefined) throw nobodyToAsk(doubts)
}

function nobodyToAsk(doubts: readonly string[]): ByooError {
  const what = 'nothing was written: the changes have to be confirmed, and there is no terminal to ask on'
  const how = 'add --yes when you are sure; a deletion in production needs a terminal'
  return usageError([what, ...doubts].join('\n  '), how)
}
