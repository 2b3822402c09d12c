import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate, setTimeout as wait } from 'node:timers/promises'
import type { Reply } from './reply.ts'

/** The open connections of a server, and the order in which answers leave on each. */
export interface Connections {
  readonly size: number
  add(socket: Socket): void
  /** Sends an answer; `last` closes the connection after it. */
  answer(response: ServerResponse, reply: Reply, last: boolean): void
  /** Has the request that is still arriving on this connection been answered already? */
  answered(socket: Socket): boolean
  /** Sends final bytes, or none, once all earlier answers are out, and closes the connection. */
  refuse(socket: Socket, bytes?: string): void
  /** From now on the newest answer of each connection waits until it is known whether it is the last one. */
  startDraining(): void
  /** Accepts the connections that wait in the backlog: turns the event loop until a turn brings no new one. */
  emptyBacklog(): Promise<void>
  /** Answers every request that has arrived and closes every connection; true when done within `deadline` ms. */
  drain(deadline: number): Promise<boolean>
}

/** How long a refused client may go on sending before it is cut off; closing earlier could lose it the answer. */
const lingerTime = 1000

/** A turn may accept one connection only; a listener's backlog holds 511 of them. */
const mostTurns = 1000

export function trackConnections(): Connections {
  /** Each with the answer sent last. */
  const open = new Map<Socket, ServerResponse | undefined>()
  const refused = new WeakSet<Socket>()
  let accepted = 0
  /** While draining: the newest answer of each connection. */
  let held: Map<Socket, { response: ServerResponse; reply: Reply }> | undefined

  const send = (response: ServerResponse, reply: Reply, last: boolean) => {
    const { socket } = response.req
    if (open.has(socket)) open.set(socket, response)
    response.writeHead(reply.status, last ? [...reply.headers, 'Connection', 'close'] : reply.headers)
    response.end(reply.body)
  }
  const release = (socket: Socket, last: boolean) => {
    const waiting = held?.get(socket)
    held?.delete(socket)
    if (waiting) send(waiting.response, waiting.reply, last)
  }
  const sending = (socket: Socket) => {
    const response = open.get(socket)
    return response !== undefined && !response.writableFinished && !response.destroyed ? response : undefined
  }

  return {
    get size() {
      return open.size
    },
    add: (socket) => {
      accepted += 1
      open.set(socket, undefined)
      // Node takes its own listener away from a CONNECT, and an error without a listener ends the whole server.
      socket.on('error', () => socket.destroy())
      socket.once('close', () => open.delete(socket))
    },
    answer: (response, reply, last) => {
      const { socket } = response.req
      if (!held || last) return send(response, reply, last)
      release(socket, false)
      held.set(socket, { response, reply })
    },
    answered: (socket) => {
      const response = held?.get(socket)?.response ?? open.get(socket)
      return response !== undefined && !response.req.complete
    },
    refuse: (socket, bytes) => {
      if (refused.has(socket)) return
      refused.add(socket)
      release(socket, false)
      const close = () => {
        if (bytes !== undefined) socket.write(bytes)
        socket.end()
        socket.resume()
        const timer = setTimeout(() => socket.destroy(), lingerTime)
        socket.once('end', () => socket.destroySoon())
        socket.once('close', () => clearTimeout(timer))
      }
      const response = sending(socket)
      if (response) response.once('close', close)
      else close()
    },
    startDraining: () => {
      held = new Map()
    },
    emptyBacklog: async () => {
      for (let turn = 0, before = -1; before < accepted && turn < mostTurns; turn += 1) {
        before = accepted
        await setImmediate()
      }
    },
    drain: async (deadline) => {
      const end = performance.now() + deadline
      const bytesRead = new Map<Socket, number>()
      for (let turn = 0; open.size > 0; turn += 1) {
        if (performance.now() > end) {
          for (const socket of open.keys()) socket.destroy()
          return false
        }
        // Each turn of the event loop reads what has arrived; what is slower than twenty turns is worth a pause.
        await (turn < 20 ? setImmediate() : wait(5))
        for (const socket of open.keys()) {
          const quiet = bytesRead.get(socket) === socket.bytesRead
          bytesRead.set(socket, socket.bytesRead)
          if (sending(socket)) continue
          const waiting = held?.get(socket)
          if (waiting && (quiet || !waiting.response.req.complete)) release(socket, true)
          else if (!waiting && quiet) socket.destroySoon()
        }
      }
      return true
    },
  }
}
