import type { FindingId } from './findings.ts'
import { type Chain, derivedChains, knownChains, type Mutation, type Pair } from './mutations.ts'

/** Which mutations account for the changes. */
interface Explanation {
  /** Case id → findings; every changed case has at least one. */
  readonly findings: ReadonlyMap<string, readonly FindingId[]>
  /** Those that made each finding, what explains most first. */
  readonly causes: ReadonlyMap<FindingId, readonly Mutation[]>
}

/**
 * Takes the mutation that turns most of the sent queries into the received ones and leaves the unchanged ones as they
 * are, then the one that explains most of the rest, and so on. What no mutation explains is a change of its own.
 */
export function explain(pairs: readonly Pair[]): Explanation {
  const findings = new Map<string, readonly FindingId[]>()
  const causes = new Map<FindingId, readonly Mutation[]>()
  const unchanged = pairs.filter(({ sent, received }) => sent === received && !hasRawByte(sent))
  let left = pairs.filter(({ sent, received }) => sent !== received)
  const candidates = [...knownChains, ...derivedChains(pairs)]
    .map((chain) => ({ chain, explains: left.filter((pair) => run(chain, pair.sent) === pair.received) }))
    .filter(({ chain, explains }) => {
      return explains.length > 0 && unchanged.every(({ sent }) => run(chain, sent) === sent)
    })

  while (left.length > 0) {
    let best: Chain | undefined
    let explained: readonly Pair[] = []
    for (const { chain, explains } of candidates) {
      const more = explains.filter((pair) => left.includes(pair))
      if (more.length > explained.length) [best, explained] = [chain, more]
    }
    if (!best) break
    for (const { id, sent } of explained) {
      const steps = contributing(best, sent)
      findings.set(
        id,
        steps.map(({ finding }) => finding),
      )
      for (const step of steps) {
        const others = causes.get(step.finding) ?? []
        if (!others.some(({ cause }) => cause === step.cause)) causes.set(step.finding, [...others, step])
      }
    }
    left = left.filter((pair) => !explained.includes(pair))
  }
  const found = new Set([...findings.values()].flat())
  const encoder = (['query-re-encoded', 'query-decoded'] as const).find((id) => found.has(id))
  for (const { id, sent } of left) {
    findings.set(id, [hasRawByte(sent) ? (encoder ?? 'query-re-encoded') : 'query-changed'])
  }

  return { findings, causes }
}

/** What programs make of a raw byte depends on how they hold text: it is put down to the encoder that others show. */
function hasRawByte(query: string): boolean {
  return /[^!-~]/.test(query)
}

/** What a chain makes of a query. */
function run(chain: Chain, query: string): string {
  return chain.reduce((text, mutation) => mutation.apply(text), query)
}

/** The steps without which the outcome would be another one. */
function contributing(chain: Chain, sent: string): Chain {
  const outcome = run(chain, sent)
  const steps = chain.filter((_, index) => run(chain.toSpliced(index, 1), sent) !== outcome)
  return steps.length > 0 ? steps : chain
}
