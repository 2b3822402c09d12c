import { junctionCallback } from '../../config/callback.ts'
import type { Credential as ConfiguredCredential } from '../../config/config.ts'
import type { Sourced } from '../../config/options.ts'
import { textSchema } from '../../config/options.ts'
import { ByooError, usageError } from '../../errors.ts'
import { isProduction } from '../../junction/environments.ts'
import { type Credential, setCredentialsRequest } from '../../junction/management.ts'
import { findProvider, type Provider } from '../../junction/providers.ts'
import { redacted } from '../../junction/redact.ts'
import { numbered, pairs } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
import { type ApiClient, connect } from '../api-client.ts'
import { type Call, defineCommand, flag, option } from '../command.ts'
import { type DashboardData, dashboardData, junctionRedirectUri, registerStep } from '../portal-steps.ts'
import { askSecret, askText, canAsk, unconfirmed } from '../prompt.ts'
import {
  type DryRunData,
  dryRunData,
  dryRunText,
  type RecordData,
  recordLines,
  toRecordData,
} from '../record.ts'
import { askDetails, detailsAdvice, findDetails, needsDetails } from '../resolve/details.ts'
import { chooseRedirectUrl } from '../resolve/redirect-url.ts'
import { findClientSecret, foreignReferences } from '../resolve/secret.ts'
import {
  createNeeds,
  type Needs,
  selectCredential,
  selectEnvironment,
  selectOrganisation,
  selectTeam,
} from '../resolve/selection.ts'
import {
  openWorkspace,
  retypedCommand,
  suggestedCommand,
  targetOptions,
  type Workspace,
} from '../resolve/workspace.ts'
import type { Session } from '../session.ts'
import {
  clearingFault,
  confirmWrite,
  type PlannedWrite,
  planWrite,
  readCurrent,
  type Target,
  verifyBeforeWrite,
  writeRecord,
} from '../write-credentials.ts'

const writeOptions = {
  ...targetOptions,
  clientSecretFile: option(
    '--client-secret-file <path>',
    'read the secret from this file, or from stdin with -',
  ),
  detailsFile: option('--details-file <path>', "JSON or YAML with the provider's details, or - for stdin"),
  skipVerify: flag('--skip-verify', 'do not check the live endpoint first'),
  unserved: flag('--unserved', 'take a redirect URI that no route of byoo.yaml serves'),
  yes: flag('--yes', 'do not ask'),
  dryRun: flag('--dry-run', 'show the request, without secrets, and send nothing'),
  dashboard: flag('--dashboard', "show what to click and paste in Junction's dashboard, and send nothing"),
}

const clientIdSchema = textSchema(clientIdFault, String)

const setCredentialsOptions = {
  clientId: option('--client-id <id>', 'of your OAuth application (default: from byoo.yaml)', clientIdSchema),
  redirectUrl: option(
    '--redirect-url <url>',
    "the redirect URI registered at the provider, or junction for Junction's own (default: the route's)",
  ),
  ...writeOptions,
}

const setRedirectOptions = {
  keepSecret: flag(
    '--keep-secret',
    'send no secret, and check that the old one is still there (sandbox only)',
  ),
  ...writeOptions,
}

const slugOperand = ['<provider>', "the provider's slug; see byoo providers"] as const

/** `byoo set-credentials` */
export const setCredentialsCommand = defineCommand({
  description:
    'Sets client id, client secret, details and redirect URL override of a provider in one write, reads them ' +
    'back, and says what is left to do. With a byoo.yaml only the secret is needed.',
  examples: [
    'byoo set-credentials strava',
    'byoo set-credentials strava --client-id 12345 \\\n    --client-secret-file - < secret.txt',
  ],
  operands: [slugOperand],
  options: setCredentialsOptions,
  run: setCredentials,
  text,
  quiet: quietText,
})

/** `byoo set-redirect` */
export const setRedirectCommand = defineCommand({
  description:
    'Changes the redirect URL override and sends the rest again as it is. Junction cannot return the secret, so ' +
    'it is needed once more.',
  examples: [
    'byoo set-redirect strava --client-secret-file ./secrets/strava',
    'byoo set-redirect strava https://oauth.example.com/oauth_callback/strava',
  ],
  operands: [slugOperand, ['[url]', "like --redirect-url of set-credentials (default: the route's)"]],
  options: setRedirectOptions,
  run: setRedirect,
  text,
  quiet: quietText,
})

