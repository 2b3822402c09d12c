import { randomUUID } from 'node:crypto'
import { onTestFinished } from 'vitest'
import {
  type JunctionOperation,
  type JunctionOptions,
  junctionOperation,
  type SimulatedJunction,
  startJunction as startSimulatedJunction,
} from '../src/demo/junction/junction.ts'
import { createUser, type SimulatedConnection, type SimulatedUser } from '../src/demo/junction/state.ts'
import { startLoop as startOAuthLoop } from '../src/demo/loop.ts'
import { type ReceivedRequest, render } from '../src/demo/server.ts'
import type { JunctionEnvironment } from '../src/junction/environments.ts'
import { app } from './demo/walk.ts'
import { type Failure, type FaultInjection, fail, noFaults, withFaults } from './fault-injection.ts'
import { emptyFolder, runHere, type Setting } from './run.ts'

/** A request as it arrived, and what it was answered. */
export interface RecordedRequest {
  readonly method: string
  /** Path and query. */
  readonly path: string
  /** A key's value is replaced by the name of the key it is, or by `unknown`. */
  readonly headers: Readonly<Record<string, string>>
  /** Parsed JSON; the text when it is none; undefined when there was no body. */
  readonly body: unknown
  readonly operation: JunctionOperation | undefined
  /** Undefined as long as there is none, or when the connection was cut off. */
  answer: { readonly status: number; readonly body: string } | undefined
}

/** The demo's Junction, which in tests records what it is asked and fails when told to. */
export interface JunctionDouble extends SimulatedJunction {
  /** In order of arrival. */
  readonly requests: RecordedRequest[]
  /** Changes what goes wrong; what is not named stays as it is. */
  set(faults: Partial<FaultInjection>): void
  /** Resolves as soon as the request with this number, counted from 1, has arrived. */
  arrival(number: number): Promise<RecordedRequest>
}

/** Where a double starts from. */
export interface DoubleOptions extends Omit<JunctionOptions, 'around'> {
  readonly faults?: Partial<FaultInjection>
}

/** Starts Junction, on loopback only; who starts it closes it. */
export async function startJunction({
  faults: given,
  ...options
}: DoubleOptions = {}): Promise<JunctionDouble> {
  const requests: RecordedRequest[] = []
  const waiting: { number: number; arrived: (request: RecordedRequest) => void }[] = []
  let faults: FaultInjection = { ...noFaults, ...given }
  let timesLeft = new Map<Failure, number>()

  const nextFailure = (operation: JunctionOperation | undefined): Failure | undefined => {
    const failure = faults.failures.find((one) => {
      const concerned = one.operation === undefined || one.operation === operation
      return concerned && (timesLeft.get(one) ?? one.times ?? 1) > 0
    })
    if (failure) timesLeft.set(failure, (timesLeft.get(failure) ?? failure.times ?? 1) - 1)
    return failure
  }
  const record = (request: ReceivedRequest): RecordedRequest => {
    const { method, target, headers, body } = request
    const shown = Object.entries(headers).map(([name, value]) => [
      name,
      shownHeader(junction, name, String(value)),
    ])
    const operation = junctionOperation(method, target)
    const recorded = {
      method,
      path: target,
      headers: Object.fromEntries(shown),
      body,
      operation,
      answer: undefined,
    }
    requests.push(recorded)
    for (const { number, arrived } of waiting) if (number === requests.length) arrived(recorded)
    return recorded
  }

  const junction = await startSimulatedJunction({
    ...options,
    around: async (exchange) => {
      const recorded = record(exchange.request)
      const failure = nextFailure(recorded.operation)
      const answer = await fail(failure, withFaults(exchange, faults, junction))
      if (answer) recorded.answer = { status: answer.status, body: render(answer).text }
      return answer
    },
  })
  return {
    ...junction,
    requests,
    set: (changed) => {
      faults = { ...faults, ...changed }
      if (changed.failures) timesLeft = new Map()
    },
    arrival: (number) =>
      new Promise((arrived) => {
        const there = requests[number - 1]
        if (there) arrived(there)
        else waiting.push({ number, arrived })
      }),
  }
}

/** A header's value, or which key or token it is. */
function shownHeader({ keys, apiKeys, teamTokens }: SimulatedJunction, name: string, value: string): string {
  const nameOf = (known: object) => Object.entries(known).find(([, key]) => key === value)?.[0] ?? 'unknown'
  if (name === 'x-management-key') return nameOf(keys)
  if (name === 'x-vital-api-key') return nameOf(apiKeys)
  if (name !== 'authorization') return value
  return teamTokens.has(value.replace(/^Bearer /i, '')) ? 'team token' : 'unknown'
}

/** A simulated Junction with everything that is needed to work in its sandbox in the US. */
export interface World {
  readonly simulator: JunctionDouble
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  /** Runs byoo in this process. */
  here(argv: readonly string[], setting?: Setting): ReturnType<typeof runHere>
}

/** Starts Junction and describes the way to it in environment variables; the key is a management key alone. */
export async function startWorld(options: DoubleOptions = {}): Promise<World> {
  const simulator = await startJunction(options)
  onTestFinished(() => simulator.close())
  const folder = emptyFolder()
  const env = {
    HOME: folder,
    JUNCTION_MANAGEMENT_KEY: simulator.keys.organisation,
    BYOO_MANAGEMENT_URL: simulator.url,
    BYOO_ORG: simulator.org,
    BYOO_TEAM: simulator.teams.us.id,
    BYOO_ENVIRONMENT: 'sandbox/us',
  }
  const here = (argv: readonly string[], setting: Setting = {}) =>
    runHere(argv, { directory: folder, ...setting, env: { ...env, ...setting.env } })
  return { simulator, folder, env, here }
}

