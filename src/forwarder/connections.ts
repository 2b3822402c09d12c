import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate, setTimeout as wait } from 'node:timers/promises'
import { boundPipelining } from './pipelining.ts'
import type { Reply } from './reply.ts'

// The states of a connection:
//
//                ┌─────────── the answer has left ───────────┐
//                ▼                                           │
//   accepted ──▶ idle, or a request ── it has arrived ──▶ answering: what follows is not parsed,
//                has arrived in part                      unless a proxy in front parses requests
//                │                                           │
//                │ it is malformed, or late                  │ the answer says Connection: close
//                ▼                                           ▼
//                refused: earlier answers leave, ────────▶ closed
//                then the refusal
//
// While draining there is one more: the newest answer of a connection is held. When the next request arrives, it was
// not the last, and leaves; when nothing has arrived, it was, and says so. What has no answer to be held is closed: at
// once when a request has arrived in part, else after idleTime, since a request may be under way.

/** The open connections of a server, and the order in which answers leave on each. */
interface Connections {
  readonly size: number
  add(socket: Socket): void
  /** Sends an answer; `last` closes the connection after it. */
  answer(response: ServerResponse, reply: Reply, last: boolean): void
  /** Has the request that is still arriving on this connection been answered already? */
  answered(socket: Socket): boolean
  /** Sends final bytes, or none, once all earlier answers are out, and closes the connection. */
  refuse(socket: Socket, bytes?: string): void
  /**
   * From now on the newest answer of each connection waits until it is known whether it is the last one. Resolves when
   * the connections that waited in the backlog are accepted: when a turn of the event loop brings no new one.
   */
  startDraining(): Promise<void>
  /** Answers every request that has arrived and closes every connection; true when done within `deadline` ms. */
  drain(deadline: number): Promise<boolean>
}

interface Connection {
  /** Answers that have been given to Node and have not left. */
  unsent: number
  /** The newest answer, until it has left and all of its request has arrived. */
  newest: ServerResponse | undefined
  /** While draining: the newest answer, not given to Node yet. */
  held: { readonly response: ServerResponse; readonly reply: Reply } | undefined
  /** Octets that had been read when the newest request was answered; more belong to one that is half arrived. */
  answeredAt: number
  /** Octets that had been read when the draining began. */
  drainedFrom: number
  /** Lets the parser go on when answers have left. */
  readonly proceed: () => void
}

/** How long a refused client may go on sending before it is cut off, in ms; closing earlier could lose it the answer. */
const lingerTime = 1000

/** While draining: how long an idle connection may be quiet before it is closed, in milliseconds. */
const idleTime = 50

/** While draining: what may have arrived on a connection before; who sends more, in octets, sends without end. */
const mostArrived = 262_144

/** A turn may accept one connection only; a listener's backlog holds 511 of them. */
const mostTurns = 1000

/** Tracks the connections of a server; `bounded` when it parses what clients send, and no proxy does so first. */
export function trackConnections(bounded: boolean): Connections {
  const open = new Map<Socket, Connection>()
  const refused = new WeakSet<Socket>()
  let accepted = 0
  let draining = false

  // One listener for all connections, since ten thousand may be open.
  function forget(this: Socket) {
    open.delete(this)
  }
  function left(this: ServerResponse) {
    const connection = open.get(this.req.socket)
    if (!connection) return
    connection.unsent -= 1
    // Nothing is kept of a request that is over: V8 would take it for something that lives long.
    if (connection.newest === this && this.req.complete) connection.newest = undefined
    connection.proceed()
  }
  const send = (response: ServerResponse, reply: Reply, last: boolean) => {
    const connection = open.get(response.req.socket)
    if (connection) {
      connection.unsent += 1
      connection.newest = response
      response.on('finish', left)
    }
    response.writeHead(reply.status, last ? [...reply.headers, 'Connection', 'close'] : reply.headers)
    response.end(reply.body)
  }
  const release = (connection: Connection, last: boolean) => {
    const { held } = connection
    connection.held = undefined
    if (held) send(held.response, held.reply, last)
  }

  return {
    get size() {
      return open.size
    },
    add: (socket) => {
      accepted += 1
      const connection: Connection = {
        unsent: 0,
        newest: undefined,
        held: undefined,
        answeredAt: socket.bytesRead,
        drainedFrom: socket.bytesRead,
        proceed: bounded
          ? boundPipelining(
              socket,
              () => connection.unsent === 0,
              () => socket.destroyed || refused.has(socket),
            )
          : () => undefined,
      }
      open.set(socket, connection)
      // Node takes its own listener away from a CONNECT, and an error without a listener ends the whole server.
      socket.on('error', destroy)
      socket.on('close', forget)
    },
    answer: (response, reply, last) => {
      const connection = open.get(response.req.socket)
      if (!connection) return send(response, reply, last)
      const { bytesRead } = response.req.socket
      connection.answeredAt = bytesRead
      if (!draining) return send(response, reply, last)
      release(connection, false)
      if (last || bytesRead - connection.drainedFrom > mostArrived) send(response, reply, true)
      else connection.held = { response, reply }
    },
    answered: (socket) => {
      const connection = open.get(socket)
      const response = connection?.held?.response ?? connection?.newest
      return response !== undefined && !response.req.complete
    },
    refuse: (socket, bytes) => {
      if (refused.has(socket)) return
      refused.add(socket)
      const connection = open.get(socket)
      if (connection) release(connection, false)
      const close = () => {
        if (bytes !== undefined) socket.write(bytes)
        socket.end()
        socket.resume()
        const timer = setTimeout(() => socket.destroy(), lingerTime)
        socket.once('end', () => socket.destroySoon())
        socket.once('close', () => clearTimeout(timer))
      }
      const response = connection && sending(connection)
      if (response) response.once('close', close)
      else close()
    },
    startDraining: async () => {
      draining = true
      for (const [socket, connection] of open) connection.drainedFrom = socket.bytesRead
      for (let turn = 0, before = -1; before < accepted && turn < mostTurns; turn += 1) {
        before = accepted
        await setImmediate()
      }
    },
    drain: async (deadline) => {
      const end = performance.now() + deadline
      const heard = new Map<Socket, { readonly bytesRead: number; readonly since: number }>()
      for (let turn = 0; open.size > 0; turn += 1) {
        // Each turn of the event loop reads what has arrived; what is slower than twenty turns is worth a pause.
        await (turn < 20 || turn % 2 === 1 ? setImmediate() : wait(5))
        const now = performance.now()
        for (const [socket, connection] of open) {
          if (now > end) socket.destroy()
          // As long as answers wait the socket may not be read, which is not the client's quiet.
          if (sending(connection) || socket.readableLength > 0) {
            heard.delete(socket)
            continue
          }
          const before = heard.get(socket)
          const quiet = before?.bytesRead === socket.bytesRead
          if (!quiet) heard.set(socket, { bytesRead: socket.bytesRead, since: now })
          const { held, answeredAt } = connection
          const idleFor = socket.bytesRead === answeredAt ? idleTime : 0
          if (held) {
            if (quiet || !held.response.req.complete) release(connection, true)
          } else if (quiet && now - before.since >= idleFor) socket.destroySoon()
        }
        if (now > end) return false
      }
      return true
    },
  }
}

function destroy(this: Socket): void {
  this.destroy()
}

/** The newest answer of a connection while it has not left. */
function sending({ newest }: Connection): ServerResponse | undefined {
  return newest !== undefined && !newest.writableFinished && !newest.destroyed ? newest : undefined
}
