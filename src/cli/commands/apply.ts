import type { DesiredRecord } from '../../apply/desired.ts'
import { isWrite, type RecordDiff, unresolved } from '../../apply/diff.ts'
import { counted, diffData, diffText } from '../../apply/report.ts'
import { ByooError, usageError } from '../../errors.ts'
import { isProduction, type JunctionEnvironment } from '../../junction/environments.ts'
import { type Credential, createManagement } from '../../junction/management.ts'
import { cell } from '../../output/layout.ts'
import { printable } from '../../output/printable.ts'
import type { Style } from '../../output/style.ts'
import { type ApiClient, connect, openHttp } from '../api-client.ts'
import { type Call, defineCommand, flag } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import { askConfirmation, askSecret, askText } from '../prompt.ts'
import { type Declared, diffStores, openDeclared, readStores, resolveDetails } from '../resolve/declared.ts'
import { type FoundSecret, foreignReferences, nameOf, resolveReference } from '../resolve/secret.ts'
import { suggestedCommand } from '../resolve/suggested-command.ts'
import { targetOptions } from '../resolve/workspace.ts'
import type { Session } from '../session.ts'
import { deleteRecord, type Target, verifyBeforeWrite, writeRecord } from '../write-credentials.ts'

const options = {
  ...targetOptions,
  yes: flag('--yes', 'do not ask; a deletion in production is asked for all the same'),
  rotate: flag(
    '--rotate',
    'send a new secret of the named providers, asked for last, to all their environments',
  ),
  delete: flag('--delete', 'remove the named providers where byoo.yaml does not have them'),
  skipVerify: flag('--skip-verify', 'do not check the live endpoints first'),
  dryRun: flag('--dry-run', 'show what would be written, and write nothing'),
}

type ApplyCall = Call<typeof options>

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
  text,
  quiet: (data) => `${verdict(data)}\n`,
  json: ({ outcomes, dryRun, diffs, ...data }) => ({
    verdict: verdict({ outcomes, dryRun, diffs, ...data }),
    dry_run: dryRun,
    records: dryRun ? diffs.map(diffData) : outcomes.map(outcomeData),
  }),
  exitCode,
})

/** What became of one record. */
interface Outcome {
  readonly diff: RecordDiff
  readonly status: 'done' | 'failed' | 'not tried'
  readonly error?: ByooError
  /** When it was written, as ISO 8601 in UTC. */
  readonly at?: string
  /** Whether Junction's hash of the secret is another one now. */
  readonly hash?: 'new' | 'unchanged' | 'changed'
}

interface ApplyData {
  readonly diffs: readonly RecordDiff[]
  readonly others: number
  readonly outcomes: readonly Outcome[]
  readonly dryRun: boolean
  readonly interrupted: boolean
  /** The last four characters of the key. */
  readonly key: string
}

/** Everything that a step needs. */
interface Work {
  readonly session: Session
  readonly declared: Declared
  readonly client: ApiClient
}

async function run(call: ApplyCall): Promise<ApplyData> {
  const { session, options } = call
  const declared = await openDeclared(call)
  checkOptions(options, declared.slugs)
  const client = connect(session, declared.workspace)
  const reading = readStores(client.management, declared)
  const read = await session.progress('Asking Junction what it holds', reading)
  for (const { environment, error } of read.failed)
    session.warn(`${environment} is left out: ${error.message}`)
  const { diffs, others } = diffStores(session, declared, read)
  const chosen = diffs.filter((diff) => isChosen(diff, options))
  const unread = read.failed.flatMap(({ environment, error }) =>
    declared.desired
      .filter((record) => record.environment === environment)
      .map((record): Outcome => ({ diff: notRead(record), status: 'not tried', error })),
  )
  const common = {
    diffs,
    others,
    dryRun: options.dryRun,
    interrupted: false,
    key: client.key.value.slice(-4),
  }
  if (chosen.length === 0 || options.dryRun) return { ...common, outcomes: unread }

  const plan = diffText(options.delete ? chosen : diffs, others, session.errorStyle)
  if (options.yes) session.notice(plan)
  else session.show(plan)
  const work = { session, declared, client }
  const failed = options.delete ? new Map() : await verifyRoutes(work, chosen, options.skipVerify)
  for (const diff of chosen) {
    const error = unprovenClearing(diff)
    if (error) failed.set(diff, error)
  }
  const left = chosen.filter((diff) => !failed.has(diff))
  const early = options.rotate || options.delete ? undefined : await findSecrets(work, left)
  await confirm(work, left, options)
  const secrets = early ?? (options.rotate ? await findSecrets(work, left) : new Map())
  const outcomes = await session.uninterrupted(
    session.progress(`Writing ${counted(left.length, 'record')}`, writeAll(work, left, secrets)),
  )
  const unverified = [...failed].map(([diff, error]): Outcome => ({ diff, status: 'not tried', error }))
  return {
    ...common,
    outcomes: [...outcomes, ...unverified, ...unread],
    interrupted: session.signal.aborted,
  }
}

