import { expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { runChild, runHere } from '../run.ts'

test.each(['--help', 'serve --help', 'healthcheck --help', 'verify --help'])('byoo %s', async (argv) => {
  const { code, stdout, stderr } = await runChild(argv.split(' '))
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatchSnapshot()
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
})

test('byoo --version', async () => {
  const stdout = `${manifest.version} (package, Node ${process.versions.node})\n`
  expect(await runChild(['--version'])).toEqual({ code: 0, stdout, stderr: '' })
  for (const argv of [['version'], ['-v'], ['-V'], ['providers', '--version']]) {
    expect(await runHere(argv)).toMatchObject({
      code: 0,
      stdout: stdout.replace('package', 'source'),
      stderr: '',
    })
  }
})

test.each([
  [['srve'], "unknown command 'srve' (did you mean serve?)"],
  [['serve', '--prot', '1'], "unknown option '--prot' (did you mean --port?)"],
  [['serve', '--port'], "option '--port <port>' argument missing"],
  [['serve', 'x'], 'too many arguments'],
])('byoo %j is a usage error', async (argv, message) => {
  const { code, stdout, stderr } = await runChild(argv)
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain(`byoo: ${message}`)
})

test('byoo alone shows the help and exits 2', async () => {
  const { code, stderr } = await runChild([])
  expect(code).toBe(2)
  expect(stderr).toContain('Usage: byoo')
})
