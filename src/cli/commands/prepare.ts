import { environmentOfHost, isJunctionHost } from '../../junction/environments.ts'
import { findProvider } from '../../junction/providers.ts'
import { numbered } from '../../output/layout.ts'
import { printable } from '../../output/printable.ts'
import type { Style } from '../../output/style.ts'
import { connect } from '../api-client.ts'
import { type Call, defineCommand } from '../command.ts'
import { chooseRedirectUrl } from '../resolve/redirect-url.ts'
import { selectEnvironment, selectOrganisation, selectTeam } from '../resolve/selection.ts'
import { openWorkspace, targetOptions } from '../resolve/workspace.ts'

interface Step {
  /** `redirect_uri`, `webhook_uri`, `iam_principal`, or one that is new. */
  readonly type: string
  /** What this is, in byoo's words. */
  readonly label: string
  readonly key: string | null
  readonly value: string
  readonly description: string | null
}

export interface PrepareData {
  readonly provider: string
  readonly environment: string
  /** The one to register at the provider. */
  readonly redirect_uri: string
  /** For portals that take no more than this. */
  readonly redirect_host: string
  readonly redirect_rules: readonly string[]
  /** `no_action_needed`, `preparations_required`, or one that is new. */
  readonly status: string
  readonly steps: readonly Step[]
  readonly notes: readonly string[]
}

const labels: Readonly<Record<string, string>> = {
  redirect_uri: 'forward target: do not register this one, the forwarder sends users on to it',
  webhook_uri: 'webhook: register this address for notifications',
  iam_principal: 'principal: give it access to your cloud project',
}

function label(type: string, value: string): string {
  if (type === 'redirect_uri' && !(URL.canParse(value) && isJunctionHost(new URL(value).hostname))) {
    return "redirect URI, which is not on Junction's domain: ask Junction before you register it"
  }
  return labels[type] ?? 'step of a kind that this version of byoo does not know'
}

const options = { ...targetOptions }

/** `byoo prepare` */
export const command = defineCommand({
  description: "The redirect URI to register at the provider, then Junction's own preparation steps.",
  examples: ['byoo prepare strava'],
  operands: [['<provider>', "the provider's slug; see byoo providers"]],
  options,
  run,
  text,
})

/** What to set up at the provider: our redirect URI first, then what Junction asks for. */
async function run(call: Call<typeof options>): Promise<PrepareData> {
  const {
    session,
    operands: [slug = ''],
  } = call
  const provider = findProvider(slug)
  const workspace = await openWorkspace(call)
  const environment = selectEnvironment(workspace, provider.slug)
  const redirectUri = chooseRedirectUrl(workspace, environment, provider.slug, {
    given: undefined,
    how: 'add the route to byoo.yaml, or write one with: byoo init',
    suggest: (url) => url,
  })
  const org = selectOrganisation(workspace)
  const team_id = selectTeam(workspace, environment)
  const { management } = connect(session, workspace)
  const here = environment
  const asking = management.prepare({ org, environment }, { team_id, provider: provider.slug })
  const { status, preparation_steps } = await session.progress('Asking Junction how to prepare', asking)
  for (const { type, value } of preparation_steps) {
    const target = URL.canParse(value) ? environmentOfHost(new URL(value).hostname) : undefined
    if (type !== 'redirect_uri' || target === undefined || target === here) continue
    session.warn(`Junction's forward target belongs to ${target}, and your route to ${here}`)
  }
  return {
    provider: provider.slug,
    environment,
    redirect_uri: redirectUri,
    redirect_host: new URL(redirectUri).host,
    redirect_rules: provider.redirectRules,
    status,
    steps: preparation_steps.map(({ type, key, value, description }) => ({
      type,
      label: label(type, value),
      key: key ?? null,
      value,
      description: description ?? null,
    })),
    notes: provider.notes,
  }
}

function text(data: PrepareData, style: Style): string {
  const own = [
    `Register this redirect URI at the provider, exactly as it is:`,
    style.bold(data.redirect_uri),
    `(its host alone: ${data.redirect_host})`,
    ...data.redirect_rules.map((rule) => `- ${rule}`),
  ].join('\n')
  const asked = data.steps.map(({ label, key, value, description }) =>
    [
      `Junction's ${label}`,
      `${key === null ? '' : `${printable(key)}: `}${printable(value)}`,
      ...(description === null ? [] : [printable(description)]),
    ].join('\n'),
  )
  const nothing = data.status === 'no_action_needed' ? 'Junction needs nothing else to be prepared.\n' : ''
  const notes = data.notes.map((note) => `Note: ${note}.\n`).join('')
  return `${numbered([own, ...asked])}${nothing}${notes}`
}
