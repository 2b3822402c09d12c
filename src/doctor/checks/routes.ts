import { accepts, callbackUrl, routeEnvironments } from '../../config/callback.ts'
import { isLoopback } from '../../url.ts'
import type { Services } from '../facts.ts'
import { fail, noSubject, note, type Result } from '../findings.ts'
import { type CallbackTarget, type PublicRoute, subjectOf } from '../targets.ts'

/** Is it clear which URL Junction should hold, and for whom; and do portals accept it? */
export function checkRoutes(
  callbacks: readonly CallbackTarget[],
  routes: readonly PublicRoute[],
  services: Services,
): Result[] {
  return [
    ...routes.flatMap((route) => checkPrimary(route, routes)),
    ...callbacks
      .filter(({ route, provider }) => provider === undefined && routeEnvironments(route).length > 0)
      .map((callback) => {
        const message = 'nothing says for which providers this route is'
        return note('routes-without-provider', message, { subject: subjectOf(callback) })
      }),
    ...checkUses(callbacks, services),
    ...callbacks.flatMap((callback) => checkPortalRules(callback, services)),
  ]
}

/** A URL that no shared route serves has one target, whoever else uses it; told at the first of its uses. */
function checkUses(callbacks: readonly CallbackTarget[], { command }: Services): Result[] {
  const uses = callbacks.flatMap(({ route, provider }) =>
    provider === undefined ? [] : [{ route, provider, url: callbackUrl(route, provider) }],
  )
  return uses.flatMap(({ provider, url }, index) => {
    const same = uses.filter((one) => one.url === url)
    if (same.length < 2 || uses.findIndex((one) => one.url === url) < index) return []
    const names = same.map(
      ({ route, provider }) => `${provider} in ${routeEnvironments(route).join(' and ')}`,
    )
    const message = `${url} is the redirect URI of ${names.join(' and of ')}, and no shared route serves all of them: one at most can be right`
    const subject = { ...noSubject, route: url }
    return [
      fail('redirect-uri-of-several', message, { subject, command: command(undefined, 'prepare', provider) }),
    ]
  })
}

/** Most characters of a redirect URI. */
const maxLength = 255

/** What a provider's portal refuses as a redirect URI, whatever Junction holds. */
function checkPortalRules({ route, provider }: CallbackTarget, { command }: Services): Result[] {
  if (provider === undefined || isLoopback(new URL(route.url).hostname)) return []
  const uri = callbackUrl(route, provider)
  const { port } = new URL(uri)
  const rules = [
    ...(uri.length > maxLength ? [`has ${uri.length} characters, and at most ${maxLength} are allowed`] : []),
    ...(provider === 'withings' && port !== ''
      ? [`is on port ${port}, and Withings allows 80 and 443 only`]
      : []),
  ]
  const details = {
    subject: subjectOf({ route, provider }),
    command: command(undefined, 'providers', provider),
  }
  return rules.map((rule) => fail('redirect-uri-not-allowed', `the redirect URI ${rule}`, details))
}

/** Told at the first of several routes that are none of them primary. */
function checkPrimary(route: PublicRoute, routes: readonly PublicRoute[]): Result[] {
  const environment = routeEnvironments(route).find((name) =>
    routes.some((other) => other !== route && routeEnvironments(other).includes(name)),
  )
  if (!environment) return []
  const same = routes.filter((other) => {
    const slugs = other.provider === undefined ? other.providers : [other.provider]
    const overlaps = slugs === undefined ? true : slugs.some((slug) => accepts(route, slug))
    return routeEnvironments(other).includes(environment) && overlaps
  })
  if (same.length < 2 || same[0] !== route || same.some(({ primary }) => primary)) return []
  const message = `${environment} has ${same.length} routes, and none is primary: the first is used, ${route.url}`
  return [note('routes-primary-missing', message, { subject: subjectOf({ route }) })]
}
