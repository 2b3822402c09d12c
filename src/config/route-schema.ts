import * as z from 'zod/mini'
import { connectTarget, hosts, junctionEnvironments } from '../junction/environments.ts'
import { isLoopback } from '../url.ts'
import { type ConfiguredRoute, slugPattern } from './config.ts'
import { type Checked, faultsOf, fields } from './issues.ts'
import { pathFaults, readUrlTemplate } from './url.ts'

z.config({ jitless: true })

const choices = Object.entries(hosts)
  .map(([name, host]) => `${name} (${host.slice('https://'.length)})`)
  .join(', ')

const checkedText = (check: (text: string) => readonly string[]) =>
  z.string().check(
    z.check((context) => {
      const faults = check(context.value)
      if (faults.length > 0) faultsOf(context)([], faults.join('; '))
    }),
  )

const urlTemplate = checkedText((text) => readUrlTemplate(text).faults)

/** One of Junction's environments. */
export const environmentSchema = z.enum(junctionEnvironments)

/** A provider slug, as Junction writes it. */
export const slug = z
  .string()
  .check(z.regex(slugPattern, 'must be a provider slug: lower-case letters, digits, "_" and "-", at most 64'))

const routeFields = {
  environment: z.optional(environmentSchema),
  target: z.optional(urlTemplate),
  provider: z.optional(slug),
  providers: z.optional(z.array(slug).check(z.minLength(1, 'must name at least one provider'))),
}

/** Of an empty list of environments. */
export const oneEnvironment = 'must name at least one environment'

/** One entry of `routes` in byoo.yaml. */
export const routeSchema = z
  .strictObject({
    url: urlTemplate,
    ...routeFields,
    environments: z.optional(z.array(environmentSchema).check(z.minLength(1, oneEnvironment))),
    otherwise: z.optional(urlTemplate),
    primary: z.optional(z.boolean()),
  })
  .check(z.check(checkRoute, { when: () => true }))

/** The one route of `byoo serve` that flags and environment variables describe: its public URL may be unknown. */
export const flagRouteSchema = z
  .strictObject({
    url: z.optional(urlTemplate),
    path: z.optional(checkedText(pathFaults)),
    ...routeFields,
  })
  .check(z.check(checkRoute, { when: () => true }))

export type RouteInput = z.infer<typeof flagRouteSchema> &
  Partial<Pick<z.infer<typeof routeSchema>, 'environments' | 'otherwise' | 'primary'>>

function checkRoute(context: Checked): void {
  const route = fields(context.value)
  const fault = faultsOf(context)

  if (route.environments !== undefined || route.otherwise !== undefined) {
    checkSharedRoute(route, fault)
  } else if (route.target === undefined) {
    if (route.environment === undefined) {
      fault([], `needs an environment or a target; there is no default. Choose from ${choices}`)
    }
  } else if (route.environment !== undefined) {
    if (typeof route.target === 'string' && !isLoopback(readUrlTemplate(route.target).hostname)) {
      fault(['target'], 'cannot be combined with environment unless it is a loopback address: choose one')
    }
  }

  const named = route.provider !== undefined
  if (named && route.providers !== undefined)
    fault(['providers'], 'cannot be combined with provider: choose one')
  for (const key of ['url', 'path', 'target', 'otherwise']) {
    const value = route[key]
    if (typeof value !== 'string') continue
    const isOwn = key === 'url' || key === 'path'
    if (named && isOwn && value.includes('{provider}'))
      fault([key], 'must not contain {provider} when provider is given')
    if (!named && !/[{}]/.test(value))
      fault([key], 'must contain {provider}, or the route must name its provider')
  }
  if (typeof route.url === 'string' && typeof route.path === 'string') {
    if (readUrlTemplate(route.url).path !== route.path) {
      fault(['path'], 'differs from the path of the URL: leave it out')
    }
  }
}

/** A route that an app, or several environments, share: `environments` and `otherwise`, never one alone. */
function checkSharedRoute(
  { environment, environments, otherwise, target }: Readonly<Record<string, unknown>>,
  fault: (path: PropertyKey[], message: string) => void,
): void {
  const listed = Array.isArray(environments) ? environments : []
  const [first] = listed
  if (otherwise === undefined) {
    const alone = listed.length === 1 && isEnvironment(first)
    const instead = alone ? `write "environment: ${first}"` : 'or write one route for each environment'
    fault(['environments'], `needs "otherwise: <URL>", where all goes that is for none of them; ${instead}`)
  }
  if (environments === undefined) {
    const meant = isEnvironment(environment) ? environment : 'production/us, sandbox/us'
    fault(['otherwise'], `needs "environments: [${meant}]", whose logins go to Junction`)
  } else if (environment !== undefined) {
    fault(['environment'], 'cannot be combined with environments: list it there')
  }
  if (target !== undefined) {
    fault(['target'], 'cannot be combined with environments and otherwise, which say where all goes')
  }
  for (const [index, name] of listed.entries()) {
    if (listed.indexOf(name) < index) fault(['environments', index], 'is listed twice')
  }
}

function isEnvironment(value: unknown): boolean {
  return junctionEnvironments.some((name) => name === value)
}

export const defaultPath = '/oauth_callback/{provider}'

/** The route that a validated input describes. */
export function toRoute(input: RouteInput): ConfiguredRoute {
  const { url, path, provider, providers, environment, environments, otherwise, target } = input
  const read = url === undefined ? undefined : readUrlTemplate(url)
  return {
    url,
    host: read?.hostname,
    path: read?.path ?? path ?? defaultPath,
    provider,
    providers,
    environment,
    environments,
    otherwise,
    primary: input.primary ?? false,
    target: target ?? otherwise ?? (environment ? connectTarget(environment) : ''),
  }
}
