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
  const opened = (parts: readonly string[]) =>
    parts.flatMap((segment, at) =>
      slugPattern.test(segment) ? [{ at, name: parts.with(at, placeholder).join('/') }] : [],
    )
  if (position >= 0 && !providers) {
    // Two patterns with the slug in different places meet where each has a slug as the other's text: /{provider}/b, /a/{provider}.
    const crossings = opened(segments)
    return {
      filedUnder: [`pattern ${path}`, ...crossings.map(({ name }) => `slug at ${position} of ${name}`)],
      foundBy: [
        `pattern ${path}`,
        `taken by ${path}`,
        ...crossings.map(({ at, name }) => `slug at ${at} of ${name}`),
      ],
    }
  }
  const slugs = providers?.filter((slug) => slugPattern.test(slug)) ?? []
  const paths = position < 0 ? [segments] : slugs.map((slug) => segments.with(position, slug))
  const exact = paths.map((one) => `exact ${one.join('/')}`)
  // The patterns that take these paths.
  const patterns = paths.flatMap(opened).map(({ name }) => name)
  return {
    filedUnder: [...exact, ...patterns.map((name) => `taken by ${name}`)],
    foundBy: [...exact, ...patterns.map((name) => `pattern ${name}`)],
  }
}

/** What of a route takes part when two of them say the same of a provider in an environment. */
interface Claim {
  readonly environments: readonly string[]
  readonly providers?: readonly string[] | undefined
}

/** Each claim about a provider and environment of which an earlier one speaks, with the first of those. */
export function repeatedClaims<Item extends Claim>(items: readonly Item[]) {
  const claims = items.flatMap((claim) =>
    claim.environments.map((host) => ({ claim, host, path: placeholder, providers: claim.providers })),
  )
  const repeated = new Map<Item, { claim: Item; earlier: Item; environment: string }>()
  for (const [index, found = -1] of firstOverlaps(claims).entries()) {
    const [own, other] = [claims[index], claims[found]]
    if (!own || !other || repeated.has(own.claim)) continue
    repeated.set(own.claim, { claim: own.claim, earlier: other.claim, environment: own.host })
  }
  return repeated.values()
}
