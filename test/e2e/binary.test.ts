import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundledPackages, bundleOneFile } from '../../bin/bundle.ts'
import { emptyFolder, runOnTerminal } from '../run.ts'
import { nodes } from './nodes.ts'
import { describeSmokeTest } from './smoke.ts'

const run = promisify(execFile)
const repository = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'byoo-binary-'))
chmodSync(folder, 0o755)
afterAll(() => rmSync(folder, { recursive: true }))

/** A file that is there already, made by the Node.js that runs this; without it, one is made with each Node.js. */
const given = process.env.BYOO_TEST_BINARY

/** Nobody, where this is root. */
const unprivileged = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

describe.each(given ? [{ path: process.execPath, version: process.versions.node }] : nodes)(
  'the single executable with Node $version',
  ({ path, version }) => {
    const place = join(folder, version)
    const binary = join(place, given ? basename(given) : process.platform === 'win32' ? 'byoo.exe' : 'byoo')
    const empty = join(place, 'empty')
    // There is no Node.js on this PATH; Windows cannot do without its own variable.
    const bare = { PATH: empty, ...(process.env.SystemRoot ? { SystemRoot: process.env.SystemRoot } : {}) }

    beforeAll(async () => {
      mkdirSync(empty, { recursive: true })
      if (given) {
        copyFileSync(given, binary)
        copyFileSync(join(dirname(given), 'LICENSES.txt'), join(place, 'LICENSES.txt'))
      } else {
        const pkg = ['--import', 'tsx', 'bin/pkg.ts', '--output', place]
        await run(path, pkg, { cwd: repository })
      }
      console.info(`single executable, Node ${version}: ${Math.round(statSync(binary).size / 1e6)} MB`)
    }, 120_000)

    describeSmokeTest('the single executable', () => ({
      distribution: 'single executable',
      nodeVersion: version,
      command: (argv, env) => ({
        program: binary,
        argv,
        options: { cwd: empty, env: { ...bare, ...env }, ...unprivileged },
      }),
    }))

    test('starts in at most 1.5 times the time of an empty Node.js', () => {
      const milliseconds = (program: string, ...argv: string[]) => {
        const begun = performance.now()
        expect(spawnSync(program, argv, { env: bare }).status).toBe(0)
        return performance.now() - begun
      }
      // Interleaved, and the quietest counts: whatever else the machine does only adds.
      const rounds = Array.from({ length: 20 }, () => ({
        byoo: milliseconds(binary, '--version'),
        node: milliseconds(path, '-e', '0'),
      }))
      const least = (name: 'byoo' | 'node') => Math.min(...rounds.map((round) => round[name]))
      const ratio = least('byoo') / least('node')
      console.info(`--version: ${ratio.toFixed(2)} × node -e 0`)
      expect(ratio).toBeLessThanOrEqual(1.5)
    })

    test('comes with the licences of Node.js and of every package in it', async () => {
      const text = readFileSync(join(place, 'LICENSES.txt'), 'utf8')
      expect(text).toContain('Node.js is licensed for use as follows')
      for (const packed of bundledPackages([await bundleOneFile('bin/byoo.ts')])) {
        expect(text).toContain(`${packed.name} ${packed.version} (`)
      }
    })

    // Windows has no terminals of this kind.
    if (process.platform === 'win32') return

    test('asks on a terminal', async () => {
      const directory = emptyFolder()
      const settings = { env: { PATH: empty, HOME: directory }, directory, program: [binary] }
      const byoo = runOnTerminal(['login'], settings)
      await byoo.sees("Management key, from Junction's dashboard (not shown)")
      byoo.type('mg_made-up-key-0123456789\r')
      expect(await byoo.exited).toBe(0)
      expect(byoo.raw()).not.toContain('made-up')
      expect(byoo.screen()).toContain('mg_…6789')
    })
  },
)
