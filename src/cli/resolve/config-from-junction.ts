import { accepts, callbackUrl, junctionUri, routeEnvironments } from '../../config/callback.ts'
import type { ConfiguredRoute } from '../../config/config.ts'
import { usageError } from '../../errors.ts'
import { redirectField } from '../../junction/details.ts'
import { isProduction, type JunctionEnvironment, splitEnvironment } from '../../junction/environments.ts'
import type { Credential } from '../../junction/management.ts'
import { type Provider, providers } from '../../junction/providers.ts'

/** What a store holds, and which of its teams was asked for. */
interface HeldRecords {
  readonly environment: JunctionEnvironment
  readonly records: readonly Credential[]
}

/** The parts of byoo.yaml that describe what Junction holds already, as they are written. */
interface DescribedConfig {
  readonly teams: Readonly<Record<string, string>>
  readonly credentials: readonly Readonly<Record<string, unknown>>[]
  /** What could not be described, each as a sentence. */
  readonly left: string[]
}

/**
 * Describes records of the catalogue's providers: ids, details without secrets, environments. Secrets become references
 * to files, and overrides that no route serves become `redirect_url`. Fails when an environment has several teams.
 */
export function describeHeld(
  held: readonly HeldRecords[],
  routes: readonly ConfiguredRoute[],
  team: string | undefined,
): DescribedConfig {
  const left: string[] = []
  const entries = new Map<string, { entry: Record<string, unknown>; environments: JunctionEnvironment[] }>()
  const teams: Partial<Record<JunctionEnvironment, string>> = {}
  const regionOf = ({ environment }: HeldRecords) => splitEnvironment(environment).region
  const ofTeam = held.find(({ records }) => records.some(({ team_id }) => team_id === team))
  for (const store of held) {
    const { environment, records } = store
    // A team has one region: it chooses among those of its own, and says nothing of the other.
    const chooses = team !== undefined && (!ofTeam || regionOf(ofTeam) === regionOf(store))
    const own = records.filter(({ team_id }) => !chooses || team_id === team)
    const known = own.filter(({ source }) => providers.some(({ slug }) => slug === source))
    const [first, another] = new Set(known.map(({ team_id }) => team_id))
    if (another) throw severalTeams(environment, known)
    if (first) teams[environment] = first
    for (const record of known) {
      const provider = providers.find(({ slug }) => slug === record.source)
      if (!provider || !record.client_id) {
        left.push(`${record.source} in ${environment} has no client id`)
        continue
      }
      if (provider.slug === 'google_health' && isProduction(environment) && !record.redirect_url_override) {
        left.push(`google_health in ${environment} has no override, which it needs in production`)
        continue
      }
      const entry = describe(provider, withoutRedirect(record, environment), environment, routes)
      const key = JSON.stringify(entry)
      const same = entries.get(key) ?? { entry, environments: [] }
      same.environments.push(environment)
      entries.set(key, same)
    }
  }
  const all = [...entries.values()]
  const credentials = all.map(({ entry: { provider, client_id, details, ...rest }, environments }) => {
    const path = `./secrets/${provider}${suffixOf(all, { provider, client_id, details })}`
    const shown = details ? { details: withReferences(details as Details, path, secretsOf(provider)) } : {}
    return { provider, environments, ...rest, client_id, client_secret: { file: path }, ...shown }
  })
  return { teams: byRegion(teams), credentials, left }
}

interface Entry {
  readonly entry: Readonly<Record<string, unknown>>
  readonly environments: readonly JunctionEnvironment[]
}

/** Another application has another secret: where a provider has several, files are told apart by an environment. */
function suffixOf(all: readonly Entry[], { provider, client_id, details }: Entry['entry']): string {
  const entries = all.filter(({ entry }) => entry.provider === provider)
  const same = entries.filter(
    ({ entry }) => entry.client_id === client_id && JSON.stringify(entry.details) === JSON.stringify(details),
  )
  return same.length === entries.length ? '' : `_${same[0]?.environments[0]?.replace('/', '_')}`
}

function severalTeams(environment: JunctionEnvironment, records: readonly Credential[]) {
  const teams = [...new Set(records.map(({ team_id }) => team_id))]
  return usageError(
    `${teams.length} teams have credentials in ${environment}: choose one`,
    teams.map((id) => `--team ${id}`).join('\n'),
  )
}

function describe(
  { slug }: Provider,
  { client_id, details, redirect_url_override: override }: Credential,
  environment: JunctionEnvironment,
  routes: readonly ConfiguredRoute[],
): Record<string, unknown> {
  const own = routes.filter((route) => routeEnvironments(route).includes(environment) && accepts(route, slug))
  const served = override && own.some((route) => callbackUrl(route, slug) === override)
  return {
    provider: slug,
    ...(served ? {} : { redirect_url: override || 'junction' }),
    client_id,
    ...(details && Object.keys(details).length > 0 && { details }),
  }
}

type Details = Readonly<Record<string, unknown>>

/** Which fields of its details are secret. */
function secretsOf(slug: unknown): ReadonlySet<string> {
  const fields = providers.find((provider) => provider.slug === slug)?.details ?? []
  return new Set(fields.filter(({ secret }) => secret).map(({ name }) => name))
}

/** The record without a redirect URI in its details that byoo fills in by itself. */
function withoutRedirect(record: Credential, environment: JunctionEnvironment): Credential {
  const { details = {}, source, redirect_url_override: override } = record
  const { [redirectField]: redirectUri, ...rest } = details
  return redirectUri === (override ?? junctionUri(environment, source))
    ? { ...record, details: rest }
    : record
}

function withReferences(
  details: Details,
  file: string,
  secrets: ReadonlySet<string>,
  above = '',
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(details).flatMap(([key, value]) => {
      const path = `${above}${key}`
      if (value === null || value === undefined) return []
      if (secrets.has(path)) return [[key, { file: `${file}_${path.replaceAll('.', '_')}` }]]
      const deeper = typeof value === 'object' && !Array.isArray(value)
      return [[key, deeper ? withReferences(value as Details, file, secrets, `${path}.`) : value]]
    }),
  )
}

/** One line for a region whose environments have one team. */
function byRegion(teams: Partial<Record<JunctionEnvironment, string>>): Record<string, string> {
  const entries = Object.entries(teams) as [JunctionEnvironment, string][]
  return Object.fromEntries(
    entries.map(([environment, id]) => {
      const { region } = splitEnvironment(environment)
      const others = entries.filter(([name]) => splitEnvironment(name).region === region)
      return others.every(([, other]) => other === id) ? [region, id] : [environment, id]
    }),
  )
}
