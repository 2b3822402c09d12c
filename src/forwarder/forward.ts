import { acceptsHtml, type ErrorStatus, errorReply } from './error-page.ts'
import { commonHeaders, type Reply, textReply } from './reply.ts'
import { matchSlug, type RouteTable } from './routes.ts'

/** What an answer depends on; nothing else of a request is looked at. */
export interface RequestFacts {
  readonly method: string
  /** The request target exactly as it arrived (RFC 9112 §3.2). */
  readonly target: string
  /** Values of every `Host` header. */
  readonly hosts: readonly string[]
  /** HTTP/1.0 may leave `Host` out. */
  readonly http10: boolean
  readonly accept: string | undefined
  readonly expect: string | undefined
}

/** What the forwarder answers from. */
export interface Forwarding {
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
  const { target, method } = request
  const refuse = (status: ErrorStatus) => errorReply(status, acceptsHtml(request.accept))

  if (request.hosts.length !== 1 && !(request.http10 && request.hosts.length === 0)) return refuse(400)
  if (target.includes('#')) return refuse(400)
  const pathStart = target.charCodeAt(0) === slash ? 0 : startOfPath(target)
  if (pathStart === undefined) return refuse(400)
  if (target.length > maxTarget) return refuse(414)
  if (request.expect !== undefined && request.expect.toLowerCase() !== '100-continue') return refuse(417)

  const question = target.indexOf('?')
  const path = target.slice(pathStart, question === -1 ? undefined : question)
  const reads = method === 'GET' || method === 'HEAD'
  if (reads && table.health.has(path)) return healthy
  if (reads && table.ready.has(path)) return ready ? healthy : stopping

  const host = pathStart === 0 ? request.hosts[0] : target.slice(target.indexOf('//') + 2, pathStart)
  const routes = table.byHost === undefined ? table.all : table.byHost.get(hostName(host))
  if (routes === undefined) return refuse(421)

  for (const route of routes) {
    const slug = matchSlug(route, path)
    if (slug === undefined) continue
    const provider = route.known.has(slug) ? slug : 'other'
    if (!reads) return { ...refuse(405), route: route.label, provider }
    const query = question === -1 ? '' : target.slice(question)
    return {
      status: 307,
      headers: ['Location', route.location(slug) + query, ...redirectHeaders],
      body: '',
      route: route.label,
      provider,
    }
  }
  const text = table.siteVerification.get(path)
  if (text === undefined) return refuse(404)
  return reads ? text : { ...refuse(405), route: text.route }
}

const slash = 0x2f

/** Where the path begins in an absolute-form target (RFC 9112 §3.2.2); undefined for any other form. */
function startOfPath(target: string): number | undefined {
  const [start] = /^https?:\/\/[^/?@]+(?=[/?]|$)/i.exec(target) ?? []
  return start?.length
}

function hostName(host: string | undefined): string {
  return (host ?? '').toLowerCase().replace(/:\d*$/, '')
}
