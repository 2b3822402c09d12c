import { noConfig, type ReadConfig } from './config.ts'
import { locateConfig, readPlace } from './find-config.ts'
import { toFaults } from './issues.ts'
import { type GivenOptions, listSchema, readEnvironmentOptions, readOptions } from './options.ts'
import { defaultPath, flagRouteSchema, toRoute } from './route-schema.ts'

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

/** Where a configuration may come from. */
interface ConfigSources {
  /** The one route that flags or environment variables describe. */
  readonly route: RouteOptions
  /** `--config`. */
  readonly file: string | undefined
  /** `BYOO_CONFIG`: the YAML text itself. */
  readonly text: string | undefined
  /** Folder from which `byoo.yaml` is looked for. */
  readonly directory: string
}

/**
 * Reads routes from flags and environment variables or from YAML, never from both: flags alone go before a file that
 * nobody asked for. `notes` says what is left aside.
 */
export async function readConfig({
  route,
  file,
  text,
  directory,
}: ConfigSources): Promise<ReadConfig & { readonly notes: readonly string[] }> {
  const place = locateConfig(file, text, directory)
  const sources = Object.values(route).map(({ source }) => source)
  const variables = sources.filter((source) => !source.startsWith('--'))
  if (!place || (sources.length > 0 && variables.length === 0 && !place.askedFor)) {
    const notes = place
      ? [
          `${place.name} is not read: ${sources.join(', ')} ${sources.length > 1 ? 'say' : 'says'} what to forward`,
        ]
      : []
    return { ...fromFlags(route), notes }
  }
  const notes = place.ignored ? [`${place.ignored} is not read, because BYOO_CONFIG is set`] : []
  if (sources.length === 0) return { ...(await readPlace(place, 'forwarder')), notes }
  const flags = sources.filter((source) => source.startsWith('--'))
  const ways = [
    ...(flags.length > 0 ? [`leave out ${flags.join(', ')}`] : []),
    ...(variables.length > 0 ? [`unset ${variables.join(', ')}`] : []),
  ].join(' and ')
  const other =
    file !== undefined ? 'leave out --config' : text ? 'unset BYOO_CONFIG' : `move ${place.name} away`
  return {
    ...failed(`${sources.join(', ')} and ${place.name} both describe routes: ${ways}, or ${other}`),
    notes,
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
  const lists = readOptions({ providers: listSchema }, { ...(providers && { providers }) })
  if (lists.faults.length > 0) return failed(...lists.faults)
  Object.assign(input, lists.values)
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
