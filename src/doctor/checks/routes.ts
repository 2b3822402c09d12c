import { accepts, callbackUrl } from '../../config/callback.ts'
import { isLoopback } from '../../loopback.ts'
import { type Finding, found, wrong } from '../finding.ts'
import type { Services } from '../services.ts'
import {
  type Callback,
  combination,
  type PublicRoute,
  placeOf,
  subjectOfCallback,
  subjectOfRoute,
} from '../subjects.ts'

/** Do the routes leave open what Junction should hold, or whom they are for? */
export function checkRoutes(
  callbacks: readonly Callback[],
  routes: readonly PublicRoute[],
  services: Services,
): Finding[] {
  return [
    ...routes.flatMap((route) => withoutPrimary(route, routes)),
    ...withoutProvider(callbacks),
    ...callbacks.flatMap((callback) => refusedByPortal(callback, services)),
  ]
}

/** Most characters of a redirect URI. */
const longest = 255

/** What a provider's portal refuses as a redirect URI, whatever Junction holds. */
function refusedByPortal({ route, provider }: Callback, { command }: Services): Finding[] {
  if (provider === undefined || isLoopback(new URL(route.url).hostname)) return []
  const uri = callbackUrl(route, provider)
  const { port } = new URL(uri)
  const faults = [
    ...(uri.length > longest
      ? [`has ${uri.length} characters, more than the ${longest} that are allowed`]
      : []),
    ...(provider === 'withings' && port !== ''
      ? [`is on port ${port}, and Withings allows 80 and 443 only`]
      : []),
  ]
  return faults.map((fault) =>
    wrong(
      'routes-redirect-uri-refused',
      subjectOfCallback({ route, provider }),
      `the redirect URI ${fault}`,
      {
        advice: 'Choose another address, and correct the URL of the route in byoo.yaml.',
        command: command(undefined, 'providers', provider),
      },
    ),
  )
}

/** Told at the first of several routes that are none of them primary. */
function withoutPrimary(route: PublicRoute, routes: readonly PublicRoute[]): Finding[] {
  const place = placeOf(route)
  if (!place) return []
  const same = routes.filter((other) => {
    const there = placeOf(other)
    const slugs = other.provider === undefined ? other.providers : [other.provider]
    const overlap = slugs === undefined ? true : slugs.some((slug) => accepts(route, slug))
    return there && combination(there) === combination(place) && overlap
  })
  if (same.length < 2 || same[0] !== route || same.some(({ primary }) => primary)) return []
  const message = `${combination(place)} has ${same.length} routes, and none is the one that Junction should hold`
  return [
    found('routes-primary-missing', subjectOfRoute(route), message, {
      advice: `Write "primary: true" into one of them in byoo.yaml; until then the first is taken, ${route.url}.`,
    }),
  ]
}

function withoutProvider(callbacks: readonly Callback[]): Finding[] {
  return callbacks
    .filter(({ route, provider }) => provider === undefined && placeOf(route))
    .map(({ route }) =>
      found(
        'routes-without-provider',
        subjectOfRoute(route),
        'nothing says for which providers this route is',
        {
          advice:
            'Name one, as in byoo doctor strava, or list them as "providers" of the route in byoo.yaml.',
        },
      ),
    )
}
