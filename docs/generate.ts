// npm run docs: writes the parts of docs/ that say what the code says. With -- --check it writes nothing and ends with
// 1 when a part is out of date, a link leads nowhere, a command has an option that byoo does not know, or an example of
// byoo.yaml has a fault.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import type { Context } from '../src/cli/context.ts'
import { exitCodeMeanings } from '../src/cli/exit-code.ts'
import { commandTable } from '../src/cli/program.ts'
import { run } from '../src/cli/run.ts'
import { readYamlConfig } from '../src/config/read-yaml-config.ts'
import { checks, doctorFindings, type FindingText } from '../src/doctor/findings.ts'
import { refusedTargets, targets } from '../src/export/targets.ts'
import { errorCodes } from '../src/junction/error-codes.ts'
import { providers } from '../src/junction/providers.ts'
import { cases, groups } from '../src/verify/cases.ts'
import { impacts, verifyFindings } from '../src/verify/findings.ts'
import { fillParts } from './parts.ts'

const repository = join(import.meta.dirname, '..')

interface CommandHelp {
  readonly heading: string
  /** Such as `credentials list`. */
  readonly name: string
  readonly summary: string
  readonly help: string
}

/** What a command prints. */
async function printed(argv: readonly string[]): Promise<string> {
  let text = ''
  const stdout = new Writable({
    write(chunk, _, done) {
      text += chunk
      done()
    },
  })
  const context: Context = {
    env: {},
    directory: repository,
    platform: 'linux',
    nodeVersion: process.versions.node,
    stdin: () => new PassThrough(),
    stdout,
    stderr: process.stderr,
    stdinIsTerminal: () => false,
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    terminals: () => [],
    columns: 80,
    openTerminal: () => undefined,
    onSignal: () => {},
    onExit: () => {},
  }
  const code = await run(argv, context)
  if (code !== 0) throw new Error(`byoo ${argv.join(' ')} ends with ${code}`)
  return text
}

async function readCommands(): Promise<CommandHelp[]> {
  const all: CommandHelp[] = []
  for (const [heading, entries] of Object.entries(commandTable)) {
    for (const entry of entries) {
      const subcommands = 'commands' in entry ? entry.commands : []
      for (const { name, summary } of [
        entry,
        ...subcommands.map((sub) => ({ ...sub, name: `${entry.name} ${sub.name}` })),
      ]) {
        all.push({
          heading: heading.replace(/:$/, ''),
          name,
          summary,
          help: await printed([...name.split(' '), '--help']),
        })
      }
    }
  }
  return all
}

function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
}