/** What a write did. */
interface WrittenData {
  readonly credential: RecordData
  /** What Junction held before. */
  readonly before: RecordData | undefined
  /** Whether the hash of the secret is another one now; undefined when it cannot be told. */
  readonly secret_changed: boolean | undefined
  readonly next_steps: readonly string[]
}

type WriteData = WrittenData | DryRunData | DashboardData

/** Where the parts of a record come from; without a source a part is not sent. */
interface Parts {
  /** Undefined to ask for it. */
  readonly clientId: string | undefined
  readonly sendsSecret: boolean
  /** For client secret and details. */
  readonly configured: ConfiguredCredential | undefined
}

/** What a command writes, and where; its parts as far as they are known before Junction is asked. */
interface Subject extends Target, Parts {
  /** Or does Junction have to hold client id and details already? */
  readonly isNew: boolean
  /** Undefined when nothing is sent. */
  readonly client: ApiClient | undefined
}

/** Sets client id, secret, details and redirect URL override of a provider in one write. */
async function setCredentials(call: Call<typeof setCredentialsOptions>): Promise<WriteData> {
  const { clientId, redirectUrl: given } = call.options
  const redirect: Redirect = {
    given,
    how: 'give --redirect-url <url>',
    suggest: (url) => retypedCommand(call.session.argv, { '--redirect-url': url }),
  }
  return write(call, await openSubject(call, redirect, { clientId, sendsSecret: true, isNew: true }))
}

/** Changes the redirect URL override and sends the rest of the record again as it is. */
async function setRedirect(call: Call<typeof setRedirectOptions>): Promise<WriteData> {
  const { keepSecret, dashboard } = call.options
  const redirect: Redirect = {
    given: call.operands[1],
    how: 'give the URL as the last argument',
    suggest: (url) => retypedCommand([...call.session.argv, url], {}),
  }
  const parts = { clientId: undefined, sendsSecret: !keepSecret, isNew: false }
  const subject = await openSubject(call, redirect, parts)
  if (keepSecret && !dashboard) checkKeepSecret(subject)
  return write(call, subject)
}

type Redirect = Omit<Parameters<typeof chooseRedirectUrl>[3], 'unserved'>

/** The provider, where, and the redirect URI; all that is missing in one error. */
async function openSubject(
  call: Call<typeof writeOptions>,
  redirect: Redirect,
  parts: Pick<Subject, 'clientId' | 'sendsSecret' | 'isNew'>,
): Promise<Subject> {
  const { session, options } = call
  const { unserved, dashboard, dryRun } = options
  const provider = findProvider(call.operands[0] ?? '')
  const workspace = await openWorkspace(call)
  const needs = createNeeds()
  const environment = needs.read(() => selectEnvironment(workspace, provider.slug))
  // What a byoo.yaml says depends on the environment.
  const looks = environment !== undefined || !workspace.file
  const chosen = looks
    ? needs.read(() => chooseRedirectUrl(workspace, environment, provider.slug, { ...redirect, unserved }))
    : junctionCallback
  const org = dashboard ? '' : needs.read(() => selectOrganisation(workspace))
  const team = dashboard || !looks ? '' : needs.read(() => selectTeam(workspace, environment))
  const sends = !dashboard && !dryRun
  const client = sends ? needs.read(() => connect(session, workspace)) : undefined
  const configured = environment && selectCredential(workspace, environment, provider.slug)
  const known = { ...parts, clientId: parts.clientId ?? configured?.clientId, configured }
  if (sends && looks && !canAsk(session))
    needs.read(() => requireParts(call, workspace, provider, known, needs))
  const found = needs.all({ environment, chosen, org, team })
  const redirectUrl = found.chosen === junctionCallback ? undefined : found.chosen
  return { workspace, provider, ...found, redirectUrl, ...known, client }
}

