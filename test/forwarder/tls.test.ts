import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCertificate } from '../certificate.ts'
import { header, open, parseAnswers, readToEnd } from '../raw-http.ts'
import { readings, type StartedForwarder, startForwarder, yaml } from './start-forwarder.ts'

const target = 'https://api.sandbox.us.junction.com/v2/link/connect/strava'
const request = (code: number) => `GET /oauth_callback/strava?${code} HTTP/1.1\r\nHost: h\r\n\r\n`

describe.each(readings)('%s', (_, reading) => {
  let forwarder: StartedForwarder
  let cert: string
  beforeAll(async () => {
    const made = await createCertificate('oauth.example.com')
    cert = made.cert
    const certificate = { cert: Buffer.from(made.cert), key: Buffer.from(made.key) }
    forwarder = await startForwarder(yaml, { ...reading, certificate })
  })
  afterAll(() => forwarder.stop(1000))

  test('pipelined requests of a client that closes its side at once are all answered', async () => {
    const codes = Array.from({ length: 50 }, (_, index) => index)
    const socket = await open(forwarder.port, { ca: cert, servername: 'oauth.example.com' })
    const received = readToEnd(socket)
    socket.end(codes.map(request).join(''))
    const answers = parseAnswers(await received)
    expect(answers.map((answer) => header(answer, 'location'))).toEqual(
      codes.map((code) => `${target}?${code}`),
    )
  })

  test.each([
    ['half-closes before the handshake', ''],
    ['speaks plain HTTP', request(1)],
    ['begins a handshake and half-closes', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ])('a client that %s is shown out at once', async (_, bytes) => {
    const socket = connect(forwarder.port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.resume()
    await once(socket, 'connect')
    socket.end(bytes, 'latin1')
    const started = performance.now()
    await once(socket, 'close')
    // Not by the time-out of the handshake, which is ten seconds.
    expect(performance.now() - started).toBeLessThan(5000)
  })
})
