import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const repository = join(import.meta.dirname, '..')
const [, model = ''] = readFileSync(join(repository, 'SECURITY.md'), 'utf8').split('\n## Threat model\n')
const threats = model
  .split('\n### ')
  .slice(1)
  .map((section) => {
    const [title = ''] = section.split('\n')
    const tests = [...section.matchAll(/^- `(test\/[\w/.-]+\.test\.ts)`: (.+)$/gm)].map(
      ([, file = '', name = '']) => [file, name] as const,
    )
    return { title, tests, items: section.match(/^- /gm)?.length ?? 0 }
  })

test('SECURITY.md has a threat model', () => {
  expect(threats.length).toBeGreaterThan(6)
})

describe.each(threats)('$title', ({ tests, items }) => {
  test('is covered by tests', () => {
    expect(tests.length).toBeGreaterThan(0)
    expect(tests).toHaveLength(items)
  })

  test.each(tests)('%s: %s', (file, name) => {
    expect(readFileSync(join(repository, file), 'utf8')).toContain(name)
  })
})
