import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { TestProject } from 'vitest/node'

// SECURITY.md names the tests that hold each line. A run of tests fails when one of its files no longer has a test of
// that title that passed: one that is renamed, commented out or skipped proves nothing.

const repository = join(import.meta.dirname, '..')

/** A test as it ended in this run. */
export interface EndedTest {
  readonly file: string
  readonly name: string
  readonly state: string
}

/** Claims of the document (lines like "- `file`: title") that this run of whole files does not prove. */
export function unprovenClaims(
  document: string,
  files: readonly string[],
  ended: readonly EndedTest[],
): string[] {
  const claims = [...document.matchAll(/^- `(test\/[^`]+)`: (.+)$/gm)]
  return claims.flatMap(([line, file = '', title = '']) => {
    if (!files.includes(file)) return existsSync(join(repository, file)) ? [] : [line]
    // Titles of a table (`test.each`) have a place for each row.
    const pattern = title
      .split(/%[a-z]|\$[\w.]+/)
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')
    const named = ended.filter(
      (test) => test.file === file && new RegExp(`(^|> )${pattern}( > |$)`, 's').test(test.name),
    )
    return named.length > 0 && named.every(({ state }) => state === 'passed') ? [] : [line]
  })
}

/** Compares SECURITY.md with what ran, after all tests; runs of chosen tests (-t) are left alone. */
export default function setup({ vitest }: TestProject): () => void {
  return () => {
    if (vitest.config.testNamePattern) return
    const modules = vitest.state.getTestModules()
    const ended = modules.flatMap((module) =>
      [...module.children.allTests()].map((test) => ({
        file: relative(repository, module.moduleId),
        name: test.fullName,
        state: test.result().state,
      })),
    )
    const files = modules.map(({ moduleId }) => relative(repository, moduleId))
    const unproven = unprovenClaims(readFileSync(join(repository, 'SECURITY.md'), 'utf8'), files, ended)
    if (unproven.length === 0) return
    console.error(`SECURITY.md names tests that did not pass in this run:\n${unproven.join('\n')}`)
    process.exitCode = 1
  }
}