function checkOptions({ rotate, delete: remove }: ApplyCall['options'], slugs: readonly string[]): void {
  if (rotate && remove)
    throw usageError('--rotate and --delete contradict each other', 'choose one of the two')
  if ((rotate || remove) && slugs.length === 0) {
    const option = rotate ? '--rotate' : '--delete'
    throw usageError(`${option} needs the providers by name`, `such as byoo apply strava ${option}`)
  }
}

function isChosen(diff: RecordDiff, { rotate, delete: remove }: ApplyCall['options']): boolean {
  if (remove) return diff.kind === 'not in the file'
  return isWrite(diff) || (rotate && diff.kind === 'same')
}

function notRead(desired: DesiredRecord): RecordDiff {
  const { provider, environment, team } = desired
  return {
    kind: 'create',
    provider: provider.slug,
    environment,
    team,
    fields: [],
    before: undefined,
    desired,
  }
}

/** Nobody documents whether an override can be cleared, so in production the dashboard does it. */
function unprovenClearing({ desired, before, environment, provider }: RecordDiff): ByooError | undefined {
  const held = before?.redirect_url_override
  if (!desired || desired.redirectUrl !== undefined || !held || !isProduction(environment)) return undefined
  return new ByooError(
    'check_failed',
    `Junction holds the override ${printable(held)} for ${provider} in ${environment}, and that it can be cleared is unproven`,
    {
      hint: 'in the Junction dashboard: Config, Custom Credentials, Setup, empty "Redirect URL Override"; then run byoo apply again',
    },
  )
}

/** Verifies the endpoint of each route once; the records whose route fails, with why. */
async function verifyRoutes(
  work: Work,
  diffs: readonly RecordDiff[],
  skipVerify: boolean,
): Promise<Map<RecordDiff, ByooError>> {
  const failed = new Map<RecordDiff, ByooError>()
  const urlOf = ({ desired }: RecordDiff) => desired?.route?.url ?? desired?.redirectUrl
  for (const url of new Set(diffs.map(urlOf))) {
    const group = diffs.filter((diff) => urlOf(diff) === url)
    const first = group.find(({ environment }) => isProduction(environment))
    if (url === undefined || !first?.desired) continue
    try {
      await verifyBeforeWrite(work.session, targetOf(work, first.desired), { skipVerify })
    } catch (error) {
      if (!(error instanceof ByooError) || error.code === 'interrupted') throw error
      for (const diff of group) failed.set(diff, error)
    }
  }
  return failed
}

function targetOf({ declared }: Work, record: DesiredRecord): Target {
  const { provider, environment, team, redirectUrl } = record
  return { workspace: declared.workspace, provider, environment, team, redirectUrl, org: declared.org }
}

/** The secret of each record: a reference, else asked for once for each provider and client id. */
async function findSecrets(
  { session, declared }: Work,
  diffs: readonly RecordDiff[],
): Promise<Map<RecordDiff, FoundSecret>> {
  const { workspace } = declared
  const secrets = new Map<RecordDiff, FoundSecret>()
  const asked = new Map<string, FoundSecret>()
  const missing: string[] = []
  for (const diff of diffs) {
    const { desired } = diff
    if (!desired) continue
    const { provider, clientId, credential, environment } = desired
    for (const [path, value] of Object.entries(resolveDetails(session, workspace, desired) ?? {})) {
      if (value === unresolved) missing.push(`details.${path} of ${provider.slug} in ${environment}`)
    }
    const reference = credential.clientSecret
    try {
      if (reference) {
        const value = resolveReference(reference, `the client secret of ${provider.slug}`, session, workspace)
        secrets.set(diff, { value, source: nameOf(reference) })
        continue
      }
    } catch (error) {
      if (!(error instanceof ByooError)) throw error
      missing.push(error.message)
      continue
    }
    const name = `${provider.slug} (client id ${clientId})`
    const known = asked.get(name)
    const value = known ? known.value : await askSecret(`Client secret of ${name}`, session)
    if (value === undefined) missing.push(`the client secret of ${name}`)
    else {
      session.hide(value)
      asked.set(name, { value, source: 'the prompt' })
      secrets.set(diff, { value, source: 'the prompt' })
    }
  }
  if (missing.length === 0) return secrets
  throw usageError(
    ['nothing was written, because secrets are missing:', ...new Set(missing)].join('\n  '),
    'set the variables, write the files, or run it on a terminal to be asked',
  )
}

