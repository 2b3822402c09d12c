import * as z from 'zod/mini'
import { environments, hosts, regions } from '../junction/environments.ts'
import { healthPaths, readyPaths, slugPattern } from './config.ts'
import { type Fault, suggestion } from './fault.ts'
import { isLoopback, pathFaults, pathsOverlap, readUrlTemplate } from './url.ts'

const combinations = Object.entries(hosts)
  .map(([name, host]) => `${name} (${host.slice('https://'.length)})`)
  .join(', ')

const urlTemplate = z.string().check(
  z.check((context) => {
    const { faults } = readUrlTemplate(context.value)
    if (faults.length > 0) context.issues.push(custom(context.value, faults.join('; ')))
  }),
)

const slug = z
  .string()
  .check(z.regex(slugPattern, 'must be a provider slug: lower-case letters, digits, "_" and "-", at most 64'))

const routeFields = {
  environment: z.optional(z.enum(environments)),
  region: z.optional(z.enum(regions)),
  target: z.optional(urlTemplate),
  provider: z.optional(slug),
  providers: z.optional(z.array(slug).check(z.minLength(1, 'must name at least one provider'))),
}

/** One entry of `routes` in byoo.yaml. */
export const routeSchema = z
  .strictObject({ url: urlTemplate, ...routeFields, primary: z.optional(z.boolean()) })
  .check(z.check(checkRoute, { when: () => true }))

/** The one route of `byoo serve` that flags and environment variables describe: its public URL may be unknown. */
export const flagRouteSchema = z
  .strictObject({
    url: z.optional(urlTemplate),
    path: z.optional(
      z.string().check(
        z.check((context) => {
          const faults = pathFaults(context.value)
          if (faults.length > 0) context.issues.push(custom(context.value, faults.join('; ')))
        }),
      ),
    ),
    ...routeFields,
  })
  .check(z.check(checkRoute, { when: () => true }))

/** The sections of byoo.yaml; `org`, `teams` and `credentials` concern the management commands, not `serve`. */
export const configSchema = z
  .strictObject({
    routes: z.array(routeSchema).check(z.minLength(1, 'must have at least one route')),
    site_verification: z.optional(z.record(z.string(), z.string())),
    org: z.optional(z.unknown()),
    teams: z.optional(z.unknown()),
    credentials: z.optional(z.unknown()),
  })
  .check(z.check(checkAcrossRoutes, { when: () => true }))

export type RouteInput = z.infer<typeof flagRouteSchema>
export type ConfigInput = z.infer<typeof configSchema>

/** Turns zod's issues into faults that a person can act on. */
export function toFaults(issues: readonly z.core.$ZodIssue[]): Fault[] {
  return issues.flatMap((issue) => {
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((key) => ({
          path: [...issue.path, key],
          message: `is not a known key${suggestion(key, knownKeys(issue.path))}`,
        }))
      case 'invalid_value':
        return { path: issue.path, message: `${oneOf(issue.values)}${nearMiss(issue.input, issue.values)}` }
      case 'invalid_type':
        return { path: issue.path, message: typeMessage(issue.expected, issue.input) }
      default:
        return { path: issue.path, message: issue.message }
    }
  })
}

type Checked = Parameters<z.core.CheckFn<unknown>>[0]

function checkRoute(context: Checked): void {
  const route = fields(context.value)
  const fault = (path: string[], message: string) => context.issues.push(custom(context.value, message, path))

  if (route.target === undefined) {
    if (route.environment === undefined && route.region === undefined) {
      fault(
        [],
        `needs an environment and a region, or a target; there is no default. Choose from ${combinations}`,
      )
    } else if (route.environment === undefined || route.region === undefined) {
      const missing = route.environment === undefined ? 'environment' : 'region'
      fault([missing], `is missing; there is no default. Choose from ${combinations}`)
    }
  } else if (route.environment !== undefined || route.region !== undefined) {
    if (typeof route.target === 'string' && !isLoopback(readUrlTemplate(route.target).hostname)) {
      fault(
        ['target'],
        'cannot be combined with environment and region unless it is a loopback address: choose one',
      )
    }
  }

  const named = route.provider !== undefined
  if (named && route.providers !== undefined)
    fault(['providers'], 'cannot be combined with provider: choose one')
  for (const key of ['url', 'path']) {
    const value = route[key]
    if (typeof value !== 'string') continue
    if (named && value.includes('{provider}'))
      fault([key], 'must not contain {provider} when provider is given')
    if (!named && !/[{}]/.test(value))
      fault([key], 'must contain {provider}, or the route must name its provider')
  }
  if (!named && typeof route.target === 'string' && !/[{}]/.test(route.target)) {
    fault(['target'], 'must contain {provider}, or the route must name its provider')
  }
  if (typeof route.url === 'string' && typeof route.path === 'string') {
    if (readUrlTemplate(route.url).path !== route.path) {
      fault(['path'], 'differs from the path of the URL: leave it out')
    }
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
  readonly at: PropertyKey[]
}

function place(route: z.infer<typeof routeSchema>): Omit<Place, 'at'> {
  const { hostname, path } = readUrlTemplate(route.url)
  return { host: hostname, path, providers: route.providers }
}

function sameHost(left: Place, right: Place): boolean {
  return left.host === undefined || right.host === undefined || left.host === right.host
}

/** `routes[1].url` for `['routes', 1, 'url']`. */
export function dotted(path: readonly PropertyKey[]): string {
  return path
    .map((key) => {
      if (typeof key === 'number') return `[${key}]`
      return /^\w+$/.test(String(key)) ? `.${String(key)}` : `[${JSON.stringify(key)}]`
    })
    .join('')
    .replace(/^\./, '')
}

function custom(input: unknown, message: string, path: PropertyKey[] = []): z.core.$ZodRawIssue {
  return { code: 'custom', input, message, path }
}

function fields(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {}
}

function knownKeys(path: readonly PropertyKey[]): string[] {
  return path[0] === 'routes' ? Object.keys(routeSchema.shape) : Object.keys(configSchema.shape)
}

function oneOf(values: readonly unknown[]): string {
  const quoted = values.map((value) => JSON.stringify(value))
  return quoted.length > 2 ? `must be one of ${quoted.join(', ')}` : `must be ${quoted.join(' or ')}`
}

function nearMiss(input: unknown, values: readonly unknown[]): string {
  if (typeof input !== 'string') return ''
  return `, not ${JSON.stringify(input.slice(0, 40))}${suggestion(input, values.map(String))}`
}

function typeMessage(expected: string, input: unknown): string {
  if (input === undefined) return 'is missing'
  const kinds: Record<string, string> = {
    string: 'text',
    array: 'a list',
    object: 'a mapping',
    record: 'a mapping',
  }
  return `must be ${kinds[expected] ?? `a ${expected}`}`
}
