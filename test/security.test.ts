import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const repository = join(import.meta.dirname, '..')
const document = readFileSync(join(repository, 'SECURITY.md'), 'utf8')
const threats = (document.split('\n## Threats\n')[1] ?? '').split('\n### ').slice(1)

/** The lines of a threat that name a file and, as its source has it, the title of a test. */
function namedTests(threat: string): [file: string, title: string][] {
  return [...threat.matchAll(/^- `([^`]+)`: (.+)$/gm)].map(([, file = '', title = '']) => [file, title])
}

describe('SECURITY.md', () => {
  test('has a threat for each of those that matter', () => {
    expect(threats.map((threat) => threat.split('\n')[0])).toEqual([
      'Open redirect',
      'A code gets out',
      'A secret gets out',
      'One environment is taken for another',
      'A custom target reaches an internal host',
      "Junction's API, or whatever answers in its place, is hostile",
      'The forwarder is stopped or slowed down',
      'A dependency is hostile',
    ])
  })

  test.each(threats.map((threat) => [threat.split('\n')[0] ?? '', threat]))(
    '%s: says what is left to the operator, and names tests that exist',
    (_, threat) => {
      expect(threat).toMatch(/^Left to you: /m)
      const named = namedTests(threat)
      expect(named.length).toBeGreaterThan(3)
      expect(named.length).toBe(threat.match(/^- /gm)?.length)
      for (const [file, title] of named) {
        expect(file).toMatch(/^test\/.*\.test\.ts$/)
        expect(existsSync(join(repository, file)), file).toBe(true)
        expect(titles(readFileSync(join(repository, file), 'utf8')), file).toContain(title)
      }
    },
  )
})

/** The titles in a file of tests: what follows `test(` and `describe(`, or the table of a `test.each`. */
function titles(source: string): string[] {
  return [...source.matchAll(/(?<=[(]\s*)(['"`])((?:\\.|(?!\1)[^\\\n])+)\1(?=,)/g)].map(([, , title = '']) =>
    title.replaceAll(/\\(.)/g, '$1'),
  )
}
