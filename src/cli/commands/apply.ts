import { isWrite, type RecordDiff } from '../../apply/diff.ts'
import { diffText } from '../../apply/report.ts'
import { usageError } from '../../errors.ts'
import { isProduction } from '../../junction/environments.ts'
import { counted } from '../../output/layout.ts'
import { connect } from '../api-client.ts'
import {
  type ApplyData,
  applyExitCode,
  applyJson,
  applyText,
  applyVerdict,
  type Outcome,
} from '../apply/outcome.ts'
import { doubtsOf, type Plans, planWrites } from '../apply/plans.ts'
import { type ApplyChoice, checkBeforeWrites, type Work } from '../apply/work.ts'
import { writeAll } from '../apply/write-all.ts'
import { type Call, defineCommand, flag } from '../command.ts'
import { confirm, unconfirmed } from '../prompt.ts'
import {
  compareStores,
  type Declared,
  declaredOptions,
  type FailedStore,
  openDeclared,
} from '../resolve/declared.ts'
import { foreignReferences } from '../resolve/secret.ts'
import { oldSecretNotice } from '../write-credentials.ts'

const options = {
  ...declaredOptions,
  yes: flag('--yes', 'do not ask; a deletion in production is asked for all the same'),
  rotate: flag(
    '--rotate',
    'send a new secret of the named providers, asked for last, to all their environments',
  ),
  delete: flag('--delete', 'remove the named providers where byoo.yaml does not have them'),
  skipVerify: flag('--skip-verify', 'do not check the live endpoints first'),
  dryRun: flag('--dry-run', 'show what would be written, and write nothing'),
}

/** `byoo apply` */
export const command = defineCommand({
  description:
    'Makes Junction equal to byoo.yaml: shows the difference, verifies the live endpoint of each route, asks once, ' +
    'and writes what differs. Run again after any interruption it goes on where it stopped.',
  examples: [
    'byoo apply',
    'byoo apply strava oura --yes',
    'byoo apply strava --rotate',
    'byoo apply fitbit --delete',
  ],
  operands: [['[provider...]', 'only these providers']],
  options,
  run,
  text: applyText,
  quiet: (data) => `${applyVerdict(data)}\n`,
  json: applyJson,
  exitCode: applyExitCode,
})

async function run(call: Call<typeof options>): Promise<ApplyData> {
  const { session, options } = call
  const declared = await openDeclared(call)
  checkOptions(options, declared)
  const client = connect(session, declared.workspace)
  const { diffs, others, failed } = await compareStores(session, client.management, declared)
  const chosen = diffs.filter((diff) => isChosen(diff, options))
  const unread = unreadOutcomes(declared, failed, options)
  for (const { environment, error } of failed) session.warn(`${environment} is left out: ${error.message}`)
  const key = client.key.value.slice(-4)
  const plan = options.delete ? chosen : diffs
  const common = { plan, chosen: chosen.length, others, choice: options, interrupted: false, key }
  if (chosen.length === 0 || options.dryRun) return { ...common, outcomes: unread }

  const shown = diffText(plan, others, session.errorStyle, options)
  if (options.yes) session.notice(shown)
  else session.show(shown)
  const work = { session, declared, client, choice: options }
  const { ready, stopped } = await checkBeforeWrites(work, chosen)
  const outcomes = ready.length === 0 ? [] : await confirmAndWrite(work, ready)
  return { ...common, outcomes: [...outcomes, ...stopped, ...unread], interrupted: session.signal.aborted }
}

function checkOptions(
  { rotate, delete: remove }: ApplyChoice,
  { slugs, desired, workspace }: Declared,
): void {
  if (rotate && remove)
    throw usageError('--rotate and --delete contradict each other', 'choose one of the two')
  if ((rotate || remove) && slugs.length === 0) {
    const option = rotate ? '--rotate' : '--delete'
    throw usageError(`${option} needs the providers by name`, `such as byoo apply strava ${option}`)
  }
  const { file, environments: chosen } = workspace
  const name = file?.name ?? 'byoo.yaml'
  const described = (slug: string) => desired.some(({ provider }) => provider.slug === slug)
  const absent = slugs.filter((slug) => !described(slug)).join(', ')
  if (!remove && absent) {
    throw usageError(
      `${name} has no credentials of ${absent}${chosen ? ` in ${chosen.join(', ')}` : ''}`,
      'add them, or set them by byoo set-credentials; to delete what Junction has: --delete',
    )
  }
  const present = slugs.filter(described).join(', ')
  if (remove && present) {
    throw usageError(
      `${name} has credentials of ${present}, and --delete removes only what is not in the file`,
      'take them out first, or delete one record: byoo credentials delete <provider> --environment <name>',
    )
  }
}

