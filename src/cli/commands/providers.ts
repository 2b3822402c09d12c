import {
  type FactTopic,
  factTopics,
  findProvider,
  type Provider,
  plansInWords,
  providers,
} from '../../junction/providers.ts'
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
  /** How many redirect URIs its portal takes: `one` (of Strava, a host), `several`; null when it is not documented. */
  readonly redirect_uris: string | null
  /** Does a new client secret end the old one at once? Null when it is not documented. */
  readonly new_secret_ends_old: boolean | null
  /** All that is known, each with where it is from and when it was read there. */
  readonly facts: readonly { topic: FactTopic; text: string; source: string; date: string }[]
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
  return `${table(heading, rows, style)}
${plansInWords}.
Without it: byoo prepare <slug> --dashboard
More about one: byoo providers <slug>
`
}

function inFull({ slug, name, facts }: ProviderData, style: Style): string {
  const sources = [...new Set(facts.map(({ source, date }) => `${source} (${date})`))]
  const rows = factTopics.flatMap((topic) => {
    const lines = facts
      .filter((fact) => fact.topic === topic)
      .map(({ text, source, date }) => `${text} [${sources.indexOf(`${source} (${date})`) + 1}]`)
    return several(topic, lines.length > 0 || rare.has(topic) ? lines : ['not documented'])
  })
  return pairs(
    [
      ['slug', style.bold(slug)],
      ['name', name],
      ...rows,
      ...several(
        'sources',
        sources.map((source, index) => `[${index + 1}] ${source}`),
      ),
    ],
    style,
  )
}

/** Topics that are shown only where there is something to say. */
const rare: ReadonlySet<FactTopic> = new Set(['roles', 'notes'])

function several(name: string, lines: readonly string[]): [string, string][] {
  return lines.map((line, index) => [index === 0 ? name : '', line])
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
    facts: provider.facts.map(({ topic, text, source: { name, date } }) => ({
      topic,
      text,
      source: name,
      date,
    })),
  }
}
