import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { releaseFaults } from '../.github/release-faults.ts'
import manifest from '../package.json' with { type: 'json' }
import lock from '../package-lock.json' with { type: 'json' }

const repository = join(import.meta.dirname, '..')

test('this commit could be released, were it tagged', () => {
  const changelog = readFileSync(join(repository, 'CHANGELOG.md'), 'utf8')
  expect(releaseFaults({ manifest, lock, changelog, tag: undefined })).toEqual([])
})

const good = {
  manifest: { version: '1.2.0', repository: 'made-up' },
  lock: { version: '1.2.0', packages: { '': { version: '1.2.0' } } },
  changelog: '# Changelog\n\n## [1.2.0] - 2026-11-20\n\n- New.\n\n## [1.1.0] - 2026-10-20\n\n- Old.\n',
  tag: 'v1.2.0' as string | undefined,
}

test.each([
  ['a tagged release', good],
  ['a rehearsal', { ...good, tag: undefined, changelog: '## [Unreleased]\n\n- New.\n' }],
])('nothing stands in the way of %s', (_title, release) => {
  expect(releaseFaults(release)).toEqual([])
})

test.each([
  ['another tag', { tag: 'v1.3.0' }, 'the tag is v1.3.0, but package.json is of 1.2.0'],
  ['no repository', { manifest: { version: '1.2.0' } }, 'package.json has no repository'],
  [
    'an old lock file',
    { lock: { version: '1.1.0', packages: good.lock.packages } },
    'is of 1.1.0, not 1.2.0',
  ],
  ['an old lock of the root', { lock: { ...good.lock, packages: {} } }, 'is of undefined, not 1.2.0'],
  ['no changelog', { changelog: '# Changelog\n' }, 'has no section'],
  ['a date that is missing', { changelog: '## [1.2.0]\n\n- New.\n' }, '[1.2.0] has no date'],
  ['an empty section', { changelog: '## [1.2.0] - 2026-11-20\n\n### Added\n' }, 'says nothing of [1.2.0]'],
  ['a changelog of before', { changelog: '## [1.1.0] - 2026-10-20\n\n- Old.\n' }, 'begins with [1.1.0]'],
  ['what is unreleased', { changelog: `## [Unreleased]\n\n- New.\n` }, 'has to begin with "## [1.2.0]"'],
  [
    'a version that is released already',
    { tag: undefined, changelog: `## [Unreleased]\n\n- Newer.\n\n${good.changelog}` },
    'begins with [Unreleased], which is not what comes with 1.2.0',
  ],
])('%s stands in the way of a release', (_title, change, fault) => {
  expect(releaseFaults({ ...good, ...change })).toContainEqual(expect.stringContaining(fault))
})
