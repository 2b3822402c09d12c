import { createHash } from 'node:crypto'
import type { ForwarderConfig } from '../config/config.ts'
import { ByooError } from '../errors.ts'
import { commonHeaders } from '../forwarder/reply.ts'
import { shellWord } from '../output/shell.ts'
import { version } from '../version.ts'
import { inPairs } from './core/handle.ts'

/** What is exported, whatever it is written for. */
export type Plan = ReturnType<typeof createPlan>

/** One file to write; `name` is a plain file name. */
export interface ExportedFile {
  readonly name: string
  readonly text: string
}

/** Makes the plan of an export. */
export function createPlan(command: string, source: string, config: ForwarderConfig) {
  const routes = config.routes.map((route) => {
    const { url, host } = route
    if (url === undefined || host === undefined)
      throw new ByooError('configuration', `${source}: a route has no url`)
    // A route of byoo.yaml: its URL, and so its host, is always known.
    return { ...route, url, host }
  })
  const facts = routes.map(({ url, target, provider, providers, environments }) => {
    return { url, target, provider, providers, environments }
  })
  const content = JSON.stringify([facts, [...config.siteVerification]])
  return {
    /** The target's name and options, as typed after `byoo export`. */
    command,
    /** Where the routes come from, such as `byoo.yaml`. */
    source: source.replace(/[^\x20-\x7e]/g, '?'),
    routes,
    siteVerification: config.siteVerification,
    /** Hosts of the routes, each once. */
    hosts: [...new Set(routes.map(({ host }) => host))],
    /** SHA-256 of routes and texts, in hex: `--check` compares it with what a file says. */
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

/** Those of the forwarder, on every answer. */
export const securityHeaders = inPairs(commonHeaders)

/** What the first lines of an output say beside where it comes from. */
export interface Notes {
  /** How to install it, a step per entry. */
  readonly install: readonly string[]
  /** What it cannot do, or lets through. */
  readonly limits?: readonly string[]
}

/** A file whose first lines, each behind `comment`, say where it comes from, how to install and how to prove it. */
export function writeFile(
  plan: Plan,
  name: string,
  comment: string,
  { install, limits = [] }: Notes,
  text: string,
): ExportedFile {
  const lines = [
    `${name}, written by byoo ${version} (byoo export ${plan.command}) from ${plan.source}`,
    `routes: sha256 ${plan.hash}`,
    ...install.map((step, index) => `${index === 0 ? 'Install: ' : '         '}${step}`),
    ...verifyCommands(plan).map((command, index) => `${index === 0 ? 'Prove it: ' : '          '}${command}`),
    ...limits.map((limit) => `Known limit: ${limit}`),
  ]
  return { name, text: `${lines.map((line) => `${comment} ${line}\n`).join('')}${text}` }
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

/**
 * A route as servers without byoo need it: the raw request target is matched as a whole, and answered with
 * `head`, the slug, `tail` and the raw query.
 */
export interface Rule {
  readonly host: string
  /** What the path has before and after the slug; the whole path in `before` when it has no slug. */
  readonly before: string
  readonly after: string
  /** Regular expression of the slugs that are accepted, without group; undefined when the path has none. */
  readonly slug: string | undefined
  readonly head: string
  readonly tail: string
}

/** Any provider slug: the forwarder's own rule, as a regular expression of every engine. */
export const anySlug = '[a-z0-9][a-z0-9_-]{0,63}'

/** The rules of all routes, in their order. */
export function toRules({ routes }: Plan): Rule[] {
  return routes.map(toRule)
}

function toRule({ host, path, provider, providers, target }: Plan['routes'][number]): Rule {
  const [before = '', after] = path.split('{provider}')
  if (after === undefined) {
    const head = target.replace('{provider}', () => provider ?? '')
    return { host, before, after: '', slug: undefined, head, tail: '' }
  }
  const [head = '', tail = ''] = target.split('{provider}')
  return { host, before, after, slug: providers ? `(?:${providers.join('|')})` : anySlug, head, tail }
}

/** Text as a regular expression that matches just it, in PCRE and Go alike. */
export function literal(text: string): string {
  return text.replace(/[^\w/-]/g, (character) =>
    character === '.' ? '\\.' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}

/** A rule's path as a regular expression; `group` wraps the slug's. */
export function pathPattern({ before, after, slug }: Rule, group: (slug: string) => string): string {
  return `${literal(before)}${slug === undefined ? '' : group(slug)}${literal(after)}`
}
