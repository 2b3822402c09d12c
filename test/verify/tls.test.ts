import { createSecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { TlsOptions } from 'node:tls'
import { beforeAll, expect, test } from 'vitest'
import { failures, summarise } from '../../src/verify/verification.ts'
import { type Authority, createAuthority } from '../certificate.ts'
import {
  type Asked,
  redirect,
  rightAnswer,
  type StartedServer,
  startCallbackServer,
} from './callback-server.ts'
import { stopAfterTest, verifyUrl } from './verify-answer.ts'

const name = 'oauth.example.test'
let authority: Authority

beforeAll(async () => {
  authority = await createAuthority()
})

async function startTls(options: TlsOptions): Promise<StartedServer> {
  return stopAfterTest(await startCallbackServer(rightAnswer, options))
}

function verifyPort(port: number, trusted = true) {
  const authorities = trusted ? authority.pem : undefined
  const url = `https://${name}:${port}/oauth_callback/{provider}`
  return verifyUrl(url, { address: '127.0.0.1', authorities })
}

test('a right endpoint behind TLS with a private authority', async () => {
  const server = await startTls(await authority.issue(name, -1, 300))
  const verification = await verifyPort(server.port)
  const left = verification.cases.filter(({ verdict }) => verdict !== 'passed')
  expect([...new Set(left.map(({ note }) => note))]).toEqual(['the redirect URI is not shared'])
  expect(verification.findings).toEqual([])
  expect(verification.certificate).toMatchObject({ names: `DNS:${name}`, problems: [] })
})

test.each([
  ['expired', -90, -1, name, true, ['certificate-expired']],
  ['not valid yet', 1, 90, name, true, ['certificate-not-yet-valid']],
  ['for another name', -1, 300, 'other.example.test', true, ['certificate-other-name']],
  ['from an unknown authority', -1, 300, name, false, ['certificate-untrusted']],
  [
    'expired and for another name',
    -90,
    -1,
    'other.example.test',
    true,
    ['certificate-expired', 'certificate-other-name'],
  ],
] as const)(
  'a certificate that is %s: nothing is sent',
  async (_, from, until, subject, trusted, expected) => {
    let asked = 0
    const count = (request: Asked) => {
      asked += 1
      return rightAnswer(request)
    }
    const server = await startCallbackServer(count, await authority.issue(subject, from, until))
    const verification = await verifyPort(stopAfterTest(server).port, trusted)
    expect(verification.findings.map(({ id }) => id)).toEqual(expected)
    expect(verification.reached).toBe(true)
    expect(failures(verification, false).map((result) => result.case.id)).toEqual([
      'code-and-state',
      'certificate',
    ])
    expect(asked).toBe(0)
    expect(summarise(verification)).toMatch(/^Logins fail: the certificate /)
  },
)

test('the days of a certificate are told', async () => {
  const day = (daysFromNow: number) =>
    new Date(Date.now() + daysFromNow * 86_400_000).toISOString().slice(0, 10)
  const note = async (port: number) =>
    (await verifyPort(port)).cases.find((result) => result.case.id === 'certificate')?.note
  const expired = await startTls(await authority.issue(name, -90, -1))
  expect(await note(expired.port)).toContain(`valid from ${day(-90)} until ${day(-1)} for DNS:${name}`)
  const valid = await startTls(await authority.issue(name, -1, 300))
  expect(await note(valid.port)).toBe(`valid until ${day(300)}`)
})

test('a certificate that expires soon', async () => {
  const server = await startTls(await authority.issue(name, -85, 5))
  const verification = await verifyPort(server.port)
  expect(verification.findings.map(({ id }) => id)).toEqual(['certificate-expires-soon'])
  expect(failures(verification, false)).toEqual([])
  expect(failures(verification, true).map((result) => result.case.id)).toEqual(['certificate-lifetime'])
})

test('TLS 1.1 is still accepted', async () => {
  const old = { minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const
  const server = await startTls({ ...(await authority.issue(name, -1, 300)), ...old })
  const verification = await verifyPort(server.port)
  expect(verification.findings.map(({ id, detail }) => [id, detail])).toEqual([
    ['old-tls', 'TLSv1.1 was agreed on'],
  ])
})

test('an endpoint that speaks HTTP/2 only', async () => {
  const server = createSecureServer({ ...(await authority.issue(name, -1, 300)), allowHTTP1: false })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const verification = await verifyPort((server.address() as AddressInfo).port)
  server.close()
  expect(verification.findings.map(({ id, impact }) => [id, impact])).toEqual([['http2-only', 'unjudged']])
  expect(failures(verification, false).length).toBeGreaterThan(0)
  expect(summarise(verification)).toBe('It is unknown whether logins work: the endpoint speaks HTTP/2 only.')
})

test('a server without TLS', async () => {
  const server = stopAfterTest(await startCallbackServer(rightAnswer))
  const verification = await verifyPort(server.port)
  expect(verification.findings.map(({ id }) => id)).toEqual(['tls-failed'])
  expect(verification.reached).toBe(false)
})

test.each([
  ['https first', `https://${name}/`, 'extra-hop'],
  ['www first', `http://www.${name}/`, 'extra-hop'],
  ['www over https first', `https://www.${name}/`, 'extra-hop'],
  ['another host', 'http://other.example.test/', 'wrong-host'],
])('plain http, %s', async (_, location, finding) => {
  const answer = ({ path, query }: Asked) => redirect(location.slice(0, -1) + path + query)
  const { port } = stopAfterTest(await startCallbackServer(answer))
  const verification = await verifyUrl(`http://${name}:${port}/oauth_callback/strava`, {
    address: '127.0.0.1',
  })
  const ids = verification.findings.map(({ id }) => id)
  expect(ids[0]).toBe(finding)
  expect(verification.findings[0]?.detail).toContain(location)
  expect(ids).toContain('plain-http')
})
