import { type ByooError, usageError } from '../errors.ts'
import { printable } from '../output/printable.ts'
import { suggestion } from '../suggestion.ts'
import { type ProviderSlug, providerSlugs } from './provider-slugs.ts'

export { type ProviderSlug, providerSlugs }

/** One field of `details`, the extra facts that Junction needs of some providers; `details.ts` validates them. */
export interface DetailField {
  /** Path within `details`, with dots. */
  readonly name: string
  readonly required: boolean
  readonly secret: boolean
  /** What it is, and where a person finds it. */
  readonly where: string
  /** Several values. */
  readonly list?: true
}

/** Where a fact is from, and when it was read there (ISO 8601, perhaps without the day). */
interface Source {
  readonly name: string
  readonly date: string
}

/** What facts are about, in the order in which they are shown. */
export const factTopics = [
  'sign-up',
  'plans',
  'active',
  'byoo only',
  'rate limits',
  'cap',
  'redirect URI',
  'URIs taken',
  'old secret',
  'details',
  'scopes',
  'roles',
  'notes',
] as const

export type FactTopic = (typeof factTopics)[number]

/** What a source says of a provider; what no source says is not here. The provider's portal may have changed since. */
export interface Fact {
  readonly topic: FactTopic
  readonly text: string
  readonly source: Source
}

/** How to become a developer at the provider: alone, after the provider approved it, or not at all any more. */
const signUps = {
  self: 'open to everyone',
  application: 'on application: the provider decides',
  closed: 'closed to new developers',
} as const

const overview: Source = { name: 'Junction, "Bring Your Own OAuth"', date: '2026-08' }
const hosting: Source = { name: 'Junction, "Hosting OAuth Callbacks on Your Own Domain"', date: '2026-08' }
const guides: Source = { name: "Junction's guides to providers", date: '2026-08' }
const openApi: Source = { name: "Junction's description of its management API (OpenAPI)", date: '2026-08' }
const repository: Source = { name: "Junction's documentation, commit e3e95fe", date: '2026-11-25' }
const portal = (site: string, page: string, date = '2026-11-30'): Source => ({
  name: `${site}, "${page}"`,
  date,
})
const googleWebServer = portal('developers.google.com', 'Using OAuth 2.0 for Web Server Applications')
const googleClients = portal('support.google.com', 'Manage OAuth Clients')

/** Which of Junction's plans has what. */
export const plansInWords =
  "Junction's Grow and Scale plans take your own OAuth application, Launch WHOOP's alone; only Scale has the management API"

/** What is said of a provider under a topic, by whom; long texts stand on lines of their own behind it. */
type Row = string | readonly [topic: FactTopic, source: Source, ...texts: string[]]

/** What is known of a provider. */
interface KnownFacts {
  readonly name: string
  /** Missing when it is not documented. */
  readonly signUp?: keyof typeof signUps
  /** Junction's plans with which its OAuth application can be brought, if not those of most. */
  readonly plans?: readonly string[]
  /** Steps between setting the credentials and their being active; none when they are active at once. */
  readonly activation?: readonly string[]
  /** What its portal compares of a redirect URI: all of it, unless told otherwise. */
  readonly redirectMatch?: 'host'
  readonly details?: readonly DetailField[]
  /** Junction has no application of its own, so nobody connects without these credentials. */
  readonly byooOnly?: true
  readonly facts?: readonly Row[]
}

const needed = (name: string, where: string) => ({ name, required: true, secret: false, where })
const neededSecret = (name: string, where: string) => ({ ...needed(name, where), secret: true })
const subscriber = (what: string) =>
  `the verification code of your subscriber for ${what}, from Fitbit's portal`
const secretEnds = 'ends at once when a new one is made'
const secretStays = 'stays valid beside a new one, until you disable it'

