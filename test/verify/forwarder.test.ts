import { networkInterfaces } from 'node:os'
import { expect, onTestFinished, test } from 'vitest'
import { failures, summarise } from '../../src/verify/verification.ts'
import { startForwarder } from '../forwarder/start-forwarder.ts'
import { verifyUrl } from './verify-answer.ts'

/** Not every machine has IPv6. */
const loopbacks = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .filter(({ address }) => address === '127.0.0.1' || address === '::1')
  .map(({ family, address }) => [family, address, family === 'IPv6' ? `[${address}]` : address] as const)

test.each(loopbacks)(
  'the forwarder passes every case that applies, over %s',
  async (_family, address, host) => {
    const route = '{ url: "https://oauth.example.com/oauth_callback/{provider}", environment: production/us }'
    const forwarder = await startForwarder(`routes: [${route}]`, {}, address)
    onTestFinished(async () => void (await forwarder.stop(1000)))
    const verification = await verifyUrl(`http://${host}:${forwarder.port}/oauth_callback/{provider}`)
    const left = verification.cases.filter(({ verdict }) => verdict !== 'passed')
    const notShared = ['production-us', 'production-eu', 'sandbox-us', 'sandbox-eu'].map((name) => {
      return [`state-of-${name}`, 'not applicable', 'the redirect URI is not shared']
    })
    expect(left.map(({ case: { id }, verdict, note }) => [id, verdict, note])).toEqual([
      ...notShared,
      ['encrypted', 'not applicable', 'never leaves the machine'],
      ['certificate', 'not applicable', 'no TLS'],
      ['certificate-lifetime', 'not applicable', 'no TLS'],
      ['old-tls', 'not applicable', 'no TLS'],
    ])
    expect(verification.address).toBe(address)
    expect(verification.findings).toEqual([])
    expect(failures(verification, true)).toEqual([])
    expect(summarise(verification)).toBe('Logins work through this endpoint.')
    expect(verification.limit).toEqual({
      longest: 32_768 - '/oauth_callback/strava'.length,
      beyond: { outcome: 'refused', note: '414 URI Too Long' },
    })
  },
)
