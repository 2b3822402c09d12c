import { onTestFinished } from 'vitest'
import { createEndpoint } from '../../src/verify/endpoint.ts'
import { createRateLimiter } from '../../src/verify/rate-limiter.ts'
import type { Verification } from '../../src/verify/verification.ts'
import { type VerifyOptions, verify } from '../../src/verify/verify.ts'
import { junction, startCallbackServer } from './callback-server.ts'

export const target = { template: `${junction}{provider}`, environment: 'production/us' } as const

/** The callback of an endpoint on this machine, for every provider. */
export const urlOf = (port: number) => `http://127.0.0.1:${port}/oauth_callback/{provider}`

/** Stops a server when the test has ended. */
export function stopAfterTest<Server extends { close(): Promise<void> }>(server: Server): Server {
  onTestFinished(() => server.close())
  return server
}

/** Verifies as fast as it goes what must send users on to Junction. */
export function verifyUrl(url: string, options: VerifyOptions = {}): Promise<Verification> {
  const endpoint = createEndpoint(url, target, ['strava', 'oura'])
  return verify(endpoint, { limiter: createRateLimiter(1000, 8), ...options })
}

/** Verifies an endpoint that answers like this. */
export async function verifyAnswer(
  answer: Parameters<typeof startCallbackServer>[0],
  options: VerifyOptions = {},
): Promise<Verification> {
  const server = await startCallbackServer(answer)
  try {
    return await verifyUrl(urlOf(server.port), options)
  } finally {
    await server.close()
  }
}
