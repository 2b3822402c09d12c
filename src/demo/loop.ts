import { randomUUID } from 'node:crypto'
import { junctionEnvironments } from '../junction/environments.ts'
import type { Answer } from './answer.ts'
import { sharedProvider, startSimulatedForwarder } from './forwarder.ts'
import { startJunction } from './junction/junction.ts'
import { junctionApplication, oauthProviders } from './junction/link.ts'
import { createOAuthClient } from './junction/oauth-client.ts'
import { linkUrl, perEnvironment, teamIn } from './junction/state.ts'
import { type RegisteredClient, startProvider } from './provider/provider.ts'
import type { ScenarioName } from './scenarios.ts'
import type { Exchange, ReceivedRequest } from './server.ts'
import { type HopRequest, Timeline } from './timeline.ts'

/** Everything that an OAuth callback passes: a provider, the real forwarder, and Junction, all on loopback. */
export type Loop = Awaited<ReturnType<typeof startLoop>>

/** The slug that Acme Fit goes by in the demo: it plays WHOOP. */
export const demoProvider = 'whoop_v2'

/** How long the user of an expired link token has taken, in milliseconds. */
const tooLong = 61 * 60_000

/** What is about the credentials that Junction holds. */
const credentialScenarios: readonly (ScenarioName | undefined)[] = [
  'wrong_override',
  'trailing_slash',
  'wrong_scheme',
  'wrong_secret',
]

/** Starts all of it, set up and healthy; nothing is written to disk. `appUrl` is the origin of the app. */
export async function startLoop(appUrl?: () => string) {
  const timeline = new Timeline()
  /** What the code of an exchange that is under way belongs to. */
  const states = new Map<string, string>()
  let scenario: ScenarioName | undefined

  const provider = await startProvider(() => scenario, {
    backLink: appUrl,
    around: follow(timeline, ({ target, text }) => {
      if (!target.startsWith('/oauth/token')) return { from: 'browser', to: 'provider' }
      const state = states.get(new URLSearchParams(text).get('code') ?? '')
      return { from: 'junction', to: 'provider', state }
    }),
  })
  const oauthClient = createOAuthClient(provider.endpoints)
  const junction = await startJunction({
    backLink: appUrl,
    oauthClient: {
      ...oauthClient,
      exchange: (exchange) => {
        states.set(exchange.code, exchange.state)
        return oauthClient.exchange(exchange).finally(() => states.delete(exchange.code))
      },
    },
    delay: () => (scenario === 'expired_link_token' ? tooLong : 0),
    around: follow(timeline, ({ target }) => {
      const isCallback = target.includes('/v2/link/connect/')
      return { from: isCallback ? 'browser' : 'app', to: 'junction' }
    }),
  })
  const forwarder = await startSimulatedForwarder(
    {
      apiUrl: junction.apiUrl,
      appUrl: () => appUrl?.() ?? 'http://127.0.0.1:9',
      isLogin: (url) => provider.sentTo.has(url),
    },
    timeline,
  )

  const register = (client: RegisteredClient) => provider.clients.set(client.client_id, client)
  register({
    ...junctionApplication,
    name: 'Junction',
    redirect_uris: junctionEnvironments.flatMap((environment) =>
      oauthProviders.map(({ slug }) => `${linkUrl(junction, environment)}/connect/${slug}`),
    ),
  })
  /** What is registered at the provider, and what Junction holds when everything is right. */
  const applications = perEnvironment((environment) => ({
    client_id: `made-up-client-${environment.replace('/', '-')}-${demoProvider}`,
    client_secret: `made-up-secret-${randomUUID()}`,
    redirect_uri: forwarder.redirectUri(environment, demoProvider),
  }))
  /** The app's own, which Junction uses as well: one client, one redirect URI. */
  const sharedApplication = {
    client_id: 'made-up-client-of-the-app',
    client_secret: applications['sandbox/us'].client_secret,
    redirect_uri: forwarder.shared.url,
  }
  for (const { redirect_uri, ...client } of [...Object.values(applications), sharedApplication]) {
    register({ ...client, redirect_uris: [redirect_uri], name: 'Example Health' })
  }
  const setCredentials = () => {
    for (const environment of junctionEnvironments) {
      const { client_id, client_secret, redirect_uri } = applications[environment]
      junction.store.set(environment, {
        team_id: teamIn(junction, environment).id,
        provider: demoProvider,
        client_id,
        client_secret: scenario === 'wrong_secret' ? `${client_secret}\n` : client_secret,
        redirect_url_override: overrideOf(redirect_uri, scenario),
      })
    }
  }
  setCredentials()
  junction.store.set('sandbox/us', {
    ...sharedApplication,
    team_id: teamIn(junction, 'sandbox/us').id,
    provider: sharedProvider,
    redirect_url_override: sharedApplication.redirect_uri,
  })
  // What byoo must leave alone: another team's application, and a lab, which nobody connects by OAuth.
  for (const environment of ['sandbox/us', 'production/us'] as const) {
    const team_id = junction.teams.otherUs.id
    junction.store.set(environment, {
      team_id,
      provider: demoProvider,
      client_id: 'made-up-client-of-another-team',
    })
    junction.store.set(environment, { team_id: junction.teams.us.id, provider: 'made_up_lab' })
  }

  return {
    junction,
    /** Acme Fit plays every provider. */
    provider,
    forwarder,
    applications,
    sharedApplication,
    /** What happened, in order; the latest 2000. */
    hops: timeline.hops,
    /** What is played; undefined when everything is right. */
    get scenario(): ScenarioName | undefined {
      return scenario
    },
    /** Plays a scenario in place of the one before. Junction's credentials are set anew when the two differ in them. */
    play: (next: ScenarioName | undefined) => {
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

/** Writes down every request with its answer; `parties` says whose it is, by the request. */
function follow(
  timeline: Timeline,
  parties: (request: ReceivedRequest) => Pick<HopRequest, 'from' | 'to' | 'state'>,
) {
  return async ({ request, answer }: Exchange): Promise<Answer> => {
    const { method, target, text } = request
    const shown = Object.entries(request.headers).map(([name, value]) => [name, String(value)])
    const headers = Object.fromEntries(shown)
    const body = text === '' ? undefined : text
    const answered = timeline.begin({ ...parties(request), method, target, headers, body })
    const given = await answer(request)
    answered(given)
    return given
  }
}
