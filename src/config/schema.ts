import * as z from 'zod/mini'
import { type JunctionEnvironment, junctionEnvironments } from '../junction/environments.ts'
import { routeEnvironments } from './callback.ts'
import { checkCredentials } from './check-credentials.ts'
import { healthPaths, readyPaths } from './config.ts'
import { credentialSchema, organisation, teamNames, teamsSchema } from './credential-schema.ts'
import { type Checked, custom, dotted, fields, unknownKey } from './issues.ts'
import { routeSchema } from './route-schema.ts'
import { secretLookingPaths } from './secret-look.ts'
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
    z.check(checkAcrossRoutes, { when: () => true }),
    z.check(checkCredentials, { when: () => true }),
    z.check(checkSecrets, { when: () => true }),
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

function checkAcrossRoutes(context: Checked): void {
  const { routes, site_verification: siteVerification } = fields(context.value)
  const fault = (path: PropertyKey[], message: string) =>
    context.issues.push(custom(context.value, message, path))

  const places: Place[] = []
  const shared: Place[] = []
  for (const [index, route] of (Array.isArray(routes) ? routes : []).entries()) {
    const parsed = routeSchema.safeParse(route)
    if (!parsed.success) continue
    const found = { ...place(parsed.data), at: ['routes', index, 'url'] }
    places.push(found)
    if (parsed.data.otherwise !== undefined) shared.push(found)
  }
  for (const [index, later] of places.entries()) {
    for (const earlier of places.slice(0, index)) {
      const common = commonEnvironment(earlier, later)
      if (!common) continue
      const [route, other] = [later.at.slice(0, 2), dotted(earlier.at.slice(0, 2))]
      if (earlier.primary && later.primary) {
        fault([...route, 'primary'], `is set on ${other} too, for the same environment`)
      } else if (shared.includes(earlier) && shared.includes(later) && !earlier.primary && !later.primary) {
        fault(
          [...route, 'environments'],
          `${common} is on ${other} too: take it out of one, or put "primary: true" on one of the two routes`,
        )
      }
    }
  }
  for (const { otherwise, at } of shared) {
    const other = shared.find((route) => route.at !== at && otherwise && leadsTo(otherwise, route))
    if (!other) continue
    const where = dotted(other.at)
    fault(
      [...at.slice(0, 2), 'otherwise'],
      `is ${where}, which is shared too: write where the app has its own handler`,
    )
  }
  for (const [path, body] of Object.entries(fields(siteVerification))) {
    const at = ['site_verification', path]
    const faults = /[{}]/.test(path) ? ['must be an exact path, without {provider}'] : pathFaults(path)
    if (typeof body === 'string' && Buffer.byteLength(body) > 1000)
      faults.push('must have a text of at most 1000 bytes')
    if (faults.length > 0) fault(at, faults.join('; '))
    else places.push({ host: undefined, path, at })
  }
  for (const [index, later] of places.entries()) {
    const reserved = [...healthPaths, ...readyPaths].find((path) => pathsOverlap(later, { path }))
    if (reserved)
      fault(later.at, `also takes ${reserved}, where the forwarder tells its health: choose another path`)
    const earlier = places
      .slice(0, index)
      .find((other) => sameHost(other, later) && pathsOverlap(other, later))
    if (earlier) fault(later.at, `overlaps ${dotted(earlier.at)}: a request could belong to both`)
  }
}

interface Place {
  readonly origin?: string
  readonly host: string | undefined
  readonly path: string
  readonly providers?: readonly string[] | undefined
  readonly primary?: boolean | undefined
  readonly environments?: readonly JunctionEnvironment[]
  readonly otherwise?: string | undefined
  readonly at: PropertyKey[]
}

function place(route: z.infer<typeof routeSchema>): Omit<Place, 'at'> {
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

/** An environment for which two routes take the callbacks of one provider. */
function commonEnvironment(left: Place, right: Place): JunctionEnvironment | undefined {
  const apart =
    left.providers && right.providers && !left.providers.some((slug) => right.providers?.includes(slug))
  return apart ? undefined : left.environments?.find((name) => right.environments?.includes(name))
}

function leadsTo(otherwise: string, route: Place): boolean {
  const { origin, path } = readUrlTemplate(otherwise)
  return origin === route.origin && pathsOverlap({ path }, route)
}

function sameHost(left: Place, right: Place): boolean {
  return left.host === undefined || right.host === undefined || left.host === right.host
}