/** One question for all; a deletion in production is confirmed by its name, whatever `--yes` says. */
async function confirm(
  { session, declared }: Work,
  diffs: readonly RecordDiff[],
  { yes, delete: remove }: ApplyCall['options'],
): Promise<void> {
  const { workspace } = declared
  const production = diffs.some(({ environment }) => isProduction(environment))
  if (remove) {
    for (const { provider, environment } of diffs.filter((diff) => isProduction(diff.environment))) {
      await typed(session, provider, `delete ${provider} in ${environment}`)
    }
    if (yes || production) return
  }
  const references = diffs.flatMap(({ desired }) =>
    desired
      ? foreignReferences(
          workspace,
          { configured: desired.credential, sendsSecret: true },
          session.context.env,
        )
      : [],
  )
  if (yes) return
  for (const reference of new Set(references)) session.show(`Note: ${reference}.`)
  if (production) return typed(session, 'production', `make ${counted(diffs.length, 'change')}`, references)
  const confirmed = await askConfirmation(`Make ${counted(diffs.length, 'change')} now?`, session)
  if (confirmed === undefined) throw nobodyToAsk(references)
  if (!confirmed) throw new ByooError('interrupted', 'stopped: nothing was changed')
}

async function typed(
  session: Session,
  word: string,
  action: string,
  references: readonly string[] = [],
): Promise<void> {
  const answer = await askText(`Type ${word} to ${action}`, session, {
    fault: (text) => (text === word ? undefined : `Type ${word}, or press Ctrl-C.`),
  })
  if (answer === undefined) throw nobodyToAsk(references)
}

function nobodyToAsk(references: readonly string[]): ByooError {
  return usageError(
    [
      'nothing was written: the changes have to be confirmed, and there is no terminal to ask on',
      ...references,
    ].join('\n  '),
    'add --yes when you are sure; a deletion in production needs a terminal',
  )
}

/** Writes that are under way at once. */
const maxWrites = 4

/** Writes all records, at most four at a time; what is under way when the user interrupts is finished. */
async function writeAll(
  work: Work,
  diffs: readonly RecordDiff[],
  secrets: ReadonlyMap<RecordDiff, FoundSecret>,
): Promise<Outcome[]> {
  const { session, declared, client } = work
  let lanes = maxWrites
  const http = openHttp(session, declared.workspace, {
    interruptible: false,
    onStatus: (status) => {
      if (status === 429) lanes = 1
    },
  })
  const management = createManagement(http, client.access)
  const stores = new Map<JunctionEnvironment, Promise<readonly Credential[]>>()
  const again = (environment: JunctionEnvironment, team: string) => {
    const reading =
      stores.get(environment) ??
      management.listCredentials({ org: declared.org, environment }, { team_id: team })
    stores.set(environment, reading)
    return reading
  }
  let stoppedAll: ByooError | undefined
  const stopped = new Map<JunctionEnvironment, ByooError>()
  const outcomes = new Map<RecordDiff, Outcome>()
  const queue = [...diffs]

  const writeOne = async (diff: RecordDiff): Promise<Outcome> => {
    const stop = stoppedAll ?? stopped.get(diff.environment)
    if (stop || session.signal.aborted) return { diff, status: 'not tried', ...(stop && { error: stop }) }
    try {
      const records = await again(diff.environment, diff.team)
      const now = records.find(({ source, team_id }) => source === diff.provider && team_id === diff.team)
      if (JSON.stringify(now) !== JSON.stringify(diff.before)) throw changedMeanwhile(diff)
      return await change({ ...work, client: { ...client, management } }, diff, secrets.get(diff))
    } catch (error) {
      if (!(error instanceof ByooError)) throw error
      if (error.code === 'not_authenticated') stoppedAll = error
      if (error.code === 'not_allowed') stopped.set(diff.environment, error)
      return { diff, status: 'failed', error }
    }
  }
  const lane = async (index: number): Promise<void> => {
    while (index < lanes) {
      const diff = queue.shift()
      if (!diff) return
      outcomes.set(diff, await writeOne(diff))
    }
  }
  await Promise.all(Array.from({ length: maxWrites }, (_, index) => lane(index)))
  return diffs.map((diff) => outcomes.get(diff) ?? { diff, status: 'not tried' })
}

