import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { listen } from '../../src/forwarder/listen.ts'
import { createClock } from '../../src/simulator/clock.ts'
import { reEncode } from '../../src/simulator/tap/re-encode.ts'
import { startTap } from '../../src/simulator/tap/tap.ts'
import { Timeline } from '../../src/simulator/timeline.ts'
import { startForwarder } from '../forwarder/start-forwarder.ts'
import { ask, exchange, header, open, parseAnswers, readToEnd } from '../raw-http.ts'

const target = 'http://127.0.0.1:1/v2/link/connect'
const last = 'Host: oauth.example.com\r\nConnection: close\r\n\r\n'

async function start(rewrite?: (location: string) => string) {
  const forwarder = await startForwarder(
    `routes: [{ url: "https://oauth.example.com/cb/{provider}", target: "${target}/{provider}" }]`,
  )
  const timeline = new Timeline(createClock())
  const tap = await startTap(forwarder.port, timeline, () => rewrite)
  onTestFinished(async () => {
    await tap.close()
    await forwarder.stop(1000)
  })
  return { hops: timeline.hops, tap, port: Number(new URL(tap.url).port), straight: forwarder.port }
}

const odd = [
  [
    'a query of every printable byte',
    `GET /cb/oura?${Array.from({ length: 94 }, (_, index) => String.fromCharCode(0x21 + index))
      .filter((one) => one !== '#')
      .join('')} HTTP/1.1\r\n${last}`,
  ],
  ['HEAD', `HEAD /cb/oura?code=a%2Bb HTTP/1.1\r\n${last}`],
  [
    'pipelined requests',
    `GET /cb/oura?a=1 HTTP/1.1\r\nHost: a\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: a\r\n\r\nGET /cb/oura?a=2 HTTP/1.1\r\n${last}`,
  ],
  [
    'a body on GET',
    `GET /cb/oura?a=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n\r\n\r\nxGET /cb/oura?a=2 HTTP/1.1\r\n${last}`,
  ],
  [
    'a chunked body',
    `GET /cb/oura?a=1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\nGET /cb/oura?a=2 HTTP/1.1\r\n${last}`,
  ],
  ['100-continue', `GET /cb/oura?a=1 HTTP/1.1\r\nExpect: 100-continue\r\n${last}`],
  ['an empty line first', `\r\nGET /cb/oura?a=1 HTTP/1.1\r\n${last}`],
  ['HTTP/1.0', 'GET /cb/oura?a=1 HTTP/1.0\r\n\r\n'],
  ['no HTTP at all', 'hello\r\n\r\n'],
  ['a control byte', `GET /cb/oura?\x01 HTTP/1.1\r\n${last}`],
  ['a head that is too long', `GET /cb/oura?${'a'.repeat(140_000)} HTTP/1.1\r\n${last}`],
] as const

test.each(odd)('passes on %s and its answer byte for byte', async (_name, bytes) => {
  const { port, straight } = await start()
  const [tapped, direct] = [await exchange(port, bytes), await exchange(straight, bytes)]
  const withoutDate = (stream: string) => stream.replace(/^Date: .*$/gm, '')
  expect(withoutDate(tapped)).toBe(withoutDate(direct))
  expect(tapped).toMatch(/^HTTP\/1\.1 /)
})

test('passes on what arrives byte by byte', async () => {
  const { port, hops } = await start()
  const socket = await open(port)
  socket.setNoDelay(true)
  const received = readToEnd(socket)
  for (const byte of `GET /cb/oura?code=a%2Bb HTTP/1.1\r\n${last}`) {
    await new Promise((written) => socket.write(byte, written))
  }
  const [answer] = parseAnswers(await received)
  expect(header(answer ?? { headers: [] }, 'location')).toBe(`${target}/oura?code=a%2Bb`)
  expect(hops.map((hop) => [hop.target, hop.location])).toEqual([
    ['/cb/oura?code=a%2Bb', `${target}/oura?code=a%2Bb`],
  ])
})

test('writes down each request with its answer', async () => {
  const { port, hops } = await start()
  await exchange(
    port,
    `HEAD /cb/oura?state=1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /cb/oura?state=2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /cb/oura?state=3 HTTP/1.1\r\n${last}`,
  )
  expect(
    hops.map(({ id, method, status, location, state }) => [id, method, status, location, state]),
  ).toEqual([
    [1, 'HEAD', 307, `${target}/oura?state=1`, '1'],
    [2, 'POST', 405, undefined, '2'],
    [3, 'GET', 307, `${target}/oura?state=3`, '3'],
  ])
})

test('the other side may close first', async () => {
  const server = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end'))
  const address = await listen(server, 0, '127.0.0.1')
  const tap = await startTap(Number(address.split(':')[1]), new Timeline(createClock()), () => (text) => text)
  onTestFinished(async () => {
    await tap.close()
    server.close()
  })
  const socket = await open(Number(new URL(tap.url).port))
  expect(await readToEnd(socket)).toBe('HTTP/1.1 200 OK\r\n\r\nuntil the end')
})

test.each([
  ['code=4%2F0A%2Bb%3D&state=a.b.c', 'code=4/0A+b=&state=a.b.c'],
  ['a=%26%23', 'a=&#'],
  ['a=%20%22b', 'a=%20%22b'],
  ['a=%', 'a=%'],
])('a forwarder that re-encodes makes %s into %s', async (query, changed) => {
  const { port, hops } = await start(reEncode)
  const answer = await ask(port, `GET /cb/oura?${query} HTTP/1.1\r\n${last}`)
  expect(header(answer, 'location')).toBe(`${target}/oura?${changed}`)
  expect(hops[0]).toMatchObject({ target: `/cb/oura?${query}`, location: `${target}/oura?${changed}` })
})
