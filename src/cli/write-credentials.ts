import { junctionCallback, unservedNote } from '../config/callback.ts'
import type { Sourced } from '../config/options.ts'
import { ByooError, usageError } from '../errors.ts'
import {
  connectTarget,
  isProduction,
  type JunctionEnvironment,
  splitEnvironment,
} from '../junction/environments.ts'
import {
  type Credential,
  type CredentialInput,
  type Management,
  type Store,
  type Team,
  warningsOf,
} from '../junction/management.ts'
import type { Provider } from '../junction/providers.ts'
import { numbered, pairs } from '../output/layout.ts'
import { printable } from '../output/printable.ts'
import { createStyle } from '../output/style.ts'
import type { ApiClient } from './api-client.ts'
import { clearingSteps } from './portal-steps.ts'
import { confirm, unconfirmed } from './prompt.ts'
import { detailSecrets } from './resolve/details.ts'
import { masked } from './resolve/management-key.ts'
import { secretDoubt } from './resolve/secret.ts'
import { servingRoute } from './resolve/selection.ts'
import { suggestedCommand, type Workspace } from './resolve/workspace.ts'
import type { Session } from './session.ts'

/** What a write is about. */
export interface Target {
  readonly workspace: Workspace
  readonly provider: Provider
  readonly environment: JunctionEnvironment
  /** Undefined for Junction's own callback. */
  readonly redirectUrl: string | undefined
  readonly org: string
  readonly team: string
}

/** What Junction holds before a write, and the team when the key may see it. */
interface CurrentState {
  readonly before: Credential | undefined
  readonly team: Team | undefined
}

/** What is to be written. */
export interface PlannedWrite {
  readonly record: CredentialInput
  /** Where the client secret came from; undefined when it is not sent. */
  readonly secretSource: string | undefined
  /** What about its parts has to be confirmed, in the sandbox too, each as a sentence. */
  readonly doubts: readonly string[]
}

/** Reads what is there: the record to change, and whether the team belongs to this region. */
export async function readCurrent(
  { progress }: Pick<Session, 'progress'>,
  { management }: ApiClient,
  target: Target,
): Promise<CurrentState> {
  const { provider, org, team: team_id, environment } = target
  const of = { team_id, provider: provider.slug }
  const reading = Promise.all([
    management.listCredentials({ org, environment }, of),
    findTeamHere(management, target),
  ])
  const [records, team] = await progress('Asking Junction what it holds', reading)
  return { before: records.find((one) => one.team_id === team_id), team }
}

/** The team, or an error when it is of another region; undefined when the key may not look it up. */
export async function findTeamHere(
  management: Management,
  { org, team: id, environment }: Pick<Target, 'org' | 'team' | 'environment'>,
): Promise<Team | undefined> {
  const found = await management.team(org, id).catch((error) => {
    if (error instanceof ByooError && error.code !== 'interrupted') return undefined
    throw error
  })
  const { region: wanted } = splitEnvironment(environment)
  if (!found || found.region === wanted) return found
  const [name, region] = [printable(found.name, 80), printable(found.region, 20)]
  throw usageError(
    `team ${name} (${id}) is in ${region}, not in ${wanted}`,
    `use an environment in ${region}, or another team`,
  )
}

/**
 * Before a write, which is active at once: asks the live endpoint the required cases, and fails with `check_failed`
 * unless users arrive at Junction unharmed.
 */
export async function verifyBeforeWrite(session: Session, target: Target): Promise<void> {
  const { environment, provider, redirectUrl } = target
  if (redirectUrl === undefined) return
  const { context, output, signal } = session
  // Loaded when it runs: it is a third of what this command loads.
  const [{ verifyRequired }, { hasPassed, summarise }, { renderText }] = await Promise.all([
    import('../verify/verify.ts'),
    import('../verify/verification.ts'),
    import('../verify/report.ts'),
  ])
  const checked = verifyRequired(redirectUrl, forwardTarget(target, redirectUrl), provider.slug, { signal })
  const verifying = session.progress(`Verifying ${redirectUrl}`, checked)
  const verification = await verifying.catch((error) => {
    throw signal.aborted ? new ByooError('interrupted', 'interrupted: nothing was changed') : error
  })
  const summary = summarise(verification)
  if (hasPassed(verification, false)) return session.notice(`Verified ${redirectUrl}: ${summary}`)
  if (!output.json) {
    const style = createStyle(output.colour.stderr, context.columns)
    const options = { style, strict: false, quiet: false, verbose: false, several: false }
    session.show(renderText(verification, options))
  }
  const again = suggestedCommand(
    target.workspace,
    environment,
    'verify',
    redirectUrl,
    '--provider',
    provider.slug,
  )
  throw new ByooError('check_failed', `nothing was sent to Junction: ${summary}`, {
    hint: `see what is wrong:\n${again}\nor add --skip-verify when you are sure`,
  })
}

/** Where byoo.yaml sends the callbacks of this URL, else Junction. */
function forwardTarget({ workspace, environment, provider }: Target, redirectUrl: string) {
  const own = servingRoute(workspace, environment, provider.slug, redirectUrl)
  return { template: own?.target ?? connectTarget(environment), environment, environments: own?.environments }
}

