import { describe, expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { commandTable } from '../../src/cli/program.ts'
import { runChild, runHere } from '../run.ts'

/** Every command line of the table; docs/commands.md shows their help, and npm run check compares it. */
const commandLines = Object.values(commandTable)
  .flat()
  .flatMap((entry) => [
    entry.name,
    ...('commands' in entry ? entry.commands.map(({ name }) => `${entry.name} ${name}`) : []),
  ])

describe('byoo … --help fits a terminal and begins with an example', () => {
  test.each(['', ...commandLines])('%s', async (command) => {
    const argv = [...command.split(' ').filter((word) => word !== ''), '--help']
    const { code, stdout, stderr } = await runHere(argv)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^Examples?:\n {2}(?:byoo|eval "\$\(byoo|source <\(byoo) /)
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  test('does not mention what is for tests and for Docker', async () => {
    const { stdout } = await runHere(['--help'])
    for (const hidden of ['--management-url', '--api-url', '--client-secret', 'healthcheck']) {
      expect(stdout).not.toContain(hidden)
    }
  })
})

test('byoo --version', async () => {
  const stdout = `${manifest.version} (package, Node ${process.versions.node})\n`
  expect(await runChild(['--version'])).toEqual({ code: 0, stdout, stderr: '' })
  for (const argv of [['version'], ['version', '--json'], ['-v'], ['-V'], ['providers', '--version']]) {
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

test('healthcheck ends with 0 or 1 only, as Docker wants it', async () => {
  for (const argv of [
    ['--prot', '1'],
    ['--port'],
    ['--port', 'x'],
    ['x'],
    ['--host', '127.0.0.1', '--port', '1'],
  ]) {
    const { code, stderr } = await runHere(['healthcheck', ...argv])
    expect([argv, code]).toEqual([argv, 1])
    expect(stderr).toMatch(/^byoo: /)
  }
  expect((await runHere(['healthcheck', '--help'])).code).toBe(0)
})

test('byoo alone shows the help and exits 2', async () => {
  const { code, stderr } = await runChild([])
  expect(code).toBe(2)
  expect(stderr).toContain('Usage: byoo')
})
