import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createCertificate } from '../certificate.ts'
import { ask, exchange, header, open, parseAnswers, readToEnd } from '../raw-http.ts'
import { spawnByoo, spawnServe } from '../run.ts'

const sandbox = ['--environment', 'sandbox/us']

function temporaryFolder(files: Record<string, string> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'byoo-serve-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}

const get = (form: string) => `GET ${form} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`

let first: { cert: string; key: string }
let second: { cert: string; key: string }
beforeAll(async () => {
  first = await createCertificate('oauth.example.com')
  second = await createCertificate('oauth.example.com')
})

describe('where the configuration comes from', () => {
  const location = async (port: number, form = '/oauth_callback/strava?code=c') =>
    header(await ask(port, get(form)), 'location')

  test('flags', async () => {
    const serve = await spawnServe(['--environment', 'production/eu', '--path', '/back/{provider}'])
    expect(await location(serve.port, '/back/strava?code=a%2Fb+c')).toBe(
      'https://api.eu.junction.com/v2/link/connect/strava?code=a%2Fb+c',
    )
  })

  test('environment variables, which flags override', async () => {
    const route = { BYOO_ENVIRONMENT: 'production/us', BYOO_PROVIDERS: 'strava, oura', BYOO_REGION: 'us' }
    const serve = await spawnServe(['--environment', 'production/eu'], { env: { ...route, PORT: '1' } })
    expect(await location(serve.port)).toBe('https://api.eu.junction.com/v2/link/connect/strava?code=c')
    expect(await location(serve.port, '/oauth_callback/polar')).toBeUndefined()
  })

  test('--target and --provider with its default path', async () => {
    const target = 'https://wearables.example.com/api/v1/oauth/{provider}/callback'
    const serve = await spawnServe(['--target', target, '--provider', 'strava'])
    expect(await location(serve.port)).toBe(
      'https://wearables.example.com/api/v1/oauth/strava/callback?code=c',
    )
    expect(await location(serve.port, '/oauth_callback/oura')).toBeUndefined()
  })

  test('--url gives the path', async () => {
    const serve = await spawnServe([...sandbox, '--url', 'https://oauth.example.com/cb/{provider}'])
    expect(serve.stdout()).toContain(
      'https://oauth.example.com/cb/{provider} -> https://api.sandbox.us.junction.com/',
    )
    expect(await location(serve.port, '/cb/strava')).toBe(
      'https://api.sandbox.us.junction.com/v2/link/connect/strava',
    )
  })

  const yaml = 'routes:\n  - { url: "https://o.example/cb/{provider}", environment: production/us }\n'

  test.each([
    ['./byoo.yaml', { 'byoo.yaml': yaml }, [], {}],
    ['--config', { 'other.yaml': yaml, 'byoo.yaml': '!' }, ['--config', 'other.yaml'], { BYOO_CONFIG: '!' }],
    ['BYOO_CONFIG', { 'byoo.yaml': '!' }, [], { BYOO_CONFIG: yaml }],
  ] as const)('%s', async (_name, files, options, env) => {
    const serve = await spawnServe(options, { directory: temporaryFolder(files), env })
    expect(await location(serve.port, '/cb/strava')).toBe(
      'https://api.us.junction.com/v2/link/connect/strava',
    )
  })
})

test('start-up faults are reported together, without a stack trace, with exit code 2', async () => {
  const directory = temporaryFolder({
    'byoo.yaml':
      'routes:\n  - url: https://o.example/cb\n    environment: prod\n    regionn: us\n  - url: http://o.example/{provider}\n',
    'cert.pem': 'no certificate',
  })
  mkdirSync(join(directory, 'key.pem'))
  const numbers = ['--port', '70000', '--log-level', 'warm', '--headers-timeout', '20']
  const files = ['--tls-cert', 'cert.pem', '--tls-key', 'key.pem']
  const serve = spawnByoo(['serve', ...numbers, ...files], { directory })
  expect(await serve.exited).toBe(2)
  expect(serve.stdout()).toBe('')
  expect(serve.stderr()).toMatchInlineSnapshot(`
    "byoo: the configuration has 9 faults:
      --port: must be a whole number from 0 to 65535
      --log-level: must be one of "silent", "error", "warn", "info", "debug", not "warm" (did you mean "warn"?)
      --headers-timeout: must not be longer than --request-timeout, which includes it
      --tls-key: "key.pem" is a directory, not a file
      byoo.yaml:2:5: routes[0].url: must contain {provider}, or the route must name its provider
      byoo.yaml:3:5: routes[0].environment: must be an environment with its region: write production/us or production/eu
      byoo.yaml:4:5: routes[0].regionn: is not a known key; allowed here: url, environment, target, provider, providers, environments, otherwise, primary
      byoo.yaml:5:5: routes[1].url: must use https: plain http is allowed to loopback only
      byoo.yaml:5:5: routes[1]: needs an environment or a target; there is no default. Choose from production/us (api.us.junction.com), production/eu (api.eu.junction.com), sandbox/us (api.sandbox.us.junction.com), sandbox/eu (api.sandbox.eu.junction.com)
    "
  `)
})

test('a port that is taken', async () => {
  const squatter = createServer()
  await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void squatter.close())
  const { port } = squatter.address() as { port: number }
  const serve = spawnByoo(['serve', ...sandbox, '--port', String(port)])
  expect(await serve.exited).toBe(2)
  expect(serve.stdout()).toBe('')
  expect(serve.stderr()).toBe(
    `byoo: cannot listen on 127.0.0.1 port ${port}: something else listens on port ${port} already: ` +
      'stop it, or choose another port with --port\n',
  )
  const withMetrics = spawnByoo(['serve', ...sandbox, '--port', '0', '--metrics-port', String(port)])
  expect(await withMetrics.exited).toBe(2)
  expect(withMetrics.stderr()).toContain('choose another port with --metrics-port')
})

