import { type RouteInput, toRoute } from '../config/route-schema.ts'
import { forward } from '../forwarder/forward.ts'
import type { Log } from '../forwarder/log.ts'
import type { Reply } from '../forwarder/reply.ts'
import { compileRoutes } from '../forwarder/routes.ts'
import { createForwarder } from '../forwarder/server.ts'
import { fillTemplate, hosts, type JunctionEnvironment, splitEnvironment } from '../junction/environments.ts'
import { providerSlugs } from '../junction/provider-slugs.ts'
import { perEnvironment } from './junction/state.ts'
import type { ScenarioName } from './scenarios.ts'
import type { Timeline } from './timeline.ts'

/** The slug that Acme Fit goes by where an app shares its redirect URI with Junction. */
export const sharedProvider = 'oura'
/** The app that shares it, as byoo.yaml names it, and the path of its own callback. */
const sharedApp = 'https://app.example.com'
export const appCallback = `/internal/oauth/${sharedProvider}`

const silent: Log = {
  silent: true,
  access: () => undefined,
  event: () => undefined,
  close: async () => undefined,
  flush: () => undefined,
}

/** What the forwarder stands among. */
interface Surroundings {
  /** Junction's main API here, with `{environment}` and `{region}`. */
  readonly apiUrl: string
  /** The origin of the app here. */
  appUrl(): string
  /** Has the provider sent a user to this URL? */
  isLogin(url: string): boolean
}

/** Starts the real forwarder, for every environment, and writes down what it decides. */
export async function startSimulatedForwarder({ apiUrl, appUrl, isLogin }: Surroundings, timeline: Timeline) {
  let reencodes = false
  const forwarder = await createForwarder({
    table: compileRoutes({ routes: [], siteVerification: new Map() }, providerSlugs),
    certificate: undefined,
    log: silent,
    metrics: undefined,
    maxTarget: 32_768,
    maxConnections: 1000,
    headersTimeout: 10_000,
    requestTimeout: 15_000,
    keepAliveTimeout: 65_000,
    decide: (request, forwarding) => {
      const { method, target, rawHeaders } = request
      const decided = forward(request, forwarding)
      const arriving = decided.to && isLogin(url + target) ? changeLocation(decided, standIn) : decided
      const reply = reencodes ? changeLocation(arriving, reEncode) : arriving
      const hop = { from: 'browser', to: 'forwarder', method, target, body: undefined } as const
      const answered = timeline.begin({ ...hop, headers: byName(rawHeaders) })
      answered({ status: reply.status, headers: byName(reply.headers) })
      return reply
    },
  })
  const url = `http://${await forwarder.listen(0, '127.0.0.1')}`
  // A shared route names Junction's own hosts and an app with TLS; users of the demo go where they are played.
  const standIn = (location: string) =>
    location
      .replace(hosts['sandbox/us'], () => fillTemplate(apiUrl, 'sandbox/us'))
      .replace(sharedApp, () => appUrl())
  const routes = perEnvironment((environment) => ({
    url: `${url}/${environment}/oauth_callback/{provider}`,
    environment,
    target: `${fillTemplate(apiUrl, environment)}/v2/link/connect/{provider}`,
  }))
  const shared: RouteInput & { readonly url: string } = {
    url: `${url}/app/oauth/${sharedProvider}`,
    provider: sharedProvider,
    environments: ['sandbox/us'],
    otherwise: `${sharedApp}${appCallback}`,
    primary: true,
  }
  const play = (scenario: ScenarioName | undefined) => {
    const misled = Object.values(routes).map(({ url, environment }) =>
      toRoute({ url, target: routes[misleadingEnvironment(environment, scenario)].target }),
    )
    const all = [...misled, toRoute(shared)]
    forwarder.update(compileRoutes({ routes: all, siteVerification: new Map() }, providerSlugs), undefined)
    reencodes = scenario === 'reencoding_forwarder'
  }
  play(undefined)
  return {
    /** The origin where users arrive. */
    url,
    /** As they stand in byoo.yaml. */
    routes,
    /** The route of a redirect URI that an app has, too. */
    shared,
    /** The redirect URI of a provider, as it belongs to the route of an environment. */
    redirectUri: (environment: JunctionEnvironment, provider: string) =>
      routes[environment].url.replace('{provider}', provider),
    /** Misbehaves as the scenario says; does its work when there is none, or when it is about something else. */
    play,
    close: () => forwarder.stop(1000),
  }
}

/** Where users are sent: in two scenarios the other environment, or the other region. */
function misleadingEnvironment(
  right: JunctionEnvironment,
  scenario: ScenarioName | undefined,
): JunctionEnvironment {
  const { environment, region } = splitEnvironment(right)
  if (scenario === 'wrong_region') return `${environment}/${region === 'us' ? 'eu' : 'us'}`
  if (scenario === 'wrong_environment')
    return `${environment === 'sandbox' ? 'production' : 'sandbox'}/${region}`
  return right
}

/** Header names in lower case, and values. */
function byName(rawHeaders: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    rawHeaders.flatMap((name, index) =>
      index % 2 === 0 ? [[name.toLowerCase(), rawHeaders[index + 1] ?? '']] : [],
    ),
  )
}

/** The same answer, but with another `Location` where it has one. */
function changeLocation(reply: Reply, change: (location: string) => string): Reply {
  const at = reply.headers.indexOf('Location') + 1
  const location = reply.headers[at]
  if (at === 0 || location === undefined) return reply
  return { ...reply, headers: reply.headers.with(at, change(location)) }
}

/** What a callback written by hand does to a query: `decodeURIComponent`, and a redirect that encodes the rest. */
function reEncode(location: string): string {
  const [, base = '', query] = /^([^?]*)(\?.*)$/s.exec(location) ?? []
  if (query === undefined) return location
  try {
    return base + encodeURI(decodeURIComponent(query))
  } catch {
    return location
  }
}
