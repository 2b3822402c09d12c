import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { ask, header, open, parseAnswers, readToEnd } from '../raw-http.ts'
import { byooCommand, emptyFolder, runOnTerminal, spawnServe } from '../run.ts'

const target = 'https://api.sandbox.us.junction.com/v2/link/connect/strava'
const request = (code: string) => `GET /oauth_callback/strava?code=${code} HTTP/1.1\r\nHost: h\r\n\r\n`

const ready = 'GET /ready HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'

/** Resolves once the bytes have left for the server's socket buffer. */
async function write(socket: Awaited<ReturnType<typeof open>>, bytes: string): Promise<void> {
  await new Promise<void>((resolve, reject) =>
    socket.write(bytes, (error) => (error ? reject(error) : resolve())),
  )
}

describe('nobody reads stdout any more', () => {
  /** A forwarder with more to say than fits between it and whoever should read. */
  async function unread(...options: string[]) {
    const serve = await spawnServe(['--environment', 'sandbox/us', ...options])
    serve.child.stdout?.pause()
    const socket = await open(serve.port)
    const received = readToEnd(socket)
    const last = request('last').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')
    await write(socket, request('c').repeat(10_000) + last)
    expect(parseAnswers(await received)).toHaveLength(10_001)
    return { serve, ended: once(serve.child, 'exit') }
  }

  test('a stop ends within its deadline', async () => {
    const { serve, ended } = await unread()
    const started = performance.now()
    serve.child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
    expect(performance.now() - started).toBeLessThan(9000)
  })

  test('a second signal ends it at once', async () => {
    const { serve, ended } = await unread('--drain-delay', '60')
    serve.child.kill('SIGTERM')
    await vi.waitFor(async () => expect((await ask(serve.port, ready)).status).toBe(503), { timeout: 20_000 })
    serve.child.kill('SIGTERM')
    expect(await ended).toEqual([1, null])
  })

  test('on a terminal, either', async () => {
    const folder = emptyFolder()
    // Stops what is shown, as Ctrl-S does, once it is ready; what it would show then is more than fits.
    const script = `"$0" "$1" serve --port 0 --environment sandbox/us & echo $! >pid; wait $!; echo $? >code`
    const run = runOnTerminal([], { directory: folder, program: ['sh', '-c', script, ...byooCommand] })
    await run.sees('address: http')
    const port = Number(/address: http:\/\/127\.0\.0\.1:(\d+)/.exec(run.screen())?.[1])
    run.pty.pause()
    const socket = await open(port)
    const received = readToEnd(socket)
    const last = request('last').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')
    await write(socket, request('c').repeat(5000) + last)
    expect(parseAnswers(await received)).toHaveLength(5001)
    process.kill(Number(readFileSync(join(folder, 'pid'), 'utf8')), 'SIGTERM')
    await vi.waitFor(() => expect(existsSync(join(folder, 'code'))).toBe(true), { timeout: 12_000 })
    await vi.waitFor(() => expect(readFileSync(join(folder, 'code'), 'utf8')).toBe('0\n'))
  })
})

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

  test('cuts off a client that does not read, after 8 s, and exits 1', { timeout: 30_000 }, async () => {
    const serve = await spawnServe(options)
    const socket = await open(serve.port)
    socket.on('error', () => {})
    socket.pause()
    const batch = request('x'.repeat(8000)).repeat(500)
    for (let sent = 0; sent < 10; sent += 1) socket.write(batch)
    let unsent = -1
    await vi.waitFor(
      () => {
        const before = unsent
        unsent = socket.writableLength
        expect(unsent).toBe(before)
      },
      { interval: 500, timeout: 20_000 },
    )
    serve.child.kill('SIGTERM')
    expect(await serve.exited).toBe(1)
    expect(serve.stdout()).toContain('cut off')
  })
})
