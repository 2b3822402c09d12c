import { healthPaths, readyPaths } from '../config/config.ts'
import { acceptsHtml, type ErrorStatus, errorReply } from './error-page.ts'
import { commonHeaders, type Reply, textReply } from './reply.ts'
import { findDestination, type RouteTable } from './routes.ts'
import { environmentOfState } from './shared-route.ts'

/** What an answer depends on; nothing else of a request is looked at. */
interface RequestFacts {
  readonly method: string
  /** The request target exactly as it arrived (RFC 9112 §3.2). */
  readonly target: string
  /** HTTP/1.0 may leave `Host` out. */
  readonly http10: boolean
  /** Header names and values in turn, as they arrived. */
  readonly rawHeaders: readonly string[]
  /** The value of `Expect`, if there is one. */
  readonly expect: string | undefined
}

/** What the forwarder answers from. */
interface Forwarding {
  readonly table: RouteTable
  /** Longest accepted request target in octets. */
  readonly maxTarget: number
  /** False from the moment a stop begins. */
  readonly ready: boolean
}

const healthy = textReply(200, 'text/plain; charset=utf-8', 'ok\n', 'health')
const stopping = textReply(503, 'text/plain; charset=utf-8', 'stopping\n', 'health')
const redirectHeaders = ['Content-Length', '0', ...commonHeaders]

/** Decides the answer to one request: forwarded with its query byte for byte, or refused. Pure; never throws. */
export function forward(request: RequestFacts, { table, maxTarget, ready }: Forwarding): Reply {
  const { target, method, rawHeaders } = request
  const refuse = (status: ErrorStatus) => errorReply(status, acceptsHtml(findHeader(rawHeaders, 'accept')))

  const hostAt = indexOf(rawHeaders, 'host', 0)
  if (hostAt === -1 && !request.http10) return refuse(400)
  if (hostAt !== -1 && indexOf(rawHeaders, 'host', hostAt + 2) !== -1) return refuse(400)
  if (target.includes('#')) return refuse(400)
  const pathStart = target.startsWith('/') ? 0 : startOfPath(target)
  if (pathStart === undefined) return refuse(400)
  if (target.length > maxTarget) return refuse(414)
  if (request.expect !== undefined && request.expect.toLowerCase() !== '100-continue') return refuse(417)

  const question = target.indexOf('?')
  const path = target.slice(pathStart, question === -1 ? undefined : question)
  const reads = method === 'GET' || method === 'HEAD'
  if (reads && healthPaths.includes(path)) return healthy
  if (reads && readyPaths.includes(path)) return ready ? healthy : stopping

  const paths = table.byHost ? table.byHost.get(hostName(authority(request))) : table.paths
  if (paths === undefined) return refuse(421)

  const destination = findDestination(table, paths, path)
  if (destination) {
    const { route, provider, shared } = destination
    if (!reads) return { ...refuse(405), route, provider }
    const query = question === -1 ? '' : target.slice(question)
    const environment = shared && environmentOfState(query, shared)
    const location = (environment && shared.get(environment)) ?? destination.location
    const headers = ['Location', location + query, ...redirectHeaders]
    return { status: 307, headers, body: '', route, provider, to: shared && (environment ?? 'otherwise') }
  }
  const text = table.siteVerification.get(path)
  if (text === undefined) return refuse(404)
  return reads ? text : { ...refuse(405), route: text.route }
}

/** Where the path begins in an absolute-form target (RFC 9112 §3.2.2); undefined for any other form. */
function startOfPath(target: string): number | undefined {
  return /^https?:\/\/[^/?@]+(?=[/?]|$)/i.exec(target)?.[0].length
}

/** Where a header's name stands from `start` on, or -1. */
function indexOf(rawHeaders: readonly string[], name: string, start: number): number {
  for (let index = start; index < rawHeaders.length; index += 2) {
    const candidate = rawHeaders[index]
    if (candidate?.length === name.length && candidate.toLowerCase() === name) return index
  }
  return -1
}

/** The value of the first header of this name, given in lower case. */
export function findHeader(rawHeaders: readonly string[], name: string): string | undefined {
  const index = indexOf(rawHeaders, name, 0)
  return index === -1 ? undefined : rawHeaders[index + 1]
}

/** Does a request name this host, with or without a port? */
export function isFor(host: string, request: RequestFacts): boolean {
  const named = authority(request)
  return named === host || hostName(named) === host
}

/** Whom a request asks: an absolute-form target goes before `Host` (RFC 9112 §3.2.2). */
function authority({ target, rawHeaders }: RequestFacts): string | undefined {
  return target.startsWith('/') ? findHeader(rawHeaders, 'host') : /^https?:\/\/([^/?]+)/i.exec(target)?.[1]
}

/** The name in an authority, without the dot that may end it (RFC 3986 §3.2.2) and the port. */
function hostName(host: string | undefined): string {
  return (host ?? '').toLowerCase().replace(/\.?(?::\d*)?$/, '')
}
