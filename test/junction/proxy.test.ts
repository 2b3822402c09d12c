import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createHttp } from '../../src/junction/http.ts'
import { createCertificate } from '../certificate.ts'
import { startProxy } from './connect-proxy.ts'
import { failureOf, recordWaits } from './start.ts'

const junction = 'https://api.management.junction.com/v1/made-up'
/** Reaches this machine, but is not one of the loopback addresses that are exempt from proxies. */
const mapped = '[::ffff:7f00:1]'

let folder: string
let authority: string
let port: number
let server: ReturnType<typeof createServer>

beforeAll(async () => {
  const certificate = await createCertificate('api.management.junction.com')
  folder = await mkdtemp(join(tmpdir(), 'byoo-'))
  authority = join(folder, 'authority.pem')
  await writeFile(authority, certificate.cert)
  server = createServer(certificate, (_request, response) => response.end('{"answered":true}'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})

afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true })
})

/** What one request fails with, in this process, which does not trust the server's certificate. */
async function failing(url: string, env: Record<string, string>) {
  const { waits, wait } = recordWaits()
  const http = createHttp({ env, timeout: 10_000, wait })
  onTestFinished(() => http.close())
  const request = { method: 'POST', url, credentials: {}, body: {}, kind: 'write', action: 'write' } as const
  return { error: await failureOf(http.send(request)), waits }
}

/** What one request prints, in a process with exactly these environment variables. */
async function sending(url: string, env: Record<string, string>): Promise<string> {
  const script = join(import.meta.dirname, 'send-once.ts')
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script, url], { env })
  return stdout.trim()
}

describe('a proxy', () => {
  test.each(['HTTPS_PROXY', 'https_proxy'])('from %s tunnels the request', async (name) => {
    const proxy = await startProxy({ port })
    const env = {
      [name]: proxy.url.replace('//', '//name:made-up-password@'),
      NODE_EXTRA_CA_CERTS: authority,
    }
    expect(await sending(junction, env)).toBe('{"answered":true}')
    expect(proxy.tunnels).toEqual([
      {
        to: 'api.management.junction.com:443',
        authorization: `Basic ${Buffer.from('name:made-up-password').toString('base64')}`,
      },
    ])
  })

  test.each([403, 407, 502])('that answers %i is named, and nothing was sent', async (status) => {
    const proxy = await startProxy({ status })
    const { error } = await failing(junction, { HTTPS_PROXY: proxy.url })
    expect(error).toMatchObject({ code: 'unreachable', mayHaveTakenEffect: false })
    expect(error.message).toContain('the proxy refused the connection')
    expect(error.hint).toContain('HTTPS_PROXY')
  })

  test('is passed by for what NO_PROXY names', async () => {
    const proxy = await startProxy({ status: 403 })
    const env = { HTTPS_PROXY: proxy.url, NO_PROXY: `other.example.com,${mapped}` }
    const { error } = await failing(`https://${mapped}:${port}/`, env)
    expect(error.message).toContain('certificate')
    expect(proxy.tunnels).toEqual([])
  })

  test('is used for what NO_PROXY does not name', async () => {
    const proxy = await startProxy({ status: 403 })
    const env = { HTTPS_PROXY: proxy.url, NO_PROXY: 'other.example.com' }
    await failing(`https://${mapped}:${port}/`, env)
    expect(proxy.tunnels.map(({ to }) => to)).toEqual([`${mapped}:${port}`])
  })

  test('is not asked for loopback', async () => {
    const proxy = await startProxy({ status: 403 })
    await failing(`https://127.0.0.1:${port}/`, { HTTPS_PROXY: proxy.url })
    expect(proxy.tunnels).toEqual([])
  })

  test.each(['socks5://127.0.0.1:1080', 'proxy.example.com:3128', 'nonsense'])(
    'at %s is a fault of the configuration',
    async (url) => {
      const { error } = await failing(junction, { HTTPS_PROXY: url })
      expect(error).toMatchObject({ code: 'configuration', mayHaveTakenEffect: false })
      expect(error.message).toContain('HTTPS_PROXY')
      expect(error.message).not.toContain(url)
    },
  )
})

describe('a certificate', () => {
  test('that nobody vouches for is refused at once, with a hint', async () => {
    const { error, waits } = await failing(`https://127.0.0.1:${port}/`, {})
    expect(error).toMatchObject({ code: 'unreachable', mayHaveTakenEffect: false })
    expect(error.message).toContain('its certificate is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)')
    expect(error.hint).toContain('NODE_EXTRA_CA_CERTS')
    expect(waits).toEqual([])
  })

  test('is trusted when NODE_EXTRA_CA_CERTS vouches for it', async () => {
    const env = { NODE_EXTRA_CA_CERTS: authority }
    expect(await sending(`https://127.0.0.1:${port}/`, env)).toBe('{"answered":true}')
  })

  test('for another name is refused', async () => {
    const proxy = await startProxy({ port })
    const env = { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: authority }
    const said = await sending('https://api.sandbox.us.junction.com/', env)
    expect(said).toContain('its certificate is for another name')
  })
})
