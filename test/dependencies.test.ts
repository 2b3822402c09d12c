import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import manifest from '../package.json' with { type: 'json' }

interface Locked {
  readonly resolved?: string
  readonly integrity?: string
  readonly license?: string
  readonly hasInstallScript?: boolean
  readonly link?: boolean
}

const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../package-lock.json'), 'utf8'))
const packages = Object.entries<Locked>(lock.packages).filter(([path]) => path !== '')

test('the lock file pins every package by a hash of its content, from the registry that npm is told', () => {
  expect(lock.lockfileVersion).toBe(3)
  expect(packages.length).toBeGreaterThan(100)
  for (const [path, { integrity, resolved, link }] of packages) {
    expect(integrity, path).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/)
    // An address would win over the registry that is configured, and could be another host.
    expect([path, resolved, link]).toEqual([path, undefined, undefined])
  }
})

test('one package alone runs a script when it is installed, and the image does without', () => {
  const scripted = packages.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path)
  // It puts its binary in place of a launcher: slower without, but no different.
  expect(scripted).toEqual(['node_modules/esbuild'])
  const dockerfile = readFileSync(join(import.meta.dirname, '../Dockerfile'), 'utf8')
  expect(dockerfile.match(/npm (?:ci|install)\b.*/g)).toEqual(['npm ci --ignore-scripts'])
})

test('who installs byoo gets no other package, and runs nothing', () => {
  for (const field of ['dependencies', 'optionalDependencies', 'peerDependencies', 'bundleDependencies']) {
    expect(Object.hasOwn(manifest, field), field).toBe(false)
  }
  for (const script of ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish']) {
    expect(Object.hasOwn(manifest.scripts, script), script).toBe(false)
  }
})

test('every licence is known and lets byoo be MIT', () => {
  const allowed = [
    '0BSD',
    'Apache-2.0',
    'BSD-2-Clause',
    'BSD-3-Clause',
    'BlueOak-1.0.0',
    'CC0-1.0',
    'ISC',
    'MIT',
    'MPL-2.0',
  ]
  for (const [path, { license }] of packages) {
    // Junction's own client names no licence: a test compares with it, and nothing of it is in a bundle.
    if (path === 'node_modules/@junction-api/sdk') continue
    const names = license?.replace(/[()]/g, '').split(/ (?:OR|AND) /) ?? []
    expect(
      names.filter((name) => !allowed.includes(name)),
      path,
    ).toEqual([])
    expect(names.length, path).toBeGreaterThan(0)
  }
})
