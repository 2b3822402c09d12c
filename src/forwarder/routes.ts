import { type ForwarderConfig, type Route, slugPattern } from '../config/config.ts'
import { connectTarget, type JunctionEnvironment } from '../junction/environments.ts'
import { type Reply, textReply } from './reply.ts'

/** A configuration, compiled once so that a request costs a few look-ups, however many routes there are. */
export interface RouteTable {
  /** Paths by host name; undefined when the configuration has at most one, and the `Host` does not matter. */
  readonly byHost: ReadonlyMap<string, Paths> | undefined
  /** The one host of the configuration, if it has exactly one. */
  readonly host: string | undefined
  /** The paths of all routes, for when the `Host` does not matter. */
  readonly paths: Paths
  readonly siteVerification: ReadonlyMap<string, Reply>
  /** Slugs that may appear in logs and metrics; any other could be a misplaced code. */
  readonly catalogue: ReadonlySet<string>
}

/** The paths that one host answers. No two routes take the same one, which the configuration makes sure of. */
interface Paths {
  /** Those that are known in full: without `{provider}`, or with a provider of the route's allow-list. */
  readonly exact: Map<string, Destination>
  /** Routes that take any slug, by what their path has before it, and then by what it has after it. */
  readonly open: Map<string, Map<string, Route>>
  /** The most slashes that a path of `open` has before the slug. */
  deepest: number
}

/** Where a path leads. */
interface Destination {
  /** The route's URL or path template, as logs and metrics have it. */
  readonly route: string
  /** The slug when it may be logged, else `other`. */
  readonly provider: string
  /** `Location` without the query. */
  readonly location: string
  /** A shared route: `Location` for the environments that a login's `state` can name; `location` is for all others. */
  readonly shared: ReadonlyMap<JunctionEnvironment, string> | undefined
}

const noPaths = (): Paths => ({ exact: new Map(), open: new Map(), deepest: 0 })

/** Compiles a validated configuration; `catalogue` holds the provider slugs that are safe to log. */
export function compileRoutes(config: ForwarderConfig, catalogue: readonly string[]): RouteTable {
  const paths = noPaths()
  const byHost = new Map<string, Paths>()
  for (const route of config.routes) {
    addRoute(paths, route)
    if (route.host === undefined) continue
    const ofHost = byHost.get(route.host) ?? noPaths()
    byHost.set(route.host, ofHost)
    addRoute(ofHost, route)
  }
  const texts = [...config.siteVerification].map(
    ([path, body]) => [path, textReply(200, contentType(path), body, 'site_verification')] as const,
  )
  return {
    byHost: byHost.size > 1 ? byHost : undefined,
    host: byHost.size === 1 ? [...byHost.keys()][0] : undefined,
    paths,
    siteVerification: new Map(texts),
    catalogue: new Set(catalogue),
  }
}

/** Where a path of this table leads, or undefined when no route takes it. `paths` are those of the request's host. */
export function findDestination(
  { catalogue }: RouteTable,
  { exact, open, deepest }: Paths,
  path: string,
): Destination | undefined {
  const known = exact.get(path)
  if (known) return known
  for (let slash = path.indexOf('/'), depth = 1; slash !== -1 && depth <= deepest; depth += 1) {
    const start = slash + 1
    slash = path.indexOf('/', start)
    const byRest = open.get(path.slice(0, start))
    if (!byRest) continue
    const end = slash === -1 ? path.length : slash
    const route = byRest.get(path.slice(end))
    if (!route) continue
    const slug = path.slice(start, end)
    if (slugPattern.test(slug)) return destination(route, slug, catalogue.has(slug) ? slug : 'other')
  }
  return undefined
}

function addRoute(paths: Paths, route: Route): void {
  const { path, provider, providers } = route
  const slugs = provider === undefined ? providers : [provider]
  for (const slug of slugs ?? []) {
    paths.exact.set(path.replace('{provider}', slug), destination(route, slug, slug))
  }
  if (slugs) return
  const [before = '', after = ''] = path.split('{provider}')
  const byRest = paths.open.get(before) ?? new Map<string, Route>()
  paths.open.set(before, byRest.set(after, route))
  paths.deepest = Math.max(paths.deepest, before.split('/').length - 1)
}

function destination(route: Route, slug: string, provider: string): Destination {
  const location = (target: string) => target.replace('{provider}', slug)
  const { environments } = route
  return {
    route: route.url ?? route.path,
    provider,
    location: location(route.target),
    shared: environments && new Map(environments.map((name) => [name, location(connectTarget(name))])),
  }
}

/** The media type of a site verification, by the ending of its path. */
export function contentType(path: string): string {
  if (path.endsWith('.html')) return 'text/html; charset=utf-8'
  if (path.endsWith('.json')) return 'application/json'
  return 'text/plain; charset=utf-8'
}
