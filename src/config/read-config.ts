import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { noConfig, type ReadConfig } from './config.ts'
import { readEnvironmentOptions } from './environment-options.ts'
import { explainRead } from './explain-read.ts'
import { toFaults } from './issues.ts'
import type { GivenOptions } from './options.ts'
import { flagRouteSchema } from './route-schema.ts'
import { defaultPath, toRoute } from './to-route.ts'

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

/** Reads routes from flags and environment variables or from YAML, never from both. */
export async function readConfig(sources: ConfigSources): Promise<ReadConfig> {
  const document = readDocument(sources)
  const flags = Object.values(sources.route).map(({ source }) => source)
  if ('fault' in document) return failed(document.fault)
  if (document.text !== undefined && flags.length > 0) {
    return failed(`${flags.join(', ')} and ${document.name} both describe routes: choose one of the two`)
  }
  return document.text === undefined
    ? fromFlags(sources.route)
    : (await import('./read-yaml-config.ts')).readYamlConfig(document.name, document.text, 'forwarder')
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

function fromFlags(given: RouteOptions): ReadConfig {
  const { providers, environment, region, ...single } = given
  const input: Record<string, unknown> = Object.fromEntries(
    Object.entries(single).map(([name, { value }]) => [name, value]),
  )
  const chosen = readEnvironmentOptions(given)
  if (chosen.faults.length > 0) return failed(...chosen.faults)
  const [only, another] = chosen.environments ?? []
  if (another) {
    const given = environment
      ? `${environment.source}: names no region`
      : `${region?.source}: needs --environment`
    return failed(`${given}; there is no default. Write ${chosen.environments?.join(' or ')}`)
  }
  if (only) input.environment = only
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

function failed(...faults: string[]): ReadConfig {
  return { config: noConfig, faults }
}
