import * as z from 'zod/mini'
import { junctionEnvironments } from '../junction/environments.ts'
import { checkCredentials } from './check-credentials.ts'
import { healthPaths, readyPaths } from './config.ts'
import { credentialSchema, organisation, teamsSchema } from './credential-schema.ts'
import { type Checked, custom, dotted, fields } from './issues.ts'
import { routeSchema } from './route-schema.ts'
import { secretLookingPaths } from './secret-look.ts'
import { pathFaults, pathsOverlap, readUrlTemplate } from './url.ts'

/** byoo.yaml. `serve` uses `routes` and `site_verification`, the management commands everything but the latter. */
export const configSchema = z
  .strictObject({
    routes: z
      .array(routeSchema)
      .check(
        z.minLength(1, 'must have at least one route'),
        z.describe('The callbacks that the forwarder answers, each for one environment.'),
      ),
    site_verification: z.optional(
      z
        .record(z.string(), z.string())
        .check(z.describe('Exact path → text, to prove to a provider that the domain is yours.')),
    ),
    org: z.optional(organisation.check(z.describe('Your organisation in Junction.'))),
    teams: z.optional(teamsSchema.check(z.describe('Your team in Junction for each environment.'))),
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

/** The keys that may stand at a path of byoo.yaml. */
export function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  const [section, ...rest] = path
  if (section === undefined) return Object.keys(configSchema.shape)
  if (section === 'teams') return junctionEnvironments
  if (rest.length !== 1) return []
  if (section === 'routes') return Object.keys(routeSchema.shape)
  return section === 'credentials' ? Object.keys(credentialSchema.shape) : []
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
  for (const [index, route] of (Array.isArray(routes) ? routes : []).entries()) {
    const parsed = routeSchema.safeParse(route)
    if (parsed.success) places.push({ ...place(parsed.data), at: ['routes', index, 'url'] })
  }
  for (const [index, primary] of places.entries()) {
    const other = places.slice(0, index).find((earlier) => bothPrimary(earlier, primary))
    if (other) {
      const at = dotted(other.at.slice(0, 2))
      fault([...primary.at.slice(0, 2), 'primary'], `is set on ${at} too, for the same environment`)
    }
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
  readonly host: string | undefined
  readonly path: string
  readonly providers?: readonly string[] | undefined
  /** `production/us` of a primary route. */
  readonly primary?: string | undefined
  readonly at: PropertyKey[]
}

function place(route: z.infer<typeof routeSchema>): Omit<Place, 'at'> {
  const { hostname, path } = readUrlTemplate(route.url)
  const primary = route.primary ? route.environment : undefined
  return { host: hostname, path, providers: route.provider ? [route.provider] : route.providers, primary }
}

function bothPrimary(left: Place, right: Place): boolean {
  if (left.primary === undefined || left.primary !== right.primary) return false
  return !left.providers || !right.providers || left.providers.some((slug) => right.providers?.includes(slug))
}

function sameHost(left: Place, right: Place): boolean {
  return left.host === undefined || right.host === undefined || left.host === right.host
}