test('an address that this machine does not have', async () => {
  const serve = spawnByoo(['serve', ...sandbox, '--host', '192.0.2.1'])
  expect(await serve.exited).toBe(2)
  expect(serve.stderr()).toContain('this machine has no such address: choose one with --host')
})

describe('what is logged', () => {
  const marks = /mark-(?:query|path|header|body|slug|absolute)|mark_host/i

  test.each(['silent', 'error', 'warn', 'info', 'debug'])('no secret at level %s', async (level) => {
    const directory = temporaryFolder({
      'byoo.yaml': `routes:
  - { url: "https://a.example/cb/{provider}", environment: production/us }
  - { url: "https://b.example/cb/{provider}", environment: sandbox/us }
`,
    })
    const probe = createServer()
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
    const { port } = probe.address() as { port: number }
    await new Promise((resolve) => probe.close(resolve))
    const started = spawnByoo(
      ['serve', '--port', String(port), '--metrics-port', '0', '--log-level', level],
      { directory },
    )
    let metricsPort: number | undefined
    if (level === 'info' || level === 'debug') {
      metricsPort = Number(new URL(JSON.parse(await started.printed('"listening"')).metrics).port)
    } else await untilListening(port)

    const host = 'Host: a.example\r\n'
    const requests = [
      `GET /cb/strava?code=mark-query&state=mark-query HTTP/1.1\r\n${host}Cookie: mark-header\r\nReferer: mark-header\r\n\r\n`,
      `GET /cb/mark-slug?code=mark-query HTTP/1.1\r\n${host}\r\n`,
      `GET /mark-path/mark-query HTTP/1.1\r\n${host}\r\n`,
      `GET /cb/strava?code=mark-query#x HTTP/1.1\r\n${host}\r\n`,
      `GET http://a.example/mark-absolute?mark-query HTTP/1.1\r\n${host}\r\n`,
      'GET /cb/strava?code=mark-query HTTP/1.1\r\nHost: mark_host\r\n\r\n',
      `POST /cb/strava?code=mark-query HTTP/1.1\r\n${host}Content-Length: 9\r\n\r\nmark-body`,
      `GET /cb/strava?code=mark-query HTTP/1.1\r\n${host}Expect: mark-header\r\n\r\n`,
      `GET /health?mark-query HTTP/1.1\r\n${host}X: {"level":"fatal"}\\n\r\n\r\n`,
      `GET /cb/strava?code=mark-query\x01 HTTP/1.1\r\n${host}\r\n`,
      `MARK-PATH / HTTP/1.1\r\n${host}\r\n`,
      `GET /cb/strava?mark-query HTTP/1.1\r\n${host}X: ${'mark-header'.repeat(7000)}\r\n\r\n`,
      `CONNECT mark-path:443 HTTP/1.1\r\n${host}\r\n`,
      `GET /cb/${'mark-slug'.repeat(4000)} HTTP/1.1\r\n${host}\r\n`,
    ]
    for (const request of requests) {
      const socket = await open(port)
      const received = readToEnd(socket)
      socket.end(request, 'latin1')
      expect((await received).startsWith('HTTP/1.1 ')).toBe(true)
    }
    const metrics = metricsPort === undefined ? '' : await exchange(metricsPort, get('/metrics'))
    if (metricsPort !== undefined) expect(metrics).toContain('byoo_requests_total')
    expect(await untilStopped(started)).toBe(0)

    const output = started.stdout() + started.stderr() + metrics
    expect(output).not.toMatch(marks)
    const lines = started.stdout().split('\n').filter(Boolean)
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow()
    if (level === 'silent') expect(started.stdout()).toBe('')
    const logged = lines.filter((line) => line.includes('"status"'))
    if (level === 'info') expect(logged).toHaveLength(requests.length - 1)
    if (level === 'debug') expect(logged).toHaveLength(requests.length)
  })

  test('one JSON line per request', async () => {
    const serve = await spawnServe(sandbox)
    await ask(serve.port, get('/oauth_callback/strava?code=c'))
    await ask(serve.port, get('/nowhere'))
    const [forwarded, unmatched] = [await serve.printed('"status"'), await serve.printed('"status"')]
    expect(JSON.parse(forwarded)).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      level: 'info',
      route: '/oauth_callback/{provider}',
      provider: 'strava',
      method: 'GET',
      status: 307,
      duration_ms: expect.any(Number),
    })
    expect(JSON.parse(unmatched)).toMatchObject({ route: 'unmatched', provider: null, status: 404 })
  })

  test('what is buffered is written at a stop', async () => {
    const serve = await spawnServe(sandbox)
    for (let count = 0; count < 20; count += 1)
      await ask(serve.port, get(`/oauth_callback/strava?code=${count}`))
    expect(await untilStopped(serve)).toBe(0)
    expect(serve.stdout().match(/"status":307/g)).toHaveLength(20)
  })

  test('nobody who reads: the server goes on', async () => {
    const serve = await spawnServe(sandbox)
    serve.child.stdout?.destroy()
    for (let count = 0; count < 300; count += 1) {
      expect((await ask(serve.port, get('/oauth_callback/strava?code=c'))).status).toBe(307)
    }
    expect(await untilStopped(serve)).toBe(0)
  })
})

