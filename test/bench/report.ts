import { cpus, totalmem } from 'node:os'
import type { NodeBinary, Server } from './servers.ts'

/**
 * What a run knows of one server: answers per second on a processor, times in milliseconds, memory in MB. The values of
 * two servers pair up by index.
 */
export type Result = {
  server: Server
  requests: number[]
  connections: number[]
  latencies: number[]
  firstAnswers: number[]
  /** What lives on the heap for one, in kB. */
  idleConnection: number
  idleMemory: number
  loadedMemory: number
  failure: string | undefined
}

/** What `count` routes on one host cost: milliseconds to check and in the worst request of a reload, µs to look up. */
export type Growth = { count: number; checking: number; lookUp: number; worst: number }

/** What was measured on one Node. */
type Group = { node: NodeBinary; results: Result[]; routes: Growth[] }

/** How a run was made, for the lines above and below the tables. */
export type Conditions = {
  command: string
  pinned: boolean
  rounds: number
  seconds: number
  latencyRate: number
  idleConnections: number
}

/** The whole report as Markdown. */
export function renderReport(
  results: Result[],
  growth: Map<NodeBinary, Growth[]>,
  conditions: Conditions,
): string {
  const { command, pinned, rounds, seconds, latencyRate, idleConnections } = conditions
  const groups: Group[] = [...growth].map(([node, routes]) => ({
    ...{ node, routes },
    results: results.filter(({ server }) => server.node === undefined || server.node === node),
  }))
  const names = groups.map(({ node }) => `Node ${node.version}`)
  const pinning = pinned
    ? 'the server pinned to one core and the load to another'
    : 'nothing pinned to a core'
  return [
    `Measured ${new Date().toISOString().slice(0, 10)} with \`${command}\` on ${cpus()[0]?.model.trim()},`,
    `${cpus().length} cores, ${Math.round(totalmem() / 1024 ** 3)} GB; ${names.join(', ')}; \`wrk -t1 -c64\`, ${pinning}.`,
    `Medians of ${rounds} interleaved rounds of ${seconds} s with all servers up; ratios are taken within a round, then their median.`,
    '',
    '**Targets**',
    '',
    ...renderTable([
      ['target', ...names],
      ...targets.map((target) => [target.title, ...groups.map((group) => verdict(target, group))]),
    ]),
    ...groups.flatMap((group) => [
      '',
      `**Node ${group.node.version}**`,
      '',
      ...renderResults(group.results, latencyRate),
      '',
      ...renderTable([
        ['routes on one host', 'look-up, µs', 'checking byoo.yaml, ms', 'worst request of a reload, ms'],
        ...group.routes.map(({ count, lookUp, checking, worst }) => [
          fixed(count, 0),
          ...[fixed(lookUp, 2), fixed(checking, 1), fixed(worst, 0)],
        ]),
      ]),
    ]),
    '',
    '- Requests are counted for each second that the server has spent on a processor, so that whatever else the machine',
    '  does counts little. × limit: over those of the constant server in the same round. byoo and the bare slice also',
    '  send three security headers that the others do not.',
    `- New connections: one request per connection. p99: an open loop of ${latencyRate} requests per second, each`,
    '  timed from the moment it was due. Memory: resident, the process tree added up; after load is after all',
    `  three loads. Idle connections: ${idleConnections} after one request each, what lives on the heap of them once garbage`,
    '  is collected, which is the same in every run. First 307: from spawn, the quickest of',
    `  ${rounds} starts, since whatever else the machine does only adds to it; so is the worst request of several reloads,`,
    '  at 500 requests per second. Look-up and checking: processor time.',
    '- nginx, Caddy and Apache do not run on Node: they are measured once per round, for all tables. They have',
    '  one core, no access log, and no limit of requests per connection.',
  ].join('\n')
}

