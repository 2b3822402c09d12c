import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { exitCodeMeanings, exitCodes } from '../../src/cli/exit-code.ts'
import { readYamlConfig } from '../../src/config/read-yaml-config.ts'
import { exchange } from '../raw-http.ts'

// Follows README.md as a stranger would, in a clean clone of what is committed.

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 })

const compared = 'test/readme.test.ts compares what it prints'

/** Every block of README.md by its first line: `here` is followed in this file, else who proves it or why nobody does. */
const blocks: Readonly<Record<string, string>> = {
  'npm ci && npx tsx bin/byoo.ts demo': 'here',
  'npm ci && npm start': 'here',
  "curl -si 'http://127.0.0.1:8080/oauth_callback/strava?code=a%2Fb+c&state=x'": 'here',
  'HTTP/1.1 307 Temporary Redirect': 'here',
  'npm ci && npm test': 'CI itself runs it, word for word',
  'byoo serve --environment production --region us': 'here',
  'routes:': 'here',
  '$ byoo init --url https://oauth.example.com/oauth_callback/{provider} --environment sandbox --region us --org 11111111-1111-4111-8111-111111111111 --team 22222222-2222-4222-8222-222222222222':
    compared,
  '$ byoo prepare strava': compared,
  '$ byoo set-credentials strava --client-id 12345 --client-secret-file strava-secret': compared,
  '$ byoo credentials list': compared,
  '$ byoo set-redirect strava --client-secret-file strava-secret --dry-run': compared,
  '$ byoo explain provider_credential_error': compared,
  'org: 11111111-1111-4111-8111-111111111111': 'here',
  '$ byoo link strava --wait': compared,
  '$ byoo connections 55555555-5555-4555-8555-555555555555': compared,
  'byoo verify https://oauth.example.com/oauth_callback/{provider} --environment production --region us':
    "a made-up host outside; here only its options, and against the demo's forwarder",
  "$ byoo verify 'http://127.0.0.1:8080/oauth_callback/{provider}' --environment production --region us --only required":
    compared,
  "$ byoo verify 'http://127.0.0.1:8080/oauth_callback/{provider}' --environment production --region us --strict":
    compared,
  '$ byoo doctor strava': compared,
  '{ "version": 1,': 'here',
  '{ "passed": false,                  // did nothing fail?': 'here',
  '{"time":"2026-11-20T12:00:00.000Z","level":"info","route":"https://oauth.example.com/oauth_callback/{provider}","provider":"strava","method":"GET","status":307,"duration_ms":0.083}':
    'here',
  'docker build --tag byoo .': 'image.test.ts builds and runs the image',
  'location /oauth_callback/ {':
    "a server's configuration; oauth-loop-nginx.test.ts runs one like it in front of byoo",
}

const artefacts: Readonly<Record<string, string>> = {
  'npm pack': 'here',
  'npm run pkg': 'binary.test.ts',
  'docker build --tag byoo .': 'image.test.ts',
  'npm run build': 'here',
}

const folder = mkdtempSync(join(tmpdir(), 'byoo-readme-'))
const clone = join(folder, 'byoo')
const shims = join(folder, 'bin')
let readme = ''

beforeAll(() => {
  const repository = join(import.meta.dirname, '../..')
  execFileSync('git', ['clone', '--quiet', repository, clone], { stdio: 'inherit' })
  readme = readFileSync(join(clone, 'README.md'), 'utf8')
  // "Below, `byoo` stands for … `node dist/byoo.js`"
  mkdirSync(shims)
  writeFileSync(join(shims, 'byoo'), `#!/bin/sh\nexec node '${clone}/dist/byoo.js' "$@"\n`)
  chmodSync(join(shims, 'byoo'), 0o755)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The environment of these tests without what a stranger's shell does not have. */
function strangersEnvironment(): Record<string, string | undefined> {
  const own = /^(BYOO_|JUNCTION_|VITEST|NODE_ENV$|TEST$|npm_(package|lifecycle)_|npm_config_local_prefix$)/
  const kept = Object.entries(process.env).filter(([name]) => !own.test(name))
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((entry) => !entry.endsWith('node_modules/.bin'))
  return { ...Object.fromEntries(kept), PATH: [shims, ...path].join(delimiter), XDG_CONFIG_HOME: folder }
}

/** Starts a command line in a shell of its own, as a terminal would: Ctrl-C reaches all of its processes. */
function start(command: string, directory = clone) {
  const child = spawn('sh', ['-c', command], {
    cwd: directory,
    env: strangersEnvironment(),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const printed = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text
    })
  }
  let running = true
  const exited = once(child, 'close').then(([code, signal]) => {
    running = false
    return (code ?? signal) as number | NodeJS.Signals
  })
  const send = (signal: NodeJS.Signals) => {
    if (running && child.pid !== undefined) process.kill(-child.pid, signal)
  }
  onTestFinished(async () => {
    send('SIGKILL')
    await exited
  })
  /** Waits until stdout has this. */
  const shows = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(stripVTControlCharacters(printed.stdout))
      if (found) return found
      const ended = exited.then((code) => {
        throw new Error(`${command} ended with ${code}\n${printed.stdout}${printed.stderr}`)
      })
      await Promise.race([once(child.stdout, 'data'), ended])
    }
  }
  const interrupt = () => {
    send('SIGINT')
    return exited
  }
  return { printed, exited, shows, interrupt }
}