test('metrics: requests by route, provider and status, durations, connections, process', async () => {
  const serve = await spawnServe([...sandbox, '--metrics-port', '0', '--max-connections', '2'])
  const port = serve.metricsPort ?? 0
  await ask(serve.port, get('/oauth_callback/strava?code=c'))
  await ask(serve.port, get('/oauth_callback/unheard-of'))
  await ask(serve.port, get('/nowhere'))
  const held = await Promise.all([open(serve.port), open(serve.port)])
  const refused = await open(serve.port)
  expect(await readToEnd(refused)).toBe('')
  const metrics = await exchange(port, get('/metrics'))
  for (const line of [
    'byoo_requests_total{route="/oauth_callback/{provider}",provider="strava",status="307"} 1',
    'byoo_requests_total{route="/oauth_callback/{provider}",provider="other",status="307"} 1',
    'byoo_requests_total{route="unmatched",provider="",status="404"} 1',
    'byoo_request_duration_seconds_count 3',
    'byoo_connections_open 2',
    'byoo_connections_refused_total 1',
    'process_cpu_user_seconds_total',
  ]) {
    expect(metrics).toContain(line)
  }
  const buckets = [...metrics.matchAll(/^byoo_request_duration_seconds_bucket\{le="(.*)"\}/gm)]
  const limits = '0.0001 0.0005 0.001 0.005 0.01 0.05 0.1 0.5 1 +Inf'
  expect(buckets.map(([, limit]) => limit).join(' ')).toBe(limits)
  expect((await ask(port, get('/'))).status).toBe(404)
  for (const socket of held) socket.destroy()
})

