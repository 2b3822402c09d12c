import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Answer } from './answer.ts'

/** A request as a service sees it. */
export interface ReceivedRequest {
  readonly method: string
  /** The request target, exactly as it arrived. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  /** Parsed JSON; the text when it is none; undefined when there was no body. */
  readonly body: unknown
  readonly text: string
}

/** One request, and what can be done with it. */
export interface Exchange {
  readonly request: ReceivedRequest
  readonly response: ServerResponse
  /** What the service says; a write takes effect. */
  answer(request: ReceivedRequest): Promise<Answer>
  /** Tells whoever follows, and writes the answer. */
  send(answer: Answer): void
}

/** What a server answers, and who follows it. */
export interface Service {
  answer(request: ReceivedRequest): Answer | Promise<Answer>
  /** Told of every request; what it returns is told of the answer, before that is sent. */
  readonly follow?: ((request: ReceivedRequest) => (answer: Answer) => void) | undefined
  /** Stands in for "answer, then send": a test double loses, delays or changes answers here. */
  readonly handle?: ((exchange: Exchange) => Promise<void>) | undefined
  /** 0, the default, picks a free port. */
  readonly port?: number | undefined
}

/** A server on loopback. */
export interface LoopbackServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  close(): Promise<void>
}

/** Starts a server for a service, on loopback only. */
export async function startServer(service: Service): Promise<LoopbackServer> {
  const { handle = async ({ request, answer, send }) => send(await answer(request)) } = service
  let count = 0
  const respond = async (message: IncomingMessage, response: ServerResponse) => {
    const request = await receive(message)
    count += 1
    response.setHeader('x-request-id', `made-up-request-${count}`)
    const followed = service.follow?.(request)
    await handle({
      request,
      response,
      answer: async (asked) => service.answer(asked),
      send: (answer) => {
        followed?.(answer)
        const { headers, text } = render(answer)
        response.writeHead(answer.status, { 'content-length': Buffer.byteLength(text), ...headers }).end(text)
      },
    })
  }
  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(service.port ?? 0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The body of an answer, and the headers that it needs. */
export function render({ body, page, headers }: Answer): { text: string; headers: Record<string, string> } {
  if (page !== undefined)
    return { text: page, headers: { 'content-type': 'text/html; charset=utf-8', ...headers } }
  if (body === undefined) return { text: '', headers: { ...headers } }
  return { text: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } }
}

async function receive(message: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  const { method = '', url: target = '', headers } = message
  return { method, target, headers, body: text === '' ? undefined : parse(text), text }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
