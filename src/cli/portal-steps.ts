import { junctionCallback, junctionUri } from '../config/callback.ts'
import { isJunctionHost, type JunctionEnvironment, splitEnvironment } from '../junction/environments.ts'
import type { Management } from '../junction/management.ts'
import { factsOf, type Provider } from '../junction/providers.ts'
import { parseUrl } from '../url.ts'

/** How to become a developer at a provider. */
export function accountStep({ name, signUp }: Provider): string {
  if (signUp === 'self') return `Create a developer account at ${name}: it is open to everyone.`
  if (signUp === 'application') {
    return `Apply for a developer account at ${name}: the provider decides who gets one.`
  }
  if (signUp === 'closed') {
    return `Use the developer account that you have at ${name}: it takes no new developers.`
  }
  return `Get a developer account at ${name}: how to is not documented.`
}

/** What a provider's portal takes of a redirect URI: the whole, or the host alone. */
export function registered({ redirectMatch }: Provider, url: string): string {
  return redirectMatch === 'host' ? new URL(url).host : url
}

/** What to register at the provider's portal, and its rules; without a URL, as an example. */
export function registerStep(provider: Provider, url: string | undefined): string {
  const { name, redirectMatch, slug } = provider
  const what =
    redirectMatch === 'host' ? `this host at ${name}` : `this redirect URI at ${name}, exactly as it is`
  const yours = url === undefined ? ', with your own domain in place of oauth.example.com' : ''
  const value = registered(provider, url ?? `https://oauth.example.com/oauth_callback/${slug}`)
  return [
    `Register ${what}${yours}:`,
    value,
    ...factsOf(provider, 'redirect URI').map((rule) => `- ${rule}`),
  ].join('\n')
}

/** The same for a new application, with how to give it a second callback: of another environment, or of an app. */
export function registerNewStep(provider: Provider, url: string | undefined): string {
  const step = registerStep(provider, url)
  return isJunctionHost(parseUrl(url ?? '')?.hostname ?? '') ? step : `${step}\n- ${sharingRule(provider)}`
}

function sharingRule({ redirectMatch, redirectCount }: Provider): string {
  const path = 'another environment, or an app of yours, can have another path on the same host'
  if (redirectMatch === 'host') return path
  if (redirectCount === 'several') return `several may be registered: ${path}`
  return `whether several may be registered is not documented: if so, ${path}; if not, they can share this one (docs/sharing-a-redirect-uri.md)`
}

/** What else the provider's application needs, a line for each. */
export function applicationSteps(provider: Provider): string[] {
  return factsOf(provider, 'scopes', 'roles').map((text) => `At ${provider.name}: ${text}.`)
}

/** What to click and paste, for plans without the management API. */
export interface DashboardData {
  readonly dashboard: true
  readonly provider: string
  readonly environment: string | undefined
  readonly client_id: string | undefined
  readonly redirect_url_override: string | undefined
  readonly steps: readonly string[]
}

/** What to register for Junction's own callback: what its preparation names, else as it is documented. */
export function junctionRedirectUri(
  { slug }: Provider,
  environment: JunctionEnvironment,
  steps: Awaited<ReturnType<Management['prepare']>>['preparation_steps'] = [],
): string {
  const named = steps.find(({ type }) => type === 'redirect_uri')?.value ?? ''
  const url = /^https:[\x21-\x7e]+$/.test(named) ? parseUrl(named) : undefined
  if (url && isJunctionHost(url.hostname)) return named
  return junctionUri(environment, slug)
}

/** The way to a provider's fields in Junction's dashboard. */
function wayInDashboard({ name }: Provider, environment: JunctionEnvironment | undefined): string[] {
  const parts = environment && splitEnvironment(environment)
  return [
    parts
      ? `Open the Junction dashboard and choose your team in ${parts.region}, then the ${parts.environment} environment.`
      : 'Open the Junction dashboard and choose your team, then the environment.',
    'Choose "Config" on the left, then "Custom Credentials".',
    `Find ${name} and press "Setup".`,
  ]
}

/** How to take an override away in Junction's dashboard. */
export function clearingSteps(provider: Provider, environment: JunctionEnvironment): string[] {
  return [...wayInDashboard(provider, environment), 'Empty "Redirect URL Override", and save.']
}

/**
 * What to do at the provider's portal, then in Junction's dashboard. `redirectUrl` is undefined when it is not known,
 * and `junction` for Junction's own callback.
 */
export function dashboardData(
  provider: Provider,
  environment: JunctionEnvironment | undefined,
  clientId: string | undefined,
  redirectUrl: string | undefined,
): DashboardData {
  const { name, plans, activation } = provider
  const own = redirectUrl === junctionCallback
  const callback = own ? environment && junctionRedirectUri(provider, environment) : redirectUrl
  const needed = provider.details.filter(({ required }) => required)
  const [open, ...setUp] = wayInDashboard(provider, environment)
  const withoutApi = plans.filter((plan) => plan !== 'Scale')
  const steps = [
    accountStep(provider),
    ...factsOf(provider, 'cap').map((cap) => `Know the limit of a new application: ${cap}.`),
    own && !callback
      ? `Register Junction's own redirect URI at ${name}: https://<API host of your environment>/v2/link/connect/${provider.slug}`
      : registerNewStep(provider, callback),
    ...applicationSteps(provider),
    `${open} On the ${withoutApi.join(' and ')} plan${withoutApi.length > 1 ? 's' : ''} this is the only way: only Scale has the management API.`,
    ...setUp,
    `Paste into "OAuth Client ID": ${clientId ?? 'the client id of your application'}`,
    'Paste into "OAuth Client Secret": the client secret, without white space around it',
    own
      ? 'Leave "Redirect URL Override" empty.'
      : `Paste into "Redirect URL Override": ${redirectUrl ?? 'the URL of your callback, in full'}`,
    ...needed.map(({ name: field, where }) =>
      field === 'redirect_uri' && callback ? `Fill in ${field}: ${callback}` : `Fill in ${field}: ${where}.`,
    ),
    ...activation.map((step) => `At ${name}: ${step}.`),
  ]
  return {
    dashboard: true,
    provider: provider.slug,
    environment,
    client_id: clientId,
    redirect_url_override: own ? undefined : redirectUrl,
    steps,
  }
}
