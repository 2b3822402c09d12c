import type { FindingId } from './findings.ts'

/** A forwarding case as far as refusals are concerned. */
export interface Asked {
  readonly id: string
  readonly query: string
  readonly refused: boolean
  /** What came back, in a few words. */
  readonly note: string
}

/** Why a case was refused. */
export interface RefusalFinding {
  readonly caseId: string
  readonly finding: FindingId
  readonly detail: string
}

const longQuery = 2000

/** Finds what refused queries have in common and forwarded ones have not: their length, or what they lack. */
export function explainRefusals(asked: readonly Asked[], allRefused: boolean): RefusalFinding[] {
  const refused = asked.filter((each) => each.refused)
  const notes = [...new Set(refused.map(({ note }) => note))].join(', ')
  const tell = (some: readonly Asked[], finding: FindingId, detail = notes) =>
    some.map(({ id }) => ({ caseId: id, finding, detail }))
  if (allRefused) return tell(refused, 'refuses-callbacks')

  const forwarded = asked.filter((each) => !each.refused)
  const short = refused.filter(({ query }) => query.length <= longQuery)
  const demand = demands.find(
    ({ met }) =>
      short.length > 0 &&
      short.every(({ query }) => !met(query)) &&
      forwarded.every(({ query }) => met(query)),
  )
  const long = refused.filter(({ query }) => query.length > longQuery && (!demand || demand.met(query)))
  const others = refused.filter((each) => !long.includes(each))
  return [
    ...tell(long, 'refuses-long'),
    ...(demand
      ? tell(others, 'requires-parameters', `${demand.name}: ${notes}`)
      : tell(others, 'refuses-characters')),
  ]
}

const has = (name: string) => (query: string) => new RegExp(`[?&]${name}=`).test(query)
const filled = (name: string) => (query: string) => new RegExp(`[?&]${name}=[^&]`).test(query)
const all =
  (...rules: ((query: string) => boolean)[]) =>
  (query: string) =>
    rules.every((rule) => rule(query))
const any =
  (...rules: ((query: string) => boolean)[]) =>
  (query: string) =>
    rules.some((rule) => rule(query))

/** What endpoints demand of a callback, the least first. */
const demands: readonly { readonly name: string; readonly met: (query: string) => boolean }[] = [
  { name: 'a query is demanded', met: (query) => query.length > 1 },
  { name: 'code or error is demanded', met: any(has('code'), has('error')) },
  { name: 'code is demanded', met: has('code') },
  { name: 'code is demanded, with a value', met: filled('code') },
  { name: 'state is demanded', met: has('state') },
  { name: 'state is demanded, with a value', met: filled('state') },
  { name: 'code or error, and state, are demanded', met: all(any(has('code'), has('error')), has('state')) },
  {
    name: 'code or error, and state, are demanded, with values',
    met: all(any(filled('code'), filled('error')), filled('state')),
  },
  { name: 'code and state are demanded', met: all(has('code'), has('state')) },
  { name: 'code and state are demanded, with values', met: all(filled('code'), filled('state')) },
]
