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
  /** Does it answer as it did at first? */
  isUnchanged(): boolean
  certify(certificate: Certificate): Promise<void>
  /** Nothing listens any more. */
  takeDown(): Promise<void>
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
  let behind: 'forwarder' | 'wrong' = 'forwarder'
  const startWrong = (options: TlsOptions) => startCallbackServer((asked) => answer(asked), options)
  let wrong = await startWrong(certificate)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket))
    const inner = connect(behind === 'forwarder' ? forwarder.port : wrong.port, '127.0.0.1')
    inner.on('error', () => socket.destroy()).once('close', () => socket.destroySoon())
    socket.once('close', () => inner.destroy())
    return socket.pipe(inner).pipe(socket)
  })
  const listen = (at: number) => new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve))
  await listen(0)
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
  const certify = async (changed: Certificate) => {
    shown = changed
    await update(current)
    await wrong.close()
    wrong = await startWrong(changed)
  }
  return {
    port,
    forward: update,
    answer: (changed) => {
      answer = changed
      behind = 'wrong'
    },
    isUnchanged: () => server.listening && behind === 'forwarder' && current === own && shown === certificate,
    certify,
    takeDown: () => new Promise((resolve) => void server.close(() => resolve())),
    reset: async () => {
      if (!server.listening) await listen(port)
      answer = rightAnswer
      behind = 'forwarder'
      if (current !== own) await update(own)
      if (shown !== certificate) await certify(certificate)
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await Promise.all([
        new Promise((resolve) => void server.close(resolve)),
        wrong.close(),
        forwarder.stop(1000),
      ])
    },
  }
}
