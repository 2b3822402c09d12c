import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { expect, onTestFinished, test } from 'vitest'
import { start } from './start.ts'

test('undici works from a chunk of a bundle of its own', async () => {
  const { simulator } = await start({ failures: [{ type: 'malformed', body: '{"answered":true}' }] })
  const folder = await mkdtemp(join(tmpdir(), 'byoo-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await build({
    entryPoints: [join(import.meta.dirname, 'send-once.ts')],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "const require=process.getBuiltinModule('node:module').createRequire(import.meta.url);" },
  })
  expect((await readdir(folder)).filter((file) => file.startsWith('undici-'))).toHaveLength(1)
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(folder, 'send-once.mjs'),
    simulator.url,
  ])
  expect(stdout).toBe('{"answered":true}\n')
})
