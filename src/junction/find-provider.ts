import { ByooError } from '../errors.ts'
import { printable } from '../output/printable.ts'
import { suggestion } from '../suggestion.ts'
import { type Provider, providerSlugs, providers } from './providers.ts'

interface NearMiss {
  readonly slug: string
  readonly because?: string
}

/** Slugs and names that are taken for one of the catalogue's, and why they are not. */
const nearMisses: Readonly<Record<string, NearMiss>> = {
  whoop: { slug: 'whoop_v2', because: '"whoop" is Junction\'s older connection by password' },
  dexcom: { slug: 'dexcom_v3', because: '"dexcom" is an older connection of Junction\'s' },
  my_fitness_pal: {
    slug: 'my_fitness_pal_v2',
    because: '"my_fitness_pal" is an older connection of Junction\'s',
  },
  google: { slug: 'google_health' },
  under_armour: { slug: 'map_my_fitness' },
}

/** A provider that people connect by OAuth. */
export interface OauthProvider {
  readonly slug: string
  readonly name: string
  /** Can its OAuth application be brought? */
  readonly byoo: boolean
}

/** Providers that Junction connects by OAuth with its own application only. */
const withoutByoo: readonly OauthProvider[] = [
  { slug: 'ihealth', name: 'iHealth', byoo: false },
  { slug: 'runkeeper', name: 'Runkeeper', byoo: false },
]

/** The provider of a slug, or a `usage` error that suggests the right slug. */
export function findProvider(text: string): Provider {
  const found = providers.find(({ slug }) => slug === text)
  if (found) return found
  if (withoutByoo.some(({ slug }) => slug === text)) {
    const said = JSON.stringify(text)
    throw new ByooError('usage', `${said} is a Junction provider, but not one to bring your own OAuth for`, {
      hint: choicesOf(providerSlugs),
    })
  }
  throw notFound(text, 'is not a BYOO provider', providerSlugs)
}

/** A provider that Junction connects by OAuth, whoever brings the application; else a `usage` error. */
export function findOauthProvider(text: string): OauthProvider {
  const all = [...providers.map(({ slug, name }) => ({ slug, name, byoo: true })), ...withoutByoo]
  const found = all.find(({ slug }) => slug === text)
  if (found) return found
  const slugs = all.map(({ slug }) => slug)
  throw notFound(text, 'is not a provider that Junction connects by OAuth', slugs)
}

function notFound(text: string, what: string, slugs: readonly string[]): ByooError {
  const said = JSON.stringify(printable(text, 64))
  const near = nearMiss(text)
  if (near) {
    const because = near.because === undefined ? '' : `: ${near.because}`
    const message = `${said} ${what} (did you mean "${near.slug}"?)${because}`
    return new ByooError('usage', message, { hint: `use "${near.slug}"` })
  }
  return new ByooError('usage', `${said} ${what}${suggestion(text, slugs)}`, { hint: choicesOf(slugs) })
}

function choicesOf(slugs: readonly string[]): string {
  return `the choices are ${slugs.join(', ')}`
}

function nearMiss(text: string): NearMiss | undefined {
  const plain = bare(text)
  for (const [wrong, right] of Object.entries(nearMisses)) {
    if (bare(wrong) === plain) return text === wrong ? right : { slug: right.slug }
  }
  const same = providers.find(({ slug, name }) => bare(slug) === plain || bare(name) === plain)
  return same && { slug: same.slug }
}

/** Lower case, letters and digits only. */
function bare(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, '')
}
