import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod/mini'
import { createDispatchers } from '../../src/junction/dispatch.ts'
import { createCertificate } from '../certificate.ts'
import { startProxy } from './connect-proxy.ts'
import { failureOf, start, startHttp } from './start.ts'

const junction = 'https://api.management.junction.com/v1/made-up'
/** Reaches this machine (RFC 1122 §3.2.1.3), but is no loopback address, which would be exempt from proxies. */
const anotherHost = '0.0.0.0'

let folder: string
let authority: string
let port: number
let server: ReturnType<typeof createServer>
let certificate: Awaited<ReturnType<typeof createCertificate>>
/** Requests that the server saw since the test began. */
let requests = 0

beforeAll(async () => {
  certificate = await createCertificate('api.management.junction.com')
  folder = await mkdtemp(join(tmpdir(), 'byoo-'))
  authority = join(folder, 'authority.pem')
  await writeFile(authority, certificate.cert)
  await build({
    entryPoints: [join(import.meta.dirname, 'send-once.ts')],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "const require=process.getBuiltinModule('node:module').createRequire(import.meta.url);" },
  })
  server = createServer(certificate, ({ url }, response) => {
    requests += 1
    response.end(url === '/large' ? `"${'x'.repeat(3 * 1024 * 1024)}"` : '{"answered":true}')
  })
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
  const { http, waits } = startHttp({ env })
  const request = { method: 'POST', url, credentials: {}, body: {}, kind: 'write', action: 'write' } as const
  return { error: await failureOf(http.send(request, z.unknown())), waits }
}

/** What one request prints, in a process with exactly these environment variables. */
async function sending(url: string, env: Record<string, string>): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [join(folder, 'send-once.mjs'), url],
    { env },
  )
  expect(stderr).not.toContain('DeprecationWarning')
  return stdout.trim()
}

test('undici works from a chunk of a bundle of its own', async () => {
  const { simulator } = await start({ failures: [{ type: 'malformed', body: '{"answered":true}' }] })
  expect((await readdir(folder)).filter((file) => file.startsWith('undici-'))).toHaveLength(1)
  expect(await sending(simulator.url, {})).toBe('{"answered":true}')
})

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

  test('does not let a larger answer through', async () => {
    const { url } = await startProxy({ port })
    const env = { HTTPS_PROXY: url, NODE_EXTRA_CA_CERTS: authority }
    expect(await sending(new URL('/large', junction).href, env)).toContain('is larger than 2 MiB')
  })

  test.each([403, 407, 502])('that answers %i is named, and nothing was sent', async (status) => {
    const proxy = await startProxy({ status })
    const { error } = await failing(junction, { HTTPS_PROXY: proxy.url })
    expect(error).toMatchObject({ code: 'unreachable', mayHaveTakenEffect: false })
    expect(error.message).toContain('the proxy refused the connection')
    expect(error.hint).toContain('HTTPS_PROXY')
  })

  test.each<[host: string, noProxy: string, asked: boolean]>([
    [anotherHost, `other.example.com,${anotherHost}`, false],
    [anotherHost, 'other.example.com', true],
    ['127.0.0.1', '', false],
  ])('is asked for %s when NO_PROXY is "%s": %s', async (host, NO_PROXY, asked) => {
    const proxy = await startProxy({ status: 403 })
    const { error } = await failing(`https://${host}:${port}/`, { HTTPS_PROXY: proxy.url, NO_PROXY })
    expect(proxy.tunnels.map(({ to }) => to)).toEqual(asked ? [`${host}:${port}`] : [])
    expect(error.message).toContain(asked ? 'the proxy refused' : 'certificate')
  })

  test.each([
    ['DOMAIN\\name:made-up', 'DOMAIN\\name:made-up'],
    ['name:100%', 'name:100%'],
    ['name:a%zz%40', 'name:a%zz%40'],
    ['name:a%40b%25', 'name:a@b%'],
    ['name:a@b', 'name:a@b'],
    ['name:a:b', 'name:a:b'],
    ['name', 'name:'],
    ['n%C3%A4me:\u00fc', 'n\u00e4me:\u00fc'],
  ])('is told the name and password of %s', async (written, pair) => {
    const proxy = await startProxy({ status: 407 })
    await failing(junction, { HTTPS_PROXY: proxy.url.replace('//', `//${written}@`) })
    expect(proxy.tunnels.at(0)?.authorization).toBe(`Basic ${Buffer.from(pair).toString('base64')}`)
  })

  test.each([
    'socks5://127.0.0.1:1080',
    'proxy.example.com:3128',
    'nonsense',
    'http://',
    'http://name:made/up@127.0.0.1:3128',
    'http://name:made-up@DOMAIN\\host:3128',
    'http://name:made-up@127.0.0.1:999999',
  ])('at %s is a fault of the configuration', async (url) => {
    const { error } = await failing(junction, { HTTPS_PROXY: url })
    expect(error).toMatchObject({ code: 'configuration', mayHaveTakenEffect: false })
    expect(error.message).toContain('HTTPS_PROXY')
    expect(error.message).not.toContain(url)
  })
})

