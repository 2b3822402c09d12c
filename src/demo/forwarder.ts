import { type RouteInput, toRoute } from '../config/route-schema.ts'
import { forward } from '../forwarder/forward.ts'
import type { Log } from '../forwarder/log.ts'
import type { Reply } from '../forwarder/reply.ts'
import { compileRoutes } from '../forwarder/routes.ts'
import { createForwarder } from '../forwarder/server.ts'
import { fillTemplate, type JunctionEnvironment, splitEnvironment } from '../junction/environments.ts'
import { providerSlugs } from '../junction/providers.ts'
import { perEnvironment } from './junction/state.ts'
import type { ScenarioName } from './scenarios.ts'
import type { Timeline } from './timeline.ts'

const silent: Log = {
  silent: true,
  access: () => undefined,
  event: () => undefined,
  close: async () => undefined,
  flush: () => undefined,
}

/** Starts the real forwarder, for every environment, and writes down what it decides; `apiUrl` has `{environment}` and `{region}`. */
export async function startSimulatedForwarder(apiUrl: string, timeline: Timeline) {
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
      const decided = forward(request, forwarding)
      const reply = reencodes ? reEncode(decided) : decided
      const { method, target, rawHeaders } = request
      const hop = { from: 'browser', to: 'forwarder', method, target, body: undefined } as const
      const answered = timeline.begin({ ...hop, headers: byName(rawHeaders) })
      answered({ status: reply.status, headers: byName(reply.headers) })
      return reply
    },
  })
  const url = `http://${await forwarder.listen(0, '127.0.0.1')}`
  const routes = perEnvironment((environment) => ({
    url: `${url}/${environment}/oauth_callback/{provider}`,
    environment,
    target: `${fillTemplate(apiUrl, environment)}/v2/link/connect/{provider}`,
  }))
  // A redirect URI that an app has, too. It is for byoo verify: the targets are real, and nobody follows there.
  const shared: RouteInput & { readonly url: string; readonly otherwise: string } = {
    url: `${url}/app/oauth/polar`,
    provider: 'polar',
    environments: ['production/us', 'sandbox/us'],
    otherwise: 'https://app.example.com/internal/oauth/polar',
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

/** What a callback written by hand does to a query: `decodeURIComponent`, and a redirect that encodes the rest. */
function reEncode(reply: Reply): Reply {
  const at = reply.headers.indexOf('Location') + 1
  const [, base = '', query] = /^([^?]*)(\?.*)$/s.exec(reply.headers[at] ?? '') ?? []
  if (at === 0 || query === undefined) return reply
  try {
    return { ...reply, headers: reply.headers.with(at, base + encodeURI(decodeURIComponent(query))) }
  } catch {
    return reply
  }
}
