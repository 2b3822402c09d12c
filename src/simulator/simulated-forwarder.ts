import { toRoute } from '../config/to-route.ts'
import type { Log } from '../forwarder/log.ts'
import { compileRoutes } from '../forwarder/routes.ts'
import { createForwarder } from '../forwarder/server.ts'
import {
  type Combination,
  type Environment,
  environments,
  fillTemplate,
  type Region,
  regions,
} from '../junction/environments.ts'
import { providerSlugs } from '../junction/providers.ts'
import type { Breaks } from './breaks.ts'
import { reEncode } from './tap/re-encode.ts'
import { startTap } from './tap/tap.ts'
import type { Timeline } from './timeline.ts'

/** A route as it stands in byoo.yaml, when nothing is broken. */
export interface SimulatedRoute {
  readonly url: string
  readonly environment: Environment
  readonly region: Region
  readonly target: string
}

/** The real forwarder, for every environment and region. */
export interface SimulatedForwarder {
  /** The origin where users arrive. */
  readonly url: string
  readonly routes: readonly SimulatedRoute[]
  /** The redirect URI of a provider, as it belongs to the route of an environment and region. */
  redirectUri(combination: Combination, provider: string): string
  /** Breaks it, or mends it. */
  set(breaks: Breaks): void
  close(): Promise<void>
}

const silent: Log = {
  access: () => undefined,
  event: () => undefined,
  close: async () => undefined,
  flushSync: () => undefined,
}

/** Starts the forwarder behind a tap; it sends users on to a link API below `{environment}/{region}`. */
export async function startSimulatedForwarder(
  apiUrl: string,
  timeline: Timeline,
): Promise<SimulatedForwarder> {
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
  })
  const address = await forwarder.listen(0, '127.0.0.1')
  const port = Number(address.split(':').at(-1))
  const tap = await startTap(port, timeline, () => (reencodes ? reEncode : undefined))

  const target = (environment: Environment, region: Region) =>
    `${fillTemplate(apiUrl, environment, region)}/v2/link/connect/{provider}`
  const routes = environments.flatMap((environment) =>
    regions.map((region) => ({
      url: `${tap.url}/${environment}/${region}/oauth_callback/{provider}`,
      environment,
      region,
      target: target(environment, region),
    })),
  )
  const set = (breaks: Breaks) => {
    const misled = routes.map(({ url, environment, region }) => ({
      url,
      target: target(
        breaks.wrong_environment ? other(environments, environment) : environment,
        breaks.wrong_region ? other(regions, region) : region,
      ),
    }))
    const config = { routes: misled.map(toRoute), siteVerification: new Map<string, string>() }
    forwarder.update(compileRoutes(config, providerSlugs), undefined)
    if (reencodes !== breaks.reencoding_forwarder) {
      reencodes = breaks.reencoding_forwarder
      tap.renew()
    }
  }
  return {
    url: tap.url,
    routes,
    redirectUri: (combination, provider) => `${tap.url}/${combination}/oauth_callback/${provider}`,
    set,
    close: async () => {
      await tap.close()
      await forwarder.stop(1000)
    },
  }
}

function other<Name>(names: readonly Name[], name: Name): Name {
  return names.find((one) => one !== name) ?? name
}
