import * as z from 'zod/mini'
import { hosts, junctionEnvironments } from '../junction/environments.ts'
import { slugPattern } from './config.ts'
import { type Checked, custom, fields } from './issues.ts'
import { isLoopback, pathFaults, readUrlTemplate } from './url.ts'

z.config({ jitless: true })

const choices = Object.entries(hosts)
  .map(([name, host]) => `${name} (${host.slice('https://'.length)})`)
  .join(', ')

const urlTemplate = z.string().check(
  z.check((context) => {
    const { faults } = readUrlTemplate(context.value)
    if (faults.length > 0) context.issues.push(custom(context.value, faults.join('; ')))
  }),
)

/** A provider slug, as Junction writes it. */
export const slug = z
  .string()
  .check(z.regex(slugPattern, 'must be a provider slug: lower-case letters, digits, "_" and "-", at most 64'))

const routeFields = {
  environment: z.optional(z.enum(junctionEnvironments)),
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

export type RouteInput = z.infer<typeof flagRouteSchema>

function checkRoute(context: Checked): void {
  const route = fields(context.value)
  const fault = (path: string[], message: string) => context.issues.push(custom(context.value, message, path))

  if (route.target === undefined) {
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
