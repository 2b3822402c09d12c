import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hiddenFlags, outputFlags, targetFlags } from '../../src/cli/global-flags.ts'
import { commandTable } from '../../src/cli/program.ts'
import type { FaultInjection } from '../fault-injection.ts'
import { connection, madeUpSecret, startLinkedWorld, startWorld } from '../world.ts'

// What byoo tells people to run and to add, held against the commands and options that there are.

const source = join(import.meta.dirname, '../../src')

/** Every command by its words, with its options. */
const commands = new Map<string, ReadonlySet<string>>()
const ofEveryCommand = ['--help', '--version', ...Object.values(outputFlags).map(([flags]) => flags)]
for (const entry of Object.values(commandTable).flat()) {
  for (const { name, load } of 'commands' in entry
    ? entry.commands.map((one) => ({ ...one, name: `${entry.name} ${one.name}` }))
    : [entry]) {
    const { command } = await load()
    const own =
      'start' in command
        ? Object.values(command.optionGroups).flatMap((group) => group.map(([flags]) => flags))
        : Object.entries(command.options).map(([key, option]) =>
            key in targetFlags || key in hiddenFlags
              ? `--${dashed(key)}`
              : (option as { flags: string }).flags,
          )
    const flags = [...own, ...ofEveryCommand].flatMap((text) => text.match(/--[a-z-]+/g) ?? [])
    commands.set(name, new Set(flags))
  }
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** What is given to the function that makes a command to paste: its literal words. */
const made = /(?:suggestedCommand|\bcommand)\(((?:[^()]|\([^()]*\))*)\)/g

/** Each text in a module: what stands in quotes, without comments; what is put in is "…". */
function textsOf(file: string): string[] {
  const texts =
    codeOf(file)
      .replace(made, '')
      .match(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g) ?? []
  return texts.map((text) =>
    text
      .slice(1, -1)
      .replace(/\$\{[^}]*\}/g, '…')
      .replaceAll('\\n', '\n'),
  )
}

function codeOf(file: string): string {
  return readFileSync(file, 'utf8').replace(/^\s*(?:\/\/|\/?\*).*$/gm, '')
}

const files = readdirSync(source, { recursive: true, withFileTypes: true })
  // Scripts for shells, and lists of all options, are no hints.
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !/^completion/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name))

/** The command that stands behind "byoo", and its words; undefined when "byoo" is the subject of a sentence. */
function commandIn(words: string) {
  const name = [...commands.keys()].find(
    (one) => words === one || new RegExp(`^${one}(?![\\w-])`).test(words),
  )
  return name === undefined ? undefined : { name, options: commands.get(name) ?? new Set<string>() }
}

/** Words behind "byoo" that are no commands but verbs and nouns. */
const prose =
  /^(?:waits|writes|knows|does|was|is|and|by|holds|sends|behind|itself|listens|reads|alone|expects|never|after|cannot|asks|of|in|with|on|or|works|takes|shows|has|made|made-up|answers|test|version|help|what|from|need|as|command|did|only|--help|credentials(?! \w)|the|…)(?![\w-])/

describe('every hint', () => {
  test('names commands that there are, with options that they have', () => {
    const wrong: string[] = []
    let found = 0
    for (const file of files) {
      for (const text of textsOf(file)) {
        for (const [, words = ''] of text.matchAll(/(?<![\w./@-])byoo ((?:(?!byoo )[a-z<…-][^\n;,.()]*))/g)) {
          const command = commandIn(words)
          if (!command && !prose.test(words)) wrong.push(`${relative(source, file)}: byoo ${words}`)
          if (!command) continue
          found += 1
          for (const option of words.match(/--[a-z-]+/g) ?? []) {
            if (!command.options.has(option))
              wrong.push(`${relative(source, file)}: byoo ${command.name} ${option}`)
          }
        }
      }
    }
    expect(wrong).toEqual([])
    expect(found).toBeGreaterThan(50)
  })

  test('that is made of words is a command that there is, with options that it has', () => {
    const wrong: string[] = []
    let found = 0
    for (const file of files.filter((path) => !path.endsWith('/cli/execute.ts'))) {
      for (const [, list = ''] of codeOf(file).matchAll(made)) {
        const words = (list.match(/'[a-z-]+'/g) ?? []).map((word) => word.slice(1, -1)).join(' ')
        if (!/^[a-z]/.test(words)) continue
        const command = commandIn(words)
        found += 1
        const unknown = (words.match(/--[a-z-]+/g) ?? []).filter((option) => !command?.options.has(option))
        if (!command || unknown.length > 0) wrong.push(`${relative(source, file)}: ${words}`)
      }
    }
    expect(wrong).toEqual([])
    expect(found).toBeGreaterThan(15)
  })

  test('of a command names options that it has', () => {
    const wrong: string[] = []
    for (const file of files.filter((path) => path.includes('/cli/commands/'))) {
      const name = relative(join(source, 'cli/commands'), file).replace('.ts', '')
      const own = [...commands.keys()].filter(
        (one) => one.split(' ')[0] === name || (name === 'set-credentials' && one === 'set-redirect'),
      )
      const options = new Set(own.flatMap((one) => [...(commands.get(one) ?? [])]))
      for (const text of textsOf(file)) {
        const rest = text.replace(/(?<![\w./@-])byoo [^\n;,]*/g, '')
        for (const option of rest.match(/(?<![\w-])--[a-z][a-z-]+/g) ?? []) {
          if (!options.has(option)) wrong.push(`${name}: ${option}`)
        }
      }
    }
    expect(wrong).toEqual([])
  })
})

