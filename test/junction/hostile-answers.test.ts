import { createServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import * as z from 'zod/mini'
import { parseJson } from '../../src/junction/json.ts'
import { startRawServer } from '../verify/callback-server.ts'
import { failureOf, startHttp } from './start.ts'

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

describe('JSON from elsewhere', () => {
  test.each<[string, string, object]>([
    ['of a few levels is read', '{"a": [{"b": null}]}', { value: { a: [{ b: null }] } }],
    ['of a hundred levels is read', nested(100), { value: expect.any(Array) }],
    ['of more levels is not', nested(102), { fault: 'JSON that is nested too deeply' }],
    ['of half a million levels is not', nested(500_000), { fault: 'JSON that is nested too deeply' }],
    ['that is none is named', '<html>', { fault: 'something that is not JSON' }],
    ['that is empty is named', ' \n', { fault: 'an empty body' }],
  ])('%s', (_, text, expected) => {
    expect(parseJson(text)).toEqual(expected)
  })

  test('cannot reach into prototypes', () => {
    const text = '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}'
    expect(parseJson(text)).toHaveProperty('value')
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })
})

/** Asks a server that writes what it likes. */
async function ask(talk: (socket: Socket) => void, timeout = 20_000) {
  let connections = 0
  const server = await startRawServer((socket) => {
    connections += 1
    socket.on('error', () => undefined)
    socket.once('data', () => talk(socket))
  })
  onTestFinished(() => server.close())
  const { http } = startHttp({ timeout })
  const error = await failureOf(
    http.send(
      {
        method: 'POST',
        url: `http://127.0.0.1:${server.port}/`,
        credentials: { 'X-Management-Key': 'mg_made-up-key' },
        // Never repeated, so that each of these is seen once.
        kind: 'creation',
        action: 'try',
      },
      z.unknown(),
    ),
  )
  return { error, connections }
}

function repeat(socket: Socket, chunk: string): void {
  const timer = setInterval(() => socket.write(chunk, 'latin1'), 10)
  socket.once('close', () => clearInterval(timer))
}

describe('a server that', () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'

  test.each<[string, (socket: Socket) => void, string, number?]>([
    [
      'drips its body',
      (socket) => {
        socket.write(`${head}Content-Length: 1000000\r\n\r\n{`)
        repeat(socket, ' ')
      },
      'unreachable',
      500,
    ],
    [
      'never ends its chunks',
      (socket) => {
        socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`)
        repeat(socket, '1\r\n \r\n')
      },
      'unreachable',
      500,
    ],
    [
      'says "early hints" for ever',
      (socket) => repeat(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n'),
      'unreachable',
      500,
    ],
    [
      'sends headers without end',
      (socket) => {
        socket.write(head)
        repeat(socket, `X-More: ${'x'.repeat(1000)}\r\n`)
      },
      'unreachable',
    ],
    [
      'sends more than 2 MiB',
      (socket) => void socket.write(`${head}\r\n"${'x'.repeat(3 * 1024 * 1024)}"`),
      'unexpected_answer',
    ],
    [
      'compresses a large body to a small one',
      (socket) =>
        void socket.end(`${head}Content-Encoding: gzip\r\nConnection: close\r\n\r\n\x1f\x8b\x08`, 'latin1'),
      'unexpected_answer',
    ],
    ['speaks something else', (socket) => void socket.end('SSH-2.0-OpenSSH_9.6\r\n'), 'unreachable'],
    [
      'switches protocols',
      (socket) => void socket.write('HTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
      'unreachable',
    ],
  ])('%s is given up on, with nothing of the key in the message', async (_, talk, code, timeout) => {
    const { error, connections } = await ask(talk, timeout)
    expect(error).toMatchObject({ code, mayHaveTakenEffect: true })
    expect(connections).toBe(1)
    expect(`${error.stack}${String(error.cause)}`).not.toContain('made-up-key')
  })

  test('redirects is not followed, neither elsewhere nor to itself', async () => {
    let asked = 0
    const elsewhere = createServer((socket) => {
      asked += 1
      socket.destroy()
    })
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void elsewhere.close())
    const { port } = elsewhere.address() as { port: number }
    for (const status of [301, 302, 303, 307, 308]) {
      const { error } = await ask(
        (socket) =>
          void socket.end(
            `HTTP/1.1 ${status} Go\r\nLocation: http://127.0.0.1:${port}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
          ),
      )
      expect(error).toMatchObject({ code: 'unexpected_answer', status, mayHaveTakenEffect: true })
    }
    expect(asked).toBe(0)
  })
})