/** Sends one change, and looks at what Junction holds then. */
async function change(work: Work, diff: RecordDiff, secret: FoundSecret | undefined): Promise<Outcome> {
  const { session, declared, client } = work
  const { before, desired, environment, team, provider } = diff
  const store = { org: declared.org, environment }
  const at = () => new Date().toISOString()
  if (!desired) {
    const check = suggestedCommand(declared.workspace, environment, 'credentials', 'list')
    if (before) await deleteRecord(client.management, store, before, check)
    return { diff, status: 'done', at: at() }
  }
  const held = before?.redirect_url_override
  const record = {
    team_id: team,
    provider,
    client_id: desired.clientId,
    client_secret: secret?.value,
    details: resolveDetails(session, declared.workspace, desired) ?? before?.details,
    redirect_url_override: desired.redirectUrl ?? (held ? null : undefined),
  }
  const planned = { record, secretSource: secret?.source, doubts: [] }
  const quiet = { progress: <Result>(_: string, running: Promise<Result>) => running }
  const after = await writeRecord(
    quiet,
    client,
    targetOf(work, desired),
    { before, team: undefined },
    planned,
  )
  const old = before?.client_secret_hash
  return {
    diff,
    status: 'done',
    at: at(),
    hash: old ? (old === after.client_secret_hash ? 'unchanged' : 'changed') : 'new',
  }
}

function changedMeanwhile({ provider, environment }: RecordDiff): ByooError {
  return new ByooError(
    'read_back_differs',
    `${provider} in ${environment} changed in Junction meanwhile, so it was left as it is`,
    { hint: 'look at it with byoo diff, then run byoo apply again' },
  )
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

function verdict({ diffs, outcomes, dryRun, interrupted }: ApplyData): string {
  if (dryRun) return `${counted(diffs.filter(isWrite).length, 'record')} would be written; nothing was sent.`
  if (outcomes.length === 0) return 'Junction holds what byoo.yaml says: nothing to write.'
  const of = (status: Outcome['status']) => outcomes.filter((outcome) => outcome.status === status).length
  const summary = `${of('done')} done, ${of('failed')} failed, ${of('not tried')} not tried.`
  return interrupted ? `Interrupted: ${summary}` : summary
}

function text(data: ApplyData, style: Style): string {
  const { diffs, others, outcomes, dryRun, key } = data
  const head = `${style.bold(verdict(data))}\n`
  if (dryRun) return `${head}${diffText(diffs, others, style)}`
  const lines = outcomes.flatMap(({ diff, status, error, at, hash }) => {
    const record = `${cell(diff.provider)} in ${diff.environment}`
    if (status === 'done') {
      const fields = diff.fields.map(({ field }) => field).join(', ') || 'client_secret'
      const what = diff.desired ? `${fields}; hash ${hash}` : 'deleted'
      return [`${at}  key …${key}  ${record}  ${what}`]
    }
    const shown = status === 'failed' ? style.red('failed') : style.yellow('not tried')
    const hints = error?.hint?.split('\n').map((line) => `    ${line}`) ?? []
    return [`${shown}  ${record}${error ? `: ${error.message}` : ''}`, ...(status === 'failed' ? hints : [])]
  })
  const again = outcomes.some(({ status }) => status !== 'done') ? 'Run byoo apply again to go on.\n' : ''
  return `${head}${lines.map((line) => `${line}\n`).join('')}${again}`
}

function exitCode({ outcomes, interrupted }: ApplyData): ExitCode {
  if (interrupted) return 130
  const failures = outcomes.filter(({ status }) => status !== 'done')
  const codes = new Set(failures.map(({ error }) => (error ? exitCodes[error.code] : 7)))
  const [code = 0, another] = codes
  return another === undefined ? code : 7
}
