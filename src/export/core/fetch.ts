import { type CoreConfig, createCore, inPairs } from './handle.ts'

/** A handler for engines that speak fetch: Cloudflare Workers, Deno, Bun. */
export function createFetchHandler(config: CoreConfig): (request: Request) => Response {
  const core = createCore(config)
  return ({ url, method, headers }) => {
    const hostStart = url.indexOf('//') + 2
    const pathStart = url.indexOf('/', hostStart)
    const reply = core({
      method,
      target: url.slice(pathStart),
      // HTTP/2 has no Host, and some engines tell its :authority only in the URL.
      header: (name) => headers.get(name) ?? (name === 'host' ? url.slice(hostStart, pathStart) : null),
    })
    const body = method === 'HEAD' || reply.body === '' ? null : reply.body
    return new Response(body, { status: reply.status, headers: inPairs(reply.headers) })
  }
}
