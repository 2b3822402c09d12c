import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { markDifferences, type Piece } from '../../src/demo/differences.ts'

/** Pieces as text, what changed between brackets. */
const shown = (pieces: readonly Piece[]) =>
  pieces.map(({ text, changed }) => (changed ? `[${text}]` : text)).join('')

describe('differences', () => {
  test.each([
    ['a slash more', 'http://h/cb', 'http://h/cb/', 'http://h/cb', 'http://h/cb[/]'],
    ['another scheme', 'http://h/cb', 'https://h/cb', '[http]://h/cb', '[https]://h/cb'],
    ['another region', '/sandbox/us/v2', '/sandbox/eu/v2', '/sandbox/[us]/v2', '/sandbox/[eu]/v2'],
    ['an escape decoded', '?a=%2B&b=1', '?a=+&b=1', '?a=[%2B]&b=1', '?a=[+]&b=1'],
    ['escapes stay whole', '?a=%2B', '?a=%2C', '?a=[%2B]', '?a=[%2C]'],
    ['several', 'a=%2F&b=%3D', 'a=/&b==', 'a=[%2F]&b=[%3D]', 'a=[/]&b=[=]'],
    ['none', 'same', 'same', 'same', 'same'],
    ['everything', '', 'new', '', '[new]'],
  ])('%s', (_what, left, right, leftShown, rightShown) => {
    expect(markDifferences(left, right).map(shown)).toEqual([leftShown, rightShown])
  })

  test('pieces add up to the texts, and what is not marked is the same in both', () => {
    const bytes = fc.string({ unit: fc.constantFrom('a', 'b', '%', '2', 'F', '&'), maxLength: 40 })
    fc.assert(
      fc.property(bytes, bytes, (left, right) => {
        const marked = markDifferences(left, right)
        expect(marked.map((pieces) => pieces.map(({ text }) => text).join(''))).toEqual([left, right])
        const [a, b] = marked.map((pieces) =>
          pieces.map(({ text, changed }) => (changed ? '' : text)).join(''),
        )
        expect(a).toBe(b)
      }),
    )
  })

  test('texts too long to compare are marked between their ends', () => {
    const [left, right] = [`<${'a'.repeat(3000)}>`, `<${'b'.repeat(3000)}>`]
    expect(markDifferences(left, right).map((pieces) => pieces.map(({ changed }) => changed))).toEqual([
      [false, true, false],
      [false, true, false],
    ])
  })
})
