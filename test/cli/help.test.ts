import { expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { spawnByoo } from './serve-process.ts'

async function output(...argv: string[]) {
  const byoo = spawnByoo(argv)
  const code = await byoo.exited
  return { code, stdout: byoo.stdout(), stderr: byoo.stderr() }
}

test.each(['--help', 'serve --help', 'healthcheck --help', 'verify --help'])('byoo %s', async (argv) => {
  const { code, stdout, stderr } = await output(...argv.split(' '))
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatchSnapshot()
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
})

test('byoo --version', async () => {
  const stdout = `${manifest.version} (source, Node ${process.versions.node})\n`
  expect(await output('--version')).toEqual({ code: 0, stdout, stderr: '' })
  expect(await output('providers', '--version')).toEqual({ code: 0, stdout, stderr: '' })
})

test.each([
  [['srve'], "unknown command 'srve' (did you mean serve?)"],
  [['serve', '--prot', '1'], "unknown option '--prot' (did you mean --port?)"],
  [['serve', '--port'], "option '--port <port>' argument missing"],
  [['serve', 'x'], 'too many arguments'],
])('byoo %j is a usage error', async (argv, message) => {
  const { code, stdout, stderr } = await output(...argv)
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain(`byoo: ${message}`)
})

test('byoo alone shows the help and exits 2', async () => {
  const { code, stderr } = await output()
  expect(code).toBe(2)
  expect(stderr).toContain('Usage: byoo')
})