function renderResults(results: Result[], latencyRate: number): string[] {
  const limit = find(results, 'constant')
  const rows = results.map((result) => {
    const { server, failure } = result
    if (!server.installed) return [server.name, 'not installed', ...Array(9).fill('')]
    if (failure !== undefined) return [server.name, 'could not be measured', ...Array(9).fill('')]
    return [
      server.name,
      fixed(medianOf(result.requests), 0),
      fixed(ratio(result, limit), 2),
      fixed(medianOf(result.connections), 0),
      fixed(medianOf(result.latencies), 2),
      fixed(result.idleMemory, 0),
      fixed(result.loadedMemory, 0),
      fixed(result.idleConnection, 1),
      fixed(quickest(result), 0),
      fixed(quickest(result) / quickest(limit), 2),
    ]
  })
  const head = ['server', 'requests', '× limit', 'new connections', `p99 at ${latencyRate}/s, ms`]
  const memory = ['MB at start', 'after load', 'kB per idle connection']
  return renderTable([[...head, ...memory, 'first 307, ms', '× limit'], ...rows])
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

/** A figure of one Node, and its bound, for all or by Node's major version. */
type Target = {
  title: string
  least?: Record<string, number>
  most?: number
  digits: number
  value: (group: Group) => number
}

const targets: Target[] = [
  ratioTarget('--behind-proxy, log silent', 'silent', { 20: 0.9, 24: 0.92, 26: 0.92 }),
  ratioTarget('--behind-proxy, access log', 'log', { 20: 0.84, 24: 0.81, 26: 0.83 }),
  ratioTarget('exposed to clients, log silent', 'bounded-silent', { 20: 0.78, 24: 0.8, 26: 0.8 }),
  ratioTarget('exposed to clients, access log', 'bounded-log', { 20: 0.72, 24: 0.7, 26: 0.72 }),
  ...(['log', 'bounded-log'] as const).map((identity) =>
    atMost(
      `memory after load, MB over constant (${identity === 'log' ? '--behind-proxy' : 'exposed'})`,
      7,
      1,
      ({ results }) => difference(results, identity, ({ loadedMemory }) => loadedMemory),
    ),
  ),
  ...(['silent', 'bounded-silent'] as const).map((identity) =>
    atMost(
      `idle connection, kB over constant (${identity === 'silent' ? '--behind-proxy' : 'exposed'})`,
      1,
      1,
      ({ results }) => difference(results, identity, ({ idleConnection }) => idleConnection),
    ),
  ),
  atMost(
    'first 307, × constant',
    1.58,
    2,
    ({ results }) => quickest(find(results, 'log')) / quickest(find(results, 'constant')),
  ),
  growthTarget('look-up with 3,000 routes, µs', 2, 2, 2, 'lookUp'),
  growthTarget('checking 1,000 routes, ms', 100, 0, 1, 'checking'),
  growthTarget('worst request of a reload, 1,000 routes, ms', 60, 0, 1, 'worst'),
  growthTarget('worst request of a reload, 3,000 routes, ms', 250, 0, 2, 'worst'),
]

function growthTarget(title: string, most: number, digits: number, row: number, name: keyof Growth): Target {
  return atMost(title, most, digits, ({ routes }) => routes[row]?.[name] ?? Number.NaN)
}

function ratioTarget(title: string, identity: Server['identity'], least: Record<string, number>): Target {
  const value: Target['value'] = ({ results }) => ratio(find(results, identity), find(results, 'constant'))
  return { title: `requests × constant, ${title}`, least, digits: 2, value }
}

function atMost(title: string, most: number, digits: number, value: Target['value']): Target {
  return { title: `${title} ≤ ${most}`, most, digits, value }
}

function verdict({ least, most, digits, value }: Target, group: Group): string {
  const found = value(group)
  if (Number.isNaN(found)) return 'not measured'
  const bound = least ? least[group.node.version.split('.', 1)[0] ?? ''] : most
  if (bound === undefined) return `${fixed(found, digits)}, no target`
  const met = least ? found >= bound : found <= bound
  return `${fixed(found, digits)} ${met ? 'met' : '**missed**'}${least ? ` (≥ ${bound})` : ''}`
}

function difference(
  results: Result[],
  identity: Server['identity'],
  value: (result: Result) => number,
): number {
  const [one, other] = [find(results, identity), find(results, 'constant')]
  return one && other ? value(one) - value(other) : Number.NaN
}

function find(results: Result[], identity: Server['identity']): Result | undefined {
  return results.find(({ server, failure }) => server.identity === identity && failure === undefined)
}

/** The median of the ratios of requests within each round; NaN where one of the two was not measured. */
function ratio(one: Result | undefined, other: Result | undefined): number {
  if (one === undefined || other === undefined) return Number.NaN
  return medianOf(one.requests.map((value, round) => value / (other.requests[round] ?? Number.NaN)))
}

function quickest(result: Result | undefined): number {
  return result ? Math.min(...result.firstAnswers) : Number.NaN
}

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2
}

function fixed(value: number, digits: number): string {
  if (Number.isNaN(value)) return '–'
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
