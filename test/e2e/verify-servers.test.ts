import { expect, test } from 'vitest'
import { failures } from '../../src/verify/verification.ts'
import { verifyWebServer } from './verify-web-server.ts'
import { webServers } from './web-servers.ts'

test.each(webServers)('$name', { timeout: 60_000 }, async (server) => {
  const verification = await verifyWebServer(server)
  expect(verification.findings.map(({ id }) => id)).toEqual(server.findings)
  expect(failures(verification, true).length).toBeGreaterThan(0)
})
