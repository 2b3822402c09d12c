import { describe, expect, test } from 'vitest'
import { showDifference } from '../../src/output/difference.ts'
import { renderJson } from '../../src/output/json.ts'
import { createStyle } from '../../src/output/style.ts'
import { cases } from '../../src/verify/cases.ts'
import { renderCases, renderText } from '../../src/verify/report.ts'
import { summarise, type Verification, verificationsData } from '../../src/verify/verification.ts'
import { type Asked, junction, type Reply, redirect, rightAnswer } from './callback-server.ts'
import { verifyAnswer } from './verify-answer.ts'

const options = { strict: false, quiet: false, verbose: false, several: false }
const plain = (width: number) => createStyle(false, width)

/** A real run, with what differs from run to run replaced. */
async function verificationOf(answer: (asked: Asked) => Reply): Promise<Verification> {
  const verification = await verifyAnswer(answer)
  const text = JSON.stringify({ ...verification, duration: 1234 })
  return JSON.parse(text.replaceAll(verification.endpoint.authority, 'oauth.example.com'))
}

const endpoints: Readonly<Record<string, (asked: Asked) => Reply>> = {
  'a right endpoint': rightAnswer,
  'a form encoder in the wrong region': (asked) =>
    rightAnswer(asked).status === 307
      ? redirect(
          `https://api.eu.junction.com/v2/link/connect/${asked.provider}?${new URLSearchParams(asked.query.slice(1))}`,
          302,
        )
      : rightAnswer(asked),
  'an endpoint with control characters in its answers': (asked) =>
    rightAnswer(asked).status === 307
      ? redirect(`${junction}${asked.provider}${asked.query.replaceAll('state', '\x1b[31m\x9b')}`)
      : rightAnswer(asked),
  'a slash first': ({ host, path, query }) => redirect(`http://${host}${path}/${query}`, 301),
}

describe.each(Object.entries(endpoints))('%s', (_, answer) => {
  test('as text, in 80 columns and in 40, and as JSON', async () => {
    const verification = await verificationOf(answer)
    expect(renderText(verification, { ...options, style: plain(80) })).toMatchSnapshot()
    for (const [width, verbose] of [40, 80, 160].flatMap((w) => [[w, false] as const, [w, true] as const])) {
      const text = renderText(verification, { ...options, style: plain(width), verbose })
      expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width)
      expect(text).toMatch(/^[\x20-\x7e\n…§]*$/)
    }
    const json = renderJson(verificationsData([verification], true))
    expect(json).toMatch(/^[\x20-\x7e\n]*$/)
    expect(JSON.parse(json)).toMatchObject({ version: 1, strict: true, endpoints: [{ reached: true }] })
  })
})

test('colours change nothing but colours', async () => {
  const verification = await verificationOf(rightAnswer)
  const coloured = renderText(verification, { ...options, style: createStyle(true, 80) })
  expect(coloured).toContain('\u001b[')
  const uncoloured = renderText(verification, { ...options, style: plain(80) })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(uncoloured)
})

/** As short as people write one: right, and no more than that. */
const fiveLines = ({ provider, query }: Asked): Reply => ({
  status: 307,
  headers: [['Location', junction + provider + query]],
  body: '',
})

test.each<[string, (asked: Asked) => Reply, number]>([
  ['a right forwarder of five lines', fiveLines, 6],
  ['an endpoint that loses the query', ({ provider }) => redirect(junction + provider), 13],
])('%s is told in few lines, the verdict first', async (_, answer, maxLines) => {
  const verification = await verificationOf(answer)
  const lines = renderText(verification, { ...options, style: plain(80) })
    .trimEnd()
    .split('\n')
  expect(lines.length).toBeLessThanOrEqual(maxLines)
  expect(lines[0]).toBe(summarise(verification))
  const verbose = renderText(verification, { ...options, style: plain(80), verbose: true })
  expect(verbose.split('\n').length).toBeGreaterThan(2 * maxLines)
})

test('a fault of the whole query is shown by the plain callback', async () => {
  const verification = await verificationOf(({ provider }) => redirect(junction + provider))
  const [finding] = verification.findings
  expect(finding).toMatchObject({ id: 'query-lost', shownBy: 'code-and-state' })
  expect(renderText(verification, { ...options, style: plain(80) })).toContain(
    '\n  expected  ?code=byoo-made-up-code&state=byoo-made-up-state\n  received  (no query)\n',
  )
})

test('only a difference of the query is said to be read as the same', async () => {
  const verification = await verificationOf(({ provider, query }) =>
    redirect(`https://api.eu.junction.com/v2/link/connect/${provider}${query.replaceAll('-', '%2D')}`),
  )
  const text = renderText(verification, { ...options, style: plain(120) })
  expect(text.match(/\^ byte \d+.*/g)).toEqual(['^ byte 12', expect.stringContaining('read as the same')])
})

test('a certificate whose dates cannot be read does not break the report', async () => {
  const verification = await verificationOf(rightAnswer)
  const dates = { validFrom: Number.NaN, validTo: Number.NaN, expiresSoon: false, names: '', problems: [] }
  const shown = { ...options, style: plain(80), verbose: true }
  expect(renderText({ ...verification, certificate: dates }, shown)).toContain('certificate until unknown')
})

test('the list of cases says of each what is looked at and why', () => {
  const list = renderCases(cases, plain(80))
  expect(Math.max(...list.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  const words = list.replace(/\s+/g, ' ')
  for (const { id, title, why } of cases) expect(words).toContain(` ${id} ${title}. ${why}.`)
})

test.each([
  ['?a=1', '?a=2', 40, '?a=1', '?a=2', 3, 3],
  ['', '?', 40, '', '?', 0, 0],
  ['?a=1&b', '?a=1', 40, '?a=1&b', '?a=1', 4, 4],
  ['?a=\x00b', '?a=\x00c', 40, '?a=\\x00b', '?a=\\x00c', 7, 4],
  [`?${'a'.repeat(99)}b`, `?${'a'.repeat(99)}c`, 11, '…aaaab', '…aaaac', 5, 100],
  [`b${'a'.repeat(99)}`, `c${'a'.repeat(99)}`, 6, 'baaaa…', 'caaaa…', 0, 0],
])(
  'the first difference of %j and %j in %i columns',
  (left, right, width, expected, received, column, offset) => {
    expect(showDifference(left, right, width)).toEqual({ expected, received, column, offset })
  },
)
