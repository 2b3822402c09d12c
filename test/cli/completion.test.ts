import { describe, expect, test } from 'vitest'
import { shells } from '../../src/cli/commands/completion.ts'
import { commandTable } from '../../src/cli/program.ts'
import { junctionEnvironments } from '../../src/junction/environments.ts'
import { providerSlugs } from '../../src/junction/providers.ts'
import { runHere } from '../run.ts'

// What real shells make of the scripts: test/e2e/completion.test.ts.

const entries = Object.values(commandTable).flat()
const shown = entries.filter((entry) => !('hidden' in entry))

describe.each(shells)('the script for %s', (shell) => {
  test('has every command, option, provider and environment', async () => {
    const { code, stdout, stderr } = await runHere(['completion', shell])
    expect([code, stderr]).toEqual([0, ''])
    const words = new Set(stdout.split(/[^\w/-]+/))
    // fish writes options without dashes.
    const has = (word: string) => words.has(word) || words.has(word.replace(/^--/, ''))
    for (const word of [...providerSlugs, ...junctionEnvironments]) expect(has(word), word).toBe(true)
    for (const entry of shown) {
      const paths =
        'commands' in entry ? entry.commands.map(({ name }) => [entry.name, name]) : [[entry.name]]
      for (const path of paths) {
        const help = (await runHere([...path, '--help'])).stdout
        const flags = [...help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag = '']) => flag)
        for (const word of [...path, ...flags]) expect(has(word), word).toBe(true)
      }
    }
  })

  test('has nothing that is for tests and for Docker', async () => {
    const { stdout } = await runHere(['completion', shell])
    for (const hidden of ['management-url', 'api-url', 'client-secret ', 'healthcheck']) {
      expect(stdout).not.toContain(hidden)
    }
  })

  test('as JSON', async () => {
    const { stdout } = await runHere(['completion', shell, '--json'])
    expect(JSON.parse(stdout)).toEqual({ shell, script: expect.stringContaining('byoo') })
  })
})

test('another shell is refused', async () => {
  expect(await runHere(['completion', 'tcsh'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('the choices are bash, zsh, fish'),
  })
})

test('an option takes a value in every command or in none, which is what the scripts rely on', async () => {
  const seen = new Map<string, boolean>()
  for (const { load } of entries.flatMap((entry) => ('commands' in entry ? entry.commands : [entry]))) {
    const { command } = await load()
    const flags: string[] =
      'start' in command
        ? Object.values(command.optionGroups).flatMap((group) => group.map(([text]) => text))
        : Object.values<{ flags: string }>(command.options).map((option) => option.flags)
    for (const text of flags) {
      const [flag = ''] = text.split(' ')
      expect(seen.get(flag) ?? text.includes('<'), flag).toBe(text.includes('<'))
      seen.set(flag, text.includes('<'))
    }
  }
})
