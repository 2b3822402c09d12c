import { request as requestPlain } from 'node:http'
import { resolve } from 'node:path'
import type { PeerCertificate } from 'node:tls'
import { givenListener, readListener } from '../../config/listener.ts'
import { fileBound, readRegularFile } from '../../config/read-file.ts'
import { ByooError } from '../../errors.ts'
import type { ForwarderCommand } from '../command.ts'
import type { Context } from '../context.ts'
import type { ExitCode } from '../exit-code.ts'

/** In milliseconds; shorter than the time-out of the image's HEALTHCHECK. */
const patience = 2000

const everywhere: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

/** `byoo healthcheck` */
export const command: ForwarderCommand = {
  description:
    "Asks the forwarder on this machine for /health. The exit code is 0 when it is healthy, else 1, as Docker's " +
    'HEALTHCHECK wants it.',
  examples: ['byoo healthcheck --port 8080'],
  optionGroups: {
    'Options:': [
      ['--port <port>', 'port that the forwarder listens on, also PORT (default: 8080)'],
      ['--host <address>', 'address that it listens on (default: 127.0.0.1)'],
      ['--tls-cert <file>', 'its certificate, when it serves https'],
    ],
  },
  start: healthcheck,
}

/** Asks the forwarder on this machine for `/health`; fails with `unhealthy` unless the answer is 200. */
async function healthcheck(flags: Readonly<Record<string, unknown>>, context: Context): Promise<ExitCode> {
  const { port, host, tlsCert } = givenListener(flags, context.env).given
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
    const secure = tlsCert && (await ownCertificate(resolve(context.directory, tlsCert.value)))
    const { request: send } = secure ? await import('node:https') : { request: requestPlain }
    const status = await new Promise<number | undefined>((fulfil, reject) => {
      const request = send({ ...options, ...secure })
      request.once('response', (response) => fulfil(response.resume().statusCode))
      request.once('error', reject)
      request.end()
    })
    if (status !== 200) throw new Error(`the answer is ${status}`)
    return 0
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown error'
    throw new ByooError('unhealthy', `${options.host} port ${options.port} is not healthy: ${reason}`, {
      cause: error,
    })
  }
}

/** Trusts one certificate only, ours: its name is the public one, so it cannot be compared with a local address. */
async function ownCertificate(file: string) {
  const { X509Certificate } = await import('node:crypto')
  const cert = readRegularFile(file, fileBound)
  const { fingerprint256 } = new X509Certificate(cert)
  return {
    ca: cert,
    allowPartialTrustChain: true,
    checkServerIdentity: (_host: string, presented: PeerCertificate) =>
      presented.fingerprint256 === fingerprint256 ? undefined : new Error('another certificate is served'),
  }
}
