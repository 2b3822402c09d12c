import { expect, test } from 'vitest'
import { wrapLines } from '../../src/output/layout.ts'

test.each([
  ['between words', 'one two three four five six seven', ['one two three four five', 'six seven']],
  ['under their own start', '    one two three four five six', ['    one two three four', '    five six']],
  ['steps under their text', '1. one two three four five six', ['1. one two three four', '   five six']],
  ['values under the value', 'id  one two three four five six', ['id  one two three four', '    five six']],
  ['addresses in one piece', `see ${'x'.repeat(30)} now`, ['see', 'x'.repeat(30), 'now']],
  ['commands not at all', `    byoo verify ${'x '.repeat(20)}y`, [`    byoo verify ${'x '.repeat(20)}y`]],
  ['JSON not at all', `  "name": "${'x '.repeat(20)}"`, [`  "name": "${'x '.repeat(20)}"`]],
  [
    'by what is seen',
    `\u001b[31m${'ab '.repeat(7)}ab\u001b[39m`,
    [`\u001b[31m${'ab '.repeat(7)}ab\u001b[39m`],
  ],
])('lines break %s', (_, text, lines) => {
  expect(wrapLines(text, 24).split('\n')).toEqual(lines)
  expect(wrapLines(text, undefined)).toBe(text)
})