describe('TLS', () => {
  const files = () => ({ 'cert.pem': first.cert, 'key.pem': first.key })
  const options = ['--tls-cert', 'cert.pem', '--tls-key', 'key.pem']
  const trusting = (...certificates: { cert: string }[]) => ({
    ca: certificates.map(({ cert }) => cert),
    servername: 'oauth.example.com',
  })

  test('forwards, refuses and stops as without', async () => {
    const serve = await spawnServe([...sandbox, ...options], { directory: temporaryFolder(files()) })
    const form = '/oauth_callback/strava?code=a%2Fb+c'
    const answer = await ask(serve.port, get(form), trusting(first))
    expect(header(answer, 'location')).toBe(
      'https://api.sandbox.us.junction.com/v2/link/connect/strava?code=a%2Fb+c',
    )
    expect((await ask(serve.port, get('/\x01'), trusting(first))).status).toBe(400)
    await expect(ask(serve.port, get(form), { ...trusting(first), maxVersion: 'TLSv1.1' })).rejects.toThrow()

    const handshaking = await open(serve.port)
    const plain = await exchange(serve.port, get(form))
    expect(plain).not.toContain('Location')
    const busy = await open(serve.port, trusting(first))
    const received = readToEnd(busy)
    const ended = readToEnd(handshaking)
    await new Promise((resolve) => busy.write(get(form).replace('close', 'keep-alive').repeat(20), resolve))
    serve.child.kill('SIGTERM')
    expect(parseAnswers(await received)).toHaveLength(20)
    expect(await ended).toBe('')
    expect(await serve.exited).toBe(0)
  })

  test('healthcheck trusts the certificate that it is told, and no other', async () => {
    const directory = temporaryFolder({ ...files(), 'other.pem': second.cert })
    const serve = await spawnServe([...sandbox, ...options], { directory })
    const env = { BYOO_PORT: String(serve.port), BYOO_HOST: '0.0.0.0' }
    const good = spawnByoo(['healthcheck'], { directory, env: { ...env, BYOO_TLS_CERT: 'cert.pem' } })
    expect([await good.exited, good.stderr()]).toEqual([0, ''])
    const bad = spawnByoo(['healthcheck', '--tls-cert', 'other.pem'], { directory, env })
    expect(await bad.exited).toBe(1)
    const plain = spawnByoo(['healthcheck'], { directory, env })
    expect(await plain.exited).toBe(1)
  })

  test('SIGHUP takes a good new certificate and keeps the old one when the new is bad', async () => {
    const directory = temporaryFolder(files())
    const serve = await spawnServe([...sandbox, ...options], { directory })
    const status = async (trust: { cert: string }) =>
      (await ask(serve.port, get('/health'), trusting(trust))).status
    expect(await status(first)).toBe(200)

    writeFileSync(join(directory, 'cert.pem'), second.cert)
    serve.child.kill('SIGHUP')
    expect(await serve.printed('not reloaded')).toContain('does not belong to the certificate')
    expect(await status(first)).toBe(200)

    writeFileSync(join(directory, 'key.pem'), second.key)
    serve.child.kill('SIGHUP')
    await serve.printed('"reloaded"')
    expect(await status(second)).toBe(200)
    await expect(status(first)).rejects.toThrow()
  })

  test.each([
    ['rsa', 'ec'],
    ['ec', 'rsa'],
  ] as const)(
    'a certificate for %s and a key of %s are refused at start and at reload',
    async (its, other) => {
      const certificate = await createCertificate('oauth.example.com', { keyType: its })
      const { key } = await createCertificate('oauth.example.com', { keyType: other })
      const files = { 'cert.pem': certificate.cert, 'key.pem': certificate.key }
      const directory = temporaryFolder({ ...files, 'other.pem': key })
      const wrong = ['--tls-cert', 'cert.pem', '--tls-key', 'other.pem']
      const start = spawnByoo(['serve', ...sandbox, '--port', '0', ...wrong], { directory })
      expect(await start.exited).toBe(2)
      expect(start.stderr()).toContain('--tls-key: does not belong to the certificate of --tls-cert')

      const serve = await spawnServe([...sandbox, ...options], { directory })
      writeFileSync(join(directory, 'key.pem'), key)
      serve.child.kill('SIGHUP')
      expect(await serve.printed('not reloaded')).toContain('does not belong to the certificate')
      expect((await ask(serve.port, get('/health'), trusting(certificate))).status).toBe(200)
    },
  )

  test.each([
    ['has expired', -30],
    ['is not valid yet', 30],
  ])('a certificate that %s is served with a warning', async (what, days) => {
    const validAt = Date.now() + days * 86_400_000
    const { cert, key } = await createCertificate('oauth.example.com', { validAt })
    const directory = temporaryFolder({ 'cert.pem': cert, 'key.pem': key })
    const serve = await spawnServe([...sandbox, ...options], { directory })
    const warning = JSON.parse(await serve.printed(what))
    expect(warning).toMatchObject({ level: 'warn', message: expect.stringContaining('"cert.pem"') })
    serve.child.kill('SIGHUP')
    await serve.printed(what)
  })
})

