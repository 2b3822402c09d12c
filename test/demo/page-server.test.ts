import { describe, expect, onTestFinished, test } from 'vitest'
import type { AttemptView } from '../../src/demo/attempt.ts'
import type { Choice, DemoBackend, DemoView } from '../../src/demo/backend.ts'
import { startPageServer } from '../../src/demo/page-server.ts'
import { ByooError } from '../../src/errors.ts'
import { ask, header } from '../raw-http.ts'

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
  "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
const healthy = { environment: 'sandbox/us', scenario: null }

async function start(changed: Partial<DemoBackend> = {}) {
  const choices: Choice[] = []
  const arrivals: string[] = []
  const played: (string | null)[] = []
  const server = await startPageServer(
    {
      describe: () => ({ version: 'made-up' }) as DemoView,
      connect: async (choice) => {
        choices.push(choice)
        return { id: 'one', url: 'http://127.0.0.1:1/authorize' }
      },
      play: ({ scenario }) => played.push(scenario),
      attempt: (id) => (id === 'one' ? ({ id } as AttemptView) : undefined),
      arrive: (target) => arrivals.push(target),
      app: { begin: () => ({ status: 303 }), finish: async () => ({ status: 200 }) },
      ...changed,
    },
    0,
  )
  onTestFinished(() => server.close())
  const port = Number(new URL(server.url).port)
  const send = (line: string, headers: Readonly<Record<string, string>> = {}, body = '') => {
    const all = { Host: `127.0.0.1:${port}`, ...headers, Connection: 'close' }
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
    return ask(port, `${line} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
  }
  const post = (body: unknown, headers: Readonly<Record<string, string>> = {}, path = '/attempts') => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const all = { 'Content-Type': 'application/json', 'Content-Length': `${text.length}`, ...headers }
    return send(`POST ${path}`, all, text)
  }
  return { server, port, send, post, choices, arrivals, played }
}

describe('the page', () => {
  test.each([
    ['/', 'text/html; charset=utf-8'],
    ['/app.js', 'text/javascript; charset=utf-8'],
    ['/style.css', 'text/css; charset=utf-8'],
    ['/icon.svg', 'image/svg+xml'],
    ['/demo', 'application/json'],
    ['/attempts/one', 'application/json'],
    ['/attempts/two', 'application/json'],
    ['/nothing', 'application/json'],
  ])('GET %s', async (target, type) => {
    const { send } = await start()
    const answer = await send(`GET ${target}`)
    expect(header(answer, 'content-type')).toBe(type)
    expect(answer.body.length).toBeGreaterThan(0)
    const secure = answer.headers.filter(
      ([name]) => !/^(content-type|content-length|date|connection|x-request-id)$/i.test(name),
    )
    expect(Object.fromEntries(secure)).toEqual({
      'Cache-Control': 'no-store',
      'Content-Security-Policy': policy,
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    })
  })

  test('has neither inline script nor inline style, and asks nobody else', async () => {
    const { send } = await start()
    const { body } = await send('GET /')
    expect(body).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?! type="module" src="\/app\.js"><\/script>)/)
    expect(body.match(/(?:src|href)="[^"]*"/g)).toEqual([
      'href="/icon.svg"',
      'href="/style.css"',
      'src="/app.js"',
      'href="#result-heading"',
      'href="/app/login"',
    ])
    for (const file of ['/app.js', '/style.css']) {
      expect((await send(`GET ${file}`)).body).not.toMatch(/https?:|innerHTML|@import ['"u]|url\(/)
    }
  })

  test('HEAD has the headers and no body', async () => {
    const { send } = await start()
    const answer = await send('HEAD /')
    expect([answer.status, answer.body]).toEqual([200, ''])
    expect(Number(header(answer, 'content-length'))).toBeGreaterThan(1000)
  })

  test.each(['/../package.json', '/page/app.js', '/attempts/', '/attempts/a%20b'])(
    'GET %s is 404',
    async (target) => {
      const { send } = await start()
      expect((await send(`GET ${target}`)).status).toBe(404)
    },
  )

  test.each([
    ['POST /', 'GET, HEAD'],
    ['POST /demo', 'GET, HEAD'],
    ['GET /attempts', 'POST'],
    ['DELETE /attempts/one', 'GET, HEAD'],
  ])('%s is 405', async (line, allow) => {
    const { send } = await start()
    const answer = await send(line)
    expect([answer.status, header(answer, 'allow')]).toEqual([405, allow])
  })

  test('tells who comes to its address', async () => {
    const { send, arrivals } = await start()
    await send('GET /?attempt=one&state=error&error_type=a%2Bb')
    await send('GET /app.js')
    expect(arrivals).toEqual(['/?attempt=one&state=error&error_type=a%2Bb'])
  })
})

describe('nobody else gets in', () => {
  test.each(['evil.example', 'evil.example:80', '127.0.0.1', 'localhost', '127.0.0.1.evil.example', ''])(
    'with the name %j (DNS rebinding)',
    async (host) => {
      const { send, post, choices } = await start()
      for (const target of ['/', '/app.js', '/demo', '/attempts/one']) {
        expect((await send(`GET ${target}`, { Host: host })).status).toBe(421)
      }
      expect((await post(healthy, { Host: host })).status).toBe(421)
      expect(choices).toEqual([])
    },
  )

  test('localhost is a name for it too', async () => {
    const { send, post, port } = await start()
    const Host = `localhost:${port}`
    expect((await send('GET /', { Host })).status).toBe(200)
    expect((await post(healthy, { Host, Origin: `http://${Host}` })).status).toBe(201)
  })

  test.each([
    ['from another origin', { Origin: 'https://evil.example' }, 403],
    ['from another port', { Origin: 'http://127.0.0.1:1' }, 403],
    ['from a sandboxed frame', { Origin: 'null' }, 403],
    ['by a form', { 'Content-Type': 'application/x-www-form-urlencoded' }, 415],
    ['by a form with text', { 'Content-Type': 'text/plain' }, 415],
    ['by a type that only looks like JSON', { 'Content-Type': 'application/jsonp' }, 415],
  ])('with a request %s', async (_how, headers, status) => {
    const { post, choices } = await start()
    const answer = await post(healthy, headers)
    expect([answer.status, choices]).toEqual([status, []])
    expect(header(answer, 'access-control-allow-origin')).toBeUndefined()
  })

  test('asking for permission first (CORS)', async () => {
    const { send } = await start()
    const answer = await send('OPTIONS /attempts', { Origin: 'https://evil.example' })
    expect(answer.status).toBe(405)
    expect(answer.headers.filter(([name]) => /^access-control/i.test(name))).toEqual([])
  })
})

