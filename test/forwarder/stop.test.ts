import { once } from 'node:events'
import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { header, open, parseAnswers, readToEnd } from '../raw-http.ts'
import { readings, startForwarder, yaml } from './start-forwarder.ts'

const request = (code: number) => `GET /oauth_callback/strava?code=${code} HTTP/1.1\r\nHost: h\r\n\r\n`

describe.each(readings)('%s', (_, reading) => {
  /** What a connection gets, as status and `Connection`, on which all this is sent before the forwarder stops. */
  async function stopAfter(send: (socket: Socket) => unknown): Promise<string[]> {
    const forwarder = await startForwarder(yaml, reading)
    const socket = await open(forwarder.port)
    const received = readToEnd(socket)
    await send(socket)
    expect(await forwarder.stop(2000)).toBe(true)
    const answers = parseAnswers(await received)
    return answers.map((answer) => `${answer.status} ${header(answer, 'connection')}`)
  }

  test('only the last answer of a connection says Connection: close', async () => {
    const answers = await stopAfter(async (socket) => {
      socket.write(request(0))
      await once(socket, 'data')
      socket.write(request(1) + request(2) + request(3))
    })
    expect(answers).toEqual(['307 keep-alive', '307 keep-alive', '307 keep-alive', '307 close'])
  })

  test('a request that never completes its body is answered and closed', async () => {
    const bytes = 'POST /oauth_callback/strava HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nonly this'
    expect(await stopAfter((socket) => socket.write(bytes))).toEqual(['405 close'])
  })

  test('a client that has closed its side already gets its answers', async () => {
    const answers = await stopAfter((socket) => socket.end(request(1) + request(2)))
    expect(answers).toEqual(['307 keep-alive', '307 close'])
  })

  test('a malformed request behind good ones is refused after them', async () => {
    const bytes = `${request(1)}${request(2)}FROB / HTTP/1.1\r\n\r\n`
    const answers = await stopAfter((socket) => socket.write(bytes))
    expect(answers).toEqual(['307 keep-alive', '307 keep-alive', '400 close'])
  })

  test('nobody is let in after a stop', async () => {
    const forwarder = await startForwarder(yaml, reading)
    expect(await forwarder.stop(1000)).toBe(true)
    await expect(open(forwarder.port)).rejects.toThrow('ECONNREFUSED')
  })
})
