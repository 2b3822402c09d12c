import * as z from 'zod/mini'
import type { Credential as ConfiguredCredential } from '../../config/config.ts'
import { ByooError, usageError } from '../../errors.ts'
import { isProduction, type JunctionEnvironment, splitEnvironment } from '../../junction/environments.ts'
import { type Credential, type CredentialInput, setCredentialsRequest } from '../../junction/management.ts'
import { findProvider, type Provider } from '../../junction/providers.ts'
import { redacted } from '../../junction/redact.ts'
import { numbered, pairs } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
import { connect } from '../api-client.ts'
import { type Call, defineCommand, flag, option } from '../command.ts'
import { askText } from '../prompt.ts'
import {
  type DryRunData,
  dryRunData,
  dryRunText,
  type RecordData,
  recordLines,
  toRecordData,
} from '../record.ts'
import { findDetails } from '../resolve/details.ts'
import { chooseRedirectUrl, type RedirectChoice } from '../resolve/redirect-url.ts'
import { findClientSecret, requireClientSecret } from '../resolve/secret.ts'
import { selectCredential, selectEnvironment, selectOrganisation, selectTeam } from '../resolve/selection.ts'
import { retypedCommand, suggestedCommand } from '../resolve/suggested-command.ts'
import { openWorkspace, targetOptions, type Workspace } from '../resolve/workspace.ts'
import type { Session } from '../session.ts'
import {
  confirmWrite,
  type PlannedWrite,
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
  yes: flag('--yes', 'do not ask'),
  dryRun: flag('--dry-run', 'show the request, without secrets, and send nothing'),
  dashboard: flag('--dashboard', "show what to click and paste in Junction's dashboard, and send nothing"),
}

const clientIdSchema = z.string().check(
  z.check((context) => {
    const fault = clientIdFault(context.value)
    if (fault) context.issues.push({ code: 'custom', input: context.value, message: fault })
  }),
)

