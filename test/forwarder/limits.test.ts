import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createCertificate } from '../certificate.ts'
import { ask, open, parseAnswers, readToEnd } from '../raw-http.ts'
import { startForwarder, yaml } from './start-forwarder.ts'

const minute = 60_000

/** Sends a byte every 50 ms for as long as the server takes them, so that the connection is never idle. */
function dribble(socket: Socket): void {
  const timer = setInterval(() => socket.write('x'), 50)
  socket.once('close', () => clearInterval(timer))
  socket.once('end', () => clearInterval(timer))
}

async function start(
  ...[options, certificate]: [Parameters<typeof startForwarder>[1], { cert: string; key: string }?]
) {
  const forwarder = await startForwarder(yaml, {
    ...options,
    certificate: certificate && { cert: Buffer.from(certificate.cert), key: Buffer.from(certificate.key) },
  })
  onTestFinished(async () => void (await forwarder.stop(1000)))
  return forwarder
}

describe('each time-out by itself', () => {
  test('of the headers', async () => {
    const forwarder = await start({ headersTimeout: 200, requestTimeout: minute })
    const socket = await open(forwarder.port)
    const received = readToEnd(socket)
    socket.write('GET /oauth_callback/strava HTTP/1.1\r\nHost: h\r\nX-Slow: ')
    dribble(socket)
    const [answer] = parseAnswers(await received)
    expect(answer?.status).toBe(408)
    expect(answer?.body).toBe(
      'Request time-out. The request did not arrive completely in time. Check your connection and try again.\n',
    )
  })

  test('of the whole request, answered already or not', async () => {
    const forwarder = await start({ headersTimeout: 200, requestTimeout: 400 })
    const socket = await open(forwarder.port)
    const received = readToEnd(socket)
    socket.write('POST /oauth_callback/strava HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n')
    dribble(socket)
    expect(parseAnswers(await received).map(({ status }) => status)).toEqual([405])
  })

  test('of the handshake', async () => {
    const certificate = await createCertificate('oauth.example.com')
    const forwarder = await start({ headersTimeout: 200, requestTimeout: minute }, certificate)
    expect(await readToEnd(await open(forwarder.port))).toBe('')
  })
})

test('a stop ends handshakes', async () => {
  const certificate = await createCertificate('oauth.example.com')
  const forwarder = await start({ headersTimeout: minute, requestTimeout: minute }, certificate)
  const ended = readToEnd(await open(forwarder.port))
  await expect.poll(forwarder.openConnections).toBe(1)
  expect(await forwarder.stop(1000)).toBe(true)
  expect(await ended).toBe('')
})

test('TLS 1.1 is refused for its version, by a client that would speak it', async () => {
  const certificate = await createCertificate('oauth.example.com')
  const forwarder = await start({}, certificate)
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const
  await expect(open(forwarder.port, { ca: certificate.cert, ...old })).rejects.toThrow(
    expect.objectContaining({ code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' }),
  )
  const health = 'GET /health HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'
  const tls = { ca: certificate.cert, servername: 'oauth.example.com' }
  expect((await ask(forwarder.port, health, { ...tls, maxVersion: 'TLSv1.2' })).status).toBe(200)
})

test('a refused client may finish what it sends, so that it does not lose the answer', async () => {
  const forwarder = await start({})
  const socket = connect({ port: forwarder.port, host: '127.0.0.1', allowHalfOpen: true })
  const errors: Error[] = []
  socket.on('error', (error) => errors.push(error))
  socket.setEncoding('latin1')
  let received = ''
  socket.on('data', (text) => {
    received += text
  })
  socket.write('FROB / HTTP/1.1\r\n\r\n')
  await once(socket, 'end')
  for (let count = 0; count < 5; count += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    await new Promise((resolve) => socket.write('x', resolve))
  }
  socket.end()
  await once(socket, 'close')
  expect(errors).toEqual([])
  expect(parseAnswers(received).map(({ status }) => status)).toEqual([400])
})
