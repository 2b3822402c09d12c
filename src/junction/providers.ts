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
export type SignUp = 'self' | 'application' | 'closed'

/** What is known of a provider. */
export interface Provider {
  readonly slug: ProviderSlug
  readonly name: string
  /** Undefined when it is not documented. */
  readonly signUp: SignUp | undefined
  /** Junction's plans with which its OAuth application can be brought. */
  readonly plans: readonly string[]
  /** Steps between setting the credentials and their being active; none when they are active at once. */
  readonly activation: readonly string[]
  /** What its portal compares of a redirect URI. */
  readonly redirectMatch: 'exact' | 'host'
  /** How many redirect URIs, or hosts, its portal takes; undefined when it is not documented. */
  readonly redirectCount: 'one' | 'several' | undefined
  /** Does a new client secret end the old one at once? Undefined when it is not documented. */
  readonly newSecretEndsOld: boolean | undefined
  readonly details: readonly DetailField[]
  /** Junction has no application of its own, so nobody connects without these credentials. */
  readonly byooOnly: boolean
  /** All of the above and more, each with its source. */
  readonly facts: readonly Fact[]
  /** Facts by topic: of a new OAuth application. */
  readonly startingRateLimits: readonly string[]
  /** How many people may connect before the provider has approved the application. */
  readonly startingCap: string | undefined
  /** How the provider's portal takes and compares redirect URIs. */
  readonly redirectRules: readonly string[]
  readonly notes: readonly string[]
}

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

type KnownFacts = Partial<Pick<Provider, 'signUp' | 'plans' | 'activation' | 'redirectMatch' | 'details'>> &
  Partial<Pick<Provider, 'byooOnly'>> & {
    readonly name: string
    readonly facts?: readonly Fact[]
  }

const needed = (name: string, where: string) => ({ name, required: true, secret: false, where })
const neededSecret = (name: string, where: string) => ({ name, required: true, secret: true, where })
const subscriber = (what: string) =>
  `the verification code of your subscriber for ${what}, from Fitbit's portal`
const fact = (topic: FactTopic, source: Source) => (text: string) => ({ topic, text, source })
const rateLimit = fact('rate limits', overview)
const rule = fact('redirect URI', guides)
const several = (source: Source) => fact('URIs taken', source)('several')
const secretEnds = 'ends at once when a new one is made'
const secretStays = 'stays valid beside a new one, until you disable it'
const note = fact('notes', guides)

