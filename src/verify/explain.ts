import { derivedMutations, type Pair } from './derived-mutations.ts'
import type { FindingId } from './findings.ts'
import { composites, type Mutation, mutations } from './mutations.ts'

/** Which mutations account for the changes. */
export interface Explanation {
  /** Case id → findings; every changed case has at least one. */
  readonly findings: ReadonlyMap<string, readonly FindingId[]>
  /** Those that made each finding, what explains most first. */
  readonly causes: ReadonlyMap<FindingId, readonly Mutation[]>
  /** What one more query, which told nothing by itself, was changed by; undefined when it is none of these. */
  alsoExplains(sent: string, received: string): readonly FindingId[] | undefined
}

/** Mutations, one after the other; most have one step. */
type Chain = readonly Mutation[]

/**
 * Takes the mutation that turns most of the sent queries into the received ones and leaves the unchanged ones as they
 * are, then the one that explains most of the rest, and so on. What no mutation explains is a change of its own.
 */
export function explain(pairs: readonly Pair[]): Explanation {
  const findings = new Map<string, readonly FindingId[]>()
  const causes = new Map<FindingId, readonly Mutation[]>()
  const unchanged = pairs.filter(({ sent, received }) => sent === received)
  const accepted: Chain[] = []
  const singles = [...mutations, ...derivedMutations(pairs)]
  const known = [...singles.map((single) => [single]), ...composites]

  let left = pairs.filter(({ sent, received }) => sent !== received)
  while (left.length > 0) {
    const alone = explainMost(known, left, unchanged, undefined)
    const all = alone?.explained.length === left.length
    const best = all ? alone : explainMost(extend(accepted, singles), left, unchanged, alone)
    if (!best) break
    const { chain, explained } = best
    accepted.push(chain)
    for (const { id, sent } of explained) {
      const steps = contributing(chain, sent)
      findings.set(id, [...new Set(steps.map(({ finding }) => finding))])
      for (const step of steps) {
        const others = causes.get(step.finding) ?? []
        if (!others.some(({ cause }) => cause === step.cause)) causes.set(step.finding, [...others, step])
      }
    }
    left = left.filter((pair) => !explained.includes(pair))
  }
  for (const { id } of left) findings.set(id, ['query-changed'])

  return {
    findings,
    causes,
    alsoExplains: (sent, received) => {
      const chain = accepted.find((candidate) => run(candidate, sent) === received)
      return chain && [...new Set(contributing(chain, sent).map(({ finding }) => finding))]
    },
  }
}

function run(chain: Chain, query: string): string {
  return chain.reduce((text, { apply }) => apply(text), query)
}

/** The steps without which the outcome would be another one. */
function contributing(chain: Chain, sent: string): Chain {
  const outcome = run(chain, sent)
  const steps = chain.filter((_, index) => run(chain.toSpliced(index, 1), sent) !== outcome)
  return steps.length > 0 ? steps : chain
}

/** What is accepted already, with one step more, at any place. */
function extend(accepted: readonly Chain[], singles: readonly Mutation[]): Chain[] {
  return accepted.flatMap((chain) =>
    singles.flatMap((single) =>
      Array.from({ length: chain.length + 1 }, (_, index) => chain.toSpliced(index, 0, single)),
    ),
  )
}

interface Candidate {
  readonly chain: Chain
  readonly explained: readonly Pair[]
}

/** The chain that explains most, and more than `first`, and contradicts nothing; of equals the first. */
function explainMost(
  chains: readonly Chain[],
  changed: readonly Pair[],
  unchanged: readonly Pair[],
  first: Candidate | undefined,
): Candidate | undefined {
  let best = first
  for (const chain of chains) {
    const explained = changed.filter(({ sent, received }) => run(chain, sent) === received)
    if (explained.length <= (best?.explained.length ?? 0)) continue
    if (unchanged.every(({ sent }) => run(chain, sent) === sent)) best = { chain, explained }
  }
  return best
}
