import { findProvider, type Provider, providers, sourcesOf } from '../../junction/providers.ts'
import { pairs, table } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
import { type Call, defineCommand } from '../command.ts'

interface ProviderData {
  readonly slug: string
  readonly name: string
  /** How to become a developer there: `self`, `application`, `closed`; null when it is not documented. */
  readonly sign_up: string | null
  /** Junction's plans with which its application can be brought. */
  readonly plans: readonly string[]
  /** Steps until the credentials are active; none when they are at once. */
  readonly activation: readonly string[]
  readonly starting_rate_limits: readonly string[]
  readonly starting_cap: string | null
  readonly details: readonly { name: string; required: boolean; secret: boolean }[]
  readonly redirect_rules: readonly string[]
  readonly notes: readonly string[]
  /** Junction has no application of its own for it. */
  readonly byoo_only: boolean
  /** How many redirect URIs its portal takes: `one`, `several`; null when it is not documented. */
  readonly redirect_uris: string | null
  /** Does a new client secret end the old one at once? Null when it is not documented. */
  readonly new_secret_ends_old: boolean | null
  readonly sources: readonly string[]
}

export type ProvidersData =
  | { readonly providers: readonly ProviderData[] }
  | { readonly provider: ProviderData }

/** `byoo providers` */
export const command = defineCommand({
  description: 'The providers that Junction lets you bring your own OAuth credentials for. Works offline.',
  examples: ['byoo providers', 'byoo providers google_health'],
  operands: [['[slug]', 'one provider, in full']],
  options: {},
  run,
  text,
  quiet: (data) =>
    ('provider' in data ? [data.provider] : data.providers).map(({ slug }) => `${slug}\n`).join(''),
})

/** The catalogue, or one entry of it; offline. */
async function run({ operands: [slug] }: Call): Promise<ProvidersData> {
  return slug === undefined ? { providers: providers.map(toData) } : { provider: toData(findProvider(slug)) }
}

function text(data: ProvidersData, style: Style): string {
  return 'provider' in data ? inFull(data.provider, style) : overview(data.providers, style)
}

function overview(all: readonly ProviderData[], style: Style): string {
  const rows = all.map((provider) => [
    provider.slug,
    provider.name,
    provider.activation.length > 0 ? 'after steps' : 'at once',
    provider.byoo_only ? 'yes' : 'no',
    provider.starting_rate_limits[0] ?? '-',
    provider.details.some(({ required }) => required) ? 'yes' : 'no',
  ])
  const heading = ['SLUG', 'NAME', 'ACTIVE', 'BYOO ONLY', 'STARTING RATE LIMIT', 'DETAILS']
  return `${table(heading, rows, style)}\nMore about one: byoo providers <slug>\n`
}

function inFull(provider: ProviderData, style: Style): string {
  const several = (name: string, lines: readonly string[]) =>
    lines.map((line, index): [string, string] => [index === 0 ? name : '', line])
  const details = provider.details.map(
    ({ name, required, secret }) =>
      `${name} (${[required ? 'required' : 'optional', ...(secret ? ['secret'] : [])].join(', ')})`,
  )
  return pairs(
    [
      ['slug', style.bold(provider.slug)],
      ['name', provider.name],
      ['sign-up', signUps[provider.sign_up ?? ''] ?? notDocumented],
      ['plans', provider.plans.join(', ')],
      ...several(
        'active',
        provider.activation.length > 0 ? provider.activation : ['as soon as credentials are set'],
      ),
      ['byoo only', provider.byoo_only ? 'yes: Junction has no application of its own' : 'no'],
      ...several(
        'rate limits',
        provider.starting_rate_limits.length > 0 ? provider.starting_rate_limits : ['not published'],
      ),
      ...several('cap', provider.starting_cap === null ? [] : [provider.starting_cap]),
      ...several('redirect URI', provider.redirect_rules),
      ['URIs taken', provider.redirect_uris ?? notDocumented],
      ['old secret', endOfOldSecret(provider.new_secret_ends_old)],
      ...several('details', details.length > 0 ? details : ['none']),
      ...several('notes', provider.notes),
      ...several('sources', provider.sources),
    ],
    style,
  )
}

const notDocumented = 'not documented'

const signUps: Readonly<Record<string, string>> = {
  self: 'open to everyone',
  application: 'on application: the provider decides',
  closed: 'closed to new developers',
}

function endOfOldSecret(atOnce: boolean | null): string {
  if (atOnce === null) return `${notDocumented}: a new secret may end it at once`
  return atOnce ? 'ends at once when a new one is made' : 'stays valid when a new one is made'
}

function toData(provider: Provider): ProviderData {
  return {
    slug: provider.slug,
    name: provider.name,
    sign_up: provider.signUp ?? null,
    plans: provider.plans,
    activation: provider.activation,
    starting_rate_limits: provider.startingRateLimits,
    starting_cap: provider.startingCap ?? null,
    details: provider.details,
    redirect_rules: provider.redirectRules,
    notes: provider.notes,
    byoo_only: provider.byooOnly,
    redirect_uris: provider.redirectCount ?? null,
    new_secret_ends_old: provider.newSecretEndsOld ?? null,
    sources: sourcesOf(provider).map(({ name, date }) => `${name} (${date})`),
  }
}