function isChosen(diff: RecordDiff, { rotate, delete: remove }: ApplyChoice): boolean {
  if (remove) return diff.kind === 'not in the file'
  return isWrite(diff) || (rotate && diff.kind === 'same')
}

/** The records of stores that could not be listed. */
function unreadOutcomes(
  { desired, slugs, stores }: Declared,
  failed: readonly FailedStore[],
  { delete: remove }: ApplyChoice,
): Outcome[] {
  return failed.flatMap(({ environment, error }) => {
    const team = stores.find((store) => store.environment === environment)?.team ?? ''
    const here = desired.filter((record) => record.environment === environment)
    const wanted = here.map(
      (record) => ({ kind: 'create', provider: record.provider.slug, desired: record }) as const,
    )
    const unwanted = slugs.map(
      (provider) => ({ kind: 'not in the file', provider, desired: undefined }) as const,
    )
    return (remove ? unwanted : wanted).map((one): Outcome => {
      const diff: RecordDiff = { ...one, environment, team, fields: [], before: undefined }
      return { diff, status: 'not tried', error }
    })
  })
}

/** Asks once, and writes. The secrets of a rotation are read last: where the old one ends at once, seconds count. */
async function confirmAndWrite(work: Work, diffs: readonly RecordDiff[]): Promise<readonly Outcome[]> {
  const { session, choice } = work
  let plans: Plans = new Map()
  if (choice.delete) await confirmDeletions(work, diffs)
  else if (choice.rotate) {
    const replaced = diffs.flatMap(({ desired, before }) => (before && desired ? [desired.provider] : []))
    for (const notice of new Set(replaced.map(oldSecretNotice))) session.notice(notice)
    await confirmWrites(work, diffs, referencesOf(work, diffs))
    plans = await planWrites(work, diffs)
    const [doubt] = doubtsOf(plans)
    if (doubt && !choice.yes) await confirm(`${doubt} Send it?`, session)
  } else {
    plans = await planWrites(work, diffs)
    await confirmWrites(work, diffs, [...referencesOf(work, diffs), ...doubtsOf(plans)])
  }
  const writing = writeAll(work, diffs, plans)
  return session.uninterrupted(session.progress(`Writing ${counted(diffs.length, 'record')}`, writing))
}

/** One question for all changes; `doubts` are what it confirms beside them. */
async function confirmWrites(
  { session, choice }: Work,
  diffs: readonly RecordDiff[],
  doubts: readonly string[],
): Promise<void> {
  if (choice.yes) return
  for (const doubt of doubts) session.show(`Note: ${doubt}.`)
  const changes = counted(diffs.length, 'change')
  const unasked = unconfirmed('nothing was written: the changes have', doubts)
  const production = diffs.some(({ environment }) => isProduction(environment))
  if (production) await confirm(`Type production to make ${changes}`, session, unasked, 'production')
  else await confirm(`Make ${changes} now?`, session, unasked)
}

/** A deletion in production is confirmed by its name, whatever `--yes` says. */
async function confirmDeletions(work: Work, diffs: readonly RecordDiff[]): Promise<void> {
  const production = diffs.filter(({ environment }) => isProduction(environment))
  const unasked = usageError('nothing was deleted: a deletion in production needs a terminal')
  for (const { provider, environment } of production) {
    await confirm(`Type ${provider} to delete ${provider} in ${environment}`, work.session, unasked, provider)
  }
  if (production.length === 0) await confirmWrites(work, diffs, [])
}

/** References that lead out of the folder of byoo.yaml, each as a sentence. */
function referencesOf({ session, declared: { workspace } }: Work, diffs: readonly RecordDiff[]): string[] {
  const { env } = session.context
  const found = diffs.flatMap(({ desired }) => {
    const configured = desired?.credential
    const references = foreignReferences(workspace, { configured, sendsSecret: true }, env)
    return references.map((reference) => `${desired?.provider.slug}: ${reference}`)
  })
  return [...new Set(found)]
}
