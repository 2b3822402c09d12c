import { marker } from './cases.ts'
import { type Judgement, notApplicable } from './judge.ts'

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
  let longest = 0
  let tooLong: { readonly query: string; readonly judgement: Judgement } | undefined
  const attempt = async (length: number) => {
    const query = prefix + 'l'.repeat(length - prefix.length)
    const judgement = await ask(query)
    if (judgement.receivedQuery === query) longest = length
    else tooLong = { query, judgement }
  }
  for (const length of [64, 4096, 16_384, longestAsked]) if (!tooLong) await attempt(length)
  if (longest === 0) return undefined
  while (tooLong && tooLong.query.length - longest > 1)
    await attempt(Math.floor((longest + tooLong.query.length) / 2))
  return { longest, beyond: tooLong && describe(tooLong.query, tooLong.judgement) }
}

function describe(query: string, { verdict, note, receivedQuery }: Judgement): Limit['beyond'] {
  if (receivedQuery === undefined) return { outcome: verdict === 'refused' ? 'refused' : 'failed', note }
  if (receivedQuery === '') return { outcome: 'changed', note: 'the query is dropped' }
  const cut = `cut to ${receivedQuery.length.toLocaleString('en')} bytes`
  return { outcome: 'changed', note: query.startsWith(receivedQuery) ? cut : 'changed' }
}

/** The verdict of the case about it. */
export function judgeLimit(limit: Limit | undefined): Judgement {
  if (!limit) return notApplicable('not even a short query arrives as it was sent')
  const size = `${limit.longest.toLocaleString('en')} bytes`
  if (!limit.beyond) return { verdict: 'passed', findings: [], note: `at least ${size}` }
  const { outcome, note } = limit.beyond
  const unclean = outcome !== 'refused'
  const findings = unclean ? (['unclean-limit'] as const) : []
  return { verdict: unclean ? outcome : 'passed', findings, note: `${size}; beyond: ${note}` }
}
