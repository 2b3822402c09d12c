import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { connectTarget } from '../junction/environments.ts'
import type { Config, ConfiguredRoute } from './config.ts'
import type { GivenOptions } from './given-options.ts'
import { dotted, toFaults } from './issues.ts'
import { flagRouteSchema, type RouteInput } from './route-schema.ts'
import type { ConfigInput } from './schema.ts'
import { readUrlTemplate } from './url.ts'

export const routeOptions = [
  'environment',
  'region',
  'target',
  'path',
  'providers',
  'provider',
  'url',
] as const
type RouteOptions = GivenOptions<(typeof routeOptions)[number]>

const defaultPath = '/oauth_callback/{provider}'
const defaultFile = 'byoo.yaml'

/** Where a configuration may come from. */
export interface ConfigSources {
  /** The one route that flags or environment variables describe. */
  readonly route: RouteOptions
  /** `--config`. */
  readonly file: string | undefined
  /** `BYOO_CONFIG`: the YAML text itself. */
  readonly text: string | undefined
  /** Folder in which `byoo.yaml` is looked for. */
  readonly directory: string
}

/** A configuration, or every fault of it, each with its key and place. */
export interface ReadConfig {
  readonly config: Config
  readonly faults: readonly string[]
}

/** Reads routes from flags and environment variables or from YAML, never from both. */
export async function readConfig(sources: ConfigSources): Promise<ReadConfig> {
  const document = readDocument(sources)
  const flags = Object.values(sources.route).map(({ source }) => source)
  if ('fault' in document) return failed(document.fault)
  if (document.text !== undefined && flags.length > 0) {
    return failed(`${flags.join(', ')} and ${document.name} both describe routes: choose one of the two`)
  }
  return document.text === undefined ? fromFlags(sources.route) : readYamlConfig(document.name, document.text)
}

type Document = { readonly name: string; readonly text: string | undefined } | { readonly fault: string }

function readDocument({ file, text, directory }: ConfigSources): Document {
  if (file === undefined && text) return { name: 'BYOO_CONFIG', text }
  const name = file ?? defaultFile
  try {
    return { name, text: readFileSync(resolve(directory, name), 'utf8') }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && file === undefined) return { name, text: undefined }
    return { fault: `${name}: ${explainRead(code)}` }
  }
}

/** Why a file could not be read, in words. */
export function explainRead(code: string | undefined): string {
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EISDIR') return 'is a directory, not a file'
  if (code === 'EACCES') return 'may not be read by this user'
  return `cannot be read (${code ?? 'unknown error'})`
}

function fromFlags(given: RouteOptions): ReadConfig {
  const { providers, ...single } = given
  const input: Record<string, unknown> = Object.fromEntries(
    Object.entries(single).map(([name, { value }]) => [name, value]),
  )
  if (providers) input.providers = providers.value.split(',').map((slug) => slug.trim())
  if (input.url === undefined)
    input.path ??= defaultPath.replace('{provider}', given.provider?.value ?? '{provider}')
  const parsed = flagRouteSchema.safeParse(input, { reportInput: true })
  if (parsed.success) return { config: { ...noConfig, routes: [toRoute(parsed.data)] }, faults: [] }
  return failed(
    ...toFaults(parsed.error.issues).map(({ path, message }) => {
      const name = path[0] as (typeof routeOptions)[number] | undefined
      return name === undefined ? `the route ${message}` : `${given[name]?.source ?? `--${name}`}: ${message}`
    }),
  )
}

/** Reads the text of a byoo.yaml; every fault has the place's `name`, line and column. */
export async function readYamlConfig(name: string, text: string): Promise<ReadConfig> {
  const [{ readYaml }, { configSchema, knownKeys }] = await Promise.all([
    import('./yaml.ts'),
    import('./schema.ts'),
  ])
  const yaml = readYaml(text)
  if (yaml.faults.length > 0) {
    return failed(...yaml.faults.map(({ position, message }) => `${name}:${position.join(':')}: ${message}`))
  }
  if (yaml.value === null || yaml.value === undefined) return failed(`${name}: is empty: it must have routes`)
  if (name === 'BYOO_CONFIG' && typeof yaml.value === 'string') {
    return failed('BYOO_CONFIG: must hold the YAML text itself; for a file use --config <file>')
  }
  const parsed = configSchema.safeParse(yaml.value, { reportInput: true })
  if (parsed.success) return { config: toConfig(parsed.data), faults: [] }
  const faults = toFaults(parsed.error.issues, knownKeys).map(({ path, message }) => {
    const key = path.length > 0 ? ` ${dotted(path)}:` : ''
    const [line, column] = yaml.position(path)
    return { line, column, text: `${name}:${line}:${column}:${key} ${message}` }
  })
  faults.sort((left, right) => left.line - right.line || left.column - right.column)
  return failed(...faults.map(({ text }) => text))
}

/** What stands where there is no configuration, or a faulty one. */
export const noConfig: Config = {
  routes: [],
  siteVerification: new Map(),
  org: undefined,
  teams: {},
  credentials: [],
}

function toConfig(input: ConfigInput): Config {
  return {
    routes: input.routes.map(toRoute),
    siteVerification: new Map(Object.entries(input.site_verification ?? {})),
    org: input.org,
    teams: input.teams ?? {},
    credentials: (input.credentials ?? []).map((credential) => ({
      provider: credential.provider,
      in: credential.in,
      clientId: credential.client_id,
      clientSecret: credential.client_secret,
      details: credential.details,
    })),
  }
}

function toRoute(input: RouteInput & { primary?: boolean | undefined }): ConfiguredRoute {
  const { url, path, provider, providers, environment, region, target } = input
  const read = url === undefined ? undefined : readUrlTemplate(url)
  return {
    url,
    host: read?.hostname,
    path: read?.path ?? path ?? defaultPath,
    provider,
    providers,
    environment,
    region,
    primary: input.primary ?? false,
    target: target ?? (environment && region ? connectTarget(environment, region) : ''),
  }
}

function failed(...faults: string[]): ReadConfig {
  return { config: noConfig, faults }
}
