import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { createLink } from '../../src/junction/link.ts'
import { startHttp } from './start.ts'

/** A request as it arrived. */
export interface LinkRequest {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: unknown
}

export interface LinkAnswer {
  readonly status?: number
  /** Sent as JSON, text as it is. */
  readonly body: unknown
}

export const teamKey = 'sk_us_made-up-team-key-0123456789'

/** A server on loopback that answers as the test says, and a client of it. */
export async function startLink(answer: (request: LinkRequest) => LinkAnswer) {
  const requests: LinkRequest[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const { method = '', url: path = '', headers } = request
    const arrived = { method, path, headers, body: text === '' ? undefined : JSON.parse(text) }
    requests.push(arrived)
    const { status = 200, body } = answer(arrived)
    response.writeHead(status, { 'x-request-id': 'made-up-request' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sandbox/us`
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { http, traced } = startHttp()
  const link = createLink(http, { url: `${url}/`, credentials: { 'x-vital-api-key': teamKey } })
  return { url, link, http, requests, traced }
}
