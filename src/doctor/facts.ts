import { lookup as lookUp } from 'node:dns/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { accepts } from '../config/callback.ts'
import { ByooError } from '../errors.ts'
import type { Credential, Team } from '../junction/management.ts'
import { cases } from '../verify/cases/cases.ts'
import { createEndpoint } from '../verify/endpoint.ts'
import { createRateLimiter, type RateLimiter } from '../verify/rate-limiter.ts'
import type { Verification } from '../verify/verification.ts'
import { verify } from '../verify/verify.ts'
import type { Services } from './services.ts'
import { type Callback, combination, type Entry, type Place, type PublicRoute } from './subjects.ts'

/** A value, or why there is none. */
export type Outcome<Value> =
  | { readonly value: Value; readonly problem?: undefined }
  | { readonly value?: undefined; readonly problem: ByooError }

/** What the checks look at. Whatever has to be asked for is asked for once, by the first that wants to know. */
export interface Facts {
  readonly services: Services
  /** IP addresses of a host name, or the code of the failure. */
  addresses(host: string): Promise<Outcome<readonly string[]>>
  verification(callback: Callback): Promise<Verification>
  /** Everything that Junction holds for the team of a place. */
  records(place: Place): Promise<Outcome<readonly Credential[]>>
  team(place: Place): Promise<Outcome<Team>>
  /** What Junction holds for an entry; an undefined value when it holds nothing. */
  record(entry: Pick<Entry, 'place' | 'provider'>): Promise<Outcome<Credential | undefined>>
  /** A call of one of Junction's APIs. */
  ask<Value>(call: () => Promise<Value>): Promise<Outcome<Value>>
  /** Has any endpoint or API answered so far? Undefined when none was asked. */
  reached(): boolean | undefined
}

/** What is worth a note beside the required cases, and costs at most two requests. */
const alsoAsked = ['status', 'current-host', 'encoded-unreserved', 'bare-question-mark']
const asked = cases.filter(({ id, group }) => group === 'required' || alsoAsked.includes(id))

/** Asked for when nothing says which; the second shows whether the answer depends on the first. */
const usualProviders = ['strava', 'oura'] as const

export function createFacts(services: Services): Facts {
  const { management, teamOf, signal } = services
  const contacts = new Set<boolean>()
  const once = createMemory()
  const paces = new Map<string, RateLimiter>()
  const paceOf = (authority: string) => {
    const pace = paces.get(authority) ?? services.verify?.pace?.() ?? createRateLimiter(10, 4, signal)
    paces.set(authority, pace)
    return pace
  }
  const ask = async <Value>(call: () => Promise<Value>): Promise<Outcome<Value>> => {
    const outcome = await attempt(call)
    contacts.add(outcome.problem?.code !== 'unreachable')
    return outcome
  }

  const records = (place: Place) =>
    once(`records ${combination(place)}`, async (): Promise<Outcome<readonly Credential[]>> => {
      if (management instanceof ByooError) return { problem: management }
      const { client, org } = management
      const team_id = teamOf(place)
      const listed = await ask(() => client.listCredentials({ org, ...place }, { team_id }))
      if (listed.problem) return listed
      return { value: listed.value.filter((one) => team_id === undefined || one.team_id === team_id) }
    })

  return {
    services,
    ask,
    addresses: (host) =>
      once(`addresses ${host}`, async () => {
        const looking = (services.lookup ?? lookUpAll)(host)
        const outcome = await attempt(() => inTime(looking, services.verify?.timeout ?? patience, signal))
        if (outcome.problem) contacts.add(false)
        return outcome
      }),
    verification: ({ route, provider }) =>
      once(`verification ${route.url} ${provider}`, async () => {
        const target = { template: route.target, environment: route.environment, region: route.region }
        const endpoint = createEndpoint(route.url, target, providersFor(route, provider))
        const verification = await verify(endpoint, {
          cases: asked,
          limiter: paceOf(endpoint.authority),
          timeout: services.verify?.timeout,
          authorities: services.verify?.authorities,
          address: services.verify?.address?.(endpoint),
          signal,
        })
        contacts.add(verification.reached)
        return verification
      }),
    records,
    team: (place) =>
      once(`team ${combination(place)}`, async (): Promise<Outcome<Team>> => {
        if (management instanceof ByooError) return { problem: management }
        const team = teamOf(place)
        if (team === undefined) return { problem: unknownTeam(place) }
        return ask(() => management.client.team(management.org, team))
      }),
    record: async ({ place, provider }) => {
      const { value, problem } = await records(place)
      if (problem) return { problem }
      const [record, another] = value.filter(({ source }) => source === provider)
      if (!another) return { value: record }
      return {
        problem: new ByooError(
          'usage',
          `several teams have credentials of ${provider} in ${combination(place)}`,
          { hint: `add --team <uuid>, or name the team of ${combination(place)} in byoo.yaml` },
        ),
      }
    },
    reached: () => (contacts.size === 0 ? undefined : contacts.has(true)),
  }
}

/** Whom to ask for, and another one if the route takes any. */
function providersFor(route: PublicRoute, provider: string | undefined): readonly [string, ...string[]] {
  const known = provider ?? route.provider ?? route.providers?.[0] ?? usualProviders[0]
  const others = [...(route.providers ?? []), ...usualProviders]
  const other = others.find((slug) => slug !== known && accepts(route, slug))
  return other === undefined ? [known] : [known, other]
}

/** The team of a place has to be named; nothing else says which one it is. */
export function unknownTeam(place: Place): ByooError {
  const where = combination(place)
  return new ByooError('usage', `the team of ${where} is not known`, {
    hint: `add --team <uuid>, or write "teams: { ${where}: <uuid> }" into byoo.yaml`,
  })
}

/** Milliseconds for a name to be looked up: the name service may not answer at all. */
const patience = 10_000

async function inTime<Value>(
  work: Promise<Value>,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<Value> {
  const over = new AbortController()
  const late = wait(limit, undefined, {
    signal: signal ? AbortSignal.any([signal, over.signal]) : over.signal,
  }).then(() => {
    throw new ByooError('unreachable', 'no answer in time')
  })
  try {
    return await Promise.race([work, late])
  } finally {
    over.abort()
    late.catch(() => undefined)
  }
}

async function lookUpAll(host: string): Promise<readonly string[]> {
  const found = await lookUp(host, { all: true })
  return found.map(({ address }) => address)
}

/** A failure that the checks can explain becomes a value; every other one is a bug, or an interruption. */
export async function attempt<Value>(call: () => Promise<Value>): Promise<Outcome<Value>> {
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

function createMemory() {
  const known = new Map<string, Promise<unknown>>()
  return <Value>(name: string, find: () => Promise<Value>): Promise<Value> => {
    const promise = (known.get(name) as Promise<Value> | undefined) ?? find()
    known.set(name, promise)
    return promise
  }
}