/**
 * Why a write has to wait: it would clear an override, which no public source says that the API can do. Undefined where
 * there is none to clear, and in the sandbox, where an explicit null is tried and read back.
 */
export function clearingFault(
  { provider, environment, redirectUrl }: Pick<Target, 'provider' | 'environment' | 'redirectUrl'>,
  before: Credential | undefined,
): ByooError | undefined {
  const held = before?.redirect_url_override
  if (redirectUrl !== undefined || !held || !isProduction(environment)) return undefined
  return new ByooError(
    'check_failed',
    `nothing was sent: Junction holds the override ${printable(held)} of ${provider.slug} in ${environment}, and that it can be cleared is unproven`,
    { hint: clearingHint(provider, environment) },
  )
}

function clearingHint(provider: Provider, environment: JunctionEnvironment): string {
  return `take it away by hand, then run this again:\n${numbered(clearingSteps(provider, environment)).trimEnd()}`
}

/** The parts of a record to write. */
export interface RecordParts {
  readonly clientId: string | undefined
  readonly secret: Sourced | undefined
  readonly details: Readonly<Record<string, unknown>> | undefined
}

/** The whole record; an override that is there and not wanted is cleared with an explicit null. */
export function planWrite(
  { provider, team, redirectUrl }: Pick<Target, 'provider' | 'team' | 'redirectUrl'>,
  before: Credential | undefined,
  { clientId, secret, details }: RecordParts,
  references: readonly string[],
): PlannedWrite {
  const given = [
    { name: 'the client secret', value: secret?.value ?? '' },
    ...(details === before?.details ? [] : detailSecrets(provider, details ?? {})),
  ]
  const doubts = given.flatMap(({ name, value }) => {
    const doubt = secretDoubt(value)
    return doubt === undefined ? [] : [`${name} ${doubt}: is it the secret alone?`]
  })
  return {
    record: {
      team_id: team,
      provider: provider.slug,
      client_id: clientId || undefined,
      client_secret: secret?.value,
      redirect_url_override: redirectUrl ?? (before?.redirect_url_override ? null : undefined),
      details,
    },
    secretSource: secret?.source,
    doubts: [...references, ...doubts],
  }
}

/** What a write changes and where, line by line. */
function describeWrite(
  { key }: Pick<ApiClient, 'key'>,
  { org, environment, provider, team: teamId }: Target,
  { before, team }: CurrentState,
  { record, secretSource, doubts }: PlannedWrite,
): (readonly [name: string, value: string])[] {
  return [
    ['organisation', org],
    ['team', team ? `${teamId} (${printable(team.name, 80)})` : teamId],
    ['environment', environment],
    ['provider', `${provider.slug} (${provider.name})`],
    ['client id', change(before?.client_id, record.client_id)],
    ['redirect URI', change(before?.redirect_url_override, record.redirect_url_override)],
    ['client secret', secretSource ? `from ${printable(secretSource)}` : 'not sent'],
    ['key', `${masked(key.value)} from ${key.source}`],
    ...doubts.map((doubt) => ['note', printable(doubt, 500)] as const),
  ]
}

/** Shows what will change, warns, and asks when it is production or something has to be confirmed. */
export async function confirmWrite(
  session: Session,
  client: ApiClient,
  target: Target,
  current: CurrentState,
  planned: PlannedWrite,
  { yes }: { readonly yes: boolean },
): Promise<void> {
  const { workspace, environment, provider, redirectUrl } = target
  const { before } = current
  const { record, secretSource, doubts } = planned
  const asks = !yes && (isProduction(environment) || doubts.length > 0)
  const lines = pairs(describeWrite(client, target, current, planned), session.errorStyle)
  const heading = asks ? 'This will change Junction' : 'This changes Junction'
  const plan = `${heading}:\n${lines.trimEnd().replace(/^/gm, '  ')}`
  if (asks) session.show(plan)
  else session.notice(plan)
  for (const warning of warningsOf(before, record.client_id)) session.warn(warning)
  const served = redirectUrl === undefined || servingRoute(workspace, environment, provider.slug, redirectUrl)
  if (workspace.file && !served) session.notice(`Note: ${unservedNote([redirectUrl])}.`)
  if (secretSource && before?.client_secret_hash) session.notice(oldSecretNotice(provider))
  if (!asks) return
  const what = doubts.length > 0 ? 'this has' : 'a change in production has'
  await confirm(`Change ${provider.slug} in ${environment} now?`, session, unconfirmed(what, doubts))
}

/** What to do with the secret that is replaced. */
export function oldSecretNotice({ name, newSecretEndsOld }: Provider): string {
  const keep = 'Keep the old secret until a user has connected with the new one: Junction cannot return it.'
  if (newSecretEndsOld === false) return keep
  return newSecretEndsOld
    ? `At ${name} the old secret has ended with the making of the new one: logins fail until Junction has it.`
    : `Whether ${name} takes the old secret beside the new one is not documented: logins may fail until Junction has it.`
}

