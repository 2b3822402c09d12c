import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'

/** An answer as data; header values are Latin-1 and are written as they are. */
export interface Reply {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

/** What an answer depends on. */
export interface Asked {
  readonly method: string
  readonly target: string
  /** Without the query. */
  readonly path: string
  /** From the first `?` on. */
  readonly query: string
  readonly provider: string
  readonly host: string
  readonly headers: IncomingMessage['headers']
}

export interface StartedServer {
  readonly port: number
  close(): Promise<void>
}

export const junction = 'https://api.us.junction.com/v2/link/connect/'

const protection = [
  ['Cache-Control', 'no-store'],
  ['Referrer-Policy', 'no-referrer'],
  ['X-Content-Type-Options', 'nosniff'],
] as const

export function refuse(status: number): Reply {
  return { status, headers: protection, body: 'refused' }
}

export function redirect(location: string, status = 307): Reply {
  return { status, headers: [['Location', location], ...protection], body: '' }
}

/** What a right endpoint answers. */
export function rightAnswer(asked: Asked): Reply {
  if (asked.target.includes('#')) return refuse(400)
  if (!/^[a-z][a-z0-9_]*$/.test(asked.provider)) return refuse(404)
  if (asked.method !== 'GET' && asked.method !== 'HEAD') return refuse(405)
  return redirect(junction + asked.provider + asked.query)
}

const path = /^(?:https?:\/\/[^/]+)?(\/oauth_callback\/([^?]*))(\?.*)?$/s

/** An endpoint that answers as told: a reply, or bytes. */
export async function startCallbackServer(
  answer: (asked: Asked) => Reply | string,
  tls?: TlsOptions,
): Promise<StartedServer> {
  const options = { maxHeaderSize: 100_000, requireHostHeader: true }
  const server = tls ? createTlsServer({ ...options, ...tls }) : createServer(options)
  server.on('request', (request: IncomingMessage) => {
    const { socket, method = '', url: target = '' } = request
    const [, ownPath = target, provider = '', query = ''] = path.exec(target) ?? []
    const hosts = request.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host')
    const { headers } = request
    const asked = { method, target, path: ownPath, query, provider, host: headers.host ?? '', headers }
    const reply = hosts.length > 1 ? refuse(400) : answer(asked)
    socket.end(typeof reply === 'string' ? reply : written(reply, method), 'latin1')
  })
  server.on('clientError', (_, socket) => socket.end(written(refuse(400), 'GET')))
  return started(server)
}

/** The bytes of a reply. */
export function written({ status, headers, body }: Reply, method: string): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const length = `Content-Length: ${body.length}\r\n`
  return `HTTP/1.1 ${status} Told\r\n${lines}${length}Connection: close\r\n\r\n${method === 'HEAD' ? '' : body}`
}

/** A server that speaks whatever it likes. */
export function startRawServer(onConnection: (socket: Socket) => void): Promise<StartedServer> {
  return started(createTcpServer(onConnection))
}

async function started(server: Server): Promise<StartedServer> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
