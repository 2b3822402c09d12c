import { randomUUID } from 'node:crypto'
import { type JunctionEnvironment, junctionEnvironments } from '../junction/environments.ts'
import type { BackLink } from './answer.ts'
import { type SimulatedForwarder, startSimulatedForwarder } from './forwarder.ts'
import { type SimulatedJunction, startJunction } from './junction/junction.ts'
import { type Application, junctionApplication, oauthProviders } from './junction/link.ts'
import { createOAuthClient } from './junction/oauth-client.ts'
import { linkUrl, teamIn } from './junction/state.ts'
import { type SimulatedProvider, startProvider } from './provider/provider.ts'
import type { Party, ScenarioName } from './scenarios.ts'
import type { ReceivedRequest } from './server.ts'
import { type Clock, createClock, type Hop, Timeline } from './timeline.ts'

/** Where the loop starts from. */
export interface LoopOptions {
  /** Slugs of the providers that are set up; whoop_v2 unless given. */
  readonly providers?: readonly string[]
  readonly clock?: Clock
  /** On the error pages of provider and Junction. */
  readonly backLink?: () => BackLink
}

/** What is registered at the provider, and what Junction holds when everything is right. */
export interface BroughtApplication extends Application {
  readonly environment: JunctionEnvironment
  /** Of the provider. */
  readonly slug: string
}

/** Everything that an OAuth callback passes: a provider, the real forwarder, and Junction, all on loopback. */
export interface Loop {
  readonly junction: SimulatedJunction
  /** Acme Fit plays every provider. */
  readonly provider: SimulatedProvider
  readonly forwarder: Omit<SimulatedForwarder, 'play' | 'close'>
  /** Throws when the provider is not set up. */
  application(environment: JunctionEnvironment, slug: string): BroughtApplication
  /** What happened, in order; the latest 2000. */
  readonly hops: readonly Hop[]
  readonly clock: Clock
  /** What is played; undefined when everything is right. */
  readonly scenario: ScenarioName | undefined
  /** Plays a scenario in place of the one before. Junction's credentials are set anew when the two differ in them. */
  play(scenario: ScenarioName | undefined): void
  close(): Promise<void>
}

/** How long the user of an expired link token has taken, in milliseconds. */
const tooLong = 61 * 60_000

/** What is about the credentials that Junction holds. */
const credentialScenarios: readonly (ScenarioName | undefined)[] = [
  'wrong_override',
  'trailing_slash',
  'wrong_scheme',
  'wrong_secret',
]

/** Starts all of it, set up and healthy; nothing is written to disk. */
export async function startLoop(options: LoopOptions = {}): Promise<Loop> {
  const clock = options.clock ?? createClock()
  const slugs = options.providers ?? ['whoop_v2']
  const timeline = new Timeline()
  /** What the code of an exchange that is under way belongs to. */
  const states = new Map<string, string>()
  let scenario: ScenarioName | undefined

  const provider = await startProvider({
    clock,
    backLink: options.backLink,
    scenario: () => scenario,
    follow: (request) => {
      const backChannel = isBackChannel(request)
      const state = backChannel ? states.get(new URLSearchParams(request.text).get('code') ?? '') : undefined
      return timeline.begin({ ...hop(request, backChannel ? 'junction' : 'browser', 'provider'), state })
    },
  })
  const oauthClient = createOAuthClient(provider.endpoints)
  const junction = await startJunction({
    clock,
    backLink: options.backLink,
    oauthClient: {
      ...oauthClient,
      exchange: (exchange) => {
        states.set(exchange.code, exchange.state)
        return oauthClient.exchange(exchange).finally(() => states.delete(exchange.code))
      },
    },
    delay: () => (scenario === 'expired_link_token' ? tooLong : 0),
    follow: (request) => timeline.begin(hop(request, isCallback(request) ? 'browser' : 'app', 'junction')),
  })
  const forwarder = await startSimulatedForwarder(junction.apiUrl, timeline)

  provider.register({
    ...junctionApplication,
    name: 'Junction',
    redirect_uris: junctionEnvironments.flatMap((environment) =>
      oauthProviders.map(({ slug }) => `${linkUrl(junction, environment)}/connect/${slug}`),
    ),
  })
  const applications = junctionEnvironments.flatMap((environment) =>
    slugs.map((slug) => ({
      environment,
      slug,
      client_id: `made-up-client-${environment.replace('/', '-')}-${slug}`,
      client_secret: `made-up-secret-${randomUUID()}`,
      redirect_uri: forwarder.redirectUri(environment, slug),
    })),
  )
  for (const { client_id, client_secret, redirect_uri } of applications) {
    provider.register({ client_id, client_secret, redirect_uris: [redirect_uri], name: 'Example Health' })
  }
  const setCredentials = () => {
    for (const { environment, slug, client_id, client_secret, redirect_uri } of applications) {
      junction.store.set(environment, {
        team_id: teamIn(junction, environment).id,
        provider: slug,
        client_id,
        client_secret: scenario === 'wrong_secret' ? `${client_secret}\n` : client_secret,
        redirect_url_override: overrideOf(redirect_uri, scenario),
      })
    }
  }
  setCredentials()

  return {
    junction,
    provider,
    forwarder,
    application: (environment, slug) => {
      const found = applications.find((one) => one.environment === environment && one.slug === slug)
      if (!found) throw new Error(`the demo has no ${slug} in ${environment}`)
      return found
    },
    hops: timeline.hops,
    clock,
    get scenario() {
      return scenario
    },
    play: (next) => {
      const concerned = scenario !== next && [scenario, next].some((one) => credentialScenarios.includes(one))
      scenario = next
      forwarder.play(scenario)
      if (concerned) setCredentials()
    },
    close: async () => {
      await Promise.all([forwarder.close(), junction.close(), provider.close()])
    },
  }
}

function overrideOf(uri: string, scenario: ScenarioName | undefined): string {
  if (scenario === 'wrong_scheme') return uri.replace(/^http:/, 'https:')
  if (scenario === 'wrong_override') return uri.replace('/oauth_callback/', '/oauth/callback/')
  return scenario === 'trailing_slash' ? `${uri}/` : uri
}

function hop({ method, target, headers, text }: ReceivedRequest, from: Party, to: Party) {
  const shown = Object.entries(headers).map(([name, value]) => [name, String(value)])
  const body = text === '' ? undefined : text
  return { from, to, method, target, headers: Object.fromEntries(shown), body }
}

function isCallback({ target }: ReceivedRequest): boolean {
  return /^\/[a-z]+\/[a-z]+\/(v2\/link\/connect\/|link\?)/.test(target)
}

function isBackChannel({ target }: ReceivedRequest): boolean {
  return /^\/oauth\/(token|revoke)(\?|$)/.test(target)
}
