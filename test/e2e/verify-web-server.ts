import { createEndpoint } from '../../src/verify/endpoint.ts'
import { createRateLimiter } from '../../src/verify/rate-limiter.ts'
import type { Verification } from '../../src/verify/verification.ts'
import { verify } from '../../src/verify/verify.ts'
import { startServer } from './start-server.ts'
import type { WebServer } from './web-servers.ts'

const target = {
  template: 'https://api.us.junction.com/v2/link/connect/{provider}',
  environment: 'production/us',
} as const

/** Verifies what listens on a port of the loopback address. */
export function verifyPort(port: number): Promise<Verification> {
  const url = `http://127.0.0.1:${port}/oauth_callback/{provider}`
  return verify(createEndpoint(url, target, ['strava', 'oura']), { limiter: createRateLimiter(200, 4) })
}

/** Starts a server, verifies it, stops it. */
export async function verifyWebServer(server: WebServer): Promise<Verification> {
  const { port, stop } = await startServer(server.name, server)
  try {
    return await verifyPort(port)
  } finally {
    await stop()
  }
}
