import { describe, expect, test } from 'vitest'
import { printable } from '../../src/output/printable.ts'
import { forwardingCases } from '../../src/verify/cases/forwarding-cases.ts'
import { encodingRewrites } from '../../src/verify/encoding-rewrites.ts'
import { explain } from '../../src/verify/explain.ts'
import { parameterRewrites } from '../../src/verify/parameter-rewrites.ts'
import { decodeQuery, sameMeaning } from '../../src/verify/query.ts'

/** What would be found if every query came back changed like this. */
function explained(change: (query: string) => string) {
  const pairs = forwardingCases.map(({ id, query }) => ({ id, sent: query, received: change(query) }))
  const { findings, culprits } = explain(pairs)
  return {
    findings: [...new Set([...findings.values()].flat())].sort(),
    culprits: Object.fromEntries(culprits),
    unexplained: pairs.filter(({ id, sent, received }) => sent !== received && !findings.has(id)),
  }
}

const upperHex = (query: string) => query.replace(/%[0-9a-f]{2}/gi, (escaped) => escaped.toUpperCase())
const asForm = (query: string) => `?${new URLSearchParams(query.slice(1))}`

describe('explain', () => {
  test.each<[string, (query: string) => string, readonly string[], Readonly<Record<string, string>>]>([
    ['nothing', (query) => query, [], {}],
    [
      'a template for code and state',
      (query) => {
        const given = new URLSearchParams(query)
        return `?code=${given.get('code')}&state=${given.get('state')}`
      },
      ['decoded', 'parameters-dropped'],
      { 'parameters-dropped': 'only code, state are kept' },
    ],
    [
      'decoded ~, upper-case escapes, and ; for &',
      (query) => upperHex(query.replaceAll('%7E', '~').replaceAll(';', '&')),
      ['hex-case-changed', 'semicolon-changed', 'unreserved-decoded'],
      {},
    ],
    [
      'a form that always has a "?"',
      asForm,
      ['form-re-encoded', 'question-mark-added', 'question-mark-dropped'],
      {},
    ],
    [
      'two unrelated changes, one of them unknown',
      (query) => query.replaceAll('%2525', '%25').replaceAll('+', '%20'),
      ['plus-to-space', 'query-changed'],
      {},
    ],
    ['a cut at 500 bytes', (query) => query.slice(0, 500), ['cut'], { cut: 'cut at 500 bytes' }],
  ])('%s', (_, change, findings, culprits) => {
    const told = explained(change)
    expect(told.findings).toEqual(findings)
    expect(told.culprits).toMatchObject(culprits)
    expect(told.unexplained).toEqual([])
  })

  test('the same change of one query has another cause when other queries differ', () => {
    const changed = { id: 'plus-and-space', sent: '?a=%2B&b=+&c=%20', received: '?a=%2B&b=+&c=+' }
    const semicolon = { id: 'semicolon', sent: '?a=1;b=2' }
    const alone = explain([changed, { ...semicolon, received: '?a=1;b=2' }])
    const together = explain([changed, { ...semicolon, received: '?a=1%3Bb%3D2' }])
    expect(alone.findings.get('plus-and-space')).toEqual(['space-to-plus'])
    expect(together.findings.get('plus-and-space')).toEqual(['form-re-encoded'])
  })
})

describe('sameMeaning', () => {
  test.each([
    ['?a=%20', '?a=+', true],
    ['?a=%2B', '?a=+', false],
    ['?a=%7E', '?a=~', true],
    ['?a', '?a=', true],
    ['', '?', true],
    ['?a=1&b=2', '?b=2&a=1', false],
    ['?a=%ff', '?a=%EF%BF%BD', false],
    ['?a=%', '?a=%25', true],
    ['?a=1;b=2', '?a=1&b=2', false],
  ])('%j and %j: %j', (left, right, same) => {
    expect(sameMeaning(left, right)).toBe(same)
  })

  test('a query is decoded to bytes', () => {
    expect(decodeQuery('?a=%e2%9c&=x&&b')).toEqual([
      ['a', '\xe2\x9c'],
      ['', 'x'],
      ['b', ''],
    ])
  })
})

test('what a rewrite is called is shown as it stands', () => {
  expect(explained(upperHex).culprits).toEqual({
    'hex-case-changed': 'normalisation after RFC 3986 section 6.2.2.1',
  })
  for (const { culprit } of [...encodingRewrites, ...parameterRewrites])
    expect(printable(culprit)).toBe(culprit)
})