/** Writes, reads back and compares. Fails with what was lost and how to restore it. */
export async function writeRecord(
  { progress }: Pick<Session, 'progress'>,
  { management }: ApiClient,
  target: Target,
  { before }: CurrentState,
  { record }: PlannedWrite,
): Promise<Credential> {
  const { workspace, provider, org, team, environment } = target
  const store = { org, environment }
  const check = suggestedCommand(workspace, environment, 'credentials', 'show', provider.slug)
  await progress('Writing to Junction', management.setCredentials(store, record)).catch((error) => {
    throw withEffectHint(error, check)
  })
  const reading = management.listCredentials(store, { team_id: team, provider: provider.slug })
  const records = await progress('Reading it back', reading).catch((error) => {
    throw withEffectHint(error, check, 'Junction accepted the change, but it could not be read back')
  })
  const after = records.find(({ team_id }) => team_id === team)
  const differences = compare(before, record, after)
  if (after && differences.length === 0) return after
  const cleared = record.redirect_url_override !== null || !after?.redirect_url_override
  const restore = cleared
    ? `restore it with:\n${restoringCommand(target, before, record)}`
    : clearingHint(provider, environment)
  throw new ByooError('read_back_differs', `Junction took the change, but now ${differences.join('; ')}`, {
    hint: `${restore}\nthen look at it with:\n${check}`,
    mayHaveTakenEffect: true,
  })
}

/** Deletes one record, and looks whether it is gone. */
export async function deleteRecord(
  management: Management,
  store: Store,
  { id, source }: Credential,
  check: string,
): Promise<void> {
  const deletion = await management.deleteCredentials(store, [id]).catch((error) => {
    throw withEffectHint(error, check)
  })
  if (deletion.failure.includes(id)) {
    throw new ByooError('refused', `Junction could not delete the credentials of ${source}`, {
      hint: `try again later; look at what is there with\n${check}`,
    })
  }
  if (deletion.not_found.includes(id)) {
    throw new ByooError('not_found', `the credentials of ${source} were gone already`)
  }
  const left = await management.listCredentials(store, { provider: source }).catch((error) => {
    throw withEffectHint(error, check, 'Junction says that it deleted them, but this could not be checked')
  })
  if (!left.some((record) => record.id === id)) return
  throw new ByooError('read_back_differs', `Junction says that it deleted ${source}, but it is still there`, {
    hint: `look at it with\n${check}`,
    mayHaveTakenEffect: true,
  })
}

/** The same failure, with whether the change may have happened and how to find out. */
export function withEffectHint(error: unknown, check: string, known?: string): unknown {
  if (!(error instanceof ByooError)) return error
  const { mayHaveTakenEffect } = error
  const effect =
    known ?? (mayHaveTakenEffect ? 'the change may have happened all the same' : 'nothing was changed')
  const checked = known !== undefined || mayHaveTakenEffect
  return error.withAdvice(checked ? `${effect}: check with\n${check}` : effect)
}

function compare(
  before: Credential | undefined,
  sent: CredentialInput,
  after: Credential | undefined,
): string[] {
  if (!after) return [`there are no credentials of ${sent.provider}`]
  const differences: string[] = []
  const shown = (text: string | undefined) =>
    text === undefined ? 'missing' : JSON.stringify(printable(text))
  if (sent.client_id !== after.client_id) {
    differences.push(`the client id is ${shown(after.client_id)}, not ${shown(sent.client_id)}`)
  }
  const [override, wanted] = [after, sent].map((one) => one.redirect_url_override || undefined)
  if (wanted === undefined && override) differences.push(`the override is still ${shown(override)}`)
  else if (wanted !== override)
    differences.push(`the redirect URI is ${shown(override)}, not ${shown(wanted)}`)
  if (before?.client_secret_hash && !after.client_secret_hash) differences.push('the client secret is gone')
  const had = Object.keys(sent.details ?? {})
  const gone = had.filter((name) => !(name in (after.details ?? {})))
  if (gone.length > 0)
    differences.push(`of the details ${gone.join(', ')} ${gone.length > 1 ? 'are' : 'is'} gone`)
  return differences
}

function restoringCommand(
  { workspace, provider, environment }: Target,
  before: Credential | undefined,
  sent: CredentialInput,
): string {
  const clientId = sent.client_id ?? before?.client_id
  return suggestedCommand(
    workspace,
    environment,
    'set-credentials',
    provider.slug,
    ...(clientId === undefined ? [] : ['--client-id', clientId]),
    '--redirect-url',
    sent.redirect_url_override ?? junctionCallback,
    '--client-secret-file',
    '<path>',
    ...(sent.details && provider.details.length > 0 ? ['--details-file', '<path>'] : []),
    ...(isProduction(environment) ? ['--skip-verify'] : []),
  )
}

function change(before: string | null | undefined, after: string | null | undefined): string {
  const old = before ? printable(before) : 'none'
  if (after === undefined) return `${old} (not sent)`
  if (after === null) return `${old} -> none, if Junction clears it, which is unproven`
  return before === after ? `${after} (unchanged)` : `${old} -> ${after}`
}