describe('POST /attempts', () => {
  test.each([[healthy], [{ environment: 'production/eu', scenario: 'wrong_secret' }]])(
    '%j starts an attempt',
    async (choice) => {
      const { post, choices, port } = await start()
      const answer = await post(choice, { Origin: `http://127.0.0.1:${port}` })
      expect([answer.status, JSON.parse(answer.body)]).toEqual([
        201,
        { id: 'one', url: 'http://127.0.0.1:1/authorize' },
      ])
      expect(choices).toEqual([choice])
    },
  )

  test.each([
    ['{', 400],
    ['null', 400],
    [{ ...healthy, environment: 'staging' }, 400],
    [{ ...healthy, scenario: 'everything' }, 400],
    [{ ...healthy, scenario: undefined }, 400],
    [{ ...healthy, more: 1 }, 400],
    [' '.repeat(1_000_001), 413],
  ])('%j is refused', async (body, status) => {
    const { post, choices } = await start()
    const answer = await post(body)
    expect([answer.status, choices]).toEqual([status, []])
    expect(JSON.parse(answer.body).error).toEqual(expect.any(String))
  })

  test('a failure is explained', async () => {
    const failing = (error: Error) => start({ connect: () => Promise.reject(error) })
    const explained = await failing(new ByooError('refused', 'it said no', { hint: 'ask again' }))
    const answer = await explained.post(healthy)
    expect([answer.status, JSON.parse(answer.body)]).toEqual([502, { error: 'it said no' }])
    const bug = await (await failing(new Error('made-up bug'))).post(healthy)
    expect([bug.status, JSON.parse(bug.body).error]).toEqual([
      500,
      expect.stringMatching(/^This is a bug in byoo: Error: made-up bug/),
    ])
  })
})

describe('POST /scenario', () => {
  test('switches a scenario on, or off, and shows what is on', async () => {
    const { post, played, choices } = await start()
    for (const scenario of ['trailing_slash', null]) {
      const answer = await post({ scenario }, {}, '/scenario')
      expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { version: 'made-up' }])
    }
    expect([played, choices]).toEqual([['trailing_slash', null], []])
  })

  test.each([
    [{ scenario: 'everything' }, {}, 400],
    [healthy, {}, 400],
    [{ scenario: null }, { Origin: 'http://elsewhere.example' }, 403],
    [{ scenario: null }, { 'Content-Type': 'text/plain' }, 415],
  ])('%j with %j is refused with %i', async (body, headers, status) => {
    const { post, played } = await start()
    expect([(await post(body, headers, '/scenario')).status, played]).toEqual([status, []])
  })
})

test('listens on loopback, and nowhere once closed; a port that is taken is an error of Node', async () => {
  const { server, port, send } = await start()
  expect(server.url).toBe(`http://127.0.0.1:${port}`)
  await expect(startPageServer({} as DemoBackend, port)).rejects.toMatchObject({ code: 'EADDRINUSE' })
  await server.close()
  await expect(send('GET /')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})
