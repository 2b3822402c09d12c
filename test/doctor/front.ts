import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import { readConfig } from '../../src/config/read-config.ts'
import { compileRoutes } from '../../src/forwarder/routes.ts'
import { providerSlugs } from '../../src/junction/providers.ts'
import { startForwarder } from '../forwarder/start-forwarder.ts'
import { type Asked, type Reply, startCallbackServer } from '../verify/callback-server.ts'

interface Certificate {
  readonly cert: string
  readonly key: string
}

export type Answer = (asked: Asked) => Reply | string | 'reset'

/** A public address: the real forwarder behind it, or something else that answers wrongly. */
export interface Front {
  readonly port: number
  /** What the forwarder forwards, as byoo.yaml. */
  forward(yaml: string): Promise<void>
  /** Something else answers, from now on. */
  answer(answer: Answer): void
  certify(certificate: Certificate): void
  /** Nobody is there. */
  takeDown(): void
  reset(): Promise<void>
  close(): Promise<void>
}

/** Starts the forwarder with TLS, and a wrong server beside it; the front's own port leads to one of them. */
export async function startFront(
  certificate: Certificate,
  route: (port: number) => string,
  rightAnswer: Answer,
): Promise<Front> {
  let answer = rightAnswer
  let shown = certificate
  let behind: 'forwarder' | 'wrong' | 'nobody' = 'forwarder'
  const wrong = await startCallbackServer((asked) => answer(asked), certificate satisfies TlsOptions)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket))
    if (behind === 'nobody') return socket.destroy()
    const inner = connect(behind === 'forwarder' ? forwarder.port : wrong.port, '127.0.0.1')
    inner.on('error', () => socket.destroy()).once('close', () => socket.destroy())
    socket.once('close', () => inner.destroy())
    return socket.pipe(inner).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const bytes = ({ cert, key }: Certificate) => ({ cert: Buffer.from(cert), key: Buffer.from(key) })
  const own = route(port)
  const forwarder = await startForwarder(own, { certificate: bytes(certificate) })
  const update = async (yaml: string) => {
    const { config, faults } = await readConfig({ route: {}, file: undefined, text: yaml, directory: '/' })
    if (faults.length > 0) throw new Error(faults.join('\n'))
    forwarder.update(compileRoutes(config, providerSlugs), bytes(shown))
    current = yaml
  }
  let current = own
  return {
    port,
    forward: update,
    answer: (changed) => {
      answer = changed
      behind = 'wrong'
    },
    certify: (changed) => {
      shown = changed
      void update(current)
    },
    takeDown: () => {
      behind = 'nobody'
    },
    reset: async () => {
      answer = rightAnswer
      behind = 'forwarder'
      if (shown === certificate && current === own) return
      shown = certificate
      await update(own)
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await Promise.all([
        new Promise((resolve) => server.close(resolve)),
        wrong.close(),
        forwarder.stop(1000),
      ])
    },
  }
}
