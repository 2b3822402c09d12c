import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { ask, header, open, parseAnswers, readToEnd } from '../raw-http.ts'
import { emptyFolder, runOnTerminal, spawnServe } from '../run.ts'

const target = 'https://api.sandbox.us.junction.com/v2/link/connect/strava'
const request = (code: string) => `GET /oauth_callback/strava?code=${code} HTTP/1.1\r\nHost: h\r\n\r\n`

/** Resolves once the bytes have left for the server's socket buffer. */
async function write(socket: Awaited<ReturnType<typeof open>>, bytes: string): Promise<void> {
  await new Promise<void>((resolve, reject) =>
    socket.write(bytes, (error) => (error ? reject(error) : resolve())),
  )
}

describe('SIGHUP', () => {
  const routes = 'routes: [{ url: "https://o.example/cb/{provider}", environment: sandbox/us }]'

  test('stops it when its terminal was closed', async () => {
    const folder = emptyFolder()
    writeFileSync(join(folder, 'byoo.yaml'), routes)
    const run = runOnTerminal(['serve', '--port', '0'], { directory: folder })
    await run.sees('address: http')
    run.close()
    await run.exited
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(run.screen())?.[1])
    await vi.waitFor(() => expect(open(port)).rejects.toThrow('ECONNREFUSED'), { timeout: 10_000 })
  })

  test('reloads while the terminal is there', async () => {
    const folder = emptyFolder()
    writeFileSync(join(folder, 'byoo.yaml'), routes)
    const run = runOnTerminal(['serve', '--port', '0'], { directory: folder })
    await run.sees('address: http')
    run.pty.kill('SIGHUP')
    await run.sees('reloaded')
    run.pty.kill('SIGTERM')
    expect(await run.exited).toBe(0)
  })
})

describe.each([
  ['exposed to clients', []],
  ['behind a proxy', ['--behind-proxy']],
])('a stop by SIGTERM, %s', (_, reading) => {
  const options = ['--environment', 'sandbox/us', ...reading]

  test('answers every request that has arrived, pipelined ones in order, and exits 0', async () => {
    const serve = await spawnServe(options)
    const batches = Array.from({ length: 40 }, (_, connection) =>
      Array.from(
        { length: 1 + connection * 5 },
        (_, index) => `${connection}-${index}-${'p'.repeat(connection * 10)}`,
      ),
    )
    const clients = await Promise.all(
      batches.map(async (codes) => {
        const socket = await open(serve.port)
        return { socket, codes, received: readToEnd(socket) }
      }),
    )
    await Promise.all(clients.map(({ socket, codes }) => write(socket, codes.map(request).join(''))))
    serve.child.kill('SIGTERM')
    for (const { codes, received } of clients) {
      const answers = parseAnswers(await received)
      expect(answers.map((answer) => header(answer, 'location'))).toEqual(
        codes.map((code) => `${target}?code=${code}`),
      )
    }
    expect(await serve.exited).toBe(0)
    expect(serve.stdout()).toContain('"stopped"')
    expect(serve.stdout().match(/"status":307/g)).toHaveLength(batches.flat().length)
  })

  test('answers what arrived while the process could not read', async () => {
    const serve = await spawnServe(options)
    const socket = await open(serve.port)
    const received = readToEnd(socket)
    // A stopped process reads nothing, so all of this has arrived before the signal is handled.
    serve.child.kill('SIGSTOP')
    await write(socket, request('1') + request('2') + request('3'))
    serve.child.kill('SIGTERM')
    serve.child.kill('SIGCONT')
    const answers = parseAnswers(await received)
    expect(answers.map((answer) => header(answer, 'location'))).toEqual(
      [1, 2, 3].map((n) => `${target}?code=${n}`),
    )
    expect(await serve.exited).toBe(0)
  })

  test('answers connections that are still in the backlog', async () => {
    const serve = await spawnServe(options)
    serve.child.kill('SIGSTOP')
    const sockets = await Promise.all(Array.from({ length: 20 }, () => open(serve.port)))
    const received = sockets.map(readToEnd)
    await Promise.all(sockets.map((socket, index) => write(socket, request(String(index)))))
    serve.child.kill('SIGTERM')
    serve.child.kill('SIGCONT')
    for (const [index, stream] of (await Promise.all(received)).entries()) {
      const [answer] = parseAnswers(stream)
      expect(answer && header(answer, 'location')).toBe(`${target}?code=${index}`)
    }
    expect(await serve.exited).toBe(0)
  })

  test('closes idle and half-open connections at once', async () => {
    const serve = await spawnServe(options)
    const silent = await open(serve.port)
    const half = await open(serve.port)
    const idle = await open(serve.port)
    await write(half, 'GET /oauth_callback/strava?code=1 HTTP/1.1\r\nHost: h\r\n')
    await write(idle, request('1'))
    await once(idle, 'data')
    const started = performance.now()
    serve.child.kill('SIGTERM')
    const ended = await Promise.all([silent, half, idle].map(readToEnd))
    expect(ended).toEqual(['', '', ''])
    expect(await serve.exited).toBe(0)
    expect(performance.now() - started).toBeLessThan(2000)
  })

  test('with --drain-delay first turns /ready to 503 and goes on forwarding', async () => {
    const serve = await spawnServe([...options, '--drain-delay', '2'])
    const path = (form: string) =>
      ask(serve.port, `GET ${form} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`)
    expect((await path('/ready')).status).toBe(200)
    serve.child.kill('SIGTERM')
    await serve.printed('"stopping"')
    expect((await path('/ready')).status).toBe(503)
    expect((await path('/readyz')).status).toBe(503)
    expect((await path('/health')).status).toBe(200)
    expect((await path('/oauth_callback/strava')).status).toBe(307)
    expect(await serve.exited).toBe(0)
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('a second signal (%s) exits at once with 1', async (signal) => {
    const serve = await spawnServe([...options, '--drain-delay', '60'])
    serve.child.kill('SIGTERM')
    await serve.printed('"stopping"')
    serve.child.kill(signal)
    expect(await serve.exited).toBe(1)
  })
})
