import { expect, test } from 'vitest'
import { createEndpoint } from '../../src/verify/endpoint.ts'
import { createRateLimiter } from '../../src/verify/rate-limiter.ts'
import { failures } from '../../src/verify/verification.ts'
import { verify } from '../../src/verify/verify.ts'
import { junction, rightAnswer, startCallbackServer } from './callback-server.ts'
import { wrongEndpoints } from './wrong-endpoints.ts'

const target = { template: `${junction}{provider}`, environment: 'production/us' } as const

async function verifyPort(port: number) {
  const endpoint = createEndpoint(`http://127.0.0.1:${port}/oauth_callback/{provider}`, target, [
    'strava',
    'oura',
  ])
  return verify(endpoint, { limiter: createRateLimiter(1000, 8) })
}

test('a right endpoint has no findings', async () => {
  const server = await startCallbackServer(rightAnswer)
  const verification = await verifyPort(server.port)
  await server.close()
  expect(verification.findings).toEqual([])
  expect(failures(verification, true)).toEqual([])
})

test.each(wrongEndpoints)('an endpoint that $name', async ({ answer, findings, detail, required }) => {
  const server = await startCallbackServer(answer)
  const verification = await verifyPort(server.port)
  await server.close()
  expect(verification.findings.map(({ id }) => id)).toEqual(findings)
  if (detail !== undefined) expect(verification.findings[0]?.detail).toBe(detail)
  expect(failures(verification, false).length > 0).toBe(required)
  const counts = findings.some((id) => id !== 'unclean-limit')
  expect(failures(verification, true).length > 0).toBe(counts)
  const unexplained = verification.cases.filter(
    ({ verdict, findings: found }) =>
      verdict !== 'passed' && verdict !== 'not applicable' && found.length === 0,
  )
  expect(unexplained).toEqual([])
})