/** Fails when parts are missing that nobody can be asked for; details may be at Junction, if all else is there. */
function requireParts(
  { session }: Call<typeof writeOptions>,
  { given }: Workspace,
  provider: Provider,
  { clientId, sendsSecret, configured, isNew }: Parts & Pick<Subject, 'isNew'>,
  needs: Needs,
): void {
  const secret =
    given.clientSecretFile ?? (session.context.env.BYOO_CLIENT_SECRET || configured?.clientSecret)
  const missing = {
    clientId: isNew && clientId === undefined,
    secret: sendsSecret && !secret,
    details: isNew && needsDetails(provider) && !given.detailsFile && !configured?.details,
  }
  if (needs.missing || (isNew && (missing.clientId || missing.secret))) throwMissing(provider, missing)
}

/** Looks, verifies, confirms, writes and reads back. */
async function write(call: Call<typeof writeOptions>, subject: Subject): Promise<WriteData> {
  const { session, options } = call
  const { workspace, provider, environment, redirectUrl, clientId, client } = subject
  if (options.dashboard) {
    return dashboardData(provider, environment, clientId, redirectUrl ?? junctionCallback)
  }

  const target: Target = subject
  if (!client) return draft(session, target, subject)

  const references = foreignReferences(workspace, subject, session.context.env)
  if (references.length > 0 && !options.yes && !canAsk(session)) throw unconfirmed('this has', references)
  const current = await readCurrent(session, client, target)
  const fault = clearingFault(target, current.before)
  if (fault) throw fault
  const parts = subject.isNew ? subject : resentParts(subject, current.before)
  const planned = await plan(session, target, current.before, parts, references)
  if (isProduction(environment) && !options.skipVerify) await verifyBeforeWrite(session, target)
  await confirmWrite(session, client, target, current, planned, options)
  const after = await writeRecord(session, client, target, current, planned)
  return writtenData(target, current.before, after, await registeredUrl(session, client, target))
}

/** The request as far as it is known without asking anyone. */
async function draft(
  session: Session,
  target: Target,
  { clientId, sendsSecret, configured }: Parts,
): Promise<DryRunData> {
  const { workspace, provider, environment, redirectUrl, org, team } = target
  const secret = sendsSecret
    ? ((await findClientSecret(session, workspace, configured?.clientSecret))?.value ?? redacted)
    : undefined
  session.notice('What is not known here would be asked for, or sent again as Junction has it.')
  return dryRunData(
    session,
    setCredentialsRequest(
      { key: '', url: workspace.managementUrl },
      { org, environment },
      {
        team_id: team,
        provider: provider.slug,
        redirect_url_override: redirectUrl,
        client_id: clientId ?? '<as it is>',
        client_secret: secret,
        details: await findDetails(session, workspace, target, configured, undefined),
      },
    ),
  )
}

/** The record to write: what is known first, then the answers of a person; all that is missing in one error. */
async function plan(
  session: Session,
  target: Target,
  before: Credential | undefined,
  { clientId, sendsSecret, configured }: Parts,
  references: readonly string[],
): Promise<PlannedWrite> {
  const { workspace, provider } = target
  const found = sendsSecret ? await findClientSecret(session, workspace, configured?.clientSecret) : undefined
  const known = await findDetails(session, workspace, target, configured, before)
  if (!canAsk(session)) {
    throwMissing(provider, {
      clientId: clientId === undefined,
      secret: sendsSecret && !found,
      details: !known && needsDetails(provider),
    })
  }
  const chosenId =
    clientId ??
    (await askText(`Client id of your application at ${provider.name}`, session, {
      initial: before?.client_id ?? undefined,
      fault: clientIdFault,
    }))
  const secret = found ?? (sendsSecret ? await askClientSecret(session, provider) : undefined)
  const details = known ?? (needsDetails(provider) ? await askDetails(session, target) : undefined)
  return planWrite(target, before, { clientId: chosenId, secret, details }, references)
}

/** The error for parts that nobody can be asked for, if there are any. */
function throwMissing(
  provider: Provider,
  missing: { readonly clientId: boolean; readonly secret: boolean; readonly details: boolean },
): void {
  const parts: (readonly [is: boolean, what: string, advice: string])[] = [
    [missing.clientId, 'the client id', 'add --client-id <id>, or write it into byoo.yaml'],
    [
      missing.secret,
      'the client secret',
      'use --client-secret-file <path>, or --client-secret-file - and pipe it in, or set BYOO_CLIENT_SECRET',
    ],
    [missing.details, 'the details', detailsAdvice(provider)],
  ]
  const left = parts.filter(([is]) => is)
  if (left.length === 0) return
  throw usageError(
    `${left.map(([, what]) => what).join(' and ')} of ${provider.slug}: missing, and there is no terminal to ask on`,
    left.map(([, , advice]) => advice).join('\n'),
  )
}

