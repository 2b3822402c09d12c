import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { failures, summarise } from '../../src/verify/verification.ts'
import { junction, rightAnswer, startCallbackServer, startRawServer } from './callback-server.ts'
import { stopAfterTest, urlOf, verifyUrl } from './verify-answer.ts'

/** Writes again and again, as fast as the other side reads. */
function flood(socket: Socket, chunk: string): void {
  const write = () => {
    while (socket.writable && socket.write(chunk, 'latin1'));
  }
  socket.on('drain', write)
  write()
}

/** The URL of a server that speaks whatever it likes. */
async function startTalking(talk: (socket: Socket) => void): Promise<string> {
  return urlOf(stopAfterTest(await startRawServer(talk)).port)
}

test.each<[string, (socket: Socket) => void, string, boolean]>([
  ['resets', (socket) => void socket.on('data', () => socket.resetAndDestroy()), 'no-answer', false],
  ['closes', (socket) => void socket.on('data', () => socket.end()), 'no-answer', false],
  ['says nothing', () => undefined, 'no-answer', false],
  ['speaks something else', (socket) => void socket.write('SSH-2.0-OpenSSH_9.6\r\n'), 'not-http', true],
  ['sends garbage', (socket) => void socket.write('\x00\xff'.repeat(50), 'latin1'), 'not-http', true],
  [
    'ends in the middle of the headers',
    (socket) => void socket.end('HTTP/1.1 307 T\r\nLoca'),
    'not-http',
    true,
  ],
  [
    'sends headers without end',
    (socket) => {
      socket.write('HTTP/1.1 307 T\r\n')
      flood(socket, `X-More: ${'x'.repeat(1000)}\r\n`)
    },
    'not-http',
    true,
  ],
  [
    'sends one header without end',
    (socket) => {
      socket.write('HTTP/1.1 307 T\r\nLocation: ')
      flood(socket, 'x'.repeat(10_000))
    },
    'not-http',
    true,
  ],
])('a server that %s', async (does, talk, finding, reached) => {
  const url = await startTalking(talk)
  const verification = await verifyUrl(url, { timeout: does === 'says nothing' ? 300 : 10_000 })
  expect(verification.findings.map(({ id }) => id)).toEqual([finding])
  expect(verification.reached).toBe(reached)
  expect(failures(verification, false).length).toBeGreaterThan(0)
  expect(verification.requests).toBeLessThanOrEqual(2)
})

test('a server that drips its headers', async () => {
  const timers = new Set<NodeJS.Timeout>()
  const url = await startTalking((socket) => {
    const bytes = [...`HTTP/1.1 307 Told\r\nX: ${'x'.repeat(5000)}`]
    const timer = setInterval(() => socket.write(bytes.shift() ?? 'x'), 20)
    timers.add(timer)
    socket.once('close', () => clearInterval(timer))
  })
  const verification = await verifyUrl(url, { timeout: 300 })
  for (const timer of timers) clearInterval(timer)
  expect(verification.findings.map(({ id }) => id)).toEqual(['no-answer'])
})

test.each([
  ['chunked', 'Transfer-Encoding: chunked\r\n\r\n10000\r\n', 'x'.repeat(0x10000)],
  ['until the end of the connection', '\r\n', 'x'.repeat(10_000)],
])('a redirect with an enormous body, %s', async (_, headers, chunk) => {
  const head = `HTTP/1.1 307 Told\r\nLocation: ${junction}strava?code=byoo-made-up-code&state=byoo-made-up-state\r\n`
  const url = await startTalking((socket) => {
    socket.once('data', () => {
      socket.write(head + headers)
      flood(socket, chunk)
    })
  })
  const { cases } = await verifyUrl(url, { timeout: 5000 })
  const bounded = cases.find((result) => result.case.id === 'bounded-body')
  expect(bounded).toMatchObject({ verdict: 'failed', note: 'the body is larger than 64 KiB' })
})

test('answers in chunks, byte by byte, after an interim answer, are read', async () => {
  const url = await startTalking((socket) => {
    socket.setNoDelay(true)
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      if (!received.includes('\r\n\r\n')) return
      const [, query] = /^\S+ [^?\s]*(\S*) /.exec(received) ?? []
      const head = `HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\nHTTP/1.1 307 Told\r\nlocation:${junction}strava${query ?? ''}\t\r\n`
      for (const byte of `${head}Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\n\r\n`)
        socket.write(byte)
      socket.end()
    })
  })
  const { cases } = await verifyUrl(url.replace('{provider}', 'strava'), { timeout: 5000 })
  const plain = cases.find((result) => result.case.id === 'code-and-state')
  const bounded = cases.find((result) => result.case.id === 'bounded-body')
  expect([plain?.verdict, bounded?.note]).toEqual(['passed', '3 bytes'])
})

test('a port where nothing listens', async () => {
  const server = await startRawServer(() => undefined)
  await server.close()
  const verification = await verifyUrl(urlOf(server.port))
  expect(verification.findings.map(({ id }) => id)).toEqual(['no-connection'])
  expect(verification.reached).toBe(false)
  expect(summarise(verification)).toBe('Logins fail: there is no connection.')
})

test('an endpoint that stops answering ends the run after a few requests', async () => {
  let asked = 0
  const url = await startTalking((socket) => {
    asked += 1
    if (asked > 1) return
    socket.once('data', () => {
      const query = '?code=byoo-made-up-code&state=byoo-made-up-state'
      socket.end(`HTTP/1.1 307 Told\r\nLocation: ${junction}strava${query}\r\n\r\n`)
    })
  })
  const { requests, cases } = await verifyUrl(url, { timeout: 300 })
  // Five without an answer, and those that were on the way by then.
  expect(requests).toBeLessThan(20)
  expect(cases.at(-1)?.verdict).not.toBe('passed')
})

test('a name that does not resolve', async () => {
  const verification = await verifyUrl('http://byoo.invalid/oauth_callback/{provider}')
  expect(verification.findings.map(({ id }) => id)).toEqual(['unresolvable'])
  expect(verification.reached).toBe(false)
})

test('IPv6', async () => {
  const { port } = stopAfterTest(await startCallbackServer(rightAnswer))
  const url = `http://[::1]:${port}/oauth_callback/strava`
  const { endpoint, findings } = await verifyUrl(url, { address: '127.0.0.1' })
  expect([endpoint.host, endpoint.authority, findings]).toEqual(['::1', `[::1]:${port}`, []])
})

test('an interruption ends the run at once', async () => {
  const interruption = new AbortController()
  const running = verifyUrl(await startTalking(() => undefined), { signal: interruption.signal })
  interruption.abort()
  await expect(running).rejects.toThrow(/abort/i)
})