const known: Readonly<Record<ProviderSlug, KnownFacts>> = {
  cronometer: { name: 'Cronometer', signUp: 'application' },
  dexcom_v3: {
    name: 'Dexcom',
    signUp: 'application',
    byooOnly: true,
    facts: [
      rateLimit('60,000 requests per hour'),
      fact('old secret', portal('developer.dexcom.com', 'Authentication'))(secretEnds),
      note('production needs partner status at Dexcom'),
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
      { name: 'fitbit.foods_verify_token', required: false, secret: true, where: subscriber('foods') },
      {
        name: 'fitbit.is_hr_enabled',
        required: false,
        secret: false,
        where: 'true when heart rates are wanted',
      },
    ],
    facts: [
      rateLimit('150 requests per hour per user'),
      several(portal('dev.fitbit.com', 'Authorize')),
      note('google_health replaces the Fitbit Web API in September 2026'),
      fact(
        'notes',
        portal('dev.fitbit.com', 'Application Design', '2026-11-25'),
      )('intraday data of users needs an "Intraday Request" that Fitbit approves'),
    ],
  },
  garmin: {
    name: 'Garmin',
    signUp: 'application',
    facts: [
      rateLimit('10,000 days of data per minute'),
      fact(
        'notes',
        portal('RADAR-base/RADAR-Rest-Source-Auth, issue 313', "Garmin's letter to developers"),
      )(
        'an application made for OAuth 1.0, which Garmin ends on 2026-12-31, gets callbacks without "state": a route with "otherwise" cannot tell whose they are',
      ),
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
      rateLimit('600 requests per minute'),
      several(googleWebServer),
      fact('old secret', googleClients)(secretStays),
      fact('notes', repository)('it takes no new projects and ends in 2026: use google_health'),
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
      fact('cap', guides)('100 users until Google has verified the application'),
      rule('its domain must be yours, verified in Search Console and listed in "Authorized domains"'),
      rule('in production it must be on your own domain'),
      several(googleWebServer),
      fact('old secret', googleClients)(secretStays),
      fact('roles', repository)('your own service account needs roles/health.editor on the project'),
      fact(
        'roles',
        repository,
      )(
        "Junction's principal needs roles/iam.serviceAccountTokenCreator on that service account, not on the project",
      ),
      fact(
        'scopes',
        portal('developers.google.com', 'Google Health API: Scopes'),
      )(
        'list the scopes on the consent screen: all begin with https://www.googleapis.com/auth/googlehealth; which ones Junction asks for is not documented, and the link of byoo link shows it',
      ),
      note(
        'Junction\'s preparation step "redirect_uri" is Junction\'s own callback: beside a callback of yours do not register it, since your forwarder sends users on to it',
      ),
      note('the preparation also names an IAM principal'),
      fact('notes', repository)('refresh tokens live 7 days while the application is in "Testing"'),
      fact('notes', repository)('Google asks for a security assessment (CASA) every year'),
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
      rateLimit('5,000 requests per 5 minutes'),
      several(portal('cloud.ouraring.com', 'Authentication')),
      fact('cap', repository)('10 users until Oura has reviewed the application'),
    ],
  },
  polar: {
    name: 'Polar',
    signUp: 'self',
    details: [neededSecret('webhook_secret', 'the secret of your webhook at Polar')],
    facts: [rateLimit('20 requests per 15 minutes per user'), rateLimit('100 requests per day per user')],
  },
  strava: {
    name: 'Strava',
    signUp: 'application',
    redirectMatch: 'host',
    byooOnly: true,
    facts: [
      rateLimit('100 requests per 15 minutes'),
      rateLimit('1,000 requests per day'),
      fact('cap', guides)("1 athlete until Strava's review"),
      rule('the portal takes the bare host, without scheme and path, as "Authorization Callback Domain"'),
      fact(
        'URIs taken',
        portal('developers.strava.com', 'Authentication'),
      )('one host, with every path on it'),
    ],
  },
  ultrahuman: {
    name: 'Ultrahuman',
    signUp: 'application',
    facts: [
      fact(
        'scopes',
        portal('ultrahuman.com', 'Accessing the Ultrahuman Partnership API'),
      )('Ultrahuman gives data by the scopes "ring_data", "cgm_data" and "profile"'),
    ],
  },
  wahoo: {
    name: 'Wahoo',
    signUp: 'application',
    facts: [
      rateLimit('200 requests per 5 minutes'),
      rateLimit('1,000 requests per hour'),
      rateLimit('5,000 requests per day'),
    ],
  },
  whoop_v2: {
    name: 'WHOOP',
    signUp: 'application',
    plans: ['Launch', 'Grow', 'Scale'],
    byooOnly: true,
    facts: [
      rateLimit('100 requests per minute'),
      rateLimit('10,000 requests per day'),
      fact('cap', guides)('10 members until WHOOP has approved the application'),
      several(guides),
      rule('the portal refuses white space before or after it'),
      fact('scopes', guides)('the application needs the "offline" scope'),
    ],
  },
  withings: {
    name: 'Withings',
    signUp: 'self',
    facts: [
      rateLimit('120 requests per minute'),
      rule('it must be https on port 80 or 443, at most 255 characters, without an IP address or localhost'),
      note('an authorization code lives 30 seconds'),
      fact('notes', portal('developer.withings.com', 'FAQ'))('an account has one application'),
    ],
  },
}

const signUps: Readonly<Record<SignUp, string>> = {
  self: 'open to everyone',
  application: 'on application: the provider decides',
  closed: 'closed to new developers',
}

/** The whole catalogue, in the order of the slugs. */
export const providers: readonly Provider[] = providerSlugs.map((slug) => {
  const {
    name,
    signUp,
    plans = ['Grow', 'Scale'],
    activation = [],
    redirectMatch = 'exact',
    details = [],
    byooOnly = false,
    facts: said = [],
  } = known[slug]
  const facts = [
    ...(signUp ? [fact('sign-up', repository)(signUps[signUp])] : []),
    fact('plans', overview)(plans.join(', ')),
    ...(activation.length > 0 ? activation : ['as soon as credentials are set']).map(
      fact('active', overview),
    ),
    fact('byoo only', guides)(byooOnly ? 'yes: Junction has no application of its own' : 'no'),
    ...(redirectMatch === 'exact'
      ? [fact('redirect URI', hosting)('the URI must match the registered one exactly')]
      : []),
    ...(details.length > 0 ? details.map(describeDetail) : ['none']).map(fact('details', openApi)),
    ...said,
  ]
  const of = (...topics: FactTopic[]) =>
    facts.filter(({ topic }) => topics.includes(topic)).map(({ text }) => text)
  const [endOfSecret] = of('old secret')
  return {
    slug,
    name,
    signUp,
    plans,
    activation,
    redirectMatch,
    redirectCount: (['one', 'several'] as const).find((count) => of('URIs taken')[0]?.startsWith(count)),
    newSecretEndsOld: endOfSecret === undefined ? undefined : endOfSecret === secretEnds,
    details,
    byooOnly,
    facts,
    startingRateLimits: of('rate limits'),
    startingCap: of('cap')[0],
    redirectRules: of('redirect URI'),
    notes: of('scopes', 'roles', 'notes'),
  }
})

function describeDetail({ name, required, secret }: DetailField): string {
  return `${name} (${required ? 'required' : 'optional'}${secret ? ', secret' : ''})`
}

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
export const withoutByoo: readonly OauthProvider[] = [
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
