import { type ByooError, usageError } from '../errors.ts'
import { printable } from '../output/printable.ts'
import { suggestion } from '../suggestion.ts'

/** Slugs of the providers that Junction lets customers bring their own OAuth for ("OAuth Providers supporting BYOO"). */
export const providerSlugs = [
  'cronometer',
  'dexcom_v3',
  'fitbit',
  'garmin',
  'google_fit',
  'google_health',
  'map_my_fitness',
  'my_fitness_pal_v2',
  'omron',
  'oura',
  'polar',
  'strava',
  'ultrahuman',
  'wahoo',
  'whoop_v2',
  'withings',
] as const

export type ProviderSlug = (typeof providerSlugs)[number]

/** One field of `details`, the extra facts that Junction needs of some providers; `details.ts` validates them. */
export interface DetailField {
  /** Path within `details`, with dots. */
  readonly name: string
  readonly required: boolean
  readonly secret: boolean
  /** Several values. */
  readonly list?: true
}

/** What is known of a provider; its own portal may have changed since. */
export interface Provider {
  readonly slug: ProviderSlug
  readonly name: string
  /** Steps between setting the credentials and their being active; none when they are active at once. */
  readonly activation: readonly string[]
  /** Of a new OAuth application; none when not published. */
  readonly startingRateLimits: readonly string[]
  /** How many people may connect before the provider has approved the application. */
  readonly startingCap?: string
  readonly details: readonly DetailField[]
  /** How the provider's portal takes and compares redirect URIs. */
  readonly redirectRules: readonly string[]
  readonly notes: readonly string[]
  /** Junction has no application of its own, so nobody connects without these credentials. */
  readonly byooOnly: boolean
}

type Facts = Partial<Omit<Provider, 'slug' | 'name'>> & { readonly name: string }

const exactMatch = 'the URI must match the registered one exactly'
const needed = (name: string) => ({ name, required: true, secret: false })
const neededSecret = (name: string) => ({ name, required: true, secret: true })

const facts: Readonly<Record<ProviderSlug, Facts>> = {
  cronometer: { name: 'Cronometer' },
  dexcom_v3: {
    name: 'Dexcom',
    startingRateLimits: ['60,000 requests per hour'],
    notes: ['production needs partner status at Dexcom'],
    byooOnly: true,
  },
  fitbit: {
    name: 'Fitbit',
    activation: [
      'press "Verify" on every webhook subscriber in the Fitbit developer portal',
      'wait until the buttons are replaced by delivery statistics',
    ],
    startingRateLimits: ['150 requests per hour per user'],
    details: [
      neededSecret('fitbit.workout_verify_token'),
      neededSecret('fitbit.sleep_verify_token'),
      neededSecret('fitbit.body_verify_token'),
      { name: 'fitbit.foods_verify_token', required: false, secret: true },
      { name: 'fitbit.is_hr_enabled', required: false, secret: false },
    ],
    notes: ['google_health replaces the Fitbit Web API in September 2026'],
  },
  garmin: { name: 'Garmin', startingRateLimits: ['10,000 days of data per minute'] },
  google_fit: {
    name: 'Google Fit',
    startingRateLimits: ['600 requests per minute'],
    details: [needed('redirect_uri'), { ...needed('data_scopes'), list: true }],
  },
  google_health: {
    name: 'Google Health',
    startingCap: '100 users until Google has verified the application',
    details: [needed('project_number'), needed('service_account_email')],
    redirectRules: [
      exactMatch,
      'its domain must be yours, verified in Search Console and listed in "Authorized domains"',
      'in production it must be on your own domain',
    ],
    notes: [
      'Junction\'s preparation step "redirect_uri" is where the forwarder sends users on to: do not register that one',
      'the preparation also names an IAM principal',
    ],
  },
  map_my_fitness: { name: 'MapMyFitness', byooOnly: true },
  my_fitness_pal_v2: { name: 'MyFitnessPal API', details: [needed('client')], byooOnly: true },
  omron: { name: 'Omron' },
  oura: { name: 'Oura', startingRateLimits: ['5,000 requests per 5 minutes'] },
  polar: {
    name: 'Polar',
    startingRateLimits: ['20 requests per 15 minutes per user', '100 requests per day per user'],
    details: [neededSecret('webhook_secret')],
  },
  strava: {
    name: 'Strava',
    startingRateLimits: ['100 requests per 15 minutes', '1,000 requests per day'],
    startingCap: "1 athlete until Strava's review",
    redirectRules: [
      'the portal takes the bare host, without scheme and path, as "Authorization Callback Domain"',
    ],
    byooOnly: true,
  },
  ultrahuman: { name: 'Ultrahuman' },
  wahoo: {
    name: 'Wahoo',
    startingRateLimits: ['200 requests per 5 minutes', '1,000 requests per hour', '5,000 requests per day'],
  },
  whoop_v2: {
    name: 'WHOOP',
    startingRateLimits: ['100 requests per minute', '10,000 requests per day'],
    startingCap: '10 members until WHOOP has approved the application',
    redirectRules: [
      exactMatch,
      'several may be registered',
      'the portal refuses white space before or after it',
    ],
    notes: ['the application needs the "offline" scope'],
    byooOnly: true,
  },
  withings: {
    name: 'Withings',
    startingRateLimits: ['120 requests per minute'],
    redirectRules: [
      exactMatch,
      'it must be https on port 80 or 443, at most 255 characters, without an IP address or localhost',
    ],
    notes: ['an authorization code lives 30 seconds'],
  },
}

/** The whole catalogue, in the order of the slugs. */
export const providers: readonly Provider[] = providerSlugs.map((slug) => ({
  slug,
  activation: [],
  startingRateLimits: [],
  details: [],
  redirectRules: [exactMatch],
  notes: [],
  byooOnly: false,
  ...facts[slug],
}))

interface NearMiss {
  readonly slug: string
  readonly because?: string
}

/** Names that people take for a slug of the catalogue, and why they are not one. */
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
    const message = `"${text}" is a Junction provider, but not one to bring your own OAuth for`
    throw usageError(message, choicesOf(providerSlugs))
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
    return usageError(message, `use "${near.slug}"`)
  }
  return usageError(`${said} ${what}${suggestion(text, slugs)}`, choicesOf(slugs))
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