/** Text as it looks in a cell of a table. */
function cell(text: string): string {
  return text.replace(/[|<>\\`*_[\]]/g, (character) => `\\${character}`)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

const fence = (text: string) => `\`\`\`text\n${text.trim()}\n\`\`\``

function renderCommands(commands: readonly CommandHelp[], mainHelp: string): string {
  const index = commands.map(({ heading, name, summary }, position) => [
    heading === commands[position - 1]?.heading ? '' : heading,
    `[\`byoo ${name}\`](#${anchor(`byoo ${name}`)})`,
    cell(summary),
  ])
  return [
    table(['', 'command', ''], index),
    `## byoo\n\n${fence(mainHelp)}`,
    ...commands.map(({ name, help }) => `## byoo ${name}\n\n${fence(help)}`),
  ].join('\n\n')
}

/** The ids of one part of a list, under a heading of their own each. */
function groupedTables<Row>(
  names: readonly string[],
  rows: readonly Row[],
  groupOf: (row: Row) => string,
  head: readonly string[],
  cells: (row: Row) => readonly string[],
): string {
  return names
    .map((name) => [name, rows.filter((row) => groupOf(row) === name)] as const)
    .filter(([, group]) => group.length > 0)
    .map(([name, group]) => `### ${name}\n\n${table(head, group.map(cells))}`)
    .join('\n\n')
}

function renderParts(commands: readonly CommandHelp[], mainHelp: string): Readonly<Record<string, string>> {
  const doctorIds = Object.entries<FindingText>(doctorFindings)
  return {
    commands: renderCommands(commands, mainHelp),
    'exit-codes': table(
      ['exit code', 'meaning', 'what to do'],
      exitCodeMeanings.map(({ exitCode, meaning, advice }) => [
        String(exitCode),
        cell(meaning),
        cell(advice),
      ]),
    ),
    'link-errors': table(
      ['error_type', 'meaning', 'what to do'].map(cell),
      errorCodes
        .filter(({ from }) => from === 'link')
        .map(({ code, meaning, advice }) => [`\`${code}\``, cell(meaning), cell(advice)]),
    ),
    'provider-errors': table(
      ['error', 'meaning', 'what to do'],
      errorCodes
        .filter(({ from }) => from === 'provider')
        .map(({ code, meaning, advice }) => [`\`${code}\``, cell(meaning), cell(advice)]),
    ),
    cases: groupedTables(
      groups,
      cases,
      ({ group }) => group,
      ['id', 'what is looked at', 'the rule behind it'],
      ({ id, title, why }) => [`\`${id}\``, cell(title), cell(why)],
    ),
    'verify-findings': groupedTables(
      impacts,
      Object.entries(verifyFindings),
      ([, { impact }]) => impact,
      ['id', 'meaning', 'what to do'],
      ([id, { title, advice }]) => [`\`${id}\``, cell(title), cell(advice)],
    ),
    'doctor-findings': groupedTables(
      ['any check', ...checks],
      doctorIds,
      ([, { check }]) => check ?? 'any check',
      ['id', 'status', 'meaning', 'what to do'],
      ([id, { status, meaning, advice }]) => [`\`${id}\``, status, cell(meaning), cell(advice)],
    ),
    targets: table(
      ['', 'what it is', 'proof'],
      targets.map(({ name, proxy, summary, tested }) => [
        `\`byoo export ${name}${proxy ? ' --proxy' : ''}\``,
        cell(summary),
        tested,
      ]),
    ),
    'refused-targets': Object.entries(refusedTargets)
      .map(([name, reason]) => `- \`${name}\`: ${cell(reason)}`)
      .join('\n'),
  }
}

async function renderProviders(): Promise<string> {
  const sections: string[] = []
  for (const { slug, name } of providers) {
    sections.push(`## ${name}\n\n${fence(await printed(['providers', slug]))}`)
  }
  return sections.join('\n\n')
}

/** Links to files and headings that are not there. */
function brokenLinks(file: string, markdown: string): string[] {
  const targets = [...withoutCode(markdown).matchAll(/\]\((?!https?:|mailto:)([^)\s]*)\)/g)]
  return targets.flatMap(([, target = '']) => {
    const [path = '', heading] = target.split('#')
    const other = path === '' ? file : join(dirname(file), path)
    if (!existsSync(other)) return [`links to ${target}, which is not there`]
    if (heading === undefined) return []
    const headings = [...withoutCode(readFileSync(other, 'utf8')).matchAll(/^#+ (.*)$/gm)]
    return headings.some(([, text = '']) => anchor(text) === heading)
      ? []
      : [`links to ${target}, and there is no such heading`]
  })
}

function withoutCode(markdown: string): string {
  return markdown.replace(/^ *```[\s\S]*?^ *```$/gm, '')
}

/** Command lines of shell blocks, and between backticks, whose command or options byoo does not know. */
function wrongCommands(markdown: string, commands: readonly CommandHelp[], mainHelp: string): string[] {
  const blocks = [...markdown.matchAll(/^ *```(?:sh|console|yaml)\n([\s\S]*?)^ *```$/gm)]
  const lines = [
    ...blocks.flatMap(([, text = '']) => text.replaceAll('\\\n', ' ').split('\n')),
    ...[...withoutCode(markdown).matchAll(/`(byoo [^`]+)`/g)].map(([, text = '']) =>
      text.replaceAll('\n', ' '),
    ),
  ]
  return lines.flatMap((line) => {
    const [, words = ''] = /(?:^\s*(?:\$ )?|npx |[/;&(|] ?)byoo ([a-z-][^|;&#)]*)/.exec(line) ?? []
    if (words === '') return []
    const known = commands.filter(({ name }) => words === name || words.startsWith(`${name} `)).at(-1)
    const help = known ? known.help + mainHelp : mainHelp
    if (!known && !words.startsWith('--')) return [`has no command of byoo in: ${line.trim()}`]
    return [...words.matchAll(/(?:^|\s)(--[a-z-]+)/g)]
      .filter(([, option]) => !new RegExp(`${option}(?![\\w-])`).test(help))
      .map(([, option]) => `has ${option}, which byoo ${known?.name ?? ''} does not know, in: ${line.trim()}`)
  })
}

/** Examples of byoo.yaml that byoo would refuse. */
function wrongExamples(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^( *)```yaml\n([\s\S]*?)^ *```$/gm)]
  return blocks
    .map(([, indent = '', text = '']) => text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''))
    .filter((text) => /^(?:routes|teams|credentials|site_verification):/m.test(text))
    .flatMap((text) => readYamlConfig('an example of byoo.yaml', text, 'management').faults)
    .map((fault) => `has a fault in ${fault}`)
}

const check = process.argv.includes('--check')
const commands = await readCommands()
const mainHelp = await printed(['--help'])
const parts: Readonly<Record<string, string>> = {
  ...renderParts(commands, mainHelp),
  providers: await renderProviders(),
}
const documents = [repository, import.meta.dirname].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
)
const faults: string[] = []
for (const file of documents) {
  const before = readFileSync(file, 'utf8')
  const after = fillParts(before, (name) => parts[name])
  const name = relative(repository, file)
  if (after !== before && check) faults.push(`${name} is out of date: run npm run docs`)
  if (after !== before && !check) writeFileSync(file, after)
  const found = [
    ...brokenLinks(file, after),
    ...wrongCommands(after, commands, mainHelp),
    ...wrongExamples(after),
  ]
  faults.push(...found.map((fault) => `${name} ${fault}`))
}
for (const fault of faults) console.error(fault)
if (faults.length > 0) process.exitCode = 1
