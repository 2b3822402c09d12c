import { junctionCallback } from '../../config/callback.ts'
import { environmentOfHost, isJunctionHost, type JunctionEnvironment } from '../../junction/environments.ts'
import { factsOf, findProvider, type Provider, plansInWords } from '../../junction/providers.ts'
import { numbered } from '../../output/layout.ts'
import { printable } from '../../output/printable.ts'
import type { Style } from '../../output/style.ts'
import { parseUrl } from '../../url.ts'
import { connect } from '../api-client.ts'
import { type Call, defineCommand, flag, option } from '../command.ts'
import {
  accountStep,
  applicationSteps,
  type DashboardData,
  dashboardData,
  junctionRedirectUri,
  registered,
  registerNewStep,
} from '../portal-steps.ts'
import { findManagementKey } from '../resolve/management-key.ts'
import { findRedirectUrl } from '../resolve/redirect-url.ts'
import { findOrganisation, findTeam, selectCredential, selectEnvironment } from '../resolve/selection.ts'
import { openWorkspace, retypedCommand, targetOptions, type Workspace } from '../resolve/workspace.ts'
import type { Session } from '../session.ts'

interface Step {
  /** `redirect_uri`, `webhook_uri`, `iam_principal`, or one that is new. */
  readonly type: string
  /** What this is, in byoo's words. */
  readonly label: string
  readonly key: string | undefined
  readonly value: string
  readonly description: string | undefined
}

export interface PrepareData {
  readonly provider: string
  readonly environment: string | undefined
  /** The one to register at the provider. */
  readonly redirect_uri: string | undefined
  /** What the portal takes of it: the whole, or the host alone. */
  readonly register: string | undefined
  /** What to do at the provider, in order. */
  readonly portal: readonly string[]
  readonly limits: readonly string[]
  /** `no_action_needed`, `preparations_required`, or one that is new; undefined when Junction was not asked. */
  readonly status: string | undefined
  readonly steps: readonly Step[]
  readonly notes: readonly string[]
  /** What is needed to ask Junction as well. */
  readonly missing: readonly string[]
}

const labels: Readonly<Record<string, string>> = {
  redirect_uri: 'forward target: do not register this one, the forwarder sends users on to it',
  webhook_uri: 'webhook: register this address for notifications',
  iam_principal: 'principal: give it access to your cloud project',
}

const options = {
  ...targetOptions,
  redirectUrl: option(
    '--redirect-url <url>',
    'the redirect URI to register at the provider, or "junction" for Junction\'s own (default: the route\'s)',
  ),
  unserved: flag('--unserved', 'take a redirect URI that no route of byoo.yaml serves'),
  dashboard: flag(
    '--dashboard',
    "show what to click and paste in Junction's dashboard, too: the only way on the Launch and Grow plans",
  ),
}

/** `byoo prepare` */
export const command = defineCommand({
  description:
    'What to set up at the provider: account, redirect URI, scopes, limits, and what Junction will need. Works ' +
    "offline; with a management key it shows Junction's own preparation steps as well.",
  examples: [
    'byoo prepare strava',
    'byoo prepare strava --dashboard \\\n    --redirect-url https://oauth.example.com/oauth_callback/strava',
  ],
  operands: [['<provider>', "the provider's slug; see byoo providers"]],
  options,
  run,
  text,
  quiet: (data) => ('dashboard' in data ? numbered(data.steps) : `${data.register ?? ''}\n`),
})

