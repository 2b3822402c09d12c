import { type ForwarderConfig, healthPaths, type Route, readyPaths, slugPattern } from '../config/config.ts'
import { type Reply, textReply } from './reply.ts'

/** A configuration, compiled once so that a request costs a few look-ups. */
export interface RouteTable {
  /** Routes by host name; undefined when the configuration has at most one, and the `Host` does not matter. */
  readonly byHost: ReadonlyMap<string, readonly CompiledRoute[]> | undefined
  /** The one host of the configuration, if it has exactly one. */
  readonly host: string | undefined
  readonly all: readonly CompiledRoute[]
  readonly siteVerification: ReadonlyMap<string, Reply>
  readonly health: ReadonlySet<string>
  readonly ready: ReadonlySet<string>
}

/** One route, ready to be compared with a path. */
export interface CompiledRoute {
  readonly label: string
  /** What the path has before and after the slug. */
  readonly before: string
  readonly after: string
  /** The slug of a route whose path has none. */
  readonly provider: string | undefined
  readonly providers: ReadonlySet<string> | undefined
  /** `Location` without the query. */
  readonly location: (slug: string) => string
  /** Slugs that may appear in logs and metrics; any other could be a misplaced code. */
  readonly known: ReadonlySet<string>
}

/** Compiles a validated configuration; `catalogue` holds the provider slugs that are safe to log. */
export function compileRoutes(config: ForwarderConfig, catalogue: readonly string[]): RouteTable {
  const all: CompiledRoute[] = []
  const byHost = new Map<string, CompiledRoute[]>()
  for (const route of config.routes) {
    const compiled = compileRoute(route, catalogue)
    all.push(compiled)
    if (route.host === undefined) continue
    const sameHost = byHost.get(route.host)
    if (sameHost) sameHost.push(compiled)
    else byHost.set(route.host, [compiled])
  }
  const texts = [...config.siteVerification].map(
    ([path, body]) => [path, textReply(200, contentType(path), body, 'site_verification')] as const,
  )
  return {
    byHost: byHost.size > 1 ? byHost : undefined,
    host: byHost.size === 1 ? [...byHost.keys()][0] : undefined,
    all,
    siteVerification: new Map(texts),
    health: new Set(healthPaths),
    ready: new Set(readyPaths),
  }
}

/** The slug with which a path belongs to a route, or undefined when it does not. */
export function matchSlug(route: CompiledRoute, path: string): string | undefined {
  if (route.provider !== undefined) return path === route.before ? route.provider : undefined
  if (!path.startsWith(route.before) || !path.endsWith(route.after)) return undefined
  const slug = path.slice(route.before.length, path.length - route.after.length)
  if (!slugPattern.test(slug)) return undefined
  return !route.providers || route.providers.has(slug) ? slug : undefined
}

function compileRoute(route: Route, catalogue: readonly string[]): CompiledRoute {
  const [before = '', after = ''] = route.path.split('{provider}')
  const [targetBefore = '', targetAfter] = route.target.split('{provider}')
  return {
    label: route.url ?? route.path,
    before,
    after,
    provider: route.provider,
    providers: route.providers && new Set(route.providers),
    location: targetAfter === undefined ? () => targetBefore : (slug) => targetBefore + slug + targetAfter,
    known: new Set([...catalogue, ...(route.providers ?? []), ...(route.provider ? [route.provider] : [])]),
  }
}

/** The media type of a site verification, by the ending of its path. */
export function contentType(path: string): string {
  if (path.endsWith('.html')) return 'text/html; charset=utf-8'
  if (path.endsWith('.json')) return 'application/json'
  return 'text/plain; charset=utf-8'
}
