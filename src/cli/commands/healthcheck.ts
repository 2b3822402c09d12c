import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import { resolve } from 'node:path'
import type { PeerCertificate } from 'node:tls'
import { givenListener, readListener } from '../../config/listener.ts'
import { ByooError } from '../../errors.ts'
import type { Context } from '../context.ts'

/** In milliseconds; shorter than the time-out of the image's HEALTHCHECK. */
const patience = 2000

const everywhere: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

/** Asks the forwarder on this machine for `/health`; fails with `unhealthy` unless the answer is 200. */
export async function healthcheck(flags: Readonly<Record<string, unknown>>, context: Context): Promise<void> {
  const { port, host, tlsCert } = givenListener(flags, context.env)
  const { listener, faults } = readListener({ ...(port && { port }), ...(host && { host }) })
  if (faults.length > 0) throw new ByooError('unhealthy', faults.join('\n'))
  const options = {
    host: everywhere[listener.host] ?? listener.host,
    port: listener.port,
    path: '/health',
    signal: AbortSignal.timeout(patience),
    agent: false,
  } as const
  try {
    const status = await new Promise<number | undefined>((fulfil, reject) => {
      const request = tlsCert
        ? requestSecure({ ...options, ...ownCertificate(resolve(context.directory, tlsCert.value)) })
        : requestPlain(options)
      request.once('response', (response) => fulfil(response.resume().statusCode))
      request.once('error', reject)
      request.end()
    })
    if (status !== 200) throw new Error(`the answer is ${status}`)
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown error'
    throw new ByooError('unhealthy', `${options.host} port ${options.port} is not healthy: ${reason}`, {
      cause: error,
    })
  }
}

/** Trusts one certificate only, ours: its name is the public one, so it cannot be compared with a local address. */
function ownCertificate(file: string) {
  const cert = readFileSync(file)
  const { fingerprint256 } = new X509Certificate(cert)
  return {
    ca: cert,
    allowPartialTrustChain: true,
    checkServerIdentity: (_host: string, presented: PeerCertificate) =>
      presented.fingerprint256 === fingerprint256 ? undefined : new Error('another certificate is served'),
  }
}
