import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { renderJson } from '../../src/output/json.ts'
import { createStyle } from '../../src/output/style.ts'
import { bodyLimit, isRead, type Reading, readAnswer } from '../../src/verify/answer.ts'
import { renderText } from '../../src/verify/report.ts'
import { type Verification, verificationsData } from '../../src/verify/verification.ts'
import { createRandom } from '../e2e/fuzz/random.ts'
import { junction, startRawServer } from './callback-server.ts'
import { urlOf, verifyUrl } from './verify-answer.ts'

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

/** Reads a text that arrives in pieces of so many bytes. */
function readInPieces(text: string, method: string, size: number): Reading {
  for (let end = size; end < text.length; end += size) {
    const reading = readAnswer(method, text.slice(0, end), false)
    if (isRead(reading)) return reading
  }
  const whole = readAnswer(method, text, false)
  return isRead(whole) ? whole : readAnswer(method, text, true)
}

describe('bytes from an endpoint', () => {
  test('are read within bounds, however they are cut', () => {
    const sizes = fc.integer({ min: 50, max: 5000 })
    fc.assert(
      fc.property(stream, fc.constantFrom('GET', 'HEAD'), sizes, (text, method, size) => {
        const { answer, fault } = readInPieces(text, method, size)
        expect(answer === undefined || fault === undefined).toBe(true)
        if (!answer) return
        expect(answer.status).toBeGreaterThanOrEqual(200)
        expect(answer.body.length).toBeLessThanOrEqual(bodyLimit)
        expect(Object.values(answer.headers).flat().join('')).not.toContain('\n')
      }),
      { numRuns: 3000 },
    )
  })

  test('mean the same however they are cut', () => {
    fc.assert(
      fc.property(stream, fc.integer({ min: 1, max: 50 }), (text, size) => {
        const short = text.slice(0, 20_000)
        const { answer, fault } = readInPieces(short, 'GET', size)
        const whole = readInPieces(short, 'GET', short.length || 1)
        // The rest of what is whole already makes no difference.
        expect({ ...answer, fault }).toEqual({ ...whole.answer, fault: whole.fault })
      }),
      { numRuns: 1000 },
    )
  })
})

/** Starts an endpoint that answers a callback with these bytes, and verifies it. */
async function verifyAnswers(answer: (slug: string, query: string) => string, runs = 1) {
  const server = await startRawServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', (asked) => {
      const [, slug = '', query = ''] =
        /^\S+ \/oauth_callback\/([^?\s]*)(\S*)/.exec(asked.toString('latin1')) ?? []
      socket.end(answer(slug, query), 'latin1')
    })
  })
  const verifications: Verification[] = []
  for (let run = 0; run < runs; run += 1) {
    verifications.push(await verifyUrl(urlOf(server.port), { timeout: 2000 }))
  }
  await server.close()
  return verifications
}

/** A report for people has colours of its own only when asked for, and nothing else that a terminal obeys. */
const obeyed = /(?!\n)[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u

test('a report of a hostile endpoint neither drives the terminal nor fails', {
  timeout: 120_000,
}, async () => {
  const random = createRandom(Number(process.env.BYOO_FUZZ_SEED ?? 1))
  const made = '?code=byoo-made-up-code&state=byoo-made-up-state'
  const right = `HTTP/1.1 307 Told\r\nLocation: ${junction}strava${made}\r\nContent-Length: 0\r\n\r\n`
  const verifications = await verifyAnswers((slug, query) => {
    const tail = (random.percent(50) ? random.bytes(9) : '') + random.pick(tokens)
    const location = `Location: ${junction}${slug}${query}${tail}\r\n`
    const status = random.pick([200, 301, 302, 307, 404, 500])
    return random.pick([
      random.pick(tokens) + random.pick(tokens) + random.pick(tokens),
      `HTTP/1.1 ${status} ${random.bytes(12)}\r\n${location}${random.pick(tokens)}\r\n\r\n${random.bytes(50)}`,
      `HTTP/1.1 307 \x1b[31mTold\x9b31m\r\n${location}Server: x/1\x1b]0;y\x07\r\nCache-Control: max-age=\x1b[2J\r\n\r\n`,
      right.slice(0, random.integer(right.length)) +
        random.bytes(5) +
        right.slice(random.integer(right.length)),
    ])
  }, 10)
  for (const verification of verifications) {
    for (const width of [40, 60, 160]) {
      for (const [quiet, verbose] of [
        [false, false] as const,
        [true, false] as const,
        [false, true] as const,
      ]) {
        const options = { style: createStyle(false, width), strict: true, several: true, quiet, verbose }
        expect(renderText(verification, options)).not.toMatch(obeyed)
      }
    }
    const json = renderJson(verificationsData([verification], true))
    expect(json).not.toMatch(obeyed)
    expect(() => JSON.parse(json)).not.toThrow()
  }
})

describe('an answer that is made to take long', () => {
  const many = 120_000
  const redirect = (location: string, more = '') =>
    `HTTP/1.1 307 Told\r\nLocation: ${location}\r\n${more}\r\n`

  test.each<[string, (slug: string, query: string) => string]>([
    ['many slashes', () => redirect(`${'/'.repeat(many)}x`)],
    ['many parameters', (slug, query) => redirect(`${junction}${slug}${query}${'&a=1'.repeat(many / 4)}`)],
    ['one long parameter', (slug, query) => redirect(`${junction}${slug}${query}&a=${'1'.repeat(many)}`)],
    ['one long name', (slug) => redirect(`${junction}${slug}?${'a'.repeat(many)}`)],
    ['many escapes', (slug) => redirect(`${junction}${slug}?${'%25'.repeat(many / 3)}`)],
    ['many spaces', (slug, query) => redirect(`${junction}${slug}${query}`, `X: x${' '.repeat(many)}x\r\n`)],
    ['many headers', (slug, query) => redirect(`${junction}${slug}${query}`, 'a:b\r\n'.repeat(many / 5))],
    ['many tags', () => `HTTP/1.1 200 OK\r\n\r\n${'<meta '.repeat(many / 6)}`],
    [
      'many interim answers',
      (slug, query) => 'HTTP/1.1 103 x\r\n\r\n'.repeat(many / 4) + redirect(`${junction}${slug}${query}`),
    ],
  ])('by %s does not', { timeout: 120_000 }, async (_, answer) => {
    const before = process.cpuUsage()
    const [verification] = await verifyAnswers(answer)
    const options = { strict: true, quiet: false, verbose: true, several: false }
    if (verification) renderText(verification, { ...options, style: createStyle(false, 80) })
    const { user, system } = process.cpuUsage(before)
    // In microseconds; these took minutes.
    expect(user + system).toBeLessThan(15_000_000)
  })
})
