import { describe, expect, test } from 'vitest'
import { decodeForm, sameMeaning } from '../../src/query.ts'
import { forwardingCases } from '../../src/verify/cases.ts'
import { explain } from '../../src/verify/explain.ts'

/** What would be found if every query came back changed like this. */
function explained(change: (query: string) => string) {
  const pairs = forwardingCases.map(({ id, query }) => ({ id, sent: query, received: change(query) }))
  const { findings, causes } = explain(pairs)
  return {
    findings: [...new Set([...findings.values()].flat())].sort(),
    causes: Object.fromEntries(causes),
    unexplained: pairs.filter(({ id, sent, received }) => sent !== received && !findings.has(id)),
  }
}

const upperHex = (query: string) => query.replace(/%[0-9a-f]{2}/gi, (escaped) => escaped.toUpperCase())

describe('explain', () => {
  const urlSearchParams = 'parsed and written again as a form: URLSearchParams or a similar encoder'

  test.each<[string, (query: string) => string, Readonly<Record<string, readonly string[]>>]>([
    [
      'a template for code and state',
      (query) => {
        const given = new URLSearchParams(query)
        return `?code=${given.get('code')}&state=${given.get('state')}`
      },
      {
        'parameters-lost': ['only code, state are kept'],
        'query-decoded': ['decodeURIComponent'],
      },
    ],
    [
      'decoded ~, upper-case escapes, and ; for &',
      (query) => upperHex(query.replaceAll('%7E', '~').replaceAll(';', '&')),
      {
        'query-re-encoded': ['escapes are written in upper case'],
        'query-decoded': ['%7E becomes ~'],
        'parameters-changed': ['a parser that takes ; for &'],
      },
    ],
    [
      'two unrelated changes, one of them unknown',
      (query) => query.replaceAll('%2525', '%25').replaceAll('+', '%20'),
      { 'query-re-encoded': ['+ becomes %20'] },
    ],
    [
      'encodeURI(decodeURIComponent(query)), and what cannot be decoded as it is',
      (query) => {
        try {
          return encodeURI(decodeURIComponent(query))
        } catch {
          return query
        }
      },
      { 'query-decoded': ['decodeURIComponent, then encodeURI in JavaScript'] },
    ],
  ])('%s', (_, change, causes) => {
    const found = explained(change)
    expect(found.causes).toEqual(causes)
    expect(found.unexplained).toEqual([])
  })

  test('the same change of one query has another cause when other queries differ', () => {
    const changed = { id: 'plus-and-space', sent: '?a=%2B&b=+&c=%20', received: '?a=%2B&b=+&c=+' }
    const semicolon = { id: 'semicolon', sent: '?a=1;b=2' }
    const alone = explain([changed, { ...semicolon, received: '?a=1;b=2' }])
    const together = explain([changed, { ...semicolon, received: '?a=1%3Bb%3D2' }])
    const causes = (explanation: typeof alone) => [...explanation.causes.values()].flat()
    expect(causes(alone)).toEqual(['%20 becomes +'])
    expect(causes(together)).toEqual([urlSearchParams])
  })

  test.each([
    ['?a=1&b=2', '?b=2', 'parameters-lost'],
    ['?a=1?b=2', '?a=1', 'parameters-lost'],
    ['?a=1&b=2', '?x=3&b=2&a=1', 'parameters-changed'],
    ['?a=%2F%3A', '?a=/%3A', 'query-decoded'],
    ['?a=/:', '?a=%2F:', 'query-re-encoded'],
    ['?a=/', '?a=%25', 'query-changed'],
  ])('%s becomes %s by nothing known: %s', (sent, received, finding) => {
    const { findings, causes } = explain([
      { id: 'it', sent, received },
      { id: 'another', sent: '?a=8&b=9', received: '?a=8&b=9' },
    ])
    expect([findings.get('it'), causes.size]).toEqual([[finding], 0])
  })

  test.each([
    ['escaped in its own way', '?a=%C3%A9'],
    ['passed on', '?a=\xe9'],
  ])('a raw byte that is %s beside an encoder makes no finding of its own', (_, received) => {
    const pairs = forwardingCases.map(({ id, query }) => {
      const form = new URLSearchParams(query.slice(1)).toString()
      return { id, sent: query, received: form && `?${form}` }
    })
    const { findings } = explain([...pairs, { id: 'raw-byte', sent: '?a=\xe9', received }])
    expect(findings.get('raw-byte') ?? ['query-re-encoded']).toEqual(['query-re-encoded'])
    expect([...findings.values()].flat()).not.toContain('query-changed')
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
    expect(decodeForm('a=%e2%9c&=x&&b')).toEqual([
      ['a', '\xe2\x9c'],
      ['', 'x'],
      ['b', ''],
    ])
  })
})
