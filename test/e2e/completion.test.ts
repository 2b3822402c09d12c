import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { spawn } from '@lydell/node-pty'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Shell, shells } from '../../src/cli/commands/completion.ts'
import { byooCommand } from '../run.ts'

// Real shells on real terminals, whose completion is used as a person uses it: by the Tab key.

const folder = mkdtempSync(join(tmpdir(), 'byoo-completion-'))
const script = (shell: Shell) => join(folder, `byoo.${shell}`)
beforeAll(() => {
  for (const shell of shells)
    writeFileSync(script(shell), execFileSync(byooCommand[0], [byooCommand[1], 'completion', shell]))
  writeFileSync(join(folder, 'secret file'), '')
})
afterAll(() => rmSync(folder, { recursive: true }))

/** How each starts without its user's settings, and a byoo that shows what it is called with. */
const starts: Readonly<Record<Shell, readonly [argv: readonly string[], setUp: readonly string[]]>> = {
  bash: [
    ['--noprofile', '--norc'],
    [
      `source ${script('bash')}`,
      `source ${script('bash')}`,
      `byoo() { printf '<%s>' "$@" end; }`,
      'PS1="read""y> "',
    ],
  ],
  zsh: [
    ['-f'],
    [
      'autoload -U compinit',
      'compinit -u -D',
      `source ${script('zsh')}`,
      `byoo() { printf '<%s>' "$@" end }`,
      'PS1="read""y> "',
    ],
  ],
  fish: [
    ['--no-config'],
    [
      `source ${script('fish')}`,
      `function byoo; printf '<%s>' $argv end; end`,
      'function fish_prompt; echo read"y> "; end',
    ],
  ],
}

/** Types into a shell, key for key, and gives the arguments that byoo is then called with. */
async function typed(shell: Shell, keys: string): Promise<string> {
  const [argv, setUp] = starts[shell]
  const terminal = spawn(shell, [...argv], {
    cwd: folder,
    cols: 400,
    rows: 50,
    env: { PATH: process.env.PATH ?? '', HOME: folder, TERM: 'xterm', LC_ALL: 'C.UTF-8' },
  })
  let screen = ''
  let changed = () => {}
  terminal.onData((text) => {
    screen += text
    // fish asks what kind of terminal this is, and waits for the answer.
    if (text.includes('\x1b[c') || text.includes('\x1b[0c')) terminal.write('\x1b[?62;c')
    changed()
  })
  onTestFinished(() => terminal.kill('SIGKILL'))
  const shows = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = pattern.exec(stripVTControlCharacters(screen))
      if (found) return found[0]
      await new Promise<void>((resolve) => {
        changed = resolve
      })
    }
  }
  terminal.write(`${setUp.join('; ')}\r`)
  await shows(/ready> /)
  screen = ''
  terminal.write(keys)
  terminal.write('\r')
  return (await shows(/(<[^<>]*>)+<end>/)).replace('<end>', '')
}

describe.each(shells)('%s', (shell) => {
  test.each([
    ['byoo set-red\t stra\t', '<set-redirect><strava>'],
    [
      'byoo prepare whoop\t --redirect\thttps://a.example/x --env\tproduction/e\t',
      '<prepare><whoop_v2><--redirect-url><https://a.example/x><--environment><production/eu>',
    ],
    ['byoo prepare --environment=sandbox/e\t', '<prepare><--environment=sandbox/eu>'],
    ['byoo --no-c\tcred\tli\t--al\t', '<--no-color><credentials><list><--all>'],
    ['byoo diff oura pol\t', '<diff><oura><polar>'],
    [
      'byoo set-credentials oura --client-secret-file sec\t',
      '<set-credentials><oura><--client-secret-file><secret file>',
    ],
    ['byoo prepare strava our\t', '<prepare><strava><our>'],
    ['byoo completion fi\t', '<completion><fish>'],
  ])('%j', async (keys, expected) => {
    expect(await typed(shell, keys)).toBe(expected)
  })
})

test('bash offers all values right behind the "=", which is a word of its own there', () => {
  const line = `COMP_WORDS=(byoo prepare --environment =); COMP_CWORD=3; _byoo; echo "\${COMPREPLY[*]}"`
  const stdout = execFileSync('bash', ['--norc', '-c', `source ${script('bash')}; ${line}`])
  expect(String(stdout)).toBe('production/us production/eu sandbox/us sandbox/eu\n')
})

test('what has been typed is not evaluated', () => {
  const line = `COMP_WORDS=(byoo '$(touch evaluated)' --config '$(touch evaluated)')`
  const run = `source ${script('bash')}; ${line}; for COMP_CWORD in 1 2 3; do _byoo; done; true`
  execFileSync('bash', ['--norc', '-c', run], { cwd: folder })
  expect(readdirSync(folder)).not.toContain('evaluated')
})
