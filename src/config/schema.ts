import * as z from 'zod/mini'
import { type JunctionEnvironment, junctionEnvironments } from '../junction/environments.ts'
import { routeEnvironments } from './callback.ts'
import { checkCredentials } from './check-credentials.ts'
import { healthPaths, readyPaths } from './config.ts'
import { credentialSchema, organisation, teamNames, teamsSchema } from './credential-schema.ts'
import { type Checked, custom, dotted, fields, secretLookingPaths, unknownKey } from './issues.ts'
import { firstClaims, firstOverlaps, type Place } from './overlap.ts'
import { routeSchema } from './route-schema.ts'
import { pathFaults, pathsOverlap, readUrlTemplate } from './url.ts'

/** byoo.yaml. `serve` uses `routes` and `site_verification`, the management commands everything but the latter. */
export const configSchema = z
  .strictObject({
    routes: z.optional(
      z
        .array(routeSchema)
        .check(
          z.minLength(1, 'must have at least one route'),
          z.describe('The callbacks that the forwarder answers, each for one environment, or shared.'),
        ),
    ),
    site_verification: z.optional(
      z
        .record(z.string(), z.string())
        .check(z.describe('Exact path → text, to prove to a provider that the domain is yours.')),
    ),
    org: z.optional(organisation.check(z.describe('Your organisation in Junction.'))),
    teams: z.optional(
      teamsSchema.check(z.describe('Your team in Junction of each region, or of each environment.')),
    ),
    credentials: z.optional(
      z
        .array(credentialSchema)
        .check(z.describe('The OAuth credentials that Junction should hold. Secrets are referred to only.')),
    ),
  })
  .check(
    z.check(
      (context) => {
        const { readable, sound } = soundRoutes(context)
        checkAcrossRoutes(context, sound)
        checkCredentials(context, [...sound.values()], readable)
        checkSecrets(context)
      },
      { when: () => true },
    ),
  )

export type ConfigInput = z.infer<typeof configSchema>

/** What is wrong with a key of byoo.yaml that is not known; one of an earlier spelling gets the line of today. */
export function describeUnknownKey(
  key: string,
  path: readonly PropertyKey[],
  siblings: Readonly<Record<string, unknown>>,
): string {
  const [section, ...rest] = path
  if (section === undefined) return unknownKey(key, Object.keys(configSchema.shape))
  if (section === 'teams') return unknownKey(key, teamNames)
  if (rest.length !== 1) return unknownKey(key, [])
  if (section === 'routes' && key === 'region') {
    const said = `${siblings.environment}/${siblings.region}`.split('/')
    const meant = junctionEnvironments.find((name) => name.split('/').every((part) => said.includes(part)))
    return `is a part of the environment: write "environment: ${meant ?? '<production or sandbox>/<us or eu>'}"`
  }
  if (section === 'routes') return unknownKey(key, Object.keys(routeSchema.shape))
  if (key === 'in') {
    const listed = environmentsIn(siblings.in)
    return `is called environments: write "environments: [${listed.length > 0 ? listed.join(', ') : 'production/us'}]"`
  }
  return unknownKey(key, Object.keys(credentialSchema.shape))
}

/** What of a list is an environment; all else in it is not repeated. */
function environmentsIn(list: unknown): JunctionEnvironment[] {
  return junctionEnvironments.filter((name) => Array.isArray(list) && list.includes(name))
}

function checkSecrets(context: Checked): void {
  for (const path of secretLookingPaths(context.value)) {
    context.issues.push(
      custom(
        context.value,
        'looks like a secret, and this file belongs in version control: take it out, and replace it where it is used',
        path,
      ),
    )
  }
}

/** The routes without a fault, by their index; `readable` when there are no others. */
function soundRoutes({ value, issues }: Checked) {
  const { routes } = fields(value)
  const all: readonly z.infer<typeof routeSchema>[] = Array.isArray(routes) ? routes : []
  const faulty = new Set(issues.flatMap(({ path = [] }) => (path[0] === 'routes' ? [path[1]] : [])))
  const sound = new Map([...all.entries()].filter(([index]) => !faulty.has(index)))
  return { readable: sound.size === all.length, sound }
}

