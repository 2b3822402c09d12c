import * as z from 'zod/mini'
import { junctionEnvironments } from '../junction/environments.ts'
import { version } from '../version.ts'
import { routeEnvironments } from './callback.ts'
import { healthPaths, readyPaths } from './config.ts'
import {
  checkCredentials,
  credentialSchema,
  organisation,
  teamNames,
  teamsSchema,
} from './credential-schema.ts'
import { type Checked, dotted, faultsOf, fields, secretLookingPaths, unknownKey } from './issues.ts'
import { firstOverlaps, type Place, repeatedClaims } from './overlap.ts'
import { routeSchema } from './route-schema.ts'
import { pathFaults, readUrlTemplate } from './url.ts'

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

/** The JSON Schema of byoo.yaml, for editors; made by the build from the schema that validates it. */
export function configJsonSchema(): Record<string, unknown> {
  return {
    title: `byoo.yaml of byoo ${version}`,
    ...z.toJSONSchema(configSchema, { io: 'input', target: 'draft-07' }),
  }
}

/** What is wrong with a key of byoo.yaml that is not known; one of an earlier spelling gets the line of today. */
export function describeUnknownKey(
  key: string,
  [section, ...rest]: readonly PropertyKey[],
  siblings: Readonly<Record<string, unknown>>,
): string {
  if (section === undefined) return unknownKey(key, Object.keys(configSchema.shape))
  if (section === 'teams') return unknownKey(key, teamNames)
  if (rest.length !== 1) return unknownKey(key, [])
  if (section === 'routes' && key === 'region') {
    const said = `${siblings.environment}/${siblings.region}`.split('/')
    const meant = junctionEnvironments.find((name) => name.split('/').every((part) => said.includes(part)))
    return `is a part of the environment: write "environment: ${meant ?? '<production or sandbox>/<us or eu>'}"`
  }
  if (section === 'credentials' && key === 'in') {
    // What of the list is an environment; all else in it is not repeated.
    const listed = junctionEnvironments.filter((name) => [siblings.in].flat().includes(name))
    return `is called environments: write "environments: [${listed.join(', ') || 'production/us'}]"`
  }
  return unknownKey(key, Object.keys((section === 'routes' ? routeSchema : credentialSchema).shape))
}

function checkSecrets(context: Checked): void {
  for (const path of secretLookingPaths(context.value)) {
    const message =
      'looks like a secret, and this file belongs in version control: take it out, and replace it where it is used'
    faultsOf(context)(path, message)
  }
}

type RouteOfFile = z.infer<typeof routeSchema>

/** The routes without a fault, by their index; `readable` when there are no others. */
function soundRoutes({ value, issues }: Checked) {
  const { routes } = fields(value)
  const all: readonly RouteOfFile[] = Array.isArray(routes) ? routes : []
  const faulty = new Set(issues.flatMap(({ path = [] }) => (path[0] === 'routes' ? [path[1]] : [])))
  const sound = new Map([...all.entries()].filter(([index]) => !faulty.has(index)))
  return { readable: sound.size === all.length, sound }
}

function checkAcrossRoutes(context: Checked, sound: ReadonlyMap<number, RouteOfFile>): void {
  const { site_verification: siteVerification } = fields(context.value)
  const fault = faultsOf(context)

  const routes = [...sound].map(([index, { url, provider, providers, primary, otherwise, ...route }]) => {
    const { origin, hostname: host, path } = readUrlTemplate(url)
    const own = provider ? [provider] : providers
    const environments = routeEnvironments(route)
    return { origin, host, path, providers: own, environments, primary, otherwise, at: ['routes', index] }
  })
  const shared = routes.filter(({ otherwise }) => otherwise !== undefined)
  for (const { claim, earlier } of repeatedClaims(routes.filter(({ primary }) => primary))) {
    fault([...claim.at, 'primary'], `is set on ${dotted(earlier.at)} too, for the same environment`)
  }
  for (const { claim, earlier, environment } of repeatedClaims(shared.filter(({ primary }) => !primary))) {
    const message = `${environment} is on ${dotted(earlier.at)} too: take it out of one, or put "primary: true" on one of the two routes`
    fault([...claim.at, 'environments'], message)
  }

  // What a shared route sends on must not come back to byoo's next decision. The targets come after all URLs, so the
  // first overlap of one is a URL if there is any.
  const urls = shared.map((route) => ({ ...route, host: route.origin }))
  const targets = shared.map((route) => {
    const { origin, path } = readUrlTemplate(route.otherwise ?? '')
    return { ...route, host: origin, path }
  })
  for (const [index, found] of firstOverlaps([...urls, ...targets])
    .slice(shared.length)
    .entries()) {
    const [own, other] = [shared[index], shared[found ?? -1]]
    if (!own || !other) continue
    const message =
      own === other
        ? 'is the URL of this route, an endless loop: write where the app has its own handler now'
        : `is ${dotted(other.at)}.url, which is shared too: write where the app has its own handler`
    fault([...own.at, 'otherwise'], message)
  }

  const reserved = [...healthPaths, ...readyPaths].map((path) => ({ host: undefined, path, at: [] }))
  const places: (Place & { readonly at: PropertyKey[] })[] = [
    ...reserved,
    ...routes.map((route) => ({ ...route, at: [...route.at, 'url'] })),
  ]
  for (const [path, body] of Object.entries(fields(siteVerification))) {
    const at = ['site_verification', path]
    const faults = /[{}]/.test(path) ? ['must be an exact path, without {provider}'] : pathFaults(path)
    if (typeof body === 'string' && Buffer.byteLength(body) > 1000)
      faults.push('must have a text of at most 1000 bytes')
    if (faults.length > 0) fault(at, faults.join('; '))
    else places.push({ host: undefined, path, at })
  }
  for (const [index, found = -1] of firstOverlaps(places).entries()) {
    const [own, other] = [places[index], places[found]]
    if (!own || !other) continue
    const message =
      found < reserved.length
        ? `also takes ${other.path}, where the forwarder tells its health: choose another path`
        : `overlaps ${dotted(other.at)}: a request could belong to both`
    fault(own.at, message)
  }
}