/** A client secret that says what it is. */
export const madeUpSecret = 'made-up-client-secret-0123456789'
/** A redirect URI for strava. */
export const callback = 'https://oauth.example.com/oauth_callback/strava'
/** Sets strava's credentials; the secret comes from stdin. */
export const setStrava = [
  'set-credentials',
  'strava',
  '--client-id',
  '12345',
  '--redirect-url',
  callback,
  '--client-secret-file',
  '-',
]

/** A simulated Junction whose sandbox in the US holds credentials of strava, and the way to its link API, too. */
export interface LinkedWorld extends World {
  /** The users of the sandbox in the US. */
  users(): SimulatedUser[]
  /** A user of the sandbox in the US, with these connections. */
  addUser(...connections: SimulatedConnection[]): string
  /** Resolves when this call arrives for the first time from now on. */
  asked(operation: JunctionOperation): Promise<void>
}

/** A user of the sandbox in the US, with these connections. */
export function addUser(
  { users, teams }: SimulatedJunction,
  name: string,
  ...connections: SimulatedConnection[]
): string {
  const user = { ...createUser(teams.us.id, name), created_on: '2026-11-20T12:00:00.000Z' }
  for (const connection of connections) user.connections.set(connection.slug, connection)
  users['sandbox/us'].push(user)
  return user.user_id
}

export async function startLinkedWorld(options: DoubleOptions = {}): Promise<LinkedWorld> {
  const world = await startWorld(options)
  const { simulator } = world
  simulator.store.set('sandbox/us', {
    team_id: simulator.teams.us.id,
    provider: 'strava',
    client_id: '12345',
    client_secret: madeUpSecret,
    redirect_url_override: callback,
  })
  const env = { ...world.env, BYOO_API_URL: simulator.apiUrl }
  const users = () => simulator.users['sandbox/us']
  return {
    ...world,
    env,
    here: (argv, setting = {}) => world.here(argv, { ...setting, env: { ...env, ...setting.env } }),
    users,
    addUser: (...connections) => addUser(simulator, 'made-up', ...connections),
    asked: async (operation) => {
      for (let number = simulator.requests.length + 1; ; number += 1) {
        if ((await simulator.arrival(number)).operation === operation) return
      }
    },
  }
}

/** A connection that works, or does not for the reason given. */
export function connection(
  slug: string,
  error?: string,
  at = '2026-11-20T12:00:00.000Z',
): SimulatedConnection {
  return {
    slug,
    created_on: at,
    status: error === undefined ? 'connected' : 'error',
    external_user_id: 'made-up@example.com',
    error_details:
      error === undefined ? null : { error_type: error, error_message: 'made-up reason', errored_at: at },
  }
}

interface LinkRequest {
  readonly body?: unknown
  readonly environment?: JunctionEnvironment
  /** The key of the environment, unless given. */
  readonly headers?: Readonly<Record<string, string>>
}

/** A way to call Junction's link API. */
function linkApi({ url, apiKeys }: SimulatedJunction) {
  return async (
    method: string,
    path: string,
    { body, environment = 'sandbox/us', ...of }: LinkRequest = {},
  ) => {
    const { headers = { 'x-vital-api-key': apiKeys[environment] } } = of
    const response = await fetch(`${url}/${environment}/v2/${path}`, {
      method,
      headers,
      redirect: 'manual',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    // biome-ignore lint/suspicious/noExplicitAny: tests compare it
    return { status: response.status, body: (await response.json()) as any }
  }
}

/** Junction, and what an app does with its link API. */
export async function startLinkApi(options: DoubleOptions = {}) {
  const junction = await startJunction(options)
  onTestFinished(() => junction.close())
  const call = linkApi(junction)
  /** A user of the sandbox in the US. */
  const createUser = async (): Promise<string> =>
    (await call('POST', 'user', { body: { client_user_id: randomUUID() } })).body.user_id
  const createLinkToken = async (of: object = {}): Promise<string> =>
    (await call('POST', 'link/token', { body: { user_id: await createUser(), ...of } })).body.link_token
  /** Asks for a link with this token, and no key. */
  const oauthLink = (provider: string, token?: string, environment: JunctionEnvironment = 'sandbox/us') =>
    call('GET', `link/provider/oauth/${provider}`, {
      environment,
      headers: token === undefined ? {} : { 'x-vital-link-token': token },
    })
  return { junction, call, createUser, createLinkToken, oauthLink }
}

/** The whole loop, and what an app does with it. */
export async function startLoop() {
  const simulator = await startOAuthLoop()
  onTestFinished(() => simulator.close())
  const ask = linkApi(simulator.junction)
  const call = async (environment: JunctionEnvironment, method: string, path: string, body?: object) =>
    (await ask(method, path, { environment, body })).body
  /** A new user, with a link to a provider. */
  const createLink = async ({
    environment = 'sandbox/us' as JunctionEnvironment,
    provider = 'whoop_v2',
    redirect_url = app as string | null,
  } = {}) => {
    const { user_id } = await call(environment, 'POST', 'user', { client_user_id: randomUUID() })
    const { link_token } = await call(environment, 'POST', 'link/token', { user_id, redirect_url })
    const headers = { 'x-vital-link-token': link_token }
    const { body } = await ask('GET', `link/provider/oauth/${provider}`, { environment, headers })
    const { oauth_url } = body as { oauth_url: string }
    return { user_id: user_id as string, link_token: link_token as string, oauth_url, environment }
  }
  const connections = async (user_id: string, environment: JunctionEnvironment = 'sandbox/us') =>
    (await call(environment, 'GET', `user/providers/${user_id}`)).providers
  return { simulator, call, createLink, connections }
}
