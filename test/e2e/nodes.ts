import { execFileSync } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { findProgram } from '../bench/programs.ts'

/** A Node.js to test with. */
export interface NodeBinary {
  readonly path: string
  /** Such as 24.1.0. */
  readonly version: string
}

/** Those that BYOO_TEST_NODES names, separated by colons; the running one when it is not set. */
export const nodes: readonly NodeBinary[] = (process.env.BYOO_TEST_NODES ?? process.execPath)
  .split(':')
  .map((path) => ({
    path,
    version: execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim(),
  }))

/** The scripts behind npm and npx, to be run on any Node.js. */
export const [npm, npx] = npmScripts()

function npmScripts(): [npm: string, npx: string] {
  const script = process.env.npm_execpath ?? realpathSync(findProgram('npm') ?? 'npm')
  if (basename(script) !== 'npm-cli.js') throw new Error(`${script} is not npm's own script`)
  return [script, join(dirname(script), 'npx-cli.js')]
}
