import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bodyLimit, createAnswerReader } from '../../src/verify/answer.ts'
import { createEndpoint } from '../../src/verify/endpoint.ts'
import { createPace } from '../../src/verify/pace.ts'
import { renderText } from '../../src/verify/report.ts'
import { renderJson } from '../../src/verify/report-json.ts'
import { verify } from '../../src/verify/verify.ts'
import { createRandom } from '../e2e/fuzz/random.ts'
import { junction, startRawServer } from './callback-server.ts'

// Texts are Latin-1: every character is one byte.
const tokens = [
  'HTTP/1.1 307 Temporary Redirect\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\n\r\n',
  'HTTP/1.0 200 OK\r\n',
  'HTTP/1.1 999 \r\n',
  'HTTP/1.1 000 x\r\n',
  'HTTP/2 200\r\n',
  'HTTP/1.',
  `Location: ${junction}strava?code=byoo-made-up-code\r\n`,
  'Location: \x1b]0;x\x07\x9b31m\xff\r\n',
  'Location: //evil.example\r\n',
  'Location:\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: 0\r\n',
  'Content-Length: 99999999999999999999999\r\n',
  'Content-Length: -1\r\n',
  'Content-Length: 0x5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Cache-Control: \x1b[2J, public\r\n',
  'Server: \x1b[2Jx/1\r\n',
  ' folded\r\n',
  ': \r\n',
  '\r\n\r\n',
  '\n\n',
  '\r\n',
  '\r',
  '\n',
  '\0',
  '5\r\nhello\r\n',
  '0\r\n\r\n',
  'fffffffffffffffffff\r\n',
  ';\r\n',
  '-1\r\n',
  `${'f'.repeat(2000)}`,
  '\x00\x00\x06\x04\x00\x00\x00\x00\x00',
  'x'.repeat(70_000),
  'X-More: y\r\n'.repeat(500),
]

const stream = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(...tokens) },
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    ),
    {
      maxLength: 14,
    },
  )
  .map((parts) => parts.join(''))

describe('bytes from an endpoint', () => {
  test('are read within bounds, however they are cut', () => {
    fc.assert(
      fc.property(
        stream,
        fc.constantFrom('GET', 'HEAD'),
        fc.integer({ min: 1, max: 5000 }),
        (text, method, size) => {
          const reader = createAnswerReader(method)
          const bytes = Buffer.from(text, 'latin1')
          let done = false
          for (let start = 0; start < bytes.length && !done; start += size) {
            done = reader.push(bytes.subarray(start, start + size))
          }
          if (!done) reader.end()
          const { answer, fault } = reader
          expect(answer === undefined || fault === undefined).toBe(true)
          if (!answer) return
          expect(answer.status).toBeGreaterThanOrEqual(200)
          expect(answer.body.length).toBeLessThanOrEqual(bodyLimit)
          expect(Object.values(answer.headers).flat().join('')).not.toContain('\n')
        },
      ),
      { numRuns: 3000 },
    )
  })

  test('mean the same however they are cut', () => {
    fc.assert(
      fc.property(stream, fc.integer({ min: 1, max: 50 }), (text, size) => {
        const bytes = Buffer.from(text.slice(0, 20_000), 'latin1')
        const read = (step: number) => {
          const reader = createAnswerReader('GET')
          let done = false
          for (let start = 0; start < bytes.length && !done; start += step)
            done = reader.push(bytes.subarray(start, start + step))
          if (!done) reader.end()
          const { answer, fault } = reader
          return { status: answer?.status, headers: answer?.headers, body: answer?.body, fault }
        }
        expect(read(size)).toEqual(read(bytes.length || 1))
      }),
      { numRuns: 1000 },
    )
  })
})

/** A report for people has colours of its own only when asked for, and nothing else that a terminal obeys. */
const obeyed = /(?!\n)[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u

test('a report of a hostile endpoint neither drives the terminal nor fails', {
  timeout: 120_000,
}, async () => {
  const random = createRandom(Number(process.env.BYOO_FUZZ_SEED ?? 1))
  const right = `HTTP/1.1 307 Temporary Redirect\r\nLocation: ${junction}strava?code=byoo-made-up-code&state=byoo-made-up-state\r\nContent-Length: 0\r\nCache-Control: no-store\r\n\r\n`
  const server = await startRawServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', (asked) => {
      const lot = random.integer(4)
      const [, slug = '', query = ''] =
        /^\S+ \/oauth_callback\/([^?\s]*)(\S*)/.exec(asked.toString('latin1')) ?? []
      const location = `Location: ${junction}${slug}${query}${random.percent(50) ? random.bytes(9) : ''}${random.pick(tokens)}\r\n`
      const answers = [
        random.pick(tokens) + random.pick(tokens) + random.pick(tokens),
        `HTTP/1.1 ${random.pick([200, 301, 302, 307, 404, 500])} ${random.bytes(12)}\r\n${location}${random.pick(tokens)}\r\n\r\n${random.bytes(50)}`,
        `HTTP/1.1 307 \x1b[31mTold\x9b31m\r\n${location}Server: x/1\x1b]0;y\x07\r\nCache-Control: max-age=\x1b[2J\r\nContent-Length: 0\r\n\r\n`,
        right.slice(0, random.integer(right.length)) +
          random.bytes(5) +
          right.slice(random.integer(right.length)),
      ]
      socket.end(answers[lot] ?? '', 'latin1')
    })
  })
  const target = { template: `${junction}{provider}`, environment: 'production', region: 'us' } as const
  const endpoint = createEndpoint(`http://127.0.0.1:${server.port}/oauth_callback/{provider}`, target, [
    'strava',
    'oura',
  ])
  for (let run = 0; run < 10; run += 1) {
    const verification = await verify(endpoint, { pace: createPace(1000, 8), timeout: 2000 })
    for (const width of [60, 160]) {
      for (const quiet of [false, true]) {
        expect(renderText(verification, { width, colour: false, strict: true, quiet })).not.toMatch(obeyed)
      }
    }
    const json = renderJson([verification], true)
    expect(json).not.toMatch(obeyed)
    expect(() => JSON.parse(json)).not.toThrow()
  }
  await server.close()
})
