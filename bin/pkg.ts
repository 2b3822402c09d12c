import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { bundledPackages, bundleOneFile, licences } from './bundle.ts'

// Makes one file of command line, forwarder and the Node.js that runs this script, and another of their licences.

const { values: options } = parseArgs({ options: { output: { type: 'string', default: 'pkg' } } })
const folder = resolve(options.output)
const executable = join(folder, process.platform === 'win32' ? 'byoo.exe' : 'byoo')

/** Flags of V8 become part of the compile cache, so none may come from outside. */
const { NODE_OPTIONS: _, ...env } = process.env

function run(program: string, ...given: string[]): string {
  return execFileSync(program, given, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** A copy of the running Node.js without what only debuggers read. */
function copyNode(node: string): void {
  copyFileSync(process.execPath, node)
  chmodSync(node, 0o755)
  if (process.platform === 'darwin') run('codesign', '--remove-signature', node)
  if (process.platform !== 'linux') return
  try {
    run('strip', '--strip-all', node)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    console.warn("strip is missing, so the file gets larger than it has to be: install Debian's binutils")
  }
}

/** Puts the script, compiled, into a copy of Node.js: Node ≥ 26 does it itself, for earlier ones postject does. */
function build(script: string, work: string): void {
  const node = join(work, 'node')
  const blob = join(work, 'blob')
  const config = join(work, 'config.json')
  const byNode = Number.parseInt(process.versions.node, 10) >= 26
  const common = { main: script, disableExperimentalSEAWarning: true, useCodeCache: true }
  copyNode(node)
  if (byNode) {
    writeFileSync(config, JSON.stringify({ ...common, executable: node, output: executable }))
    run(process.execPath, '--build-sea', config)
  } else {
    writeFileSync(config, JSON.stringify({ ...common, output: blob }))
    run(process.execPath, '--experimental-sea-config', config)
    const postject = resolve('node_modules/postject/dist/cli.js')
    const fuse = ['--sentinel-fuse', 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2']
    run(process.execPath, postject, node, 'NODE_SEA_BLOB', blob, ...fuse, '--macho-segment-name', 'NODE_SEA')
    copyFileSync(node, executable)
  }
  chmodSync(executable, 0o755)
  if (process.platform === 'darwin') run('codesign', '--sign', '-', executable)
}

/** The licence of Node.js and of everything in it, from where nodejs.org, npm, Windows and Debian put it. */
function nodeLicence(): string {
  const prefix = dirname(process.execPath)
  const places = ['../LICENSE', 'LICENSE', '../share/doc/nodejs/LICENSE'].map((place) => join(prefix, place))
  const file = places.find((place) => existsSync(place))
  if (!file) throw new Error(`Node.js has no licence file at ${places.join(' or ')}: use one from nodejs.org`)
  return readFileSync(file, 'utf8')
}

if ((process.config.variables as { node_shared?: boolean }).node_shared) {
  throw new Error(
    'this Node.js needs libnode, which one file cannot hold: run this with a Node.js from nodejs.org',
  )
}
const work = mkdtempSync(join(tmpdir(), 'byoo-pkg-'))
try {
  rmSync(executable, { force: true })
  mkdirSync(folder, { recursive: true })
  const script = join(work, 'byoo.cjs')
  const metafile = await bundleOneFile('bin/single-executable.ts', script)
  build(script, work)
  const texts = [readFileSync('LICENSE', 'utf8'), licences(bundledPackages([metafile])), nodeLicence()]
  writeFileSync(join(folder, 'LICENSES.txt'), texts.join(`\n${'='.repeat(80)}\n\n`))
  const megabytes = (statSync(executable).size / 1e6).toFixed(1)
  console.log(`${executable}: ${run(executable, '--version').trim()}, ${megabytes} MB`)
} finally {
  rmSync(work, { recursive: true })
}
