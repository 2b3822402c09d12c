import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { ask, header } from '../raw-http.ts'
import { runHere, spawnServe } from '../run.ts'

test('the forwarder never connects to where it sends people, so a target reaches nothing from inside', async () => {
  let connections = 0
  const inside = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void inside.close())
  const { port } = inside.address() as { port: number }
  const target = `http://127.0.0.1:${port}/latest/{provider}`
  const serve = await spawnServe(['--target', target])
  const requests = [
    'GET /oauth_callback/strava?code=c HTTP/1.1\r\nHost: h\r\n',
    `GET http://127.0.0.1:${port}/oauth_callback/strava?code=c HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`,
    `GET /oauth_callback/strava?url=http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: h\r\nX-Forwarded-Host: 127.0.0.1:${port}\r\n`,
    `CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`,
    `GET http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nProxy-Connection: x\r\n`,
  ]
  const locations = []
  for (const request of requests) {
    locations.push(header(await ask(serve.port, `${request}Connection: close\r\n\r\n`), 'location'))
  }
  expect(locations[0]).toBe(`http://127.0.0.1:${port}/latest/strava?code=c`)
  serve.child.kill('SIGTERM')
  expect(await serve.exited).toBe(0)
  expect(connections).toBe(0)
})

test.each([
  ['http://10.0.0.1/{provider}', 'must use https: plain http is allowed to loopback only'],
  ['http://169.254.169.254/latest/{provider}', 'must use https: plain http is allowed to loopback only'],
  ['http://localhost.evil.example/{provider}', 'must use https: plain http is allowed to loopback only'],
  ['http://127.0.0.1.evil.example/{provider}', 'must use https: plain http is allowed to loopback only'],
  ['http://2130706433/{provider}', 'must be written the way a browser sends it'],
  ['https://user:word@t.example/{provider}', 'must not contain credentials'],
  ['https://t.example/{provider}?to=x', 'must not contain a query'],
  ['https://t.example/{provider}#x', 'must not contain a fragment'],
  ['https://{provider}.t.example/', 'must have {provider} in its path, not in its host'],
  ['https://t.example/x{provider}', 'must have {provider} as a whole path segment'],
  ['https://t.example\\@evil.example/{provider}', 'must be written the way a browser sends it'],
  ['//t.example/{provider}', 'must be an absolute https URL'],
  ['javascript:alert(1)//{provider}', 'must be an absolute https URL'],
  ['file:///etc/{provider}', 'must be an absolute https URL'],
])('--target %s is refused', async (target, fault) => {
  const { code, stderr } = await runHere(['serve', '--port', '0', '--target', target])
  expect([code, stderr]).toEqual([2, expect.stringContaining(fault)])
  expect(stderr).not.toContain('word')
})

test.each([
  ['verify', 'https://you:word@t.example/{provider}'],
  ['set-redirect', 'strava', 'https://you:word@t.example/strava', '--dashboard'],
  ['set-credentials', 'strava', '--redirect-url', 'https://you:word@t.example/strava', '--dashboard'],
  ['init', '--url', 'https://you:word@t.example/{provider}', '--environment', 'sandbox/us'],
])('%s does not repeat the credentials in a URL', async (...argv) => {
  const env = { BYOO_ENVIRONMENT: 'sandbox/us' }
  const { code, stdout, stderr } = await runHere(argv, { env })
  expect([code, stderr]).toEqual([2, expect.stringContaining('must not contain credentials')])
  expect(stdout + stderr).not.toContain('word')
})