test('SIGHUP takes a good new file and keeps the old one when the new is bad, on the same listener', async () => {
  const route = (path: string) =>
    `routes:\n  - { url: "https://o.example/${path}/{provider}", environment: sandbox/us }\n`
  const directory = temporaryFolder({ 'byoo.yaml': route('old') })
  const serve = await spawnServe([], { directory })
  const status = async (path: string) => (await ask(serve.port, get(`/${path}/strava`))).status
  const idle = await open(serve.port)
  const received = readToEnd(idle)

  writeFileSync(join(directory, 'byoo.yaml'), `${route('new')}    region: ue\n`)
  serve.child.kill('SIGHUP')
  expect(await serve.printed('not reloaded')).toContain('byoo.yaml:')
  expect([await status('old'), await status('new')]).toEqual([307, 404])

  writeFileSync(join(directory, 'byoo.yaml'), route('new'))
  serve.child.kill('SIGHUP')
  await serve.printed('"reloaded"')
  expect([await status('old'), await status('new')]).toEqual([404, 307])
  idle.write(get('/new/strava'))
  expect(parseAnswers(await received).map((answer) => answer.status)).toEqual([307])
})

describe('a reload from one host to two', () => {
  const routes = (...hosts: string[]) =>
    `routes:\n${hosts.map((host) => `  - { url: "https://${host}/cb/{provider}", target: "https://${host}/{provider}" }\n`).join('')}`
  const login = (host: string) => get('/cb/strava').replace('Host: h', `Host: ${host}`)

  test('is refused while logins arrive with another Host, and taken once they do not', async () => {
    const directory = temporaryFolder({ 'byoo.yaml': routes('a.example') })
    const serve = await spawnServe([], { directory })
    expect((await ask(serve.port, login('internal:8080'))).status).toBe(307)
    writeFileSync(join(directory, 'byoo.yaml'), routes('a.example', 'b.example'))
    serve.child.kill('SIGHUP')
    const refusal = await serve.printed('not reloaded')
    expect(refusal).toContain('proxy_set_header Host $host')
    expect(refusal).not.toContain('internal')
    expect((await ask(serve.port, login('internal:8080'))).status).toBe(307)

    // Nothing but logins counts: health checks come with any Host.
    expect((await ask(serve.port, login('A.example.:443'))).status).toBe(307)
    expect((await ask(serve.port, get('/health'))).status).toBe(200)
    serve.child.kill('SIGHUP')
    await serve.printed('"reloaded"')
    expect((await ask(serve.port, login('internal:8080'))).status).toBe(421)
    expect((await ask(serve.port, login('b.example'))).status).toBe(307)
  })

  test('a start with two says that Host must arrive unchanged', async () => {
    const directory = temporaryFolder({ 'byoo.yaml': routes('a.example', 'b.example') })
    const serve = await spawnServe([], { directory })
    expect(JSON.parse(await serve.printed('several hosts')).message).toContain('proxy_set_header Host $host')
  })
})

