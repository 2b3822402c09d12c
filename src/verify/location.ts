import {
  connectTarget,
  environmentOfHost,
  type JunctionEnvironment,
  olderHosts,
  parseEnvironment,
} from '../junction/environments.ts'
import { isLoopback, parseUrl } from '../url.ts'
import { callbackPath, type Endpoint, placeholder, targetBase, templateFor } from './endpoint.ts'
import type { FindingId } from './findings.ts'

/** A `Location`, compared with the one that should have come. */
export interface Destination {
  readonly location: string
  /** What is wrong with the part before the query; empty when users arrive where they should. */
  readonly problems: readonly FindingId[]
  /** The part before the query, when it is not the expected one. */
  readonly detail: string | undefined
  /** From the first `?` or `#` on. */
  readonly query: string
  /** Junction's right place, by its older name. */
  readonly olderHost: boolean
  readonly host: string | undefined
}

/** Reads a `Location` that answered the callback of `slug` with the query `sent`. */
export function readLocation(location: string, endpoint: Endpoint, slug: string, sent = ''): Destination {
  const cut = location.search(/[?#]/)
  const base = cut === -1 ? location : location.slice(0, cut)
  const query = cut === -1 ? '' : location.slice(cut)
  const expected = targetBase(endpoint, slug, sent)
  const wanted = takeApart(expected)
  const host = wanted?.host
  const right = { location, query, problems: [], olderHost: false, detail: undefined, host }
  if (base === expected) return right

  const found = takeApart(base, `${endpoint.secure ? 'https' : 'http'}://${endpoint.authority}/`)
  const other = { ...right, host: found?.host, detail: base }
  if (!found || !wanted) return { ...other, problems: ['wrong-host'] }
  if (onWrongSide(base, expected, endpoint, slug)) return { ...other, problems: ['wrong-side'] }
  const environment = environmentOf(found)
  const wantedEnvironment = environmentOf(wanted)
  const withinJunction = environment !== undefined && wantedEnvironment !== undefined
  const rightHost = found.host === wanted.host || (withinJunction && !isLoopback(found.host))
  const hop = rightHost
    ? found.host === endpoint.host && tidy(found.path) === tidy(callbackPath(endpoint, slug))
    : site(found.host) === site(endpoint.host)
  if (hop) return { ...other, problems: ['extra-hop'] }
  if (!rightHost) return { ...other, problems: ['wrong-host'] }

  const problems = new Set<FindingId>()
  if (withinJunction && environment !== wantedEnvironment) problems.add('wrong-environment')
  if (found.scheme !== wanted.scheme) problems.add('wrong-target')
  else if (found.port !== wanted.port) problems.add('wrong-host')
  const pathOf = (parts: Parts) => (withinJunction ? withoutEnvironment(parts) : parts.path)
  if (pathOf(found) !== pathOf(wanted)) {
    const otherProvider = isOtherProvider(found.path, templateFor(endpoint, sent))
    problems.add(otherProvider ? 'wrong-provider' : 'wrong-target')
  }
  const older = (host: string) => Object.values(olderHosts).some((origin) => origin === `https://${host}`)
  const olderHost = withinJunction && older(found.host) && !older(wanted.host)
  return { ...other, problems: [...problems], olderHost }
}

/** Is a login of Junction sent to the app that shares the redirect URI, or one of the app to Junction? */
function onWrongSide(base: string, expected: string, endpoint: Endpoint, slug: string): boolean {
  const { environments } = endpoint.target
  if (!environments) return false
  const ofApp = targetBase(endpoint, slug)
  if (expected !== ofApp) return base === ofApp
  return environments.some((name) => base === connectTarget(name).replace(placeholder, () => slug))
}

interface Parts {
  readonly scheme: string
  readonly host: string
  readonly port: string
  readonly path: string
}

/** Where a Junction on loopback has its environment. */
const environmentInPath = /^\/(production|sandbox)\/(us|eu)(?=\/)/

function environmentOf({ host, path }: Parts): JunctionEnvironment | undefined {
  if (!isLoopback(host)) return environmentOfHost(host)
  return parseEnvironment(environmentInPath.exec(path)?.[0].slice(1) ?? '').environment
}

function withoutEnvironment({ host, path }: Parts): string {
  return isLoopback(host) ? path.replace(environmentInPath, '') : path
}

/**
 * An absolute URL with its path as it stands; a relative one as browsers resolve it: `//host`, and `\` for `/`, name
 * another host.
 */
function takeApart(base: string, origin?: string): Parts | undefined {
  const [, path] = /^[a-z][a-z0-9+.-]*:\/\/[^/]*(.*)$/is.exec(base) ?? []
  const url = parseUrl(base, origin)
  return url && { scheme: url.protocol, host: url.hostname, port: url.port, path: path ?? url.pathname }
}

/** `www.` and the bare domain are one site here. */
function site(host: string): string {
  return host.toLowerCase().replace(/^www\./, '')
}

function tidy(path: string): string {
  return path.replace(/(?<!\/)\/+$/, '')
}

/** Does a path that is not the target's differ only where the target has its `{provider}`? */
function isOtherProvider(path: string, template: string): boolean {
  const [before = '', after] = (takeApart(template)?.path ?? '').split(placeholder)
  if (after === undefined || !path.startsWith(before) || !path.endsWith(after)) return false
  return /^[^/]+$/.test(path.slice(before.length, path.length - after.length))
}
