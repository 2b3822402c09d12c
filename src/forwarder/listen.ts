import type { AddressInfo, Server } from 'node:net'

/** Binds a server to a TCP port and resolves to its `host:port`; rejects with Node's error when it cannot. */
export function listen(server: Server, port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host }, () => {
      server.off('error', reject)
      const { address, family, port: bound } = server.address() as AddressInfo
      resolve(`${family === 'IPv6' ? `[${address}]` : address}:${bound}`)
    })
  })
}
