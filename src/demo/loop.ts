import { randomUUID } from 'node:crypto'
import { type Combination, hosts } from '../junction/environments.ts'
import type { Party, WayOut } from './answer.ts'
import { type SimulatedForwarder, startSimulatedForwarder } from './forwarder.ts'
import { junctionApplication } from './junction/application.ts'
import { type JunctionSimulator, startJunction } from './junction/junction.ts'
import { oauthProviders } from './junction/link-providers.ts'
import { createOAuthClient } from './junction/oauth-client.ts'
import { type ProviderSimulator, startProvider } from './provider/provider.ts'
import { type BreakName, type Breaks, noBreaks } from './scenarios.ts'
import type { ReceivedRequest } from './server.ts'
import { type Clock, createClock, type Hop, Timeline } from './timeline.ts'

/** Where the simulator starts from. */
export interface SimulatorOptions {
  /** Slugs of the providers that are set up; whoop_v2 unless given. */
  readonly providers?: readonly string[]
  readonly clock?: Clock
  /** Out of the error pages of provider and Junction; there is none unless given. */
  readonly wayOut?: () => WayOut
}

/** Everything that an OAuth callback passes: a provider, the real forwarder, and Junction, all on loopback. */
export interface Simulator {
  readonly junction: JunctionSimulator
  /** Acme Fit plays every provider. */
  readonly provider: ProviderSimulator
  readonly forwarder: Omit<SimulatedForwarder, 'set' | 'close'>
  /** What happened, in order; the latest 2000. */
  readonly hops: readonly Hop[]
  readonly clock: Clock
  /** What is broken. */
  readonly breaks: Breaks
  /** Breaks and mends; what is not named stays as it is. What Junction holds is set anew when that changes. */
  set(changed: Partial<Breaks>): void
  close(): Promise<void>
}

/** How long the user of an expired link token has taken, in milliseconds. */
const tooLong = 61 * 60_000

const combinations = Object.keys(hosts) as Combination[]
/** What is broken in Junction's store. */
const storeBreaks: readonly BreakName[] = ['wrong_override', 'trailing_slash', 'wrong_scheme', 'wrong_secret']

/** Starts all of it, set up and healthy; nothing is written to disk. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const clock = options.clock ?? createClock()
  const slugs = options.providers ?? ['whoop_v2']
  const timeline = new Timeline(clock)
  /** What the code of an exchange that is under way belongs to. */
  const states = new Map<string, string>()
  let breaks = noBreaks

  const provider = await startProvider({
    clock,
    wayOut: options.wayOut,
    breaks: () => breaks,
    follow: (request) => {
      const backChannel = isBackChannel(request)
      const state = backChannel ? states.get(new URLSearchParams(request.text).get('code') ?? '') : undefined
      return timeline.begin({ ...hop(request, backChannel ? 'junction' : 'browser', 'provider'), state })
    },
  })
  const oauthClient = createOAuthClient(provider.endpoints)
  const junction = await startJunction({
    clock,
    wayOut: options.wayOut,
    oauthClient: {
      ...oauthClient,
      exchange: (exchange) => {
        states.set(exchange.code, exchange.state)
        return oauthClient.exchange(exchange).finally(() => states.delete(exchange.code))
      },
    },
    delay: () => (breaks.expired_link_token ? tooLong : 0),
    follow: (request) => timeline.begin(hop(request, isCallback(request) ? 'browser' : 'app', 'junction')),
  })
  const forwarder = await startSimulatedForwarder(junction.apiUrl, timeline)

  const ownUri = (combination: Combination, slug: string) =>
    `${junction.url}/${combination}/v2/link/connect/${slug}`
  provider.register({
    ...junctionApplication,
    name: 'Junction',
    redirect_uris: combinations.flatMap((combination) =>
      oauthProviders.map(({ slug }) => ownUri(combination, slug)),
    ),
  })
  const applications = combinations.flatMap((combination) =>
    slugs.map((slug) => ({
      combination,
      slug,
      client_id: `made-up-client-${combination.replace('/', '-')}-${slug}`,
      client_secret: `made-up-secret-${randomUUID()}`,
      redirect_uri: forwarder.redirectUri(combination, slug),
    })),
  )
  for (const { client_id, client_secret, redirect_uri } of applications) {
    provider.register({ client_id, client_secret, redirect_uris: [redirect_uri], name: 'Example Health' })
  }
  const setCredentials = () => {
    for (const { combination, slug, client_id, client_secret, redirect_uri } of applications) {
      const team = combination.endsWith('/us') ? junction.teams.us : junction.teams.eu
      junction.store.set(
        combination,
        {
          team_id: team.id,
          provider: slug,
          client_id,
          client_secret: breaks.wrong_secret ? `${client_secret}\n` : client_secret,
          redirect_url_override: brokenUri(redirect_uri, breaks),
        },
        'kept',
      )
    }
  }
  setCredentials()

  return {
    junction,
    provider,
    forwarder,
    hops: timeline.hops,
    clock,
    get breaks() {
      return breaks
    },
    set: (changed) => {
      const before = breaks
      breaks = { ...breaks, ...changed }
      forwarder.set(breaks)
      if (storeBreaks.some((name) => before[name] !== breaks[name])) setCredentials()
    },
    close: async () => {
      await Promise.all([forwarder.close(), junction.close(), provider.close()])
    },
  }
}

function brokenUri(uri: string, breaks: Breaks): string {
  const scheme = breaks.wrong_scheme ? uri.replace(/^http:/, 'https:') : uri
  const path = breaks.wrong_override ? scheme.replace('/oauth_callback/', '/oauth/callback/') : scheme
  return breaks.trailing_slash ? `${path}/` : path
}

function hop({ method, target, headers, text }: ReceivedRequest, from: Party, to: Party) {
  const shown = Object.entries(headers).map(([name, value]) => [name, String(value)])
  return {
    from,
    to,
    method,
    target,
    headers: Object.fromEntries(shown),
    body: text === '' ? undefined : text,
  }
}

function isCallback({ target }: ReceivedRequest): boolean {
  return /^\/[a-z]+\/[a-z]+\/(v2\/link\/connect\/|link\?)/.test(target)
}

function isBackChannel({ target }: ReceivedRequest): boolean {
  return /^\/(oauth\/(token|revoke)|profile)(\?|$)/.test(target)
}
