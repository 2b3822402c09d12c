import {
  type FactTopic,
  factsOf,
  factTopics,
  findProvider,
  type Provider,
  plansInWords,
  providers,
} from '../../junction/providers.ts'
import { pairs, table } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
import { type Call, defineCommand } from '../command.ts'

type ProviderData = ReturnType<typeof toData>
type ProvidersData = { readonly providers: readonly ProviderData[] } | { readonly provider: ProviderData }

/** `byoo providers` */
export const command = defineCommand({
  description: 'The providers that Junction lets you bring your own OAuth credentials for. Works offline.',
  examples: ['byoo providers', 'byoo providers google_health'],
  operands: [['[slug]', 'one provider, in full']],
  options: {},
  run,
  text: (data, style) =>
    'provider' in data ? inFull(data.provider, style) : overview(data.providers, style),
  quiet: (data) =>
    ('provider' in data ? [data.provider] : data.providers).map(({ slug }) => `${slug}\n`).join(''),
})

/** The catalogue, or one entry of it; offline. */
async function run({ operands: [slug] }: Call): Promise<ProvidersData> {
  return slug === undefined ? { providers: providers.map(toData) } : { provider: toData(findProvider(slug)) }
}

function overview(all: readonly ProviderData[], style: Style): string {
  const rows = all.map((provider) => [
    provider.slug,
    provider.name,
    provider.sign_up ?? 'not documented',
    provider.activation.length > 0 ? 'after steps' : 'at once',
    provider.byoo_only ? 'yes' : 'no',
    provider.starting_rate_limits[0] ?? '-',
    provider.details.some(({ required }) => required) ? 'yes' : 'no',
  ])
  const heading = ['SLUG', 'NAME', 'SIGN-UP', 'ACTIVE', 'BYOO ONLY', 'STARTING RATE LIMIT', 'DETAILS']
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
  const listed = sources.map((source, index) => `[${index + 1}] ${source}`)
  return pairs([['slug', style.bold(slug)], ['name', name], ...rows, ...several('sources', listed)], style)
}

/** Topics that are shown only where there is something to say. */
const rare: ReadonlySet<FactTopic> = new Set(['roles', 'notes'])

function several(name: string, lines: readonly string[]): [string, string][] {
  return lines.map((line, index) => [index === 0 ? name : '', line])
}

/** A provider as `--json` shows it; what is null is not documented. */
function toData(provider: Provider) {
  return {
    slug: provider.slug,
    name: provider.name,
    sign_up: provider.signUp,
    plans: provider.plans,
    activation: provider.activation,
    starting_rate_limits: factsOf(provider, 'rate limits'),
    starting_cap: factsOf(provider, 'cap')[0],
    details: provider.details,
    redirect_rules: factsOf(provider, 'redirect URI'),
    notes: factsOf(provider, 'scopes', 'roles', 'notes'),
    byoo_only: provider.byooOnly,
    redirect_uris: provider.redirectCount,
    new_secret_ends_old: provider.newSecretEndsOld,
    facts: provider.facts.map(({ source: { name, date }, ...fact }) => ({ ...fact, source: name, date })),
  }
}