describe('what is printed to be pasted', () => {
  const hostile = '$(pwned)`pwned`;pwned&\'"'
  const url = 'http://127.0.0.1:1/$(pwned);pwned/strava'
  const set = ['set-credentials', 'strava', '--client-secret-file', '-', '--client-id', hostile]
  const withUrl = [...set, '--redirect-url', url]

  /** What a shell makes of the commands in a text: their words; and never anything else that runs. */
  function pasted(text: string): string[][] {
    const lines = text.match(/(?:byoo|chmod) [a-z0-9-]+ .*/g) ?? []
    const functions =
      'pwned() { echo PWNED; }; byoo() { printf "%s\\n" "$@"; echo; }; chmod() { byoo "$@"; }\n'
    const shown = execFileSync('/bin/sh', ['-c', functions + lines.join('\n')], { encoding: 'utf8' })
    expect(shown).not.toMatch(/^PWNED$/m)
    return shown
      .trimEnd()
      .split('\n\n')
      .map((words) => words.split('\n'))
  }

  test.each<[string, string[], Partial<FaultInjection>, string]>([
    ['after a verification', [...withUrl, '--environment', 'production/us', '--yes'], {}, url],
    ['to choose an environment', [...withUrl, '--environment', 'production'], {}, hostile],
    [
      'after a write that was lost',
      withUrl,
      {
        omittedFields: 'cleared',
        failures: [{ operation: 'set', type: 'reset', takesEffect: true, times: 9 }],
      },
      '--config',
    ],
    ['of what is not there', ['credentials', 'show', 'strava'], {}, '--config'],
    ['to set it first', ['set-redirect', 'strava', '--client-secret-file', '-'], {}, '--config'],
    ['to delete a user', ['link', 'strava'], {}, '--config'],
    [
      'to close a file',
      ['set-credentials', 'strava', '--client-id', '1', '--client-secret-file', `./${hostile}`],
      {},
      `./${hostile}`,
    ],
  ])('%s is taken by a shell as it is', async (title, argv, faults, word) => {
    const { simulator, here, folder, env } = await (title === 'to delete a user'
      ? startLinkedWorld()
      : startWorld())
    writeFileSync(join(folder, hostile), 'made-up-secret', { mode: 0o644 })
    const config = `${hostile}.yaml`
    writeFileSync(
      join(folder, config),
      'routes: [{ url: "https://oauth.example.com/oauth_callback/{provider}", environment: sandbox/us }]\n',
    )
    simulator.set(faults)
    const more = ['--config', config, '--unserved'].slice(0, argv[0]?.startsWith('set') ? 3 : 2)
    const { stdout, stderr } = await here([...argv, ...more], { env, stdin: madeUpSecret })
    const words = pasted(stdout + stderr)
    expect(words.flat()).toContain(word)
    if (word === '--config') expect(words.flat()).toContain(config)
  })

  test('with a name that Junction gives is taken by a shell as it is', async () => {
    const { addUser, here } = await startLinkedWorld()
    const user = addUser(connection(hostile, 'token_refresh_failed'))
    const { stdout } = await here(['connections', user])
    expect(pasted(stdout)).toEqual([['set-credentials', hostile, '--environment', 'sandbox/us']])
  })
})
