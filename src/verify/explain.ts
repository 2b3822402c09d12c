import { derivedRewrites, type Pair } from './derived-rewrites.ts'
import { encodingRewrites } from './encoding-rewrites.ts'
import type { FindingId } from './findings.ts'
import { parameterRewrites } from './parameter-rewrites.ts'
import type { Rewrite } from './rewrite.ts'

/** Which rewrites account for the changes. */
export interface Explanation {
  /** Case id → findings; every changed case has at least one. */
  readonly findings: ReadonlyMap<string, readonly FindingId[]>
  readonly culprits: ReadonlyMap<FindingId, string>
  /** What one more query, which told nothing by itself, was changed by; undefined when it is none of these. */
  alsoExplains(sent: string, received: string): readonly FindingId[] | undefined
}

type Chain = readonly Rewrite[]

const longestChain = 3

/**
 * Finds the shortest chain of known rewrites that turns every sent query into the received one, the unchanged ones
 * included. When no chain explains all, what remains after each best part is explained by the next, and what is left
 * in the end is a change of its own.
 */
export function explain(pairs: readonly Pair[]): Explanation {
  const findings = new Map<string, readonly FindingId[]>()
  const culprits = new Map<FindingId, string>()
  const changed = pairs.filter(({ sent, received }) => sent !== received)
  const unchanged = pairs.filter(({ sent, received }) => sent === received)
  const accepted: Chain[] = []
  const alsoExplains = (sent: string, received: string) => {
    const chain = accepted.find((candidate) => run(candidate, sent) === received)
    return chain && blame(chain, sent)
  }
  if (changed.length === 0) return { findings, culprits, alsoExplains }

  const account = (chain: Chain, explained: readonly Pair[]) => {
    accepted.push(chain)
    for (const { id, sent } of explained) findings.set(id, blame(chain, sent))
    const found = new Set(explained.flatMap(({ id }) => findings.get(id) ?? []))
    for (const { finding, culprit } of chain) {
      if (found.has(finding) && !culprits.has(finding)) culprits.set(finding, culprit)
    }
  }

  const rewrites = [...parameterRewrites, ...encodingRewrites, ...derivedRewrites(pairs)].map(remembering)
  // Short queries first: they rule out most chains at little cost.
  const byCost = (left: Pair, right: Pair) => left.sent.length - right.sent.length
  const chain = explainAll(rewrites, [...changed.toSorted(byCost), ...unchanged.toSorted(byCost)])
  if (chain) account(chain, changed)
  let left = chain ? [] : changed.toSorted(byCost)
  while (left.length > 0) {
    const best = explainMost(rewrites, accepted, left, unchanged)
    if (!best) break
    account(best.chain, best.explained)
    left = left.filter((pair) => !best.explained.includes(pair))
  }
  for (const { id } of left) findings.set(id, ['query-changed'])
  return { findings, culprits, alsoExplains }
}

function run(chain: Chain, query: string): string {
  return chain.reduce((text, { apply }) => apply(text), query)
}

/** The findings of the steps without which the outcome would be another one. */
function blame(chain: Chain, sent: string): readonly FindingId[] {
  const blamed = chain.filter((_, index) => matters(chain, index, sent))
  return [...new Set((blamed.length > 0 ? blamed : chain).map(({ finding }) => finding))]
}

/** Would the outcome be another one without this step? */
function matters(chain: Chain, index: number, sent: string): boolean {
  return run(chain, sent) !== run(chain.toSpliced(index, 1), sent)
}

/** The same short texts come up thousands of times. */
function remembering(original: Rewrite): Rewrite {
  const known = new Map<string, string>()
  const apply = (query: string) => {
    const result = known.get(query) ?? original.apply(query)
    known.set(query, result)
    return result
  }
  return { ...original, apply }
}

function explainAll(rewrites: readonly Rewrite[], pairs: readonly Pair[]): Chain | undefined {
  const [first, ...others] = pairs
  if (!first) return undefined
  const fits = (chain: Chain) => others.every(({ sent, received }) => run(chain, sent) === received)
  let level: readonly { readonly chain: Chain; readonly text: string }[] = [{ chain: [], text: first.sent }]
  for (let length = 1; length <= longestChain; length += 1) {
    const next: { chain: Chain; text: string }[] = []
    for (const { chain, text } of level) {
      for (const rewrite of rewrites) {
        const result = rewrite.apply(text)
        if (length < longestChain) next.push({ chain: [...chain, rewrite], text: result })
        if (result === first.received && fits([...chain, rewrite])) return [...chain, rewrite]
      }
    }
    level = next
  }
  return undefined
}

interface Part {
  readonly chain: Chain
  readonly explained: readonly Pair[]
}

/** The chain that explains most of the changes and contradicts nothing: a short one, or a known one with one step more. */
function explainMost(
  rewrites: readonly Rewrite[],
  accepted: readonly Chain[],
  changed: readonly Pair[],
  unchanged: readonly Pair[],
): Part | undefined {
  let best: Part | undefined
  const consider = (chain: Chain) => {
    const explained = changed.filter(({ sent, received }) => run(chain, sent) === received)
    if (explained.length <= (best?.explained.length ?? 0)) return
    if (unchanged.every(({ sent }) => run(chain, sent) === sent)) best = { chain, explained }
  }
  for (const rewrite of rewrites) consider([rewrite])
  if (best?.explained.length === changed.length) return best
  for (const first of rewrites) for (const second of rewrites) consider([first, second])
  for (const chain of accepted) {
    for (const rewrite of rewrites) {
      for (let index = 0; index <= chain.length; index += 1) consider(chain.toSpliced(index, 0, rewrite))
    }
  }
  return best
}
