import { createHash } from 'node:crypto'
import type { ForwarderConfig, Route } from '../config/config.ts'
import { ByooError } from '../errors.ts'
import { shellWord } from '../output/shell.ts'
import { version } from '../version.ts'

/** A route of byoo.yaml: its URL, and so its host, is always known. */
export type ExportedRoute = Route & { readonly url: string; readonly host: string }

/** What is exported, whatever it is written for. */
export interface Plan {
  /** The target's name and options, as typed after `byoo export`. */
  readonly command: string
  /** Where the routes come from, such as `byoo.yaml`. */
  readonly source: string
  readonly routes: readonly ExportedRoute[]
  readonly siteVerification: ReadonlyMap<string, string>
  /** Hosts of the routes, each once. */
  readonly hosts: readonly string[]
  /** SHA-256 of routes and texts, in hex: `--check` compares it with what a file says. */
  readonly hash: string
}

/** One file to write; `name` is a plain file name. */
export interface ExportedFile {
  readonly name: string
  readonly text: string
}

/** Makes the plan of an export. */
export function createPlan(command: string, source: string, config: ForwarderConfig): Plan {
  const routes = config.routes.map((route) => {
    const { url, host } = route
    if (url === undefined || host === undefined)
      throw new ByooError('configuration', `${source}: a route has no url`)
    return { ...route, url, host }
  })
  const facts = routes.map(({ url, target, provider, providers, environments }) => ({
    url,
    target,
    provider,
    providers,
    environments,
  }))
  const content = JSON.stringify([facts, [...config.siteVerification]])
  return {
    command,
    source: source.replace(/[^\x20-\x7e]/g, '?'),
    routes,
    siteVerification: config.siteVerification,
    hosts: [...new Set(routes.map(({ host }) => host))],
    hash: createHash('sha256').update(content).digest('hex'),
  }
}

/** Routes that only byoo itself serves byte for byte: servers decode or encode parts of such paths. */
export function unusualRoutes({ routes }: Plan): string[] {
  return routes.flatMap(({ url, host, path }) => {
    if (!/^[a-z0-9._-]+$/.test(host)) return [`${url}: no zone has such a host`]
    const [sign] = /[%|^]|\/\//.exec(path) ?? []
    return sign ? [`${url}: servers treat ${JSON.stringify(sign)} in a path differently`] : []
  })
}

/** Routes whose callbacks are told apart by their state, which no server's rules can read. */
export function sharedRoutes({ routes }: Plan): string[] {
  return routes.flatMap(({ url, otherwise }) =>
    otherwise === undefined ? [] : [`${url}: only byoo reads the state that tells its callbacks apart`],
  )
}

/** The hash that an exported file says it was made from; undefined when it says none. */
export function hashOf(text: string): string | undefined {
  return /\broutes: sha256 ([0-9a-f]{64})\b/.exec(text)?.[1]
}

/** What the first lines of an output say beside where it comes from. */
export interface Notes {
  /** How to install it, a step per entry. */
  readonly install: readonly string[]
  /** What it cannot do, or lets through. */
  readonly limits: readonly string[]
}

/** The first lines of a file, each behind `comment`. */
export function header(plan: Plan, name: string, comment: string, { install, limits }: Notes): string {
  const lines = [
    `${name}, written by byoo ${version} (byoo export ${plan.command}) from ${plan.source}`,
    `routes: sha256 ${plan.hash}`,
    ...install.map((step, index) => `${index === 0 ? 'Install: ' : '         '}${step}`),
    ...verifyCommands(plan).map((command, index) => `${index === 0 ? 'Prove it: ' : '          '}${command}`),
    ...limits.map((limit) => `Known limit: ${limit}`),
  ]
  return lines.map((line) => `${comment} ${line}\n`).join('')
}

/** The command that proves each route live. */
function verifyCommands({ routes }: Plan): string[] {
  return routes.map(({ url, target, environment, environments, provider }) => {
    // A shared route is in byoo.yaml, from where verify takes all of its targets.
    if (environments) return `byoo verify`
    const where = environment === undefined ? `--target ${shellWord(target)}` : `--environment ${environment}`
    return `byoo verify ${shellWord(url)} ${where}${provider === undefined ? '' : ` --provider ${provider}`}`
  })
}
