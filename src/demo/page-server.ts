import * as z from 'zod/mini'
import { ByooError } from '../errors.ts'
import { junctionEnvironments } from '../junction/environments.ts'
import type { Answer } from './answer.ts'
import type { DemoBackend } from './backend.ts'
import { appCallback } from './forwarder.ts'
import { pageFiles } from './page-files.ts'
import { scenarioNames } from './scenarios.ts'
import { type LoopbackServer, type ReceivedRequest, startServer } from './server.ts'

const scenarioSchema = z.strictObject({ scenario: z.nullable(z.enum(scenarioNames)) })
const choiceSchema = z.extend(scenarioSchema, { environment: z.enum(junctionEnvironments) })

/** Nothing but what is served here runs, is shown or is asked; nobody frames it. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'none'; " +
  "base-uri 'none'; frame-ancestors 'none'"

const headers = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': policy,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}

const files = new Map([
  ['/', file('text/html; charset=utf-8', pageFiles['index.html'])],
  ['/app.js', file('text/javascript; charset=utf-8', pageFiles['app.js'])],
  ['/style.css', file('text/css; charset=utf-8', pageFiles['style.css'])],
  ['/icon.svg', file('image/svg+xml', pageFiles['icon.svg'])],
])

/** Serves the page on loopback. Rejects with Node's error when the port cannot be had. */
export async function startPageServer(backend: DemoBackend, port: number): Promise<LoopbackServer> {
  const server: LoopbackServer = await startServer({
    port,
    answer: async (request) => {
      // A page elsewhere whose name was made to point here sends its own name (DNS rebinding).
      const hosts = ['127.0.0.1', 'localhost'].map(
        (name) => new URL(server.url.replace('127.0.0.1', name)).host,
      )
      const { host = '' } = request.headers
      if (!hosts.includes(host)) return refusal(421, `this is ${hosts[0]}, and nothing else`)
      return answerPage(request, host, backend).catch(failure)
    },
  })
  return server
}

const changes = new Map<string, (body: unknown, backend: DemoBackend) => Answer | Promise<Answer>>([
  ['/attempts', connect],
  ['/scenario', play],
])

async function answerPage(request: ReceivedRequest, host: string, backend: DemoBackend): Promise<Answer> {
  const { method, target, body } = request
  const [path = ''] = target.split('?', 1)
  const change = changes.get(path)
  if (change) {
    if (method !== 'POST') return notAllowed('POST')
    return refuseOthers(request, host) ?? change(body, backend)
  }
  if (method === 'GET' && path === '/app/login') return backend.app.begin()
  if (method === 'GET' && path === appCallback) return backend.app.finish(target)
  const found = files.get(path) ?? readView(path, backend)
  if (!found) return refusal(404, 'there is nothing at this address')
  if (method !== 'GET' && method !== 'HEAD') return notAllowed('GET, HEAD')
  if (path === '/') backend.arrive(target)
  return found
}

function readView(path: string, backend: DemoBackend): Answer | undefined {
  if (path === '/demo') return json(200, backend.describe())
  const [, id] = /^\/attempts\/([\w-]+)$/.exec(path) ?? []
  if (id === undefined) return undefined
  const attempt = backend.attempt(id)
  if (attempt) return json(200, attempt)
  return refusal(404, 'This attempt is of another run of byoo demo: start a new one.')
}

/** Only a script of this page can send JSON: another origin's would need a permission that nobody gives. */
function refuseOthers({ headers }: ReceivedRequest, host: string): Answer | undefined {
  const { origin, 'content-type': type = '' } = headers
  if (origin !== undefined && origin !== `http://${host}`) return refusal(403, 'not from this page')
  return /^application\/json\s*(;|$)/i.test(type) ? undefined : refusal(415, 'the body must be JSON')
}

async function connect(body: unknown, backend: DemoBackend): Promise<Answer> {
  const choice = choiceSchema.safeParse(body)
  if (!choice.success) return refusal(400, 'the body must be {environment, scenario}')
  return json(201, await backend.connect(choice.data))
}

function play(body: unknown, backend: DemoBackend): Answer {
  const choice = scenarioSchema.safeParse(body)
  if (!choice.success) return refusal(400, 'the body must be {scenario}')
  backend.play(choice.data)
  return json(200, backend.describe())
}

function failure(error: unknown): Answer {
  // The hints of the command line are for the real Junction.
  if (error instanceof ByooError) return refusal(502, error.message)
  return refusal(500, `This is a bug in byoo: ${error instanceof Error ? error.stack : error}`)
}

function notAllowed(allow: string): Answer {
  return { status: 405, body: { error: `only ${allow}` }, headers: { ...headers, Allow: allow } }
}

function refusal(status: number, error: string): Answer {
  return json(status, { error })
}

function json(status: number, body: object): Answer {
  return { status, body, headers }
}

function file(type: string, page: string): Answer {
  return { status: 200, page, headers: { ...headers, 'content-type': type } }
}
