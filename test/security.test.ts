import { expect, test } from 'vitest'
import { unprovenClaims } from './security-claims.ts'

const file = 'test/security.test.ts'
const document = `- \`${file}\`: nobody gets in\n- \`${file}\`: refuses %s (at once)\n- \`test/other.test.ts\`: gone\n`
const passed = [
  { file, name: 'the page > nobody gets in', state: 'passed' },
  { file, name: 'refuses a POST (at once)', state: 'passed' },
]

test.each([
  ['all that it names and that ran passed', passed, []],
  ['a test is missing', passed.slice(1), ['nobody gets in']],
  ['a test is skipped', [{ ...passed[0], state: 'skipped' }, passed[1]], ['nobody gets in']],
  ['one row of a table failed', [...passed, { ...passed[1], state: 'failed' }], ['refuses %s (at once)']],
  [
    'a title is only part of another',
    [{ ...passed[0], name: 'nobody gets in twice' }, passed[1]],
    ['nobody gets in'],
  ],
])('SECURITY.md is held to the tests that ran: %s', (_title, ended, unproven) => {
  const missing = '- `test/other.test.ts`: gone'
  expect(unprovenClaims(document, [file], ended as typeof passed)).toEqual([
    ...unproven.map((title) => `- \`${file}\`: ${title}`),
    missing,
  ])
})
