import { expect, test } from 'vitest'
import { createCertificate } from '../certificate.ts'
import { open } from '../raw-http.ts'
import { readings, startForwarder, yaml } from './start-forwarder.ts'

const request = 'GET /oauth_callback/strava?code=c HTTP/1.1\r\nHost: h\r\n\r\n'
const clients = 100

/** Asks again as soon as an answer has arrived, until one says that it is the last; true when every request got its answer. */
async function askOnAndOn(
  port: number,
  tls: Parameters<typeof open>[1],
): Promise<{ ended: Promise<boolean> }> {
  const socket = await open(port, tls)
  socket.setEncoding('latin1')
  let waits = false
  let received = ''
  const ask = () => {
    waits = true
    socket.write(request)
  }
  let answered = () => {}
  const first = new Promise<void>((resolve) => {
    answered = resolve
  })
  socket.on('data', (text) => {
    received += text
    if (!received.endsWith('\r\n\r\n')) return
    waits = false
    answered()
    if (/\r\nConnection: close\r\n/i.test(received)) socket.end()
    // Some time passes at the client as well.
    else setTimeout(ask, Math.random() * 5)
    received = ''
  })
  socket.on('error', () => undefined)
  const ended = new Promise<boolean>((resolve) => socket.once('close', () => resolve(!waits)))
  ask()
  await first
  return { ended }
}

test.each([
  ...readings.map(([title, reading]) => [title, reading, false] as const),
  ...readings.map(([title, reading]) => [`${title}, over TLS`, reading, true] as const),
])(
  'a stop under load leaves hardly a request unanswered, and takes no longer than a second: %s',
  async (_, reading, secure) => {
    const { cert, key } = await createCertificate('oauth.example.com')
    const certificate = secure ? { cert: Buffer.from(cert), key: Buffer.from(key) } : undefined
    const tls = secure ? { ca: cert, servername: 'oauth.example.com' } : undefined
    for (let run = 0; run < 5; run += 1) {
      const forwarder = await startForwarder(yaml, { ...reading, certificate })
      const asking = await Promise.all(Array.from({ length: clients }, () => askOnAndOn(forwarder.port, tls)))
      const started = performance.now()
      expect(await forwarder.stop(8000)).toBe(true)
      expect(performance.now() - started).toBeLessThan(1000)
      const answered = await Promise.all(asking.map(({ ended }) => ended))
      expect(answered.filter((all) => !all).length).toBeLessThanOrEqual(1)
    }
  },
)
