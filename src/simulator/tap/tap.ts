import { connect, createServer, type Socket } from 'node:net'
import { listen } from '../../forwarder/listen.ts'
import type { Timeline } from '../timeline.ts'
import { headerOf, headersOf, MessageCutter } from './message-cutter.ts'

/** What is in front of the forwarder: it passes bytes on, and writes down what it saw. */
export interface Tap {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** Closes the connections that are open, so that what is new holds for all. */
  renew(): void
  close(): Promise<void>
}

/** Starts a tap in front of a port; `rewrite` says what becomes of a `Location`, undefined that nothing does. */
export async function startTap(
  port: number,
  timeline: Timeline,
  rewrite: () => ((location: string) => string) | undefined,
): Promise<Tap> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket)
      socket.on('end', () => other.end())
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroySoon()
      })
    }
    observe(client, upstream, timeline, rewrite())
  })
  const address = await listen(server, 0, '127.0.0.1')
  const renew = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `http://${address}`,
    renew,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        renew()
      }),
  }
}

interface Asked {
  readonly method: string
  readonly answered: ReturnType<Timeline['begin']>
}

function observe(
  client: Socket,
  upstream: Socket,
  timeline: Timeline,
  rewrite: ((location: string) => string) | undefined,
): void {
  const asked: Asked[] = []
  const requests = new MessageCutter(requestBody)
  const answers = new MessageCutter((head) => answerBody(head, asked))

  client.on('data', (chunk) => {
    for (const piece of requests.cut(chunk)) {
      if (!('head' in piece)) continue
      const [method = '', target = ''] = piece.head.trimStart().split(' ')
      const headers = headersOf(piece.head)
      const request = { from: 'browser', to: 'forwarder', method, target, headers, body: undefined } as const
      asked.push({ method, answered: timeline.begin(request) })
    }
    passOn(chunk, client, upstream)
  })

  upstream.on('data', (chunk) => {
    const pieces: Buffer[] = []
    for (const piece of answers.cut(chunk)) {
      if ('rest' in piece) pieces.push(piece.rest)
      else {
        const head = rewrite ? rewriteLocation(piece.head, rewrite) : piece.head
        pieces.push(Buffer.from(head, 'latin1'))
        tell(asked, head, head !== piece.head)
      }
    }
    passOn(rewrite ? Buffer.concat(pieces) : chunk, upstream, client)
  })
  upstream.on('end', () => rewrite && client.write(answers.flush()))
}

function tell(asked: Asked[], head: string, changed: boolean): void {
  const status = Number(head.split(' ')[1])
  if (status < 200) return
  const location = headerOf(head, 'location')
  const passed = changed ? 'passed the query on, decoded and encoded again' : 'passed the query on as it came'
  asked.shift()?.answered({
    status,
    headers: location === undefined ? {} : { location },
    note: location === undefined ? 'refused' : passed,
  })
}

function passOn(bytes: Buffer, from: Socket, to: Socket): void {
  if (bytes.length === 0 || to.write(bytes)) return
  from.pause()
  to.once('drain', () => from.resume())
}

function requestBody(head: string): number {
  if (headerOf(head, 'transfer-encoding') !== undefined) return Number.POSITIVE_INFINITY
  return Number(headerOf(head, 'content-length') ?? 0)
}

function answerBody(head: string, asked: readonly Asked[]): number {
  const status = Number(head.split(' ')[1])
  if (status < 200 || status === 204 || status === 304 || asked[0]?.method === 'HEAD') return 0
  return Number(headerOf(head, 'content-length') ?? Number.POSITIVE_INFINITY)
}

function rewriteLocation(head: string, rewrite: (location: string) => string): string {
  return head.replace(
    /^(location: )(.*)$/im,
    (_line, name: string, location: string) => name + rewrite(location),
  )
}
