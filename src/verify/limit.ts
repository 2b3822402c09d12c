import { marker } from './cases/case.ts'
import type { Judgement } from './judge.ts'

/** How long a query may be. Lengths are in bytes, the `?` included. */
export interface Limit {
  /** The longest query that arrived intact. */
  readonly longest: number
  /** What happened one byte beyond; undefined when no end was found. */
  readonly beyond: { readonly outcome: 'refused' | 'changed' | 'failed'; readonly note: string } | undefined
}

/** Nothing longer is asked: servers go no further. */
const longestAsked = 65_536

const prefix = `?code=${marker}-code&state=`

/** Asks longer and longer queries, then halves the distance; undefined when not even a short one arrives intact. */
export async function findLimit(ask: (query: string) => Promise<Judgement>): Promise<Limit | undefined> {
  const answers = new Map<number, Judgement>()
  const intact = async (length: number) => {
    const judgement = await ask(prefix + 'l'.repeat(length - prefix.length))
    answers.set(length, judgement)
    return judgement.queries !== undefined && judgement.queries.sent === judgement.queries.received
  }
  let longest = 64
  if (!(await intact(longest))) return undefined
  let tooLong: number | undefined
  for (const length of [4096, 16_384, longestAsked]) {
    if (await intact(length)) longest = length
    else {
      tooLong = length
      break
    }
  }
  if (tooLong === undefined) return { longest, beyond: undefined }
  while (tooLong - longest > 1) {
    const middle = Math.floor((longest + tooLong) / 2)
    if (await intact(middle)) longest = middle
    else tooLong = middle
  }
  const beyond = answers.get(tooLong)
  return { longest, beyond: beyond && describe(beyond) }
}

function describe({ verdict, note, queries }: Judgement): NonNullable<Limit['beyond']> {
  if (!queries) return { outcome: verdict === 'refused' ? 'refused' : 'failed', note }
  const { sent, received } = queries
  if (received === '') return { outcome: 'changed', note: 'the query is dropped' }
  const cut = sent.startsWith(received)
  return {
    outcome: 'changed',
    note: cut ? `cut to ${received.length.toLocaleString('en')} bytes` : 'changed',
  }
}

/** The verdict of the case about it. */
export function judgeLimit({ longest, beyond }: Limit): Judgement {
  const size = `${longest.toLocaleString('en')} bytes`
  if (!beyond) return { verdict: 'passed', findings: [], note: `at least ${size}` }
  const clean = beyond.outcome === 'refused'
  return {
    verdict: beyond.outcome === 'refused' ? 'passed' : beyond.outcome,
    findings: clean ? [] : ['unclean-limit'],
    note: `${size}; beyond: ${beyond.note}`,
  }
}