function checkAcrossRoutes(context: Checked, sound: ReadonlyMap<number, z.infer<typeof routeSchema>>): void {
  const { site_verification: siteVerification } = fields(context.value)
  const fault = (path: PropertyKey[], message: string) =>
    context.issues.push(custom(context.value, message, path))

  const places: RoutePlace[] = []
  for (const [index, route] of sound) places.push({ ...place(route), at: ['routes', index, 'url'] })
  const shared = places.filter(({ otherwise }) => otherwise !== undefined)
  const primaries = places.filter(({ primary }) => primary)
  for (const [index, claim] of firstClaims(primaries).entries()) {
    if (!claim) continue
    const at = dotted(claim.item.at.slice(0, 2))
    fault(
      [...(primaries[index]?.at.slice(0, 2) ?? []), 'primary'],
      `is set on ${at} too, for the same environment`,
    )
  }
  const equals = shared.filter(({ primary }) => !primary)
  for (const [index, claim] of firstClaims(equals).entries()) {
    if (!claim) continue
    const at = dotted(claim.item.at.slice(0, 2))
    fault(
      [...(equals[index]?.at.slice(0, 2) ?? []), 'environments'],
      `${claim.environment} is on ${at} too: take it out of one, or put "primary: true" on one of the two routes`,
    )
  }
  checkOtherwise(shared, fault)
  for (const [path, body] of Object.entries(fields(siteVerification))) {
    const at = ['site_verification', path]
    const faults = /[{}]/.test(path) ? ['must be an exact path, without {provider}'] : pathFaults(path)
    if (typeof body === 'string' && Buffer.byteLength(body) > 1000)
      faults.push('must have a text of at most 1000 bytes')
    if (faults.length > 0) fault(at, faults.join('; '))
    else places.push({ host: undefined, path, environments: [], at })
  }
  const earlier = firstOverlaps(places)
  for (const [index, { at, path, providers }] of places.entries()) {
    const reserved = [...healthPaths, ...readyPaths].find((one) =>
      pathsOverlap({ path, providers }, { path: one }),
    )
    if (reserved)
      fault(at, `also takes ${reserved}, where the forwarder tells its health: choose another path`)
    const other = places[earlier[index] ?? -1]
    if (other) fault(at, `overlaps ${dotted(other.at)}: a request could belong to both`)
  }
}

interface RoutePlace extends Place {
  readonly origin?: string
  readonly primary?: boolean | undefined
  readonly environments: readonly JunctionEnvironment[]
  readonly otherwise?: string | undefined
  readonly at: PropertyKey[]
}

function place(route: z.infer<typeof routeSchema>): Omit<RoutePlace, 'at'> {
  const { origin, hostname, path } = readUrlTemplate(route.url)
  const { primary, otherwise } = route
  const providers = route.provider ? [route.provider] : route.providers
  return {
    origin,
    host: hostname,
    path,
    providers,
    primary,
    otherwise,
    environments: routeEnvironments(route),
  }
}

/** What a shared route sends on must not come back to byoo's next decision. */
function checkOtherwise(
  shared: readonly RoutePlace[],
  fault: (path: PropertyKey[], message: string) => void,
): void {
  const urls = shared.map((route) => ({ ...route, host: route.origin }))
  const targets = shared.map((route) => {
    const { origin, path } = readUrlTemplate(route.otherwise ?? '')
    return { ...route, host: origin, path }
  })
  // The targets come after all URLs, so the first overlap of one is a URL if there is any.
  const found = firstOverlaps([...urls, ...targets]).slice(shared.length)
  for (const [index, own] of shared.entries()) {
    const other = shared[found[index] ?? -1]
    if (!other || other === own) continue
    const where = dotted(other.at)
    fault(
      [...own.at.slice(0, 2), 'otherwise'],
      `is ${where}, which is shared too: write where the app has its own handler`,
    )
  }
}