const setCredentialsOptions = {
  clientId: option('--client-id <id>', 'of your OAuth application (default: from byoo.yaml)', clientIdSchema),
  redirectUrl: option(
    '--redirect-url <url>',
    "the redirect URI registered at the provider (default: the route's)",
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
  operands: [slugOperand, ['[url]', "the redirect URI registered at the provider (default: the route's)"]],
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

/** What to click and paste, for plans without the management API. */
interface DashboardData {
  readonly dashboard: true
  readonly provider: string
  readonly environment: string
  readonly client_id: string | undefined
  readonly redirect_url_override: string
  readonly steps: readonly string[]
}

type WriteData = WrittenData | DryRunData | DashboardData

/** What a command writes; what both have in common is added by `write`. */
interface Plan {
  readonly clientId: string | undefined
  readonly redirect: RedirectChoice
  /** The record without asking anyone, for `--dry-run`. */
  draft(): Promise<Partial<CredentialInput>>
  /** The record, and where its secret came from. */
  complete(before: Credential | undefined): Promise<Sent>
}

type Subject = Pick<Target, 'workspace' | 'provider' | 'environment'>

interface Sent {
  readonly client_id: string | undefined
  readonly secret: { readonly value: string; readonly source: string } | undefined
  readonly details: CredentialInput['details']
}

/** Looks, verifies, confirms, writes and reads back. */
async function write(
  call: Call<typeof writeOptions>,
  { workspace, provider, environment }: Subject,
  plan: Plan,
): Promise<WriteData> {
  const { session, options } = call
  const redirectUrl = chooseRedirectUrl(workspace, environment, provider.slug, plan.redirect)
  if (options.dashboard) return dashboardData(provider, environment, plan.clientId, redirectUrl)

  const org = selectOrganisation(workspace)
  const team = selectTeam(workspace, environment)
  const target: Target = { workspace, provider, environment, redirectUrl, org, team }
  const common = { team_id: team, provider: provider.slug, redirect_url_override: redirectUrl }
  if (options.dryRun) {
    const record = { ...common, ...(await plan.draft()) }
    const access = { key: '', url: workspace.managementUrl }
    return dryRunData(session, setCredentialsRequest(access, { org, environment }, record))
  }

  const connection = connect(session, workspace)
  const current = await readCurrent(session, connection, target)
  const { client_id, secret, details } = await plan.complete(current.before)
  const record = { ...common, client_id, client_secret: secret?.value, details }
  const planned: PlannedWrite = { record, secretSource: secret?.source }
  await verifyBeforeWrite(session, target, options)
  await confirmWrite(session, connection, target, current, planned, options)
  const after = await writeRecord(session, connection, target, current, planned)
  return writtenData(target, current.before, after)
}

/** Sets client id, secret, details and redirect URL override of a provider in one write. */
async function setCredentials(call: Call<typeof setCredentialsOptions>): Promise<WriteData> {
  const { session, options } = call
  const subject = await openSubject(call)
  const { workspace, provider, configured } = subject
  const clientId = options.clientId ?? configured?.clientId
  return write(call, subject, {
    clientId,
    redirect: {
      given: options.redirectUrl,
      how: 'give --redirect-url <url>, or run byoo init',
      suggest: (url) => retypedCommand(workspace.argv, { '--redirect-url': url }),
    },
    draft: async () => {
      const secret = await findClientSecret(session, workspace, configured?.clientSecret)
      if (!secret) session.notice('The client secret would be asked for.')
      return {
        client_id: clientId ?? '<asked for>',
        client_secret: secret?.value ?? redacted,
        details: await findDetails(session, workspace, provider, configured, undefined),
      }
    },
    complete: async (before) => {
      const details = await findDetails(session, workspace, provider, configured, before)
      const client_id = clientId ?? (await askClientId(session))
      const secret = await requireClientSecret(session, workspace, configured?.clientSecret)
      return { client_id, secret, details }
    },
  })
}

/** Changes the redirect URL override and sends the rest of the record again. */
async function setRedirect(call: Call<typeof setRedirectOptions>): Promise<WriteData> {
  const {
    session,
    options: { keepSecret, dashboard },
    operands: [, url],
  } = call
  const subject = await openSubject(call)
  const { workspace, provider, environment, configured } = subject
  if (keepSecret && !dashboard) checkKeepSecret(environment, workspace)
  return write(call, subject, {
    clientId: configured?.clientId,
    redirect: {
      given: url,
      how: 'give the URL as the last argument, or run byoo init',
      suggest: (choice) => retypedCommand([...workspace.argv, choice], {}),
    },
    draft: async () => {
      session.notice('Client id and details would be sent again as Junction has them.')
      const secret = keepSecret
        ? undefined
        : ((await findClientSecret(session, workspace, configured?.clientSecret))?.value ?? redacted)
      return { client_id: '<as it is>', client_secret: secret }
    },
    complete: async (before) => {
      if (!before) throw nothingToChange(subject)
      const fromFile = workspace.given.detailsFile || !before.details ? configured : undefined
      const details = await findDetails(session, workspace, provider, fromFile, before)
      const secret =
        keepSecret || !before.client_id
          ? undefined
          : await requireClientSecret(session, workspace, configured?.clientSecret)
      return { client_id: before.client_id, secret, details }
    },
  })
}

/** What both commands are about: the provider, where, and what byoo.yaml says of it. */
async function openSubject(
  call: Call<typeof writeOptions>,
): Promise<Subject & { readonly configured: ConfiguredCredential | undefined }> {
  const provider = findProvider(call.operands[0] ?? '')
  const workspace = await openWorkspace(call)
  const environment = selectEnvironment(workspace, provider.slug)
  return {
    workspace,
    provider,
    environment,
    configured: selectCredential(workspace, environment, provider.slug),
  }
}

function nothingToChange({ workspace, provider, environment }: Subject): ByooError {
  const command = suggestedCommand(workspace, environment, 'set-credentials', provider.slug)
  return new ByooError('not_found', `Junction has no credentials of ${provider.slug} in ${environment}`, {
    hint: `set them first:\n${command}`,
  })
}

function checkKeepSecret(environment: JunctionEnvironment, { given }: Workspace): void {
  if (isProduction(environment)) {
    throw usageError(
      '"--keep-secret" is for the sandbox only: nobody documents whether Junction keeps what is not sent',
      'give the secret again, so that no user is locked out of logging in',
    )
  }
  if (given.clientSecretFile?.source.startsWith('--')) {
    throw usageError(
      '"--keep-secret" and "--client-secret-file" contradict each other',
      'choose one of the two',
    )
  }
}

function clientIdFault(text: string): string | undefined {
  if (text === '') return 'must not be empty'
  return /^[\x21-\x7e]+$/.test(text)
    ? undefined
    : 'must be printable ASCII without white space: copy it again from the provider'
}

async function askClientId(session: Session): Promise<string> {
  const answer = await askText('Client id', session, { fault: clientIdFault })
  if (answer !== undefined) return answer
  throw usageError(
    'the client id is not known, and there is no terminal to ask on',
    'add --client-id <id>, or write it into byoo.yaml',
  )
}

function writtenData(
  { workspace, provider, environment }: Target,
  before: Credential | undefined,
  after: Credential,
): WrittenData {
  const old = before?.client_secret_hash
  const hash = after.client_secret_hash
  return {
    credential: toRecordData(after, environment),
    before: before && toRecordData(before, environment),
    secret_changed: old && hash ? old !== hash : undefined,
    next_steps: [
      `register this redirect URI at ${provider.name}, exactly as it is: ${after.redirect_url_override ?? '-'}`,
      ...provider.redirectRules.map((rule) => `at ${provider.name}, ${rule}`),
      ...provider.activation,
      `connect a user of your own, which alone proves the secret: ${suggestedCommand(workspace, environment, 'link', provider.slug, '--wait')}`,
    ],
  }
}

function dashboardData(
  { slug, name, activation, details }: Provider,
  environment: JunctionEnvironment,
  clientId: string | undefined,
  redirectUrl: string,
): DashboardData {
  const parts = splitEnvironment(environment)
  const needed = details.filter(({ required }) => required).map((detail) => detail.name)
  return {
    dashboard: true,
    provider: slug,
    environment,
    client_id: clientId,
    redirect_url_override: redirectUrl,
    steps: [
      `Open the Junction dashboard and choose your team in ${parts.region}, then the ${parts.environment} environment.`,
      'Choose "Config" on the left, then "Custom Credentials".',
      `Find ${name} and press "Setup".`,
      `Paste into "OAuth Client ID": ${clientId ?? 'the client id of your application'}`,
      'Paste into "OAuth Client Secret": the client secret, without white space around it',
      `Paste into "Redirect URL Override": ${redirectUrl}`,
      ...(needed.length > 0 ? [`Fill in what else ${name} needs: ${needed.join(', ')}`] : []),
      `Register the same redirect URI at ${name}: ${redirectUrl}`,
      ...activation.map((step) => `At ${name}: ${step}`),
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
