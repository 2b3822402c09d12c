import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import type { NodeBinary, Server } from './servers.ts'

/**
 * What a run knows of one server: rates per second, times in milliseconds, memory in MB. The values of two servers
 * pair up by index.
 */
export type Result = {
  server: Server
  requests: number[]
  connections: number[]
  latencies: number[]
  firstAnswers: number[]
  idleMemory: number
  loadedMemory: number
  failure: string | undefined
}

/** How a run was made, for the lines above and below the tables. */
export type Conditions = {
  command: string
  load: string
  pinned: boolean
  rounds: number
  seconds: number
  starts: number
  latencyRate: number
}

const startMarker = '<!-- bench:start -->'
const endMarker = '<!-- bench:end -->'

/** The whole report as Markdown. */
export function renderReport(results: Result[], nodes: NodeBinary[], conditions: Conditions): string {
  const { command, load, pinned, rounds, seconds, starts, latencyRate } = conditions
  const groups = nodes.map((node) => ({
    node,
    results: results.filter(({ server }) => server.node === undefined || server.node === node),
  }))
  const gigabytes = Math.round(totalmem() / 1024 ** 3)
  const names = nodes.map(({ version }) => `Node ${version}`)
  const pinning = pinned
    ? 'the server pinned to one core and the load to another'
    : 'nothing pinned to a core'
  return [
    `Measured ${new Date().toISOString().slice(0, 10)} with \`${command}\` on ${cpus()[0]?.model.trim()},`,
    `${cpus().length} cores, ${gigabytes} GB; ${names.join(' and ')}; \`${load}\`, ${pinning}.`,
    `Medians of ${rounds} interleaved rounds of ${seconds} s with all servers up; ratios are taken within a round, then their median.`,
    ...groups.flatMap((group) => [
      '',
      `**Node ${group.node.version}**`,
      '',
      ...renderResults(group.results, latencyRate),
      '',
      renderNginx(group.results),
    ]),
    '',
    '**Targets**',
    '',
    ...renderTable([
      ['target', ...names],
      ...targets.map(({ title, reached }) => [title, ...groups.map((group) => reached(group.results))]),
    ]),
    '',
    `- × limit: requests per second over those of the constant server in the same round. Only byoo's first row`,
    `  writes an access log; byoo and the bare slice also send three security headers that the others do not.`,
    `- New connections: one request per connection. p99: an open loop of ${latencyRate} requests per second, each`,
    '  timed from the moment it was due. Memory: resident, the process tree added up; after load is after all',
    `  three loads. First 307: from spawn, median of ${starts} starts.`,
    '- nginx, Caddy and Apache do not run on Node: they are measured once per round, for all tables. They have',
    '  one core, no access log, and no limit of requests per connection.',
  ].join('\n')
}

/** Puts the report between the two marker comments of a Markdown file. */
export function writeReport(file: string, report: string): void {
  const [before, , after] = splitAtMarkers(file)
  writeFileSync(file, `${before}${startMarker}\n${report}\n${endMarker}${after}`)
}

/** Splits a file's text into what precedes, lies between and follows the markers; throws where they are missing. */
export function splitAtMarkers(file: string): [string, string, string] {
  const text = readFileSync(file, 'utf8')
  const start = text.indexOf(startMarker)
  const end = text.indexOf(endMarker, start)
  if (start === -1 || end === -1) throw new Error(`${file} lacks the lines ${startMarker} and ${endMarker}`)
  return [
    text.slice(0, start),
    text.slice(start + startMarker.length, end),
    text.slice(end + endMarker.length),
  ]
}