/** The providers that Junction lets customers bring their own OAuth for ("OAuth Providers supporting BYOO"). */
const known = {
  cronometer: { name: 'Cronometer', signUp: 'application' },
  dexcom_v3: {
    name: 'Dexcom',
    signUp: 'application',
    byooOnly: true,
    facts: [
      ['rate limits', overview, '60,000 requests per hour'],
      ['old secret', portal('developer.dexcom.com', 'Authentication'), secretEnds],
      ['notes', guides, 'production needs partner status at Dexcom'],
    ],
  },
  fitbit: {
    name: 'Fitbit',
    signUp: 'self',
    activation: [
      'press "Verify" on every webhook subscriber in the Fitbit developer portal',
      'wait until the buttons are replaced by delivery statistics',
    ],
    details: [
      neededSecret('fitbit.workout_verify_token', subscriber('workout')),
      neededSecret('fitbit.sleep_verify_token', subscriber('sleep')),
      neededSecret('fitbit.body_verify_token', subscriber('body')),
      { ...neededSecret('fitbit.foods_verify_token', subscriber('foods')), required: false },
      { ...needed('fitbit.is_hr_enabled', 'true when heart rates are wanted'), required: false },
    ],
    facts: [
      ['rate limits', overview, '150 requests per hour per user'],
      ['URIs taken', portal('dev.fitbit.com', 'Authorize'), 'several'],
      ['notes', guides, 'google_health replaces the Fitbit Web API in September 2026'],
      ['notes', portal('dev.fitbit.com', 'Application Design', '2026-11-25')],
      'intraday data of users needs an "Intraday Request" that Fitbit approves',
    ],
  },
  garmin: {
    name: 'Garmin',
    signUp: 'application',
    facts: [
      ['rate limits', overview, '10,000 days of data per minute'],
      ['notes', portal('RADAR-base/RADAR-Rest-Source-Auth, issue 313', "Garmin's letter to developers")],
      'an application made for OAuth 1.0, which Garmin ends on 2026-12-31, gets callbacks without "state": a route with "otherwise" cannot tell whose they are',
    ],
  },
  google_fit: {
    name: 'Google Fit',
    signUp: 'closed',
    details: [
      needed('redirect_uri', 'the redirect URI of your application'),
      { ...needed('data_scopes', 'the scopes that your application asks for'), list: true },
    ],
    facts: [
      ['rate limits', overview, '600 requests per minute'],
      ['URIs taken', googleWebServer, 'several'],
      ['old secret', googleClients, secretStays],
      ['notes', repository, 'it takes no new projects and ends in 2026: use google_health'],
    ],
  },
  google_health: {
    name: 'Google Health',
    signUp: 'application',
    details: [
      needed('project_number', 'the digits of the project number, from the Google Cloud console'),
      needed('service_account_email', 'the address of your own service account in that project'),
    ],
    facts: [
      ['cap', guides, '100 users until Google has verified the application'],
      ['redirect URI', guides],
      'its domain must be yours, verified in Search Console and listed in "Authorized domains"',
      'in production it must be on your own domain',
      ['URIs taken', googleWebServer, 'several'],
      ['old secret', googleClients, secretStays],
      ['roles', repository],
      'your own service account needs roles/health.editor on the project',
      "Junction's principal needs roles/iam.serviceAccountTokenCreator on that service account, not on the project",
      ['scopes', portal('developers.google.com', 'Google Health API: Scopes')],
      'list the scopes on the consent screen: all begin with https://www.googleapis.com/auth/googlehealth; which ones Junction asks for is not documented, and the link of byoo link shows it',
      ['notes', guides],
      'Junction\'s preparation step "redirect_uri" is Junction\'s own callback: beside a callback of yours do not register it, since your forwarder sends users on to it',
      'the preparation also names an IAM principal',
      ['notes', repository],
      'refresh tokens live 7 days while the application is in "Testing"',
      'Google asks for a security assessment (CASA) every year',
    ],
  },
  map_my_fitness: { name: 'MapMyFitness', signUp: 'closed', byooOnly: true },
  my_fitness_pal_v2: {
    name: 'MyFitnessPal API',
    signUp: 'closed',
    details: [needed('client', 'the name of your client, as MyFitnessPal gave it to you')],
    byooOnly: true,
  },
  omron: { name: 'Omron' },
  oura: {
    name: 'Oura',
    signUp: 'application',
    facts: [
      ['rate limits', overview, '5,000 requests per 5 minutes'],
      ['URIs taken', portal('cloud.ouraring.com', 'Authentication'), 'several'],
      ['cap', repository, '10 users until Oura has reviewed the application'],
    ],
  },
  polar: {
    name: 'Polar',
    signUp: 'self',
    details: [neededSecret('webhook_secret', 'the secret of your webhook at Polar')],
    facts: [
      ['rate limits', overview, '20 requests per 15 minutes per user', '100 requests per day per user'],
    ],
  },
  strava: {
    name: 'Strava',
    signUp: 'application',
    redirectMatch: 'host',
    byooOnly: true,
    facts: [
      ['rate limits', overview, '100 requests per 15 minutes', '1,000 requests per day'],
      ['cap', guides, "1 athlete until Strava's review"],
      ['redirect URI', guides],
      'the portal takes the bare host, without scheme and path, as "Authorization Callback Domain"',
      ['URIs taken', portal('developers.strava.com', 'Authentication'), 'one host, with every path on it'],
    ],
  },
  ultrahuman: {
    name: 'Ultrahuman',
    signUp: 'application',
    facts: [
      ['scopes', portal('ultrahuman.com', 'Accessing the Ultrahuman Partnership API')],
      'Ultrahuman gives data by the scopes "ring_data", "cgm_data" and "profile"',
    ],
  },
  wahoo: {
    name: 'Wahoo',
    signUp: 'application',
    facts: [
      ['rate limits', overview],
      '200 requests per 5 minutes',
      '1,000 requests per hour',
      '5,000 requests per day',
    ],
  },
  whoop_v2: {
    name: 'WHOOP',
    signUp: 'application',
    plans: ['Launch', 'Grow', 'Scale'],
    byooOnly: true,
    facts: [
      ['rate limits', overview, '100 requests per minute', '10,000 requests per day'],
      ['cap', guides, '10 members until WHOOP has approved the application'],
      ['URIs taken', guides, 'several'],
      ['redirect URI', guides, 'the portal refuses white space before or after it'],
      ['scopes', guides, 'the application needs the "offline" scope'],
    ],
  },
  withings: {
    name: 'Withings',
    signUp: 'self',
    facts: [
      ['rate limits', overview, '120 requests per minute'],
      ['redirect URI', guides],
      'it must be https on port 80 or 443, at most 255 characters, without an IP address or localhost',
      ['notes', guides, 'an authorization code lives 30 seconds'],
      ['notes', portal('developer.withings.com', 'FAQ'), 'an account has one application'],
    ],
  },
} as const satisfies Readonly<Record<ProviderSlug, KnownFacts>>

