import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { bundledPackages, bundleOneFile } from '../bin/bundle.ts'
import manifest from '../package.json' with { type: 'json' }

// Writes a software bill of materials (CycloneDX). To npm, what is bundled and what only builds or tests are alike
// development dependencies: the bundle itself tells which of them are in it. (@cyclonedx/cyclonedx-esbuild knows no hashes.)

interface Component {
  'bom-ref': string
  name: string
  version: string
  type: string
  purl?: string
  cpe?: string
  scope?: string
  properties?: { name: string; value: string }[]
}

interface Bom {
  metadata: { lifecycles: { phase: string }[]; component: Component }
  components: Component[]
  dependencies: { ref: string; dependsOn: string[] }[]
}

const { values: options } = parseArgs({
  options: {
    output: { type: 'string' },
    /** Version of the Node.js that the single executable or the image brings with it. */
    node: { type: 'string' },
  },
})

/** All packages in the lock file, as npm describes them. */
function readAll(): Bom {
  const format = ['--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only']
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  // Windows runs .cmd files in a shell only.
  const settings = {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32',
  } as const
  return JSON.parse(execFileSync(npm, ['sbom', ...format], settings))
}

/** What a Node.js is, to those who look up its vulnerabilities. */
function node(version: string): Component {
  return {
    'bom-ref': `node@${version}`,
    type: 'platform',
    name: 'node',
    version,
    scope: 'required',
    purl: `pkg:generic/node@${version}`,
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
  }
}

const all = readAll()
const packages = bundledPackages([await bundleOneFile('bin/byoo.ts')])
const bundled = packages.map(({ name, version }): Component => {
  const found = all.components.find(({ 'bom-ref': ref }) => ref === `${name}@${version}`)
  if (!found) {
    throw new Error(`${name} ${version} is bundled, but package-lock.json has another version: run npm ci`)
  }
  const properties = found.properties?.filter((property) => property.name !== 'cdx:npm:package:development')
  return { ...found, scope: 'required', ...(properties ? { properties } : {}) }
})
const brought = options.node === undefined ? [] : [node(options.node)]
const components = [...bundled, ...brought]
const references = new Set(components.map(({ 'bom-ref': reference }) => reference))
const root = all.metadata.component['bom-ref']
const dependencies = all.dependencies
  .filter(({ ref }) => ref === root || references.has(ref))
  .map(({ ref, dependsOn }) => ({
    ref,
    dependsOn: [
      ...dependsOn.filter((dependency) => references.has(dependency)),
      ...(ref === root ? brought.map(({ 'bom-ref': reference }) => reference) : []),
    ],
  }))
const component = { ...all.metadata.component, name: manifest.name }
const metadata = { ...all.metadata, lifecycles: [{ phase: 'build' }], component }
const text = `${JSON.stringify({ ...all, metadata, components, dependencies }, undefined, 2)}\n`
if (options.output === undefined) process.stdout.write(text)
else writeFileSync(options.output, text)