/** Runs a command line to its end, which has to be a good one. */
async function finish(command: string, directory = clone) {
  const { printed, exited } = start(command, directory)
  const code = await exited
  if (code !== 0) throw new Error(`${command} ended with ${code}\n${printed.stdout}${printed.stderr}`)
  return printed
}

/** README.md says `npm ci &&` each time, for whoever reads only that part; once is enough. */
function onceInstalled(command: string): string {
  return existsSync(join(clone, 'node_modules')) ? command.replace(/^npm ci && /, '') : command
}

/** What `byoo` of README.md needs, also when one test runs alone. */
async function build() {
  if (!existsSync(join(clone, 'dist/byoo.js'))) await finish(onceInstalled('npm ci && npm run build'))
}

/** Fenced blocks that name a language; of a JSON object the first line is that of its first field. */
function fenced() {
  return [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    language,
    text,
    first: text.replace(/^\{\n +/, '{ ').split('\n')[0] ?? '',
  }))
}

/** The text of the block with this first line, which has to be one that is followed here. */
function block(first: string): string {
  expect(blocks[first]).toBe('here')
  const found = fenced().find((candidate) => candidate.first === first)
  if (!found) throw new Error(`README.md has no block that begins with ${first}`)
  return found.text.trim()
}

/** The rows of the table with this heading row, as cells. */
function table(heading: string): string[][] {
  const [, rest] = readme.split(`\n${heading}\n`)
  if (rest === undefined) throw new Error(`README.md has no table ${heading}`)
  const rows = /^\|[ |:-]+\|\n((?:\|.*\n)+)/.exec(rest)?.[1] ?? ''
  return rows
    .trim()
    .split('\n')
    .map((row) => row.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()))
}

/** A block of JSON without its comments. */
function annotated(first: string): unknown {
  return JSON.parse(block(first).replace(/ \/\/ .*$/gm, ''))
}

