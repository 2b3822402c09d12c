import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { command } from '../../src/cli/commands/serve.ts'
import type { Context } from '../../src/cli/context.ts'
import { freePort } from '../ports.ts'
import { ask, exchange } from '../raw-http.ts'
import { emptyFolder, spawnServe } from '../run.ts'

test('whatever error a reload causes, what runs goes on', async () => {
  const handlers = new Map<string, () => void>()
  let fails = false
  let asked = 0
  const port = await freePort()
  const env = { BYOO_LOG_LEVEL: 'silent', BYOO_PORT: String(port) }
  const context: Partial<Context> = {
    get env() {
      if (!fails) return env
      asked += 1
      throw new RangeError('Maximum call stack size exceeded')
    },
    directory: '/',
    stdoutIsTerminal: false,
    terminals: () => [],
    onSignal: (signal, handler) => void handlers.set(signal, handler),
    onExit: () => undefined,
  }
  const ended = command.start({ environment: 'sandbox/us' }, context as Context)
  const status = async () => {
    const request = 'GET /oauth_callback/strava HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'
    return (await ask(port, request)).status
  }
  await expect.poll(() => status().catch(() => 0)).toBe(307)
  fails = true
  // An error that is not caught would fail the whole run, as it would end the process.
  handlers.get('SIGHUP')?.()
  await expect.poll(() => asked).toBe(1)
  expect(await status()).toBe(307)
  handlers.get('SIGTERM')?.()
  expect(await ended).toBe(0)
})

test('a hostile file is refused at once, whatever it is, and what runs goes on', async () => {
  const directory = emptyFolder()
  const file = join(directory, 'byoo.yaml')
  writeFileSync(file, 'routes: [{ url: "https://o.example/cb/{provider}", environment: sandbox/us }]\n')
  const serve = await spawnServe(['--metrics-port', '0'], { directory })
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`
  /** Seconds of processor time, which do not depend on what else the machine does. */
  const spent = async () => {
    const metrics = await exchange(serve.metricsPort ?? 0, get('/metrics'))
    return Number(/^process_cpu_seconds_total (\S+)/m.exec(metrics)?.[1])
  }
  const unknown = (keys: number) => Array.from({ length: keys }, (_, key) => `k${key}:`).join('\n')
  for (const [text, reason] of [
    [`${'? '.repeat(30)}a`, '1:3: must be text: a list or mapping cannot be a key'],
    [unknown(200_000), 'is longer than 1 MB'],
    [unknown(100_000), 'has more than 20000 lines or entries'],
    [unknown(19_000), 'and 18900 more'],
    [`# ${'x'.repeat(1_000_000)}`, 'is longer than 1 MB'],
    ['routes: &a [*a, *a]', '1:13: aliases (*…) are not read'],
    ['['.repeat(20_000), 'is nested too deeply'],
    [Buffer.from('\ufeffroutes: []', 'utf16le'), 'is UTF-16 text'],
  ] as const) {
    const before = await spent()
    writeFileSync(file, text)
    serve.child.kill('SIGHUP')
    expect(await serve.printed('not reloaded')).toContain(reason)
    expect((await spent()) - before).toBeLessThan(2)
    expect((await ask(serve.port, get('/cb/strava'))).status).toBe(307)
  }
})
