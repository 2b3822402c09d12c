import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import type { Certificate } from '../config/certificate.ts'
import { trackConnections } from './connections.ts'
import { type ErrorStatus, errorBytes, errorReply } from './error-page.ts'
import { findHeader, forward, isFor } from './forward.ts'
import { listen } from './listen.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import { readHighWaterMark } from './pipelining.ts'
import type { Reply } from './reply.ts'
import type { RouteTable } from './routes.ts'

/** Durations are in milliseconds, `maxTarget` in octets. */
export interface ForwarderOptions {
  readonly table: RouteTable
  readonly certificate: Certificate | undefined
  readonly log: Log
  readonly metrics: Metrics | undefined
  readonly maxTarget: number
  readonly maxConnections: number
  readonly headersTimeout: number
  readonly requestTimeout: number
  readonly keepAliveTimeout: number
  /** An HTTP proxy in front parses what clients send and waits for each answer: nothing needs to be bounded here. */
  readonly behindProxy?: boolean
  /** Stands in for `forward`: whoever plays a forwarder that misbehaves sees and changes each decision. */
  readonly decide?: typeof forward
}

/** The HTTP server around `forward`. */
export interface Forwarder {
  /** Binds and resolves to `host:port`; rejects with Node's error when it cannot. */
  listen(port: number, host: string): Promise<string>
  /** Would this table send people away who get through now, because their Host is none of the configured ones? */
  misdirects(table: RouteTable): boolean
  /** Swaps routes and certificate, for the requests and connections to come. */
  update(table: RouteTable, certificate: Certificate | undefined): void
  /** Answers `/ready` with 503 from now on. */
  unready(): void
  /** Answers what has arrived, closes everything; false when the deadline in milliseconds cut it short. */
  stop(deadline: number): Promise<boolean>
  openConnections(): number
}

/** RFC 9325 §3.1.1: nothing older than TLS 1.2. */
const tlsOptions = { minVersion: 'TLSv1.2' } as const

/** How often time-outs of requests are looked at, in milliseconds. */
const checkingInterval = 1000

/** By Node's error; all others are 400. */
const refusals: Record<string, ErrorStatus> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }

const peer = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`

const hostHint =
  'several hosts are configured and this request was for none of them: the proxy in front must pass the Host ' +
  'header on unchanged (nginx: proxy_set_header Host $host)'

/** Makes a forwarder; it listens once told to. */
export async function createForwarder(options: ForwarderOptions): Promise<Forwarder> {
  const { log, metrics, certificate, decide = forward } = options
  let forwarding = { table: options.table, maxTarget: options.maxTarget, ready: true }
  const connections = trackConnections(!options.behindProxy)
  const handshakes = new Map<string, Socket>()
  /** Was the newest login for another host than the one that is configured? Behind a proxy that changes Host it is. */
  let foreignHost = false

  const serverOptions = {
    maxHeaderSize: 65_536,
    headersTimeout: options.headersTimeout,
    requestTimeout: options.requestTimeout,
    keepAliveTimeout: options.keepAliveTimeout,
    connectionsCheckingInterval: checkingInterval,
    // Whatever NODE_OPTIONS says.
    insecureHTTPParser: false,
    // Ours answers with the right headers, and knows which hosts matter.
    requireHostHeader: false,
    // Spares requests without a body the life of a stream (Node 24.12 and newer).
    optimizeEmptyRequests: true,
    ...(options.behindProxy ? {} : { highWaterMark: readHighWaterMark }),
  }
  const server = certificate
    ? (await import('node:https')).createServer({
        ...serverOptions,
        ...tlsOptions,
        ...certificate,
        handshakeTimeout: options.headersTimeout,
      })
    : createServer(serverOptions)
  server.maxConnections = options.maxConnections
  // All of them count, within maxHeaderSize: Node would drop what follows the thousandth, a second Host perhaps.
  server.maxHeadersCount = 0
  // A client that has said all may close its side; without this, Node drops the answers that still wait in line.
  Object.assign(server, { httpAllowHalfOpen: true })
  // For a client that does not read its answers; a little later than the time-outs that can still tell it so.
  server.timeout = options.requestTimeout + 2 * checkingInterval

  const record = (reply: Reply, method: string | undefined, started: number) => {
    const { status, route, provider, to } = reply
    const entry = { route, provider, to, method, status, durationMs: performance.now() - started }
    if (route === 'health') log.access(entry, 'debug')
    else if (status === 421) log.access({ ...entry, hint: hostHint }, 'warn')
    else log.access(entry, status < 500 ? 'info' : 'error')
    metrics?.request(entry)
  }

  const records = metrics !== undefined || !log.silent
  const answer = (request: IncomingMessage, response: ServerResponse, expect?: string) => {
    const started = records ? performance.now() : 0
    const facts = {
      method: request.method ?? '',
      target: request.url ?? '',
      http10: request.httpVersionMajor < 2 && request.httpVersionMinor === 0,
      rawHeaders: request.rawHeaders,
      expect,
    }
    const reply = decide(facts, forwarding)
    const { host } = forwarding.table
    if (reply.status === 307 && host !== undefined) foreignHost = !isFor(host, facts)
    // A client that waits for "100 Continue" may or may not send its body after this, and what follows an Upgrade may
    // be another protocol: only closing is unambiguous.
    const last = expect !== undefined || findHeader(request.rawHeaders, 'upgrade') !== undefined
    connections.answer(response, reply, last)
    if (records) record(reply, request.method, started)
  }
  const refuse = (socket: Socket, status: ErrorStatus) => {
    connections.refuse(socket, errorBytes(status))
    record(errorReply(status, false), undefined, performance.now())
  }

  server.on('request', answer)
  server.on('checkContinue', (request, response) => answer(request, response, request.headers.expect))
  server.on('checkExpectation', (request, response) => answer(request, response, request.headers.expect))
  server.on('connect', (_request, socket: Socket) => refuse(socket, 400))
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || socket.bytesRead === 0 || !socket.writable) socket.destroy()
    else if (error.code === 'HPE_CLOSED_CONNECTION' || connections.answered(socket))
      connections.refuse(socket)
    else refuse(socket, refusals[error.code ?? ''] ?? 400)
  })
  server.on('drop', () => metrics?.connectionRefused())
  if (certificate) {
    server.on('connection', (socket: Socket) => {
      const key = peer(socket)
      handshakes.set(key, socket)
      socket.once('close', () => handshakes.delete(key))
    })
    server.on('secureConnection', (socket: Socket) => {
      handshakes.delete(peer(socket))
      // As every connection of node:http has it; for the whole server it would keep half-closed ones in the handshake.
      socket.allowHalfOpen = true
      connections.add(socket)
    })
  } else server.on('connection', connections.add)

  return {
    listen: (port, host) => listen(server, port, host),
    misdirects: (table) => table.byHost !== undefined && !forwarding.table.byHost && foreignHost,
    update: (table, renewed) => {
      forwarding = { ...forwarding, table }
      if (renewed && 'setSecureContext' in server) server.setSecureContext({ ...tlsOptions, ...renewed })
    },
    unready: () => {
      forwarding = { ...forwarding, ready: false }
    },
    stop: async (deadline) => {
      await connections.startDraining()
      // Not http's own close(), which cuts off connections whose next request has arrived but is not read yet.
      // Bun has another server, which closes as it should.
      if (server instanceof NetServer) NetServer.prototype.close.call(server)
      else (server as NetServer).close()
      for (const socket of handshakes.values()) socket.destroy()
      return connections.drain(deadline)
    },
    openConnections: () => connections.size + handshakes.size,
  }
}
