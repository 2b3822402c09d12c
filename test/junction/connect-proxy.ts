import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { onTestFinished } from 'vitest'

/** A proxy that tunnels every CONNECT to one local port, or refuses it with a status; over TLS with a certificate. */
export async function startProxy(
  answer: { port: number } | { status: number },
  certificate?: { key: string; cert: string },
) {
  /** What was asked for, as `host:port` and the value of `Proxy-Authorization`. */
  const tunnels: { to: string; authorization: string | undefined }[] = []
  const refuse: RequestListener = (_request, response) => response.writeHead(405).end()
  const server = certificate ? createTlsServer(certificate, refuse) : createServer(refuse)
  server.on('connect', (request, socket) => {
    tunnels.push({ to: request.url ?? '', authorization: request.headers['proxy-authorization'] })
    socket.on('error', () => socket.destroy())
    if ('status' in answer) return socket.end(`HTTP/1.1 ${answer.status} Refused\r\n\r\n`)
    const inner = connect({ host: '127.0.0.1', port: answer.port }, () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n')
      inner.pipe(socket).pipe(inner)
    })
    inner.on('error', () => socket.destroy())
    socket.on('close', () => inner.destroy())
    return socket
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return { url: `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`, tunnels }
}
