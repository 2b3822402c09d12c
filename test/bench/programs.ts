import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The folder of the frameworks' servers, with a package.json of its own. */
export const peers = join(import.meta.dirname, 'peers')

/** Installs the frameworks where they are missing; they are no dependency of the product. */
export function installPeers(): void {
  // npm writes this file last: an installation that was cut off lacks it.
  if (existsSync(join(peers, 'node_modules/.package-lock.json'))) return
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: peers,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** The full path of a program on PATH or in Debian's folder for daemons. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
  return folders.map((folder) => join(folder, name)).find(existsSync)
}

/** The path of a peer's module and `name version`. */
export function findPeer(name: string): { path: string; label: string } {
  const path = join(peers, 'node_modules', name)
  const { version } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as { version: string }
  return { path, label: `${name} ${version}` }
}
