import { callbackUrl, junctionUri, narrowRoutes } from '../../config/callback.ts'
import type { ConfiguredRoute } from '../../config/config.ts'
import { usageError } from '../../errors.ts'
import { redirectField } from '../../junction/details.ts'
import { isProduction, type JunctionEnvironment, splitEnvironment } from '../../junction/environments.ts'
import type { Credential } from '../../junction/management.ts'
import { type Provider, providers } from '../../junction/providers.ts'

/** What a store holds. */
interface HeldRecords {
  readonly environment: JunctionEnvironment
  readonly records: readonly Credential[]
}

type Details = Readonly<Record<string, unknown>>

/** One entry of `credentials`, its secrets not yet references. */
interface Entry {
  readonly provider: Provider
  /** Undefined where it is that of a route. */
  readonly redirect_url: string | undefined
  readonly client_id: string
  readonly details: Details | undefined
  readonly environments: JunctionEnvironment[]
}

/**
 * Describes records of the catalogue's providers as byoo.yaml writes them: ids, details without secrets, environments.
 * Secrets become references to files, and overrides that no route serves become `redirect_url`. `left` says what could
 * not be described. Fails when an environment has several teams and no `team` is chosen.
 */
export function describeHeld(
  held: readonly HeldRecords[],
  routes: readonly ConfiguredRoute[],
  team: string | undefined,
) {
  const left: string[] = []
  const entries = new Map<string, Entry>()
  const teams: Partial<Record<JunctionEnvironment, string>> = {}
  const regionOf = ({ environment }: HeldRecords) => splitEnvironment(environment).region
  const ofTeam = held.find(({ records }) => records.some(({ team_id }) => team_id === team))
  for (const store of held) {
    const { environment } = store
    // A team has one region: it chooses among those of its own, and says nothing of the other.
    const chooses = team !== undefined && (!ofTeam || regionOf(ofTeam) === regionOf(store))
    const known = store.records.flatMap((record) => {
      const provider = providers.find(({ slug }) => slug === record.source)
      return provider && (!chooses || record.team_id === team) ? [{ provider, record }] : []
    })
    const ids = [...new Set(known.map(({ record }) => record.team_id))]
    if (ids.length > 1 && team !== undefined) {
      left.push(`${environment}, where ${ids.length} teams have credentials and none is the one of --team`)
      continue
    }
    if (ids.length > 1) {
      throw usageError(
        `${ids.length} teams have credentials in ${environment}: choose one`,
        ids.map((id) => `--team ${id}`).join('\n'),
      )
    }
    if (ids[0]) teams[environment] = ids[0]
    for (const { provider, record } of known) {
      const { client_id, redirect_url_override: override } = record
      const needsOverride = provider.slug === 'google_health' && isProduction(environment)
      if (!client_id || (needsOverride && !override)) {
        const what = client_id ? 'override, which it needs in production' : 'client id'
        left.push(`${provider.slug} in ${environment} has no ${what}`)
        continue
      }
      const redirect_url = redirectUrlOf(record, environment, routes)
      const parts = { redirect_url, client_id, details: ownDetails(record, environment) }
      const key = JSON.stringify([provider.slug, parts])
      const entry = entries.get(key) ?? { provider, ...parts, environments: [] }
      entry.environments.push(environment)
      entries.set(key, entry)
    }
  }
  const all = [...entries.values()]
  return { teams: byRegion(teams), credentials: all.map((entry) => describe(entry, all)), left }
}

function describe(entry: Entry, all: readonly Entry[]) {
  const { provider, redirect_url, client_id, details, environments } = entry
  const file = `./secrets/${provider.slug}${suffixOf(entry, all)}`
  const secrets = new Set(provider.details.flatMap(({ name, secret }) => (secret ? [name] : [])))
  return {
    provider: provider.slug,
    environments,
    ...(redirect_url !== undefined && { redirect_url }),
    client_id,
    client_secret: { file },
    ...(details && { details: withReferences(details, file, secrets) }),
  }
}

/** Another application has another secret: where a provider has several, files are told apart by an environment. */
function suffixOf({ provider, client_id, details }: Entry, all: readonly Entry[]): string {
  const entries = all.filter((entry) => entry.provider === provider)
  const same = entries.filter(
    (entry) => entry.client_id === client_id && JSON.stringify(entry.details) === JSON.stringify(details),
  )
  return same.length === entries.length ? '' : `_${same[0]?.environments[0]?.replace('/', '_')}`
}

/** The override, where it is not the URL of a route. */
function redirectUrlOf(
  { source, redirect_url_override: override }: Credential,
  environment: JunctionEnvironment,
  routes: readonly ConfiguredRoute[],
): string | undefined {
  if (!override) return 'junction'
  const own = narrowRoutes(routes, [environment], source)
  return own.some((route) => callbackUrl(route, source) === override) ? undefined : override
}

/** The details without a redirect URI that byoo fills in by itself. */
function ownDetails(
  { details = {}, source, redirect_url_override: override }: Credential,
  environment: JunctionEnvironment,
): Details | undefined {
  const { [redirectField]: redirectUri, ...rest } = details
  const own = redirectUri === (override ?? junctionUri(environment, source)) ? rest : details
  return Object.keys(own).length > 0 ? own : undefined
}

function withReferences(details: Details, file: string, secrets: ReadonlySet<string>, above = ''): Details {
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