describe('a certificate', () => {
  test('that nobody vouches for is refused at once, with a hint', async () => {
    const { error, waits } = await failing(`https://127.0.0.1:${port}/`, {})
    expect(error).toMatchObject({ code: 'unreachable', mayHaveTakenEffect: false })
    expect(error.message).toContain('its certificate is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)')
    expect(error.hint).toContain('NODE_EXTRA_CA_CERTS')
    expect(waits).toEqual([])
  })

  test.each(['loopback', 'another host', 'a host behind a proxy', 'an https proxy'])(
    'of %s is checked although NODE_TLS_REJECT_UNAUTHORIZED is 0',
    async (which) => {
      const tunnel = await startProxy({ port }, which === 'an https proxy' ? certificate : undefined)
      const direct = which === 'loopback' || which === 'another host'
      const url = {
        loopback: `https://127.0.0.1:${port}/`,
        'another host': `https://${anotherHost}:${port}/`,
      }
      const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0', ...(direct ? {} : { HTTPS_PROXY: tunnel.url }) }
      const before = requests
      const said = await sending(url[which as keyof typeof url] ?? junction, env)
      expect(said).toContain('its certificate is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)')
      expect(requests).toBe(before)
      expect(tunnel.tunnels).toHaveLength(which === 'a host behind a proxy' ? 1 : 0)
    },
  )

  test('of an https proxy has to be for its name', async () => {
    const proxied = await createCertificate('proxy.example.com')
    const both = join(folder, 'both.pem')
    await writeFile(both, `${certificate.cert}\n${proxied.cert}\n`)
    const proxy = await startProxy({ port }, proxied)
    const through = (url: string) => sending(junction, { HTTPS_PROXY: url, NODE_EXTRA_CA_CERTS: both })
    expect(await through(proxy.url)).toBe('{"answered":true}')
    expect(await through(proxy.url.replace('127.0.0.1', 'localhost'))).toContain('is for another name')
    expect(proxy.tunnels).toHaveLength(1)
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

test('whatever HTTPS_PROXY and NO_PROXY say, they are used, or a fault of the configuration', async () => {
  const piece = fc.constantFrom(
    'http://',
    'https://',
    '@',
    ':',
    '/',
    '\\',
    '%',
    '[',
    ']',
    '.',
    '1',
    'a',
    '#',
    '?',
    ' ',
    '\u00fc',
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece).map((pieces) => `http://${pieces.join('')}`),
  )
  const build = async (https_proxy: string, no_proxy: string) => {
    const dispatchers = createDispatchers({ https_proxy, no_proxy }, 1000)
    try {
      await dispatchers.for(new URL(junction))
    } catch (error) {
      expect(error).toMatchObject({ name: 'ByooError', code: 'configuration' })
    }
    await dispatchers.close()
  }
  await fc.assert(fc.asyncProperty(text, text, build), { numRuns: 200 })
})
