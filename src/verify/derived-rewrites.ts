import { partName, partValue } from './query.ts'
import { inside, insideOrNothing, keep, parts, type Rewrite, rewrite } from './rewrite.ts'

/** One query as it was sent and as it came back. */
export interface Pair {
  /** Of the case. */
  readonly id: string
  readonly sent: string
  readonly received: string
}

/** Rewrites with a number or a text in them, which the answers themselves tell. */
export function derivedRewrites(pairs: readonly Pair[]): Rewrite[] {
  const changed = pairs.filter(({ sent, received }) => sent !== received)
  return [...cuts(changed), ...selections(pairs), ...additions(changed)]
}

/** A cut shorter than this cuts everything, and is something else. */
const shortestCut = 40
const fewestParameters = 20

function cuts(changed: readonly Pair[]): Rewrite[] {
  const length = Math.max(
    0,
    ...changed.map(({ sent, received }) => (sent.startsWith(received) ? received.length : 0)),
  )
  const count = Math.max(0, ...changed.map(({ received }) => received.split('&').length))
  const number = (value: number) => value.toLocaleString('en')
  return [
    ...(length >= shortestCut
      ? [rewrite('cut', `cut at ${number(length)} bytes`, (query) => query.slice(0, length))]
      : []),
    ...(count >= fewestParameters
      ? [
          rewrite(
            'parameters-cut',
            `no more than ${number(count)} parameters`,
            inside(parts((all) => all.slice(0, count))),
          ),
        ]
      : []),
  ]
}

/** More names than this, or longer ones, are no selection. */
const mostNames = 12
/** What is longer was not added by a proxy, and trying it out in every combination would take for ever. */
const longestText = 300

function selections(pairs: readonly Pair[]): Rewrite[] {
  const kept = new Set(pairs.flatMap(({ received }) => received.replace(/^\?/, '').split('&').map(partName)))
  kept.delete('')
  const names = [...kept]
  if (names.length === 0 || names.length > mostNames || names.join('').length > longestText) return []
  const culprit = `only ${[...names].sort().join(', ')} ${names.length === 1 ? 'is' : 'are'} kept`
  const pick = keep((part) => kept.has(partName(part)))
  return [
    rewrite('parameters-dropped', culprit, insideOrNothing(pick)),
    rewrite('parameters-dropped', culprit, (query) => `?${pick(query.replace(/^\?/, ''))}`),
    ...[undefined, '', 'undefined', 'null', 'None'].map((absent) =>
      rewrite('parameters-dropped', culprit, fill(names, absent)),
    ),
  ]
}

/** What a template like `?code=${code}&state=${state}` makes of a query. */
function fill(names: readonly string[], absent: string | undefined): (query: string) => string {
  return insideOrNothing(
    parts((all) =>
      names.flatMap((name) => {
        const part = all.find((candidate) => partName(candidate) === name)
        if (part !== undefined) return [`${name}=${partValue(part)}`]
        return absent === undefined ? [] : [`${name}=${absent}`]
      }),
    ),
  )
}

function additions(changed: readonly Pair[]): Rewrite[] {
  return changed.slice(0, 4).flatMap(({ sent, received }) => {
    const after = received.startsWith(sent) ? received.slice(sent.length).replace(/^[?&]/, '') : ''
    const kept = sent.slice(1)
    const before = kept !== '' && received.endsWith(`&${kept}`) ? received.slice(1, -kept.length - 1) : ''
    const atEnd = `${after} added at the end`
    const atStart = `${before} added at the start`
    return [
      ...(after.length <= longestText && /^[^&]+=/.test(after) && !sent.includes(after)
        ? [0, 1].map((shortest) =>
            rewrite('parameter-added', atEnd, (query) =>
              query.length <= shortest ? `?${after}` : `${query}&${after}`,
            ),
          )
        : []),
      ...(before.length <= longestText && /^[^&]+=[^&]*$/.test(before)
        ? [
            rewrite('parameter-added', atStart, (query) => `?${before}&${query.slice(1)}`),
            rewrite('parameter-added', atStart, (query) =>
              query.length < 2 ? `?${before}` : `?${before}&${query.slice(1)}`,
            ),
          ]
        : []),
    ]
  })
}
