import { slugPattern } from './config.ts'

/** A path on a host, or on every host. */
export interface Place {
  readonly host: string | undefined
  /** A path template. */
  readonly path: string
  /** The slugs that it takes; undefined takes all. */
  readonly providers?: readonly string[] | undefined
}

const placeholder = '{provider}'

/**
 * For each place the index of the first one before it with which it shares a request, in a time that grows with their number alone:
 * every place is filed under all that another one may be found by.
 */
export function firstOverlaps(places: readonly Place[]): (number | undefined)[] {
  const filed = new Map<string, number>()
  return places.map((place, index) => {
    const { filedUnder, foundBy } = namesOf(place)
    const { host } = place
    let first: number | undefined
    for (const name of foundBy) {
      for (const where of host === undefined ? ['all'] : [`host ${host}`, 'none']) {
        const found = filed.get(`${where} ${name}`)
        if (found !== undefined && found < (first ?? index)) first = found
      }
    }
    for (const name of filedUnder) {
      for (const where of ['all', host === undefined ? 'none' : `host ${host}`]) {
        if (!filed.has(`${where} ${name}`)) filed.set(`${where} ${name}`, index)
      }
    }
    return first
  })
}

/** With `{provider}` for every slug, a path is a pattern; with a list of providers it is as many exact paths. */
function namesOf({ path, providers }: Place): { readonly filedUnder: string[]; readonly foundBy: string[] } {
  const segments = path.split('/')
  const position = segments.indexOf(placeholder)
  const withSegment = (changed: readonly string[], at: number, segment: string) =>
    changed.with(at, segment).join('/')
  if (position < 0 || providers) {
    const paths = position < 0 ? [segments] : slugsOf(providers).map((slug) => segments.with(position, slug))
    // The patterns that take this path.
    const patterns = paths.flatMap((exact) =>
      exact.flatMap((segment, at) =>
        slugPattern.test(segment) ? [withSegment(exact, at, placeholder)] : [],
      ),
    )
    const exact = paths.map((one) => one.join('/'))
    return {
      filedUnder: [...exact.map((name) => `exact ${name}`), ...patterns.map((name) => `taken by ${name}`)],
      foundBy: [...exact.map((name) => `exact ${name}`), ...patterns.map((name) => `pattern ${name}`)],
    }
  }
  // Two patterns with the slug in different places meet where each has a slug as the other's text: /{provider}/b, /a/{provider}.
  const crossings = segments.flatMap((segment, at) =>
    slugPattern.test(segment) ? [{ at, name: withSegment(segments, at, placeholder) }] : [],
  )
  return {
    filedUnder: [`pattern ${path}`, ...crossings.map(({ name }) => `slug at ${position} of ${name}`)],
    foundBy: [
      `pattern ${path}`,
      `taken by ${path}`,
      ...crossings.map(({ at, name }) => `slug at ${at} of ${name}`),
    ],
  }
}

function slugsOf(providers: readonly string[] | undefined): string[] {
  return (providers ?? []).filter((slug) => slugPattern.test(slug))
}

/** What of a route takes part when two of them say the same of a provider in an environment. */
interface Claim {
  readonly environments: readonly string[]
  readonly providers?: readonly string[] | undefined
}

/** Each claim about a provider and environment of which an earlier one speaks, with the first of those. */
export function repeatedClaims<Item extends Claim>(claims: readonly Item[]) {
  const filed = new Map<string, Item>()
  return claims.flatMap((claim) => {
    const { environments, providers } = claim
    const found = environments.flatMap((environment) => {
      const names = providers ? ['every', ...providers] : ['any']
      const earlier = names.map((name) => filed.get(`${environment} ${name}`)).find(Boolean)
      return earlier ? [{ claim, earlier, environment }] : []
    })
    for (const environment of environments) {
      for (const name of ['any', ...(providers ?? ['every'])]) {
        if (!filed.has(`${environment} ${name}`)) filed.set(`${environment} ${name}`, claim)
      }
    }
    return found.slice(0, 1)
  })
}
