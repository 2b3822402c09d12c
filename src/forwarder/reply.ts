import type { JunctionEnvironment } from '../junction/environments.ts'

/** An answer as data: what goes on the wire, and the labels under which it is logged and counted. */
export interface Reply {
  readonly status: number
  /** Names and values in turn, as `ServerResponse.writeHead` takes them; shared between answers. */
  readonly headers: string[]
  readonly body: string
  /** The route's URL or path template, or `health`, `site_verification`, `unmatched`. */
  readonly route: string
  /** The slug when the catalogue or the route's allow-list has it, `other` when neither does, else undefined. */
  readonly provider?: string | undefined
  /** Where a shared route has sent it: one of its environments, or `otherwise`. */
  readonly to?: JunctionEnvironment | 'otherwise' | undefined
}

/** On every answer: the request's URL holds an authorization code, so nothing may store it or pass it on. */
export const commonHeaders = Object.entries({
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}).flat()

/** An answer with a body of a known type. */
export function textReply(status: number, type: string, body: string, route: string): Reply {
  const length = String(new TextEncoder().encode(body).length)
  return { status, headers: ['Content-Type', type, 'Content-Length', length, ...commonHeaders], body, route }
}