/** What to set up at the provider, then what Junction asks for when it can be asked. */
async function run(call: Call<typeof options>): Promise<PrepareData | DashboardData> {
  const {
    session,
    options: { redirectUrl: given, dashboard, unserved },
    operands: [slug = ''],
  } = call
  const provider = findProvider(slug)
  const workspace = await openWorkspace(call)
  const { file, environments, login } = workspace
  const known = file || environments || login?.environment || (given === junctionCallback && !dashboard)
  const environment = known ? selectEnvironment(workspace, provider.slug) : undefined
  const suggest = (url: string) => retypedCommand(session.argv, { '--redirect-url': url })
  const found = findRedirectUrl(workspace, environment, provider.slug, { given, unserved, suggest })
  const configured = environment && selectCredential(workspace, environment, provider.slug)
  if (dashboard) return dashboardData(provider, environment, configured?.clientId, found)
  const { status, steps, missing, junctionUri } = await askJunction(session, workspace, environment, provider)
  const own = found !== junctionCallback
  const url = own ? found : junctionUri
  return {
    provider: provider.slug,
    environment,
    redirect_uri: url,
    register: url && registered(provider, url),
    portal: [accountStep(provider), registerNewStep(provider, url), ...applicationSteps(provider)],
    limits: factsOf(provider, 'rate limits', 'cap'),
    status,
    steps: own ? steps : steps.filter(({ type }) => type !== 'redirect_uri'),
    notes: [
      ...(own ? [reviewerNote(url)] : []),
      ...factsOf(provider, 'notes'),
      ...provider.details.map(
        ({ name, required, where }) => `Junction ${required ? 'needs' : 'can take'} ${name}: ${where}`,
      ),
      ...(provider.activation.length === 0 ? ['active as soon as the credentials are set'] : []),
      ...provider.activation.map((step) => `after byoo set-credentials: ${step}`),
    ],
    missing,
  }
}

/** What somebody sees who looks at the callback without having consented to anything. */
function reviewerNote(url: string | undefined): string {
  const callback = url ?? 'the redirect URI'
  return `a reviewer who opens ${callback} alone is sent on to Junction, and what it shows without a code is not documented; the rest of the host says "Not found", and site_verification in byoo.yaml can give / a text`
}

/** Junction's own preparation steps, or what is missing to ask for them. */
async function askJunction(
  session: Session,
  workspace: Workspace,
  environment: JunctionEnvironment | undefined,
  provider: Provider,
): Promise<Pick<PrepareData, 'status' | 'steps' | 'missing'> & { readonly junctionUri: string | undefined }> {
  const org = findOrganisation(workspace)
  const team_id = environment && findTeam(workspace, environment)
  const key = findManagementKey(session, workspace.login)
  if (!environment || !org || !team_id || !key) {
    const missing = [
      ...(environment ? [] : ['--environment']),
      ...(org ? [] : ['--org']),
      ...(team_id ? [] : ['--team']),
      ...(key ? [] : ['a management key (byoo login)']),
    ]
    const junctionUri = environment && junctionRedirectUri(provider, environment)
    return { status: undefined, steps: [], missing, junctionUri }
  }
  const { management } = connect(session, workspace)
  const asking = management.prepare({ org, environment }, { team_id, provider: provider.slug })
  const { status, preparation_steps } = await session.progress('Asking Junction how to prepare', asking)
  const steps = preparation_steps.map(({ type, key, value, description }) => {
    const host = parseUrl(value)?.hostname ?? ''
    const target = environmentOfHost(host)
    if (type === 'redirect_uri' && target !== undefined && target !== environment) {
      session.warn(`Junction's forward target belongs to ${target}, and your route to ${environment}`)
    }
    return {
      type,
      label: label(type, host),
      key: key ?? undefined,
      value,
      description: description ?? undefined,
    }
  })
  return {
    status,
    steps,
    missing: [],
    junctionUri: junctionRedirectUri(provider, environment, preparation_steps),
  }
}

function label(type: string, host: string): string {
  if (type === 'redirect_uri' && !isJunctionHost(host)) {
    return "redirect URI, which is not on Junction's domain: ask Junction before you register it"
  }
  return labels[type] ?? 'step of a kind that this version of byoo does not know'
}

function text(data: PrepareData | DashboardData, style: Style): string {
  if ('dashboard' in data) return numbered(data.steps)
  const asked = data.steps.map(({ label, key, value, description }) =>
    [
      `Junction's ${label}`,
      `${key === undefined ? '' : `${printable(key)}: `}${printable(value)}`,
      ...(description === undefined ? [] : [printable(description)]),
    ].join('\n'),
  )
  const junction =
    data.status === 'no_action_needed'
      ? 'Junction needs no further preparation.\n'
      : data.missing.length > 0
        ? style.dim(
            `To see Junction's own steps as well, give ${data.missing.join(', ')}.\n${plansInWords}: without it, byoo prepare ${data.provider} --dashboard.\n`,
          )
        : ''
  const limits = data.limits.length === 0 ? '' : `Limits of a new application: ${data.limits.join('; ')}.\n`
  const notes = data.notes.map((note) => `Note: ${note}.\n`)
  return `${numbered([...data.portal, ...asked])}${junction}${limits}${notes.join('')}`
}
