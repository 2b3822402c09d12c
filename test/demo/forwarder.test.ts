import { expect, onTestFinished, test } from 'vitest'
import { startSimulatedForwarder } from '../../src/demo/forwarder.ts'
import { Timeline } from '../../src/demo/timeline.ts'
import { ask, exchange, header } from '../raw-http.ts'

const path = '/sandbox/us/oauth_callback/oura'
const target = 'http://127.0.0.1:1/sandbox/us/v2/link/connect/oura'
const last = 'Host: oauth.example.com\r\nConnection: close\r\n\r\n'

async function start() {
  const timeline = new Timeline()
  const sent = new Set<string>()
  const forwarder = await startSimulatedForwarder(
    {
      apiUrl: 'http://127.0.0.1:1/{environment}/{region}',
      appUrl: () => 'http://127.0.0.1:2',
      isLogin: (url) => sent.has(url),
    },
    timeline,
  )
  onTestFinished(() => void forwarder.close())
  return { forwarder, sent, hops: timeline.hops, port: Number(new URL(forwarder.url).port) }
}

test('writes down each request with its answer', async () => {
  const { port, hops } = await start()
  await exchange(
    port,
    `HEAD ${path}?state=1 HTTP/1.1\r\nHost: a\r\n\r\nPOST ${path}?state=2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET ${path}?state=3 HTTP/1.1\r\n${last}`,
  )
  expect(
    hops.map(({ id, method, status, location, state }) => [id, method, status, location, state]),
  ).toEqual([
    [1, 'HEAD', 307, `${target}?state=1`, '1'],
    [2, 'POST', 405, undefined, '2'],
    [3, 'GET', 307, `${target}?state=3`, '3'],
  ])
})

test.each([
  ['code=4%2F0A%2Bb%3D&state=a.b.c', 'code=4/0A+b=&state=a.b.c'],
  ['a=%26%23', 'a=&#'],
  ['a=%20%22b', 'a=%20%22b'],
  ['a=%', 'a=%'],
])('a forwarder that re-encodes makes %s into %s, until it is mended', async (query, changed) => {
  const { forwarder, port, hops } = await start()
  const request = `GET ${path}?${query} HTTP/1.1\r\n${last}`
  const location = async () => header(await ask(port, request), 'location')
  forwarder.play('reencoding_forwarder')
  expect(await location()).toBe(`${target}?${changed}`)
  expect(hops[0]).toMatchObject({ target: `${path}?${query}`, location: `${target}?${changed}` })
  forwarder.play(undefined)
  expect(await location()).toBe(`${target}?${query}`)
})

test('a shared route has the real targets, but those whom the provider sends end at the app that is played', async () => {
  const { forwarder, sent, port } = await start()
  const { url } = forwarder.shared
  const visit = async () =>
    header(await ask(port, `GET ${new URL(url).pathname}?state=1 HTTP/1.1\r\n${last}`), 'location')
  expect(await visit()).toBe('https://app.example.com/internal/oauth/oura?state=1')
  sent.add(`${url}?state=1`)
  expect(await visit()).toBe('http://127.0.0.1:2/internal/oauth/oura?state=1')
})
