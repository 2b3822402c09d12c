import { accepts } from '../config/callback.ts'
import { ByooError } from '../errors.ts'
import { type JunctionEnvironment, splitEnvironment } from '../junction/environments.ts'
import type { KeyKind } from '../junction/keys.ts'
import type { Link } from '../junction/link.ts'
import type { Credential, Management, Team } from '../junction/management.ts'
import { cases } from '../verify/cases.ts'
import { createEndpoint, type Endpoint } from '../verify/endpoint.ts'
import { createRateLimiter, type RateLimiter } from '../verify/rate-limiter.ts'
import type { Verification } from '../verify/verification.ts'
import { verify } from '../verify/verify.ts'
import type { CallbackTarget, ProviderTarget, PublicRoute } from './targets.ts'

/** Everything outside that the checks use; the caller decides what there is. */
export interface Services {
  /** Or why it cannot be asked: `not_authenticated` without a key, `wrong_key`, `usage` without an organisation. */
  readonly management: ManagementService | ByooError
  /** UUID of the team of an environment, if it is known. */
  readonly teamOf: (environment: JunctionEnvironment) => string | undefined
  /** Fails with a ByooError when there is no key for it. */
  readonly link: (environment: JunctionEnvironment) => LinkService
  /** What the team API key is by its prefix, when one was given; `source` says where. */
  readonly apiKey?: { readonly kind: KeyKind; readonly source: string } | undefined
  /** A command line about an environment, or about none, ready to paste. */
  readonly command: (environment: JunctionEnvironment | undefined, ...words: string[]) => string
  readonly verify?: VerifyService | undefined
  readonly signal?: AbortSignal | undefined
}

/** Access to Junction's management API. */
export interface ManagementService {
  readonly client: Management
  /** UUID of the organisation. */
  readonly org: string
}

/** Access to the Link API of one environment. */
export interface LinkService {
  link(): Promise<Link>
  /** One that Ctrl-C does not cancel: what was created has to be deleted all the same. */
  lastingLink(): Promise<Link>
}

/** How endpoints are asked. */
export interface VerifyService {
  /** Asks an endpoint its cases: verify, unless told otherwise. */
  readonly run?: typeof verify | undefined
  /** A new one for each host; 20 requests a second and 4 at once unless told otherwise. */
  readonly limiter?: (() => RateLimiter) | undefined
  /** For one exchange, in milliseconds. */
  readonly timeout?: number | undefined
  /** PEM text of authorities to trust beside the usual ones. */
  readonly authorities?: string | Buffer | undefined
  /** IP address to connect to instead of asking the name service. */
  readonly address?: ((endpoint: Pick<Endpoint, 'host' | 'port'>) => string | undefined) | undefined
  /** Is this an address that browsers elsewhere cannot reach? */
  readonly isPrivate?: ((address: string) => boolean) | undefined
}

/** A value, or why there is none. */
export type Outcome<Value> =
  | { readonly value: Value; readonly problem?: undefined }
  | { readonly value?: undefined; readonly problem: ByooError }

/** What the checks look at. Each fact is asked for once, by the first check that needs it. */
export interface Facts {
  readonly services: Services
  /** All cases, once for each route, with the provider that is asked for first. */
  verification(callback: CallbackTarget): Promise<Verification>
  /** One plain callback of another provider. */
  plainCallback(route: PublicRoute, provider: string): Promise<Verification>
  /** Everything that Junction holds for the team of an environment. */
  records(environment: JunctionEnvironment): Promise<Outcome<readonly Credential[]>>
  team(environment: JunctionEnvironment): Promise<Outcome<Team>>
  /** What Junction says is to be set up for a provider. */
  preparation(target: ProviderTarget): Promise<Outcome<Awaited<ReturnType<Management['prepare']>>>>
  /** What Junction holds for one provider; an undefined value when it holds nothing. */
  record(target: Pick<ProviderTarget, 'environment' | 'provider'>): Promise<Outcome<Credential | undefined>>
  /** Finds a value, and whoever asks for this name later gets the same. */
  once<Value>(name: string, find: () => Value): Value
  /** What may be sent to a host at once and in a second, whoever sends it. */
  limiter(host: string): RateLimiter
  /** A call of one of Junction's APIs. */
  ask<Value>(call: () => Promise<Value>): Promise<Outcome<Value>>
  /** Has any endpoint or API answered so far? Null when none was asked. */
  reached(): boolean | null
}

/** Cases beside the required ones that find something worth a note, in at most two requests each. */
const optionalCases = [
  'certificate-lifetime',
  'status',
  'current-host',
  'encoded-unreserved',
  'bare-question-mark',
]
const askedCases = cases.filter(({ id, group }) => group === 'required' || optionalCases.includes(id))
const plainCases = cases.filter(({ id }) => id === 'code-and-state')