export type Provider = (typeof providers)[number]

/** The whole catalogue, in the order of the slugs. */
export const providers = providerSlugs.map((slug) => {
  const facts: KnownFacts = known[slug]
  const { name, signUp, plans = ['Grow', 'Scale'], activation = [], redirectMatch = 'exact' as const } = facts
  const { details = [], byooOnly = false } = facts
  const rows: readonly Row[] = [
    ...(signUp ? [['sign-up', repository, signUps[signUp]] as const] : []),
    ['plans', overview, plans.join(', ')],
    ['active', overview, ...(activation.length > 0 ? activation : ['as soon as credentials are set'])],
    ['byoo only', guides, byooOnly ? 'yes: Junction has no application of its own' : 'no'],
    [
      'redirect URI',
      hosting,
      ...(redirectMatch === 'exact' ? ['the URI must match the registered one exactly'] : []),
    ],
    ['details', openApi, ...(details.length > 0 ? details.map(describeDetail) : ['none'])],
    ...(facts.facts ?? []),
  ]
  const all = toFacts(rows)
  const said = (topic: FactTopic) => all.find((fact) => fact.topic === topic)?.text
  const endOfSecret = said('old secret')
  return {
    slug,
    name,
    signUp,
    plans,
    activation,
    redirectMatch,
    /** How many redirect URIs, or hosts, its portal takes; undefined when it is not documented. */
    redirectCount: (['one', 'several'] as const).find((count) => said('URIs taken')?.startsWith(count)),
    /** Does a new client secret end the old one at once? Undefined when it is not documented. */
    newSecretEndsOld: endOfSecret === undefined ? undefined : endOfSecret === secretEnds,
    details,
    byooOnly,
    /** All of the above and more, each with its source. */
    facts: all,
  }
})

