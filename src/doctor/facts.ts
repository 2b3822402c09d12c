import { accepts } from '../config/callback.ts'
import { ByooError, usageError } from '../errors.ts'
import { type JunctionEnvironment, splitEnvironment } from '../junction/environments.ts'
import type { KeyKind } from '../junction/keys.ts'
import type { Link } from '../junction/link.ts'
import type { Credential, Management } from '../junction/management.ts'
import { cases } from '../verify/cases.ts'
import { createEndpoint, type Endpoint } from '../verify/endpoint.ts'
import { createRateLimiter, type RateLimiter } from '../verify/rate-limiter.ts'
import { type VerifyOptions, verify } from '../verify/verify.ts'
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
export interface VerifyService extends Pick<VerifyOptions, 'timeout' | 'authorities'> {
  /** Asks an endpoint its cases: verify, unless told otherwise. */
  readonly run?: typeof verify | undefined
  /** A new one for each host; 20 requests a second and 4 at once unless told otherwise. */
  readonly limiter?: (() => RateLimiter) | undefined
  /** IP address to connect to instead of asking the name service. */
  readonly address?: ((endpoint: Pick<Endpoint, 'host' | 'port'>) => string | undefined) | undefined
  /** Is this an address that browsers elsewhere cannot reach? */
  readonly isPrivate?: ((address: string) => boolean) | undefined
}

/** A value, or why there is none. */
export type Outcome<Value> =
  | { readonly value: Value; readonly problem?: undefined }
  | { readonly value?: undefined; readonly problem: ByooError }

/** What the checks look at. */
export type Facts = ReturnType<typeof createFacts>

/** Cases beside the required ones that find something worth a note, in at most two requests each. */
const optionalCases = [
  'certificate-lifetime',
  'status',
  'current-host',
  'encoded-unreserved',
  'bare-question-mark',
]
const askedCases = cases.filter(({ id, group }) => group === 'required' || optionalCases.includes(id))
/** Asked for when nothing says which; the second shows whether the answer depends on the first. */
const usualProviders = ['strava', 'oura'] as const

/** Each fact is asked for once, by the first check that needs it. */
export function createFacts(services: Services) {
  const { management, teamOf, signal } = services
  const contacts = new Set<boolean>()
  const known = new Map<string, unknown>()
  /** Finds a value, and whoever asks for this name later gets the same. */
  const once = <Value>(name: string, find: () => Value): Value => {
    const value = known.has(name) ? (known.get(name) as Value) : find()
    known.set(name, value)
    return value
  }
  /** What may be sent to a host at once and in a second, whoever sends it. */
  const limiter = (host: string) =>
    once(`limiter ${host}`, () => services.verify?.limiter?.() ?? createRateLimiter(20, 4, signal))
  /** A call of one of Junction's APIs. A failure that can be explained becomes a value; others are bugs or interruptions. */
  const ask = async <Value>(call: () => Promise<Value>): Promise<Outcome<Value>> => {
    try {
      const value = await call()
      contacts.add(true)
      return { value }
    } catch (error) {
      const problem = problemOf(error)
      contacts.add(problem.code !== 'unreachable')
      return { problem }
    }
  }

  /** Everything that Junction holds for the team of an environment. */
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
    return { problem: usageError(`the team of ${environment} is not known`, hint) }
  }

  const verifyCallback = async (
    route: PublicRoute,
    asked: typeof cases,
    slugs: readonly [string, ...string[]],
  ) => {
    const { target: template, environment, environments } = route
    const endpoint = createEndpoint(route.url, { template, environment, environments }, slugs)
    const { run = verify, timeout, authorities, address } = services.verify ?? {}
    const verification = await run(endpoint, {
      cases: asked,
      limiter: limiter(endpoint.authority),
      timeout,
      authorities,
      address: address?.(endpoint),
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
    /** All cases, once for each route, with the provider that is asked for first. */
    verification: ({ route, provider }: CallbackTarget) =>
      once(`verification ${route.url} ${route.environment} ${route.provider}`, () =>
        verifyCallback(route, askedCases, providersFor(route, provider)),
      ),
    /** One plain callback of another provider. */
    plainCallback: (route: PublicRoute, provider: string) => {
      const plain = cases.filter(({ id }) => id === 'code-and-state')
      return verifyCallback(route, plain, [provider])
    },
    team: (environment: JunctionEnvironment) =>
      once(`team ${environment}`, () =>
        askAboutTeam(environment, ({ client, org }, team) => client.team(org, team)),
      ),
    /** What Junction says is to be set up for a provider. */
    preparation: ({ environment, provider }: ProviderTarget) =>
      askAboutTeam(environment, ({ client, org }, team_id) =>
        client.prepare({ org, environment }, { team_id, provider }),
      ),
    /** What Junction holds for one provider; an undefined value when it holds nothing. */
    record: async ({ environment, provider }: ProviderTarget): Promise<Outcome<Credential | undefined>> => {
      const { value, problem } = await records(environment)
      if (problem) return { problem }
      const [record, another] = value.filter(({ source }) => source === provider)
      if (!another) return { value: record }
      const message = `several teams have credentials of ${provider} in ${environment}`
      const hint = `add --team <uuid>, or name the team of ${environment} in byoo.yaml`
      return { problem: usageError(message, hint) }
    },
    /** Has any endpoint or API answered so far? Null when none was asked. */
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

function problemOf(error: unknown): ByooError {
  if (error instanceof ByooError && error.code !== 'interrupted') return error
  const code = String((error as NodeJS.ErrnoException).code)
  if (/^E(?!RR_)[A-Z_]+$/.test(code)) return new ByooError('unreachable', code, { cause: error })
  throw error
}
