import { once } from 'node:events'
import { expect, test } from 'vitest'
import { ask, open } from '../raw-http.ts'
import { spawnServe } from '../run.ts'

const get = 'GET /oauth_callback/strava?code=c HTTP/1.1\r\nHost: h\r\n\r\n'
const post = 'POST /oauth_callback/strava HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n'

test.each([
  ['nothing', ''],
  ['half a request', get.slice(0, 20)],
  ['requests', get.repeat(500)],
  ['half a body', `${post}\r\nhalf`],
  ['Expect', `${post}Expect: 100-continue\r\n\r\n`],
  ['Upgrade', 'GET /x HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'],
  ['CONNECT', 'CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n'],
  ['CONNECT behind requests', `${get.repeat(500)}CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n`],
  ['what is malformed', 'FROB / HTTP/1.1\r\n\r\n'],
  ['what is malformed, behind requests', `${get.repeat(500)}FROB / HTTP/1.1\r\n\r\n`],
])('clients that go away after %s do not stop the server', async (_, bytes) => {
  const serve = await spawnServe()
  for (let count = 0; count < 30; count += 1) {
    const socket = await open(serve.port)
    socket.on('error', () => undefined)
    if (bytes !== '') socket.write(bytes, 'latin1')
    // At once, with the answer on its way, or after it.
    if (count % 3 === 1) await new Promise(setImmediate)
    if (count % 3 === 2 && /\r\n\r\n/.test(bytes)) await once(socket, 'data')
    socket.resetAndDestroy()
  }
  expect((await ask(serve.port, get.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))).status).toBe(307)
  serve.child.kill('SIGTERM')
  expect(await serve.exited).toBe(0)
  expect(serve.stderr()).toBe('')
})

test('requests are parsed strictly, whatever NODE_OPTIONS says', async () => {
  const serve = await spawnServe(undefined, { env: { NODE_OPTIONS: '--insecure-http-parser' } })
  for (const lenient of [
    'GET /oauth_callback/strava HTTP/1.1\nHost: h\n\n',
    'GET /oauth_callback/strava HTTP/1.1\r\nHost: h\r\nX: a\x01b\r\n\r\n',
    'POST /oauth_callback/strava HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ]) {
    expect((await ask(serve.port, lenient)).status).toBe(400)
  }
})
