import { inside, insideOrNothing, keep, type Mutation, mutation, parts } from './mutations.ts'
import { partName, partValue } from './query.ts'

/** One query as it was sent and as it came back. */
export interface Pair {
  /** Of the case. */
  readonly id: string
  readonly sent: string
  readonly received: string
}

/** A cut shorter than this cuts everything, and is something else. */
const shortestCut = 40
const fewestParameters = 20
/** More names than this, or longer ones, are no selection. */
const maxNames = 12
/** What is longer was not added by a proxy. */
const maxAdded = 300

/** Mutations with a number or a text in them that the answers tell. */
export function derivedMutations(pairs: readonly Pair[]): Mutation[] {
  const changed = pairs.filter(({ sent, received }) => sent !== received)
  return [...cuts(changed), ...selections(pairs), ...additions(changed)]
}

function cuts(changed: readonly Pair[]): Mutation[] {
  const kept = changed.filter(({ sent, received }) => sent.startsWith(received))
  const length = Math.max(0, ...kept.map(({ received }) => received.length))
  const count = Math.max(0, ...changed.map(({ received }) => received.split('&').length))
  const advice = 'Raise the limit, or answer what is longer with 414.'
  const byLength = mutation(
    'parameters-lost',
    `cut at ${length.toLocaleString('en')} bytes`,
    (query) => query.slice(0, length),
    advice,
  )
  const byCount = mutation(
    'parameters-lost',
    `no more than ${count.toLocaleString('en')} parameters are kept`,
    inside(parts((all) => all.slice(0, count))),
  )
  return [...(length >= shortestCut ? [byLength] : []), ...(count >= fewestParameters ? [byCount] : [])]
}

function selections(pairs: readonly Pair[]): Mutation[] {
  const kept = new Set(pairs.flatMap(({ received }) => received.replace(/^\?/, '').split('&').map(partName)))
  kept.delete('')
  const names = [...kept]
  if (names.length === 0 || names.length > maxNames || names.join('').length > maxAdded) return []
  const cause = `only ${names.toSorted().join(', ')} ${names.length === 1 ? 'is' : 'are'} kept`
  const pick = keep((part) => kept.has(partName(part)))
  return [
    insideOrNothing(pick),
    (query: string) => `?${pick(query.replace(/^\?/, ''))}`,
    ...[undefined, '', 'undefined', 'null', 'None'].map((absent) => fill(names, absent)),
  ].map((apply) => mutation('parameters-lost', cause, apply))
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

const appendNothing = 'Append nothing of your own to the query.'

function additions(changed: readonly Pair[]): Mutation[] {
  return changed.slice(0, 4).flatMap(({ sent, received }) => {
    const after = received.startsWith(sent) ? received.slice(sent.length).replace(/^[?&]/, '') : ''
    const kept = sent.slice(1)
    const before = kept !== '' && received.endsWith(`&${kept}`) ? received.slice(1, -kept.length - 1) : ''
    const add = (text: string, where: string, apply: (query: string) => string) =>
      mutation('parameters-changed', `${text} is added at the ${where}`, apply, appendNothing)
    const atEnd = after.length <= maxAdded && /^[^&]+=/.test(after) && !sent.includes(after)
    const atStart = before.length <= maxAdded && /^[^&]+=[^&]*$/.test(before)
    return [
      ...(atEnd ? [0, 1] : []).map((shortest) =>
        add(after, 'end', (query) => (query.length <= shortest ? `?${after}` : `${query}&${after}`)),
      ),
      ...(atStart ? [0, 1] : []).map((shortest) =>
        add(before, 'start', (query) =>
          query.length <= shortest ? `?${before}` : `?${before}&${query.slice(1)}`,
        ),
      ),
    ]
  })
}