/** Asked for when nothing says which; the second shows whether the answer depends on the first. */
const usualProviders = ['strava', 'oura'] as const

export function createFacts(services: Services): Facts {
  const { management, teamOf, signal } = services
  const contacts = new Set<boolean>()
  const once = createMemo()
  const limiter = (host: string) =>
    once(`limiter ${host}`, () => services.verify?.limiter?.() ?? createRateLimiter(20, 4, signal))
  const ask = async <Value>(call: () => Promise<Value>): Promise<Outcome<Value>> => {
    const outcome = await attempt(call)
    contacts.add(outcome.problem?.code !== 'unreachable')
    return outcome
  }

  const records = (environment: JunctionEnvironment) =>
    once(`records ${environment}`, async (): Promise<Outcome<readonly Credential[]>> => {
      if (management instanceof ByooError) return { problem: management }
      const { client, org } = management
      const team_id = teamOf(environment)
      return ask(async () => {
        const found = await client.listCredentials({ org, environment }, { team_id })
        return found.filter((one) => team_id === undefined || one.team_id === team_id)
      })
    })

  const askAboutTeam = async <Value>(
    environment: JunctionEnvironment,
    call: (management: ManagementService, team: string) => Promise<Value>,
  ): Promise<Outcome<Value>> => {
    if (management instanceof ByooError) return { problem: management }
    const team = teamOf(environment)
    if (team !== undefined) return ask(() => call(management, team))
    const region = splitEnvironment(environment).region
    const hint = `add --team <uuid>, or write "teams: { ${region}: <uuid> }" into byoo.yaml`
    return { problem: new ByooError('usage', `the team of ${environment} is not known`, { hint }) }
  }

  const verifyCallback = async (
    route: PublicRoute,
    asked: typeof cases,
    slugs: readonly [string, ...string[]],
  ) => {
    const { target: template, environment, environments } = route
    const target = { template, environment, environments }
    const endpoint = createEndpoint(route.url, target, slugs)
    const verification = await (services.verify?.run ?? verify)(endpoint, {
      cases: asked,
      limiter: limiter(endpoint.authority),
      timeout: services.verify?.timeout,
      authorities: services.verify?.authorities,
      address: services.verify?.address?.(endpoint),
      signal,
    })
    contacts.add(verification.reached)
    return verification
  }

  return {
    services,
    once,
    ask,
    limiter,
    records,
    verification: ({ route, provider }) =>
      once(`verification ${route.url} ${route.environment} ${route.provider}`, () =>
        verifyCallback(route, askedCases, providersFor(route, provider)),
      ),
    plainCallback: (route, provider) => verifyCallback(route, plainCases, [provider]),
    team: (environment) =>
      once(`team ${environment}`, () =>
        askAboutTeam(environment, ({ client, org }, team) => client.team(org, team)),
      ),
    preparation: ({ environment, provider }) =>
      askAboutTeam(environment, ({ client, org }, team_id) =>
        client.prepare({ org, environment }, { team_id, provider }),
      ),
    record: async ({ environment, provider }) => {
      const { value, problem } = await records(environment)
      if (problem) return { problem }
      const [record, another] = value.filter(({ source }) => source === provider)
      if (!another) return { value: record }
      const message = `several teams have credentials of ${provider} in ${environment}`
      const hint = `add --team <uuid>, or name the team of ${environment} in byoo.yaml`
      return { problem: new ByooError('usage', message, { hint }) }
    },
    reached: () => (contacts.size === 0 ? null : contacts.has(true)),
  }
}

/** The provider to ask for, and another one if the route takes any. */
function providersFor(route: PublicRoute, provider: string | undefined): readonly [string, ...string[]] {
  const known = provider ?? route.provider ?? route.providers?.[0] ?? usualProviders[0]
  const others = [...(route.providers ?? []), ...usualProviders]
  const other = others.find((slug) => slug !== known && accepts(route, slug))
  return other === undefined ? [known] : [known, other]
}

/** A failure that the checks can explain becomes a value; any other is a bug, or an interruption. */
async function attempt<Value>(call: () => Promise<Value>): Promise<Outcome<Value>> {
  try {
    return { value: await call() }
  } catch (error) {
    if (error instanceof ByooError && error.code !== 'interrupted') return { problem: error }
    const code = (error as NodeJS.ErrnoException).code
    if (/^E(?!RR_)[A-Z_]+$/.test(code ?? ''))
      return { problem: new ByooError('unreachable', String(code), { cause: error }) }
    throw error
  }
}

/** Finds each value once, by name; whoever asks later gets the same. */
function createMemo() {
  const known = new Map<string, unknown>()
  return <Value>(name: string, find: () => Value): Value => {
    const value = known.has(name) ? (known.get(name) as Value) : find()
    known.set(name, value)
    return value
  }
}
