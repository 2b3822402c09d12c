import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Answer, Refusal, withBackLink } from './answer.ts'

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
}

/** What a server answers, and who stands between it and its callers. */
export interface Service {
  /** May throw a Refusal. */
  answer(request: ReceivedRequest): Answer | Promise<Answer>
  /** What is sent for a request, nothing when undefined: a test double loses, delays or changes answers here. */
  readonly around?: ((exchange: Exchange) => Promise<Answer | undefined>) | undefined
  /** URL that its error pages have a link to. */
  readonly backLink?: (() => string) | undefined
  /** 0, the default, picks a free port. */
  readonly port?: number | undefined
}

/** A server on loopback. */
export interface LoopbackServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  close(): Promise<void>
}

/** Octets of a request's body. */
const maxBody = 1_000_000

/** Starts a server for a service, on loopback only. Rejects with Node's error when the port cannot be had. */
export async function startServer(service: Service): Promise<LoopbackServer> {
  const { around = ({ request, answer }) => answer(request) } = service
  let count = 0
  const respond = async (message: IncomingMessage, response: ServerResponse) => {
    const request = await receive(message)
    if (!request) return write(response, tooLarge)
    count += 1
    response.setHeader('x-request-id', `made-up-request-${count}`)
    const answer = async (asked: ReceivedRequest) =>
      withBackLink(await orRefusal(() => service.answer(asked)), service.backLink?.())
    const sent = await around({ request, response, answer })
    if (sent) write(response, sent)
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

async function orRefusal(answer: () => Answer | Promise<Answer>): Promise<Answer> {
  try {
    return await answer()
  } catch (error) {
    if (error instanceof Refusal) return error.answer
    throw error
  }
}

/** Codes and tokens are in nearly every answer, or in the address that it leads to. */
const discreet = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }

function write(response: ServerResponse, answer: Answer): void {
  const { headers, text } = render(answer)
  const length = Buffer.byteLength(text)
  response.writeHead(answer.status, { ...discreet, 'content-length': length, ...headers }).end(text)
}

const tooLarge: Answer = {
  status: 413,
  body: { error: `the body must have at most ${maxBody} octets` },
  headers: { connection: 'close' },
}

/** Undefined when the body has more octets than it may. */
async function receive(message: IncomingMessage): Promise<ReceivedRequest | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  // The connection is needed for the answer, whatever is left unread.
  for await (const chunk of message.iterator({ destroyOnReturn: false })) {
    length += chunk.length
    if (length > maxBody) return undefined
    chunks.push(chunk)
  }
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

/** The values of one parameter in a query, exactly as they stand there. */
export function rawValues(query: string, name: string): string[] {
  return query.split('&').flatMap((pair) => {
    const equals = pair.indexOf('=')
    return equals !== -1 && decodeForm(pair.slice(0, equals)) === name ? [pair.slice(equals + 1)] : []
  })
}

/** What a form field says (application/x-www-form-urlencoded); what is no escape stands for itself. */
export function decodeForm(raw: string): string {
  return new URLSearchParams(`value=${raw.replaceAll('&', '%26')}`).get('value') ?? ''
}

/** What follows the first question mark of a request target. */
export function queryOf(target: string): string {
  const question = target.indexOf('?')
  return question === -1 ? '' : target.slice(question + 1)
}
