import { findProvider, type Provider, providers } from '../../junction/providers.ts'
import { pairs, table } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
import { type Call, defineCommand } from '../command.ts'

interface ProviderData {
  readonly slug: string
  readonly name: string
  /** Steps until the credentials are active; none when they are at once. */
  readonly activation: readonly string[]
  readonly starting_rate_limits: readonly string[]
  readonly starting_cap: string | null
  readonly details: readonly { name: string; required: boolean; secret: boolean }[]
  readonly redirect_rules: readonly string[]
  readonly notes: readonly string[]
  /** Junction has no application of its own for it. */
  readonly byoo_only: boolean
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
      ...several('details', details.length > 0 ? details : ['none']),
      ...several('notes', provider.notes),
    ],
    style,
  )
}

function toData(provider: Provider): ProviderData {
  return {
    slug: provider.slug,
    name: provider.name,
    activation: provider.activation,
    starting_rate_limits: provider.startingRateLimits,
    starting_cap: provider.startingCap ?? null,
    details: provider.details,
    redirect_rules: provider.redirectRules,
    notes: provider.notes,
    byoo_only: provider.byooOnly,
  }
}
