import { execFileSync, execSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import manifest from '../package.json' with { type: 'json' }
import lock from '../package-lock.json' with { type: 'json' }
import { releaseFaults } from './release-faults.ts'

// Everything that a release needs, short of tests and of publishing. What it makes is in release/.

const { values: options } = parseArgs({ options: { tag: { type: 'string' } } })
const folder = 'release'
const { version } = manifest
const tarball = join(folder, `byoo-${version}.tgz`)

function step(title: string, work: () => void): void {
  console.log(`\n== ${title}`)
  work()
}

/** A command line of this repository's own. */
function run(command: string): void {
  execSync(command, { stdio: 'inherit' })
}

function fail(faults: readonly string[]): void {
  if (faults.length === 0) return
  console.error(faults.join('\n'))
  process.exit(1)
}

step('nothing uncommitted', () => {
  const changes = execFileSync('git', ['status', '--porcelain', '--untracked-files=no'], { encoding: 'utf8' })
  fail(changes === '' ? [] : [`commit these first:\n${changes.trimEnd()}`])
})
step(`version ${version} and CHANGELOG.md`, () => {
  fail(releaseFaults({ manifest, lock, changelog: readFileSync('CHANGELOG.md', 'utf8'), tag: options.tag }))
})
step('format, lint, types', () => run('npm run --silent check'))
step('package', () => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  run(`npm pack --silent --pack-destination ${folder}`)
  run(`npx --no-install publint --strict ${tarball}`)
  const kilobytes = Math.round(statSync(tarball).size / 1e3)
  console.log(`${tarball}: ${kilobytes} kB`)
  if (kilobytes > 900) fail([`${tarball} is larger than 900 kB: see with npm pack --dry-run what is in it`])
})
step('bill of materials', () => {
  run(`npm run --silent sbom -- --output ${join(folder, `byoo-${version}.cdx.json`)}`)
})
step('single executable', () => run(`npm run --silent pkg -- --output ${join(folder, 'pkg')}`))

console.log(`\nReady: ${folder}/. Left to do: npm run test:e2e, then push the tag v${version}.`)
