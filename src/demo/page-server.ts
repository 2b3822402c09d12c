import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import * as z from 'zod/mini'
import { ByooError } from '../errors.ts'
import { listen } from '../forwarder/listen.ts'
import { junctionEnvironments } from '../junction/environments.ts'
import { pageFiles } from './page-files.ts'
import { scenarioNames } from './scenarios.ts'
import type { AttemptView, DemoView } from './view.ts'

const choiceSchema = z.strictObject({
  environment: z.enum(junctionEnvironments),
  scenario: z.nullable(z.enum(scenarioNames)),
})

const scenarioSchema = z.strictObject({ scenario: z.nullable(z.enum(scenarioNames)) })

/** What the person at the page has chosen. */
export type Choice = z.infer<typeof choiceSchema>

/** What the page is about. */
export interface DemoBackend {
  describe(): DemoView
  /** Starts an attempt; `url` is where the user goes next, null when it is over already. */
  connect(choice: Choice): Promise<{ id: string; url: string | null }>
  /** Switches a scenario on, or every one off, without an attempt. */
  play(choice: Pick<Choice, 'scenario'>): void
  attempt(id: string): AttemptView | undefined
  /** A browser has come to the page's address, perhaps from Junction. */
  arrive(target: string): void
}

export interface PageServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  close(): Promise<void>
}

/** Nothing but what is served here runs, is shown or is asked; nobody frames it. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const headers = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': policy,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}

const files = new Map([
  ['/', { type: 'text/html; charset=utf-8', body: pageFiles['index.html'] }],
  ['/app.js', { type: 'text/javascript; charset=utf-8', body: pageFiles['app.js'] }],
  ['/style.css', { type: 'text/css; charset=utf-8', body: pageFiles['style.css'] }],
  ['/icon.svg', { type: 'image/svg+xml', body: pageFiles['icon.svg'] }],
])

/** Octets of a request's body. */
const largestBody = 1000

interface PageReply {
  readonly status: number
  readonly type: string
  readonly body: string
  readonly allow?: string
}

/** Serves the page on loopback. Rejects with Node's error when the port cannot be had. */
export async function startPageServer(backend: DemoBackend, port: number): Promise<PageServer> {
  let hosts: readonly string[] = []
  const server = createServer((request, response) => {
    answer(request, hosts, backend)
      .catch((error: unknown) => failure(error))
      .then((reply) => send(response, reply))
  })
  const address = await listen(server, port, '127.0.0.1')
  const bound = address.split(':').at(-1)
  // A page elsewhere whose name was made to point here sends its own name (DNS rebinding).
  const suffix = bound === '80' ? '' : `:${bound}`
  hosts = [`127.0.0.1${suffix}`, `localhost${suffix}`]
  return {
    url: `http://${hosts[0]}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  request: IncomingMessage,
  hosts: readonly string[],
  backend: DemoBackend,
): Promise<PageReply> {
  const { method = '', url: target = '' } = request
  const { host = '' } = request.headers
  if (!hosts.includes(host)) return json(421, { error: `this is ${hosts[0]}, and nothing else` })
  const [path = ''] = target.split('?', 1)
  const reads = method === 'GET' || method === 'HEAD'

  const file = files.get(path)
  if (file) {
    if (!reads) return notAllowed('GET, HEAD')
    if (path === '/') backend.arrive(target)
    return { status: 200, ...file }
  }
  if (path === '/demo') return reads ? json(200, backend.describe()) : notAllowed('GET, HEAD')
  if (path === '/attempts' || path === '/scenario') {
    if (method !== 'POST') return notAllowed('POST')
    const { body, refusal } = await readJson(request, host)
    if (refusal) return refusal
    return path === '/attempts' ? connect(body, backend) : play(body, backend)
  }
  const [, id] = /^\/attempts\/([\w-]+)$/.exec(path) ?? []
  if (id === undefined) return json(404, { error: 'there is nothing at this address' })
  if (!reads) return notAllowed('GET, HEAD')
  const attempt = backend.attempt(id)
  return attempt
    ? json(200, attempt)
    : json(404, { error: 'This attempt is of another run of byoo demo: start a new one.' })
}

/** Only a script of this page can send this: another origin's would need a permission that nobody gives. */
async function readJson(
  request: IncomingMessage,
  host: string,
): Promise<{ body?: unknown; refusal?: PageReply }> {
  const { origin, 'content-type': type = '' } = request.headers
  if (origin !== undefined && origin !== `http://${host}`) {
    return { refusal: json(403, { error: 'not from this page' }) }
  }
  if (!/^application\/json\s*(;|$)/i.test(type))
    return { refusal: json(415, { error: 'the body must be JSON' }) }
  const body = await readBody(request)
  if (body !== undefined) return { body }
  return { refusal: json(413, { error: `the body must have at most ${largestBody} octets` }) }
}

async function connect(body: unknown, backend: DemoBackend): Promise<PageReply> {
  const choice = choiceSchema.safeParse(body)
  if (!choice.success) return json(400, { error: 'the body must be {environment, scenario}' })
  return json(201, await backend.connect(choice.data))
}

function play(body: unknown, backend: DemoBackend): PageReply {
  const choice = scenarioSchema.safeParse(body)
  if (!choice.success) return json(400, { error: 'the body must be {scenario}' })
  backend.play(choice.data)
  return json(200, backend.describe())
}

/** Undefined when there is too much; null when it is no JSON. */
async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > largestBody) return undefined
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch {
    return null
  }
}

function failure(error: unknown): PageReply {
  if (error instanceof ByooError)
    return json(502, { error: [error.message, error.hint ?? ''].join(' ').trim() })
  return json(500, { error: `This is a bug in byoo: ${error instanceof Error ? error.stack : error}` })
}

function notAllowed(allow: string): PageReply {
  return { ...json(405, { error: `only ${allow}` }), allow }
}

function json(status: number, data: object): PageReply {
  return { status, type: 'application/json', body: JSON.stringify(data) }
}

function send(response: ServerResponse, { status, type, body, allow }: PageReply): void {
  response.writeHead(status, {
    ...headers,
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    ...(allow === undefined ? {} : { Allow: allow }),
    ...(status === 413 ? { Connection: 'close' } : {}),
  })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}
