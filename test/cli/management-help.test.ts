import { describe, expect, test } from 'vitest'
import { runHere } from '../run.ts'

describe('byoo … --help', () => {
  test.each([
    'init',
    'prepare',
    'set-credentials',
    'set-redirect',
    'credentials',
    'credentials list',
    'credentials show',
    'credentials delete',
    'login',
    'logout',
    'whoami',
    'providers',
    'explain',
    'doctor',
    'link',
    'connections',
    'disconnect',
    'demo',
  ])('%s', async (command) => {
    const { code, stdout, stderr } = await runHere([...command.split(' '), '--help'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^Examples?:\n {2}byoo /)
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    expect(stdout).toMatchSnapshot()
  })

  test('does not mention what is for tests and for Docker', async () => {
    const { stdout } = await runHere(['--help'])
    for (const hidden of ['--management-url', '--api-url', '--client-secret', 'healthcheck']) {
      expect(stdout).not.toContain(hidden)
    }
  })
})