/** Of objects and of all elements of a list; what is null on either side is not looked into. */
function expectSameKeys(shown: unknown, real: unknown): void {
  if (Array.isArray(shown) && Array.isArray(real)) {
    for (const element of real) expectSameKeys(shown[0], element)
  } else if (isObject(shown) && isObject(real)) {
    expect(Object.keys(real)).toEqual(Object.keys(shown))
    for (const [name, value] of Object.entries(shown)) expectSameKeys(value, real[name])
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const quoted = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)

/** What a help says of each option, in one line each. */
function helpOptions(help: string): Map<string, string> {
  const entries = help.replace(/\n {10,}/g, ' ').matchAll(/^ {2}(?:-\w, )?(--[\w-]+)(.*)$/gm)
  return new Map([...entries].map(([, name = '', text = '']) => [name, text.trim()]))
}

test('every block of README.md is followed here, or says where else', () => {
  expect(
    fenced()
      .map(({ first }) => first)
      .sort(),
  ).toEqual(Object.keys(blocks).sort())
})

test('the demo starts, answers, and the line to paste makes commands talk to it', async () => {
  const demo = start(onceInstalled(block('npm ci && npx tsx bin/byoo.ts demo')))
  const [, url = ''] = await demo.shows(/^ {2}(http:\/\/127\.0\.0\.1:\d+)$/m)
  expect((await fetch(url)).status).toBe(200)
  const [line] = await demo.shows(/^unset .*$/m)
  await demo.shows(/Ctrl-C stops it/)
  await build()
  const { stdout, stderr } = await finish(`${line}\nbyoo credentials list && byoo verify`, folder)
  expect(stderr).toContain('this talks to the demo at 127.0.0.1:')
  expect(stdout).toContain('whoop_v2')
  expect(stdout).toContain('Logins work through this endpoint')
  // The page's own server forwards nothing, so that there is something to find.
  const page = `byoo verify '${url}/{provider}' --environment sandbox --region us --rate 1000 --json`
  const verified = JSON.parse((await finish(`${line}\n${page} || test $? = 7`, folder)).stdout)
  expect(verified.endpoints[0].findings).not.toEqual([])
  expectSameKeys(annotated('{ "version": 1,'), verified)
  const diagnosis = JSON.parse(
    (await finish(`${line}\nbyoo doctor whoop_v2 --json || test $? = 7`, folder)).stdout,
  )
  expect(diagnosis.findings).not.toEqual([])
  expectSameKeys(annotated('{ "passed": false,                  // did nothing fail?'), diagnosis)
  await demo.interrupt()
  expect(demo.printed.stderr).toContain('nothing is left behind')
})

test('byoo demo --json prints what README.md lists', async () => {
  await build()
  const demo = start('exec byoo demo --json')
  const [json] = await demo.shows(/^\{.*\}$/m)
  const data = JSON.parse(json)
  const [, list = ''] =
    /made-up keys as one line of JSON instead, for scripts: ([\s\S]*?)\. Ctrl-C/.exec(readme) ?? []
  const listed = quoted(list.replace(/`junction`\s+\(`(\w+)`,\s+`(\w+)`\)/, '`junction.$1`, `junction.$2`'))
  const given = Object.entries(data).flatMap(([name, value]) =>
    /^(junction|provider|forwarder)$/.test(name)
      ? Object.keys(value as object).map((inner) => `${name}.${inner}`)
      : [name],
  )
  expect(listed.sort()).toEqual(given.sort())
  expect(await demo.interrupt()).toBe(0)
})

/** Asks as the curl line of README.md does; where there is no curl, over a socket. */
async function askAsShown(port: string): Promise<string> {
  const line = block("curl -si 'http://127.0.0.1:8080/oauth_callback/strava?code=a%2Fb+c&state=x'").replace(
    '127.0.0.1:8080',
    `127.0.0.1:${port}`,
  )
  if (spawnSync('curl', ['--version']).status === 0) return (await finish(line)).stdout
  const [, host = '', target = ''] = /'http:\/\/([^/]+)(\/[^']*)'/.exec(line) ?? []
  return exchange(Number(port), `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
}

const withoutDate = (answer: string) =>
  answer
    .trim()
    .split(/\r?\n/)
    .filter((line) => !/^(Date|Connection|Keep-Alive): /.test(line))

test('the quick start answers as README.md shows', async () => {
  // A port of its own, as README.md offers: 8080 may be taken where this runs.
  const forwarder = start(`${onceInstalled(block('npm ci && npm start'))} -- --port 0`)
  const [, port = ''] = await forwarder.shows(/"address":"http:\/\/127\.0\.0\.1:(\d+)/)
  const shown = block('HTTP/1.1 307 Temporary Redirect')
  expect(withoutDate(await askAsShown(port))).toEqual(withoutDate(shown))
  await forwarder.interrupt()
})

test('what Install says makes what it says', async () => {
  const rows = table('| | makes | which needs |')
  expect(rows.map(([command = '']) => quoted(command)[0])).toEqual(Object.keys(artefacts))
  const made = rows.flatMap(([command = '', makes = '']) => {
    const [line = ''] = quoted(command)
    return artefacts[line] === 'here' ? [{ line, file: quoted(makes)[0] ?? '' }] : []
  })
  expect(made.map(({ line }) => line)).toEqual(['npm pack', 'npm run build'])
  for (const { line, file } of made) {
    await finish(onceInstalled(`npm ci && ${line}`))
    expect(existsSync(join(clone, file))).toBe(true)
  }
  const project = join(folder, 'project')
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "private": true }\n')
  await finish(`npm install '${join(clone, made[0]?.file ?? '')}'`, project)
  expect((await finish('npx byoo --version', project)).stdout).toMatch(/\(package, Node /)
  expect((await finish('byoo --version')).stdout).toMatch(/^\d+\.\d+\.\d+ \(/)
})

test('byoo serve starts as Configuration shows, and logs as Logs and metrics shows', async () => {
  await build()
  const serve = start(`exec ${block('byoo serve --environment production --region us')} --port 0`)
  const [, port = ''] = await serve.shows(/"address":"http:\/\/127\.0\.0\.1:(\d+)/)
  expect(await askAsShown(port)).toMatch(/^Location: https:\/\/api\.us\.junction\.com\//m)
  const [logged] = await serve.shows(/^\{.*"status":307.*\}$/m)
  const shown = JSON.parse(block(Object.keys(blocks).find((first) => first.startsWith('{"time"')) ?? ''))
  expect(Object.keys(JSON.parse(logged))).toEqual(Object.keys(shown))
  expect(await serve.interrupt()).toBe(0)
})

test('byoo.yaml of README.md has no faults, with its management part and without', () => {
  const routes = block('routes:')
  const management = block('org: 11111111-1111-4111-8111-111111111111')
  expect(readYamlConfig('byoo.yaml', routes, 'forwarder').faults).toEqual([])
  expect(readYamlConfig('byoo.yaml', `${routes}\n${management}\n`, 'management').faults).toEqual([])
})

describe('what README.md says of options and commands', () => {
  test('its table is that of byoo serve --help, with variables and defaults', async () => {
    await build()
    const options = helpOptions((await finish('byoo serve --help')).stdout)
    options.delete('--help')
    const rows = table('| option | variable | default | |').map(
      ([names = '', variables = '', standard = '']) => ({
        names: quoted(names).map((name) => name.split(' ')[0] ?? ''),
        variables: quoted(variables),
        standard,
      }),
    )
    expect(rows.flatMap(({ names }) => names).sort()).toEqual([...options.keys()].sort())
    for (const { names, variables, standard } of rows) {
      for (const name of names) {
        expect(variables).toContain(`BYOO_${name.slice(2).replaceAll('-', '_').toUpperCase()}`)
        const [, inHelp] = /\(default: (\S+)\)$/.exec(options.get(name) ?? '') ?? []
        if (inHelp !== undefined) expect(`${name} ${standard}`).toContain(`${name} \`${inHelp}\``)
      }
    }
  })

  test('its exit codes are those of the code', () => {
    const rows = table('| exit code | meaning |')
    expect(rows).toEqual(exitCodeMeanings.map(({ exitCode, meaning }) => [String(exitCode), meaning]))
    const documented = rows.map(([code]) => Number(code))
    expect(Object.values(exitCodes).filter((code) => !documented.includes(code))).toEqual([])
  })

  test('it names every command, and the help of each shows an example', async () => {
    await build()
    const { stdout } = await finish('byoo --help')
    const commands = [...stdout.matchAll(/^ {2}([a-z][a-z-]*)(?= |$)/gm)].map(([, name = '']) => name)
    const listed = commands.filter((name) => name !== 'byoo')
    expect(listed).toContain('doctor')
    expect(listed.filter((name) => !new RegExp(`\`(byoo )?${name}[ \`]`).test(readme))).toEqual([])
    for (const name of listed) expect((await finish(`byoo ${name} --help`)).stdout).toMatch(/^Examples?:\n/)
  })

  test('every option in a command that it shows exists', async () => {
    await build()
    const global = [...helpOptions((await finish('byoo --help')).stdout).keys()]
    const lines = fenced()
      .filter(({ language }) => language === 'sh' || language === 'console')
      .flatMap(({ text }) => text.match(/^(?:\$ )?byoo .*/gm) ?? [])
      .map((line) => line.replace(/^\$ /, '').replace(/ # .*$/, ''))
    expect(lines.length).toBeGreaterThan(15)
    for (const line of lines) {
      const [, command = ''] = /^byoo ((?:credentials )?\S+)/.exec(line) ?? []
      const help = helpOptions((await finish(`byoo ${command} --help`)).stdout)
      const known = [...global, ...help.keys()]
      const used = line.match(/(?<= )--[\w-]+/g) ?? []
      expect([line, used.filter((option) => !known.includes(option))]).toEqual([line, []])
    }
  })

  test('every script that it names is in package.json', () => {
    const { scripts } = JSON.parse(readFileSync(join(clone, 'package.json'), 'utf8'))
    const named = [...readme.matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name)
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter((name) => !(name in scripts))).toEqual([])
  })
})
