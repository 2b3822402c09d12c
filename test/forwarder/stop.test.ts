import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { header, open, parseAnswers, readToEnd } from '../raw-http.ts'
import { readings, startForwarder } from './start-forwarder.ts'

const yaml =
  'routes: [{ url: "https://oauth.example.com/oauth_callback/{provider}", environment: sandbox/us }]'
const request = (code: number) => `GET /oauth_callback/strava?code=${code} HTTP/1.1\r\nHost: h\r\n\r\n`

describe.each(readings)('%s', (_, reading) => {
  test('only the last answer of a connection says Connection: close', async () => {
    const forwarder = await startForwarder(yaml, reading)
    const socket = await open(forwarder.port)
    const received = readToEnd(socket)
    socket.write(request(0))
    await once(socket, 'data')
    socket.write(request(1) + request(2) + request(3))
    expect(await forwarder.stop(1000)).toBe(true)
    const answers = parseAnswers(await received)
    expect(answers.map((answer) => header(answer, 'connection'))).toEqual([
      'keep-alive',
      'keep-alive',
      'keep-alive',
      'close',
    ])
  })

  test('a request that never completes its body is answered and closed', async () => {
    const forwarder = await startForwarder(yaml, reading)
    const socket = await open(forwarder.port)
    const received = readToEnd(socket)
    socket.write('POST /oauth_callback/strava HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nonly this')
    expect(await forwarder.stop(1000)).toBe(true)
    expect(
      parseAnswers(await received).map((answer) => [answer.status, header(answer, 'connection')]),
    ).toEqual([[405, 'close']])
  })

  test('a client that has closed its side already gets its answers', async () => {
    const forwarder = await startForwarder(yaml, reading)
    const socket = await open(forwarder.port)
    const received = readToEnd(socket)
    socket.end(request(1) + request(2))
    expect(await forwarder.stop(1000)).toBe(true)
    expect(parseAnswers(await received).map((answer) => header(answer, 'connection'))).toEqual([
      'keep-alive',
      'close',
    ])
  })

  test('a malformed request behind good ones is refused after them', async () => {
    const forwarder = await startForwarder(yaml, reading)
    const socket = await open(forwarder.port)
    const received = readToEnd(socket)
    socket.write(`${request(1)}${request(2)}FROB / HTTP/1.1\r\n\r\n`)
    expect(await forwarder.stop(2000)).toBe(true)
    expect(parseAnswers(await received).map(({ status }) => status)).toEqual([307, 307, 400])
  })

  test('nobody is let in after a stop', async () => {
    const forwarder = await startForwarder(yaml, reading)
    expect(await forwarder.stop(1000)).toBe(true)
    await expect(open(forwarder.port)).rejects.toThrow('ECONNREFUSED')
  })
})
