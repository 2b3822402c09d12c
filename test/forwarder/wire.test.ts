import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { forwardingCases } from '../../src/verify/cases.ts'
import { type Answer, ask, exchange, header, open, parseAnswers, readToEnd } from '../raw-http.ts'
import { readings, type StartedForwarder, startForwarder } from './start-forwarder.ts'

const target = 'https://api.us.junction.com/v2/link/connect/'

const get = (query: string, headers = '', end = '\r\n') =>
  `GET /oauth_callback/${query} HTTP/1.1\r\nHost: x\r\n${headers}${end}`

describe.each(readings)('%s', (_, reading) => {
  let forwarder: StartedForwarder
  beforeAll(async () => {
    forwarder = await startForwarder(
      `
routes:
  - url: https://oauth.example.com/oauth_callback/{provider}
    environment: production/us
site_verification:
  /google0123.html: "google-site-verification: google0123.html"
  /.well-known/proof.json: "{}"
  /proof: "owner"
`,
      reading,
    )
  })
  afterAll(() => forwarder.stop(1000))

  /** A request with `Host` and `Connection: close` unless it brings headers of its own. */
  function send(requestLine: string, headers = 'Host: oauth.example.com\r\n', body = ''): Promise<Answer> {
    return ask(forwarder.port, `${requestLine}\r\n${headers}Connection: close\r\n\r\n${body}`)
  }

  /** All that comes back on a connection for these bytes. */
  async function answersTo(bytes: string): Promise<Answer[]> {
    return parseAnswers(await exchange(forwarder.port, bytes))
  }

  function expectCommonHeaders(answer: Answer): void {
    expect(header(answer, 'cache-control')).toBe('no-store')
    expect(header(answer, 'referrer-policy')).toBe('no-referrer')
    expect(header(answer, 'x-content-type-options')).toBe('nosniff')
    expect(header(answer, 'date')).toMatch(/ GMT$/)
    expect(header(answer, 'server')).toBeUndefined()
    expect(header(answer, 'x-powered-by')).toBeUndefined()
  }

  describe('forwards byte for byte', () => {
    for (const method of ['GET', 'HEAD']) {
      test.each(forwardingCases)(`${method} $group $id`, async ({ query }) => {
        const answer = await send(`${method} /oauth_callback/strava${query} HTTP/1.1`)
        expect(answer.status).toBe(307)
        expect(header(answer, 'location')).toBe(`${target}strava${query}`)
        expect(header(answer, 'content-length')).toBe('0')
        expect(answer.body).toBe('')
        expect(header(answer, 'set-cookie')).toBeUndefined()
        expect(answer.headers.filter(([name]) => name.toLowerCase() === 'location')).toHaveLength(1)
        expectCommonHeaders(answer)
      })
    }

    test.each(['a', '0', 'whoop_v2', 'a-b', 'x'.repeat(64)])('slug %s', async (slug) => {
      const answer = await send(`GET /oauth_callback/${slug}?code=c HTTP/1.1`)
      expect(header(answer, 'location')).toBe(`${target}${slug}?code=c`)
    })

    test.each([
      ['http://oauth.example.com/oauth_callback/oura?code=a%2Fb', `${target}oura?code=a%2Fb`],
      ['HTTPS://OAuth.Example.com:8443/oauth_callback/oura?x=http://y/z?', `${target}oura?x=http://y/z?`],
      ['http://oauth.example.com/oauth_callback/oura', `${target}oura`],
    ])('GET %s (absolute form, RFC 9112 §3.2.2)', async (form, location) => {
      const answer = await send(`GET ${form} HTTP/1.1`)
      expect(answer.status).toBe(307)
      expect(header(answer, 'location')).toBe(location)
    })

    test('GET over HTTP/1.0, with and without Host', async () => {
      for (const headers of ['', 'Host: oauth.example.com\r\n']) {
        const answer = await send('GET /oauth_callback/strava?code=c HTTP/1.0', headers)
        expect(answer.status).toBe(307)
        expect(header(answer, 'location')).toBe(`${target}strava?code=c`)
      }
    })

    test('any Host, with one host configured', async () => {
      const answer = await send('GET /oauth_callback/strava?code=c HTTP/1.1', 'Host: internal-name:8080\r\n')
      expect(answer.status).toBe(307)
    })

    test('X-Forwarded headers and the query select nothing', async () => {
      const headers =
        'Host: oauth.example.com\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: http\r\n' +
        'X-Forwarded-Prefix: /x\r\nForwarded: host=evil.example\r\nX-Original-URL: /evil\r\n'
      const query = '?environment=sandbox&region=eu&target=https://evil.example&provider=oura'
      const answer = await send(`GET /oauth_callback/strava${query} HTTP/1.1`, headers)
      expect(header(answer, 'location')).toBe(`${target}strava${query}`)
    })

    test('a body on GET is ignored, and is no second request', async () => {
      const inner = 'GET /oauth_callback/oura?code=inner HTTP/1.1\r\nHost: x\r\n\r\n'
      for (const body of [
        `Content-Length: ${inner.length}\r\n\r\n${inner}`,
        'Transfer-Encoding: chunked\r\n\r\n5\r\nGET /\r\n0\r\n\r\n',
      ]) {
        const answers = await answersTo(
          get('strava?code=1', body, '') + get('polar?code=2', 'Connection: close\r\n'),
        )
        const locations = answers.map((answer) => header(answer, 'location'))
        expect(locations).toEqual([`${target}strava?code=1`, `${target}polar?code=2`])
      }
    })

    test('pipelined requests are answered in order', async () => {
      const queries = Array.from({ length: 500 }, (_, index) => `strava?code=${index}-${'p'.repeat(index)}`)
      const requests = queries.map((query) => get(query)).join('')
      const answers = await answersTo(requests + get('strava?last', 'Connection: close\r\n'))
      const locations = answers.map((answer) => header(answer, 'location'))
      expect(locations).toEqual([...queries, 'strava?last'].map((query) => target + query))
    })

    test('pipelined requests of a client that closes its side at once are all answered', async () => {
      const codes = Array.from({ length: 50 }, (_, index) => `${index}`)
      const connections = Array.from({ length: 20 }, async () => {
        const socket = await open(forwarder.port)
        const received = readToEnd(socket)
        socket.end(codes.map((code) => get(`strava?${code}`)).join(''))
        return parseAnswers(await received).map((answer) => header(answer, 'location'))
      })
      for (const locations of await Promise.all(connections)) {
        expect(locations).toEqual(codes.map((code) => `${target}strava?${code}`))
      }
    })

    test('requests that arrive byte by byte', async () => {
      const socket = await open(forwarder.port)
      socket.setNoDelay(true)
      const received = readToEnd(socket)
      for (const byte of get('strava?code=a%2Fb', 'Connection: close\r\n'))
        await new Promise((resolve) => socket.write(byte, resolve))
      const [answer] = parseAnswers(await received)
      expect(answer && header(answer, 'location')).toBe(`${target}strava?code=a%2Fb`)
    })
  })

  describe('answers itself', () => {
    test.each(['/health', '/healthz', '/ready', '/readyz', '/health?x=1'])('GET %s', async (path) => {
      for (const method of ['GET', 'HEAD']) {
        const answer = await send(`${method} ${path} HTTP/1.1`, 'Host: whatever\r\n')
        expect(answer.status).toBe(200)
        expect(answer.body).toBe(method === 'GET' ? 'ok\n' : '')
        expectCommonHeaders(answer)
      }
    })

    test.each([
      ['/google0123.html', 'text/html; charset=utf-8', 'google-site-verification: google0123.html'],
      ['/.well-known/proof.json', 'application/json', '{}'],
      ['/proof?x=1', 'text/plain; charset=utf-8', 'owner'],
    ])('GET %s (site verification)', async (path, type, body) => {
      const answer = await send(`GET ${path} HTTP/1.1`)
      expect(answer.status).toBe(200)
      expect(header(answer, 'content-type')).toBe(type)
      expect(answer.body).toBe(body)
      expectCommonHeaders(answer)
      const head = await send(`HEAD ${path} HTTP/1.1`)
      expect(head.status).toBe(200)
      expect(header(head, 'content-length')).toBe(String(body.length))
    })
  })

  describe('refuses', () => {
    const host = 'Host: oauth.example.com\r\n'
    const good = 'GET /oauth_callback/strava?code=byoo-secret HTTP/1.1'
    const refusals: [name: string, status: number, requestLine: string, headers?: string, body?: string][] = [
      ['a control byte in the target', 400, 'GET /oauth_callback/strava?a=\x01 HTTP/1.1'],
      ['a tab in the target', 400, 'GET /oauth_callback/strava?a=\t HTTP/1.1'],
      ['DEL in the target', 400, 'GET /oauth_callback/strava?a=\x7f HTTP/1.1'],
      ['a NUL in the target', 400, 'GET /oauth_callback/strava?a=\0 HTTP/1.1'],
      ['a non-ASCII byte in the query', 400, 'GET /oauth_callback/strava?a=\xc3\xa9 HTTP/1.1'],
      ['a non-ASCII byte in the path', 400, 'GET /oauth_callback/\xe9 HTTP/1.1'],
      ['a space in the target', 400, 'GET /oauth_callback/strava?a=b c HTTP/1.1'],
      ['an unknown method', 400, 'FROB /oauth_callback/strava HTTP/1.1'],
      ['a lower-case method', 400, 'get /oauth_callback/strava HTTP/1.1'],
      ['a bare LF', 400, 'GET /oauth_callback/strava HTTP/1.1\nHost: x\n'],
      ['obs-fold', 400, good, `${host}X-Folded: a\r\n b\r\n`],
      ['a space before the colon', 400, good, 'Host : oauth.example.com\r\n'],
      ['a NUL in a header', 400, good, `${host}X-Nul: a\0b\r\n`],
      [
        'Content-Length with Transfer-Encoding',
        400,
        good,
        `${host}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n`,
      ],
      ['two different Content-Lengths', 400, good, `${host}Content-Length: 3\r\nContent-Length: 4\r\n`],
      ['a signed Content-Length', 400, good, `${host}Content-Length: +3\r\n`],
      ['an unknown Transfer-Encoding', 400, good, `${host}Transfer-Encoding: chunked, identity\r\n`],
      ['HTTP/2 without negotiation', 400, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
      ['HTTP/3.0', 400, 'GET /oauth_callback/strava HTTP/3.0'],
      ['headers past 64 KiB', 431, good, `${host}X-Long: ${'h'.repeat(66_000)}\r\n`],
      ['no Host in HTTP/1.1', 400, good, ''],
      ['two Hosts', 400, good, `${host}${host}`],
      ['a second Host behind 2,000 headers', 400, good, `${host}${'a:\r\n'.repeat(2000)}${host}`],
      ['an expectation behind 2,000 headers', 417, good, `${host}${'a:\r\n'.repeat(2000)}Expect: x\r\n`],
      ['two Hosts in HTTP/1.0', 400, 'GET /oauth_callback/strava HTTP/1.0', `${host}hOsT: b\r\n`],
      ['a fragment', 400, 'GET /oauth_callback/strava?code=c#f HTTP/1.1'],
      ['asterisk form', 400, 'OPTIONS * HTTP/1.1'],
      ['authority form', 400, 'CONNECT oauth.example.com:443 HTTP/1.1'],
      ['authority form with GET', 400, 'GET oauth.example.com:443 HTTP/1.1'],
      [
        'absolute form with credentials',
        400,
        'GET http://a@oauth.example.com/oauth_callback/strava HTTP/1.1',
      ],
      ['absolute form of another scheme', 400, 'GET ftp://oauth.example.com/oauth_callback/strava HTTP/1.1'],
      ['a target of 32,769 octets', 414, `GET ${'/oauth_callback/strava?a='.padEnd(32_769, 'a')} HTTP/1.1`],
      ['another expectation', 417, good, `${host}Expect: 200-ok\r\n`],
      ['several expectations', 417, good, `${host}Expect: 100-continue, x\r\n`],
      [
        'POST',
        405,
        'POST /oauth_callback/strava?code=byoo-secret HTTP/1.1',
        `${host}Content-Length: 4\r\n`,
        'a=bc',
      ],
      ['PUT', 405, 'PUT /oauth_callback/strava HTTP/1.1'],
      ['DELETE', 405, 'DELETE /oauth_callback/strava HTTP/1.1'],
      ['OPTIONS', 405, 'OPTIONS /oauth_callback/strava HTTP/1.1'],
      ['TRACE', 405, 'TRACE /oauth_callback/strava HTTP/1.1'],
      ['PROPFIND', 405, 'PROPFIND /oauth_callback/strava HTTP/1.1'],
      ['POST to a site-verification path', 405, 'POST /proof HTTP/1.1'],
      ['POST to /health', 404, 'POST /health HTTP/1.1'],
      ['the root', 404, 'GET / HTTP/1.1'],
      ['another path', 404, 'GET /favicon.ico HTTP/1.1'],
      ['an absolute form without path', 404, 'GET http://oauth.example.com?code=c HTTP/1.1'],
      ...[
        '',
        '/',
        'strava/',
        'strava//',
        '..%2fstrava',
        '%73trava',
        '/evil.example',
        '@evil.example',
        'strava/../oura',
        'Strava',
        'STRAVA',
        '_x',
        '-x',
        '.',
        '..',
        'a.b',
        'a b'.replace(' ', '+'),
        'x'.repeat(65),
        'strava;x',
        'strava%00',
        'strava%3Fcode',
        'strava&code=1',
        '\\evil.example',
        '{provider}',
        'strava:443',
        'a%2eb',
        'ſ'.replace('ſ', '%C5%BF'),
      ].map((slug): [string, number, string] => [
        `slug ${JSON.stringify(slug)}`,
        404,
        `GET /oauth_callback/${slug}?code=byoo-secret HTTP/1.1`,
      ]),
      ['a doubled slash in front', 404, 'GET //oauth_callback/strava HTTP/1.1'],
      ['a doubled slash inside', 404, 'GET /oauth_callback//strava HTTP/1.1'],
      ['a dot segment', 404, 'GET /x/../oauth_callback/strava HTTP/1.1'],
      ['an encoded path', 404, 'GET /%6fauth_callback/strava HTTP/1.1'],
      ['another case of the path', 404, 'GET /OAuth_callback/strava HTTP/1.1'],
      ['a parent path', 404, 'GET /oauth_callback HTTP/1.1'],
      ['a longer path', 404, 'GET /a/oauth_callback/strava HTTP/1.1'],
    ]

    test.each(refusals)('%s with %i', async (_name, status, requestLine, headers = host, body = '') => {
      const answer = await send(requestLine, headers, body)
      expect(answer.status).toBe(status)
      expect(header(answer, 'location')).toBeUndefined()
      expect(header(answer, 'allow')).toBe(status === 405 ? 'GET, HEAD' : undefined)
      expectCommonHeaders(answer)
      const reflected = JSON.stringify(answer)
      for (const part of ['byoo-secret', 'oauth.example.com', 'evil', 'frob']) {
        expect(reflected.toLowerCase()).not.toContain(part)
      }
      expect(answer.body.length).toBe(Number(header(answer, 'content-length')))
    })

    test('in the order of the contract', async () => {
      const long = '/nowhere?a='.padEnd(33_000, 'a')
      expect((await send(`POST ${long}# HTTP/1.1`)).status).toBe(400)
      expect((await send(`POST ${long} HTTP/1.1`, '')).status).toBe(400)
      expect((await send(`POST ${long} HTTP/1.1`, `${host}Expect: x\r\n`)).status).toBe(414)
      expect((await send('GET /health HTTP/1.1', `${host}Expect: x\r\n`)).status).toBe(417)
      expect((await send('POST /nowhere HTTP/1.1')).status).toBe(404)
    })

    test('a target of exactly the limit is forwarded', async () => {
      const form = '/oauth_callback/strava?a='.padEnd(32_768, 'a')
      const answer = await send(`GET ${form} HTTP/1.1`)
      expect(header(answer, 'location')).toBe(`${target}${form.slice('/oauth_callback/'.length)}`)
    })

    const smuggled = get('strava?code=smuggled')
    test.each([
      [
        'what follows a malformed request on the same connection',
        `${get('strava?1')}${get('strava?2')}FROB / HTTP/1.1\r\nHost: x\r\n\r\n${smuggled}`,
        ['307 keep-alive', '307 keep-alive', '400 close'],
      ],
      [
        'no second answer for a request whose body turns out malformed',
        `${get('strava', 'Transfer-Encoding: chunked\r\n')}zz\r\n`,
        ['307 keep-alive'],
      ],
      [
        'an unknown Transfer-Encoding ends the connection, so nothing can be smuggled behind it',
        `${get('strava', 'Transfer-Encoding: xchunked\r\n')}0\r\n\r\n${smuggled}`,
        ['307 keep-alive'],
      ],
      [
        'an upgrade is not made, and what follows it is no request',
        `${get('strava', 'Connection: Upgrade\r\nUpgrade: websocket\r\n')}${smuggled}`,
        ['307 close'],
      ],
      [
        'Expect: 100-continue gets the final answer at once, and the connection ends',
        get('strava', 'Expect: 100-Continue\r\nContent-Length: 9\r\n'),
        ['307 close'],
      ],
    ])('%s', async (_title, bytes, expected) => {
      const answers = await answersTo(bytes)
      expect(answers.map((answer) => `${answer.status} ${header(answer, 'connection')}`)).toEqual(expected)
      expect(JSON.stringify(answers)).not.toContain('smuggled')
    })

    test('nothing comes after an answer that closes the connection', async () => {
      for (const first of [
        'GET /oauth_callback/strava HTTP/1.0\r\n\r\n',
        'GET /oauth_callback/strava HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      ]) {
        const answers = await answersTo(`${first}GET / HTTP/1.1\r\nHost: x\r\n\r\n`)
        expect(answers.map(({ status }) => status)).toEqual([307])
      }
    })

    test('with a page for people or plain text, as the client accepts', async () => {
      const page = 'text/html; charset=utf-8'
      const plain = 'text/plain; charset=utf-8'
      for (const [accept, type] of [
        ['', page],
        ['Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n', page],
        ['Accept: */*\r\n', page],
        ['Accept: text/*;q=0.5\r\n', page],
        ['Accept: application/json\r\n', plain],
        ['Accept: text/plain\r\n', plain],
        ['Accept: text/html;q=0, */*\r\n', plain],
        ['Accept: \r\n', plain],
      ] as const) {
        const answer = await send('GET /nowhere HTTP/1.1', `Host: x\r\n${accept}`)
        expect([accept, header(answer, 'content-type')]).toEqual([accept, type])
        expect(header(answer, 'content-security-policy')).toBe(
          type === page ? "default-src 'none'; style-src 'unsafe-inline'" : undefined,
        )
        expect(/<(script|link|img|iframe)|https?:/i.test(answer.body)).toBe(false)
        const head = await send('HEAD /nowhere HTTP/1.1', `Host: x\r\n${accept}`)
        expect([head.status, head.body, header(head, 'content-length')]).toEqual([
          404,
          '',
          String(answer.body.length),
        ])
      }
    })
  })
})