describe('what Kubernetes sets for a Service called byoo', () => {
  const links = {
    BYOO_PORT: 'tcp://10.0.12.7:8080',
    BYOO_METRICS_PORT: 'udp://[fd00::7]:9090',
    BYOO_MAX_TARGET: 'sctp://10.0.12.7:1',
  }

  test('is ignored, and named', async () => {
    const serve = spawnByoo(['serve', ...sandbox], { env: { ...links, PORT: '0' } })
    await serve.printed('"listening"')
    for (const name of Object.keys(links)) {
      expect(JSON.parse(await serve.printed(name))).toMatchObject({ level: 'warn' })
    }
    expect(await untilStopped(serve)).toBe(0)
  })

  test('is ignored by healthcheck, too', async () => {
    const serve = await spawnServe(sandbox)
    const healthcheck = spawnByoo(['healthcheck'], { env: { ...links, PORT: String(serve.port) } })
    expect([await healthcheck.exited, healthcheck.stderr()]).toEqual([0, ''])
  })

  test.each(['http://10.0.12.7:8080', 'tcp://byoo:8080', 'tcp://10.0.12.7'])('%s is none', async (value) => {
    const serve = spawnByoo(['serve', ...sandbox], { env: { BYOO_PORT: value } })
    expect(await serve.exited).toBe(2)
    expect(serve.stderr()).toContain('BYOO_PORT: must be a whole number')
  })

  test('as a flag is an error', async () => {
    const serve = spawnByoo(['serve', ...sandbox, '--port', links.BYOO_PORT])
    expect(await serve.exited).toBe(2)
  })
})

describe('limits', () => {
  test('a silent client is shown out without an answer', async () => {
    const serve = await spawnServe([...sandbox, '--headers-timeout', '1', '--request-timeout', '1'])
    expect(await readToEnd(await open(serve.port))).toBe('')
  })

  test('an idle connection is kept for --keep-alive-timeout', async () => {
    const serve = await spawnServe([...sandbox, '--keep-alive-timeout', '1'])
    const socket = await open(serve.port)
    const received = readToEnd(socket)
    socket.write('GET /health HTTP/1.1\r\nHost: h\r\n\r\n')
    const [answer] = parseAnswers(await received)
    expect(answer && header(answer, 'keep-alive')).toBe('timeout=1')
  })

  test('--max-target', async () => {
    const serve = await spawnServe([...sandbox, '--max-target', '8000'])
    const form = (length: number) => '/oauth_callback/strava?a='.padEnd(length, 'a')
    expect((await ask(serve.port, get(form(8000)))).status).toBe(307)
    expect((await ask(serve.port, get(form(8001)))).status).toBe(414)
  })
})

function untilStopped({ child, exited }: Pick<ReturnType<typeof spawnByoo>, 'child' | 'exited'>) {
  child.kill('SIGTERM')
  return exited
}

async function untilListening(port: number): Promise<void> {
  for (;;) {
    try {
      const socket = await open(port)
      socket.destroy()
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error
    }
  }
}
