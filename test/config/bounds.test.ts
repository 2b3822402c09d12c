import { expect, test } from 'vitest'
import { readConfig } from '../../src/config/read-config.ts'

test.each([
  ['keys within keys', `${'? '.repeat(30)}a`],
  ['200,000 unknown keys', Array.from({ length: 200_000 }, (_, index) => `${index}: x`).join('\n')],
  ['100,000 empty keys', 'a:\n'.repeat(100_000)],
])('%s are refused before they are expanded', async (_, text) => {
  const started = performance.now()
  const { faults } = await readConfig({ route: {}, file: undefined, text, directory: '/' })
  expect(faults).toHaveLength(1)
  expect(performance.now() - started).toBeLessThan(5000)
})
