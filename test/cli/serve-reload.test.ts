import { expect, test } from 'vitest'
import { command } from '../../src/cli/commands/serve.ts'
import type { Context } from '../../src/cli/context.ts'
import { freePort } from '../ports.ts'
import { ask } from '../raw-http.ts'

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
