import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { readings } from '../forwarder/start-forwarder.ts'
import { ask, open, parseAnswers, readToEnd } from '../raw-http.ts'
import { byooCommand, emptyFolder, runOnTerminal, spawnServe } from '../run.ts'

// What takes as long as the limits and deadlines that it tests.

const get = (form: string) => `GET ${form} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`
const request = (code: string) => `GET /oauth_callback/strava?code=${code} HTTP/1.1\r\nHost: h\r\n\r\n`

describe('nobody reads stdout any more', () => {
  /** A forwarder with more to say than fits between it and whoever should read. */
  async function unread(...options: string[]) {
    const serve = await spawnServe(['--environment', 'sandbox/us', ...options])
    serve.child.stdout?.pause()
    const socket = await open(serve.port)
    const received = readToEnd(socket)
    const last = request('last').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')
    socket.write(request('c').repeat(10_000) + last)
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
    await vi.waitFor(async () => expect((await ask(serve.port, get('/ready'))).status).toBe(503), {
      timeout: 20_000,
    })
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
    socket.write(request('c').repeat(5000) + last)
    expect(parseAnswers(await received)).toHaveLength(5001)
    process.kill(Number(readFileSync(join(folder, 'pid'), 'utf8')), 'SIGTERM')
    await vi.waitFor(() => expect(existsSync(join(folder, 'code'))).toBe(true), { timeout: 12_000 })
    await vi.waitFor(() => expect(readFileSync(join(folder, 'code'), 'utf8')).toBe('0\n'))
  })
})

test.each(readings)(
  'a stop cuts off a client that does not read, after 8 s, and exits 1: %s',
  async (_, { behindProxy }) => {
    const serve = await spawnServe([
      '--environment',
      'sandbox/us',
      ...(behindProxy ? ['--behind-proxy'] : []),
    ])
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
  },
)

test('1,000 slow clients neither stop nor slow a normal one, and are shown out', async () => {
  const serve = await spawnServe([
    '--environment',
    'sandbox/us',
    '--headers-timeout',
    '3',
    '--request-timeout',
    '3',
  ])
  const slow = await Promise.all(Array.from({ length: 1000 }, () => open(serve.port)))
  const ended = Promise.all(slow.map(readToEnd))
  for (const [index, socket] of slow.entries()) {
    socket.write(`GET /oauth_callback/strava?code=${index} HTTP/1.1\r\nHost: h\r\nX-Slow: `)
  }
  const durations: number[] = []
  for (let count = 0; count < 50; count += 1) {
    for (const socket of slow.slice(count * 20, count * 20 + 20)) socket.write('x')
    const started = performance.now()
    const answer = await ask(serve.port, get('/oauth_callback/strava?code=normal'))
    durations.push(performance.now() - started)
    expect(answer.status).toBe(307)
  }
  expect(durations.toSorted((left, right) => left - right)[25]).toBeLessThan(100)
  const answers = (await ended).map((stream) => parseAnswers(stream).map(({ status }) => status))
  expect(answers).toEqual(slow.map(() => [408]))
}, 30_000)
