import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, TLSSocket } from 'node:tls'
import type { Conversation } from './requests.ts'

/** What came of a conversation. */
export interface Outcome {
  readonly received: string
  /** Did the server close in time? True when we did. */
  readonly closed: boolean
  /** Was the connection cut off, so that the last answer may have been lost? Node's code. */
  readonly cutOff: string | undefined
}

/** In milliseconds; the forwarder's own time-outs for requests and lingering are far shorter for a half-closed one. */
const patience = 30_000
/** In milliseconds, of silence, before a client that waits closes its side. */
const waiting = 50

/** Opens a connection; with `secure` over TLS, whatever the certificate. */
export function dial(port: number, secure: boolean): Socket {
  const where = { host: '127.0.0.1', port }
  return secure ? connectTls({ ...where, rejectUnauthorized: false }) : connectTcp(where)
}

/** Holds a conversation over a connection of its own; never rejects. */
export function converse(socket: Socket, { pieces, ending }: Conversation): Promise<Outcome> {
  return new Promise((resolve) => {
    let received = ''
    let cutOff: string | undefined
    let silence: NodeJS.Timeout | undefined
    const finish = (closed: boolean) => {
      clearTimeout(deadline)
      clearTimeout(silence)
      socket.destroy()
      resolve({ received, closed, cutOff })
    }
    const deadline = setTimeout(() => finish(false), patience)
    const wait = () => {
      clearTimeout(silence)
      silence = setTimeout(() => socket.end(), waiting)
    }
    const send = (index: number) => {
      const piece = pieces[index]
      if (piece !== undefined) {
        if (socket.writable) socket.write(piece, 'latin1')
        setImmediate(send, index + 1)
        return
      }
      if (ending === 'half-close') socket.end()
      else if (ending === 'wait') wait()
      else if (ending === 'destroy') finish(true)
      else setTimeout(finish, waiting, true)
    }
    socket.setNoDelay(true)
    if (ending === 'deaf') socket.pause()
    else {
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1')
        if (silence !== undefined) wait()
      })
    }
    socket.on('error', (error: NodeJS.ErrnoException) => {
      cutOff = error.code ?? error.message
    })
    socket.once('close', () => finish(true))
    socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => send(0))
  })
}