async function askClientSecret(session: Session, { name }: Provider): Promise<Sourced> {
  const value = (await askSecret(`Client secret of the same application at ${name}`, session)) ?? ''
  return { value, source: 'the prompt' }
}

/** The parts of a record that is there, to be sent again. */
function resentParts(subject: Subject, before: Credential | undefined): Parts {
  const { workspace, provider, environment, sendsSecret, configured } = subject
  if (!before) {
    const command = suggestedCommand(workspace, environment, 'set-credentials', provider.slug)
    throw new ByooError('not_found', `Junction has no credentials of ${provider.slug} in ${environment}`, {
      hint: `set them first:\n${command}`,
    })
  }
  return {
    clientId: before.client_id ?? '',
    sendsSecret: sendsSecret && Boolean(before.client_id),
    configured: before.details && configured ? { ...configured, details: undefined } : configured,
  }
}

function checkKeepSecret({ environment, workspace: { given } }: Subject): void {
  if (isProduction(environment)) {
    throw usageError(
      '"--keep-secret" is for the sandbox only: nobody documents whether Junction keeps what is not sent',
      'give the secret again, so that no user is locked out of logging in',
    )
  }
  if (given.clientSecretFile?.source.startsWith('--'))
    throw usageError(
      '"--keep-secret" and "--client-secret-file" contradict each other',
      'choose one of the two',
    )
}

function clientIdFault(text: string): string | undefined {
  if (text === '') return 'must not be empty'
  return /^[\x21-\x7e]+$/.test(text)
    ? undefined
    : 'must be printable ASCII without white space: copy it again from the provider'
}

/** What has to be registered at the provider: the override, else the redirect URI that Junction's preparation names. */
async function registeredUrl(
  { progress }: Session,
  { management }: ApiClient,
  { provider, environment, redirectUrl, org, team }: Target,
): Promise<string> {
  if (redirectUrl !== undefined) return redirectUrl
  const preparing = management.prepare({ org, environment }, { team_id: team, provider: provider.slug })
  const prepared = await progress('Asking Junction what to register', preparing).catch((error) => {
    // The record is written: what is documented does as well.
    if (error instanceof ByooError) return undefined
    throw error
  })
  return junctionRedirectUri(provider, environment, prepared?.preparation_steps)
}

function writtenData(
  { workspace, provider, environment }: Target,
  before: Credential | undefined,
  after: Credential,
  url: string,
): WrittenData {
  const old = before?.client_secret_hash
  const hash = after.client_secret_hash
  const registered = before !== undefined && before.redirect_url_override === after.redirect_url_override
  const active = before?.client_id === after.client_id
  return {
    credential: toRecordData(after, environment),
    before: before && toRecordData(before, environment),
    secret_changed: old && hash ? old !== hash : undefined,
    next_steps: [
      ...(registered ? [] : [registerStep(provider, url)]),
      ...(active ? [] : provider.activation.map((step) => `At ${provider.name}: ${step}`)),
      `Connect a user of your own, which alone proves the secret: ${suggestedCommand(workspace, environment, 'link', provider.slug, '--wait')}`,
    ],
  }
}

function text(data: WriteData, style: Style): string {
  if ('dashboard' in data) return numbered(data.steps)
  if ('dry_run' in data) return dryRunText(data, style)
  const { credential, secret_changed, next_steps } = data
  const shown = recordLines(credential).filter(([name]) => name !== 'created')
  const same = secret_changed === false ? "The secret's hash is as before: it is the same secret.\n" : ''
  return `${verdict(data, style)}\n${pairs(shown, style)}${same}\nLeft to do:\n${numbered(next_steps)}`
}

function quietText(data: WriteData, style: Style): string {
  return 'credential' in data ? `${verdict(data, style)}\n` : text(data, style)
}

function verdict({ before }: WrittenData, style: Style): string {
  return style.green(`${before ? 'Changed' : 'Set'}: Junction now holds what was sent.`)
}