function toFacts(rows: readonly Row[]): Fact[] {
  let about: Omit<Fact, 'text'> = { topic: 'notes', source: overview }
  return rows.flatMap((row) => {
    if (typeof row === 'string') return [{ ...about, text: row }]
    const [topic, source, ...texts] = row
    about = { topic, source }
    return texts.map((text) => ({ topic, source, text }))
  })
}

function describeDetail({ name, required, secret }: DetailField): string {
  return `${name} (${required ? 'required' : 'optional'}${secret ? ', secret' : ''})`
}

/** What is known of a provider under some topics. */
export function factsOf({ facts }: Provider, ...topics: readonly FactTopic[]): string[] {
  return facts.filter(({ topic }) => topics.includes(topic)).map(({ text }) => text)
}

/** A provider that people connect by OAuth. */
export interface OauthProvider {
  readonly slug: string
  readonly name: string
  /** Can its OAuth application be brought? */
  readonly byoo: boolean
}

/** Providers that Junction connects by OAuth with its own application only. */
export const withoutByoo: readonly OauthProvider[] = [
  { slug: 'ihealth', name: 'iHealth', byoo: false },
  { slug: 'runkeeper', name: 'Runkeeper', byoo: false },
]

/** The provider of a slug, or a `usage` error that suggests the right slug. */
export function findProvider(text: string): Provider {
  const found = providers.find(({ slug }) => slug === text)
  if (found) return found
  const kept = withoutByoo.some(({ slug }) => slug === text)
  const what = 'is a Junction provider, but not one to bring your own OAuth for'
  throw notFound(text, kept ? what : 'is not a BYOO provider', providerSlugs)
}

/** A provider that Junction connects by OAuth, whoever brings the application; else a `usage` error. */
export function findOauthProvider(text: string): OauthProvider {
  const all = [...providers.map(({ slug, name }) => ({ slug, name, byoo: true })), ...withoutByoo]
  const found = all.find(({ slug }) => slug === text)
  if (found) return found
  const slugs = all.map(({ slug }) => slug)
  throw notFound(text, 'is not a provider that Junction connects by OAuth', slugs)
}

/** Names that people take for a slug of the catalogue, and what they are instead. */
const nearMisses: Readonly<Record<string, readonly [slug: string, is?: string]>> = {
  whoop: ['whoop_v2', "Junction's older connection by password"],
  dexcom: ['dexcom_v3', "an older connection of Junction's"],
  my_fitness_pal: ['my_fitness_pal_v2', "an older connection of Junction's"],
  google: ['google_health'],
  under_armour: ['map_my_fitness'],
}

function notFound(text: string, what: string, slugs: readonly string[]): ByooError {
  const said = `${JSON.stringify(printable(text, 64))} ${what}`
  /** Lower case, letters and digits only. */
  const bare = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '')
  const wrong = Object.keys(nearMisses).find((name) => bare(name) === bare(text)) ?? ''
  const same = providers.find((one) => [one.slug, one.name].map(bare).includes(bare(text)))
  const [near = same?.slug, is] = nearMisses[wrong] ?? []
  if (near === undefined) {
    return usageError(`${said}${suggestion(text, slugs)}`, `the choices are ${slugs.join(', ')}`)
  }
  const because = is === undefined ? '' : `: "${wrong}" is ${is}`
  return usageError(`${said} (did you mean "${near}"?)${because}`, `use "${near}"`)
}