function renderResults(results: Result[], latencyRate: number): string[] {
  const limit = find(results, 'constant')
  const rows = results.map((result) => {
    const { server, failure } = result
    if (!server.installed) return [server.name, 'not installed', ...Array(7).fill('')]
    if (failure !== undefined) return [server.name, 'could not be measured', ...Array(7).fill('')]
    return [
      server.name,
      fixed(medianOf(result.requests), 0),
      fixed(ratio(result, limit, requests), 2),
      fixed(medianOf(result.connections), 0),
      fixed(medianOf(result.latencies), 2),
      fixed(result.idleMemory, 0),
      fixed(result.loadedMemory, 0),
      fixed(medianOf(result.firstAnswers), 0),
      fixed(ratio(result, limit, firstAnswers), 2),
    ]
  })
  const head = ['server', 'requests/s', '× limit', 'new connections/s', `p99 at ${latencyRate}/s, ms`]
  return renderTable([[...head, 'idle MB', 'after load MB', 'first 307, ms', '× limit'], ...rows])
}

function renderNginx(results: Result[]): string {
  const value = ratio(find(results, 'nginx'), find(results, 'byoo-silent'), requests)
  if (Number.isNaN(value)) return 'nginx could not be compared.'
  return `nginx answers ${fixed(value, 2)} × as many requests per second as byoo with the log silent.`
}

function renderTable(rows: string[][]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  const [head, ...body] = rows.map((row) => {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    )
    return `| ${cells.join(' | ')} |`
  })
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [head ?? '', `| ${rule.join(' | ')} |`, ...body]
}

type Target = { title: string; reached: (results: Result[]) => string }

const targets: Target[] = [
  atLeast('log silent, requests/s ≥ 0.95 × bare slice', 0.95, 'byoo-silent', 'slice'),
  atLeast('log silent, requests/s ≥ 0.90 × constant', 0.9, 'byoo-silent', 'constant'),
  ...(['express', 'fastify', 'hono', 'caddy', 'apache'] as const).map((peer) =>
    atLeast(`log silent, requests/s ahead of ${peer}`, 1, 'byoo-silent', peer),
  ),
  atLeast('access log, requests/s ≥ 0.70 × constant', 0.7, 'byoo', 'constant'),
  atLeast('access log, requests/s ≥ 0.85 × constant (to try for)', 0.85, 'byoo', 'constant'),
  {
    title: 'access log, first 307 ≤ 1.4 × constant',
    reached: (results) => {
      const value = ratio(find(results, 'byoo'), find(results, 'constant'), firstAnswers)
      return verdict(value, 2, value <= 1.4)
    },
  },
  {
    title: 'access log, memory after load ≤ constant + 25 MB',
    reached: (results) => {
      const [byoo = Number.NaN, constant = Number.NaN] = (['byoo', 'constant'] as const).map(
        (identity) => find(results, identity)?.loadedMemory,
      )
      const value = byoo - constant
      return verdict(value, 1, value <= 25)
    },
  },
]

function atLeast(title: string, least: number, one: Server['identity'], other: Server['identity']): Target {
  return {
    title,
    reached: (results) => {
      const value = ratio(find(results, one), find(results, other), requests)
      return verdict(value, 2, value >= least)
    },
  }
}

function verdict(value: number, digits: number, met: boolean): string {
  return Number.isNaN(value) ? 'not measured' : `${fixed(value, digits)} ${met ? 'yes' : '**no**'}`
}

function find(results: Result[], identity: Server['identity']): Result | undefined {
  return results.find(({ server, failure }) => server.identity === identity && failure === undefined)
}

const requests = (result: Result) => result.requests
const firstAnswers = (result: Result) => result.firstAnswers

/** The median of the ratios within each round; NaN where one of the two was not measured. */
function ratio(
  one: Result | undefined,
  other: Result | undefined,
  values: (result: Result) => number[],
): number {
  if (one === undefined || other === undefined) return Number.NaN
  const base = values(other)
  return medianOf(values(one).map((value, round) => value / (base[round] ?? Number.NaN)))
}

function medianOf(values: number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2
}

function fixed(value: number, digits: number): string {
  if (Number.isNaN(value)) return '–'
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
