import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { emptyFolder, madeUpSecret, setStrava, startWorld } from '../cli/run-byoo.ts'

const dist = join(import.meta.dirname, '../../dist')

async function runBundle(argv: readonly string[], env: Readonly<Record<string, string>>, stdin = '') {
  const child = spawn(process.execPath, [join(dist, 'byoo.js'), ...argv], {
    cwd: emptyFolder(),
    env: { PATH: process.env.PATH ?? '', ...env },
    detached: true,
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  child.stdin.end(stdin)
  const [code] = await once(child, 'close')
  return { code, stdout, stderr }
}

test('the bundle reaches Junction: credentials are set, listed and deleted', async () => {
  const { env } = await startWorld()
  expect(await runBundle(setStrava, env, madeUpSecret)).toMatchObject({ code: 0 })
  expect((await runBundle(['credentials', 'list'], env)).stdout).toContain('strava')
  expect(await runBundle(['credentials', 'delete', 'strava', '--yes'], env)).toMatchObject({ code: 0 })
})

test('the bundle writes a byoo.yaml and explains a faulty one', async () => {
  const folder = emptyFolder()
  const path = join(folder, 'byoo.yaml')
  const url = 'https://oauth.example.com/oauth_callback/{provider}'
  const init = ['init', '--config', path, '--url', url, '--environment', 'sandbox', '--region', 'us']
  expect(await runBundle(init, {})).toMatchObject({ code: 0 })
  const broken = { BYOO_CONFIG: readFileSync(path, 'utf8').replace('region: us', 'region: uk') }
  const { code, stderr } = await runBundle(['whoami'], broken)
  expect([code, stderr]).toEqual([2, expect.stringContaining('must be "us" or "eu", not "uk"')])
})

test('the JSON Schema of byoo.yaml ships with it', () => {
  const schema = JSON.parse(readFileSync(join(dist, 'byoo.schema.json'), 'utf8'))
  expect(Object.keys(schema.properties)).toContain('credentials')
})
