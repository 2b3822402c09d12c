import type { Route } from '../../config/config.ts'
import { forward } from '../../forwarder/forward.ts'
import type { Reply } from '../../forwarder/reply.ts'
import { compileRoutes } from '../../forwarder/routes.ts'

/** What the export writes beside the code: routes and texts as JSON. */
export interface CoreConfig {
  readonly routes: readonly Route[]
  /** Path and text of each site verification. */
  readonly siteVerification: readonly (readonly [path: string, body: string])[]
}

/** One request as an engine tells it; `target` is cut from the raw URL as a string. */
export interface CoreRequest {
  readonly method: string
  readonly target: string
  readonly header: (name: string) => string | null | undefined
}

/** The forwarder's decision without a server around it; 32 KiB is the longest target, as in `byoo serve`. */
export function createCore(config: CoreConfig): (request: CoreRequest) => Reply {
  const siteVerification = new Map(config.siteVerification)
  const table = compileRoutes({ routes: config.routes, siteVerification }, [])
  return ({ method, target, header }) => {
    const rawHeaders = ['host', 'accept'].flatMap((name) => {
      const value = header(name)
      return value === null || value === undefined ? [] : [name, value]
    })
    const expect = header('expect') ?? undefined
    const facts = { method, target, http10: false, rawHeaders, expect }
    return forward(facts, { table, maxTarget: 32_768, ready: true })
  }
}

/** Names and values in turn, as the forwarder has its headers, by twos. */
export function inPairs(headers: readonly string[]): [name: string, value: string][] {
  return headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1] ?? '']] : []))
}
