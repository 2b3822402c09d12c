import type { FindingId } from './findings.ts'
import type { Judged } from './judge.ts'

/** Why a case was refused. */
export interface RefusalFinding {
  readonly caseId: string
  readonly finding: FindingId
  readonly detail: string
}

const longQuery = 2000

/** Finds what refused queries have in common and forwarded ones have not: their length, or what they lack. */
export function explainRefusals(judged: readonly Judged[], allRefused: boolean): RefusalFinding[] {
  const asked = judged
    .filter(({ case: { expect }, judgement: { verdict, queries } }) => {
      return expect === 'forwarded' && (verdict === 'refused' || queries !== undefined)
    })
    .map(({ case: { id, send }, judgement: { verdict, note } }) => ({
      id,
      query: send.query ?? '',
      refused: verdict === 'refused',
      note,
    }))
  const refused = asked.filter((each) => each.refused)
  const notes = [...new Set(refused.map(({ note }) => note))].join(', ')
  const tell = (some: typeof asked, finding: FindingId, detail = notes) =>
    some.map(({ id }) => ({ caseId: id, finding, detail }))
  if (allRefused) return tell(refused, 'refuses-callbacks')

  const forwarded = asked.filter((each) => !each.refused)
  const short = refused.filter(({ query }) => query.length <= longQuery)
  const demand = demands.find(
    ({ needs }) =>
      short.length > 0 &&
      short.every(({ query }) => !meets(query, needs)) &&
      forwarded.every(({ query }) => meets(query, needs)),
  )
  const long = refused.filter(
    ({ query }) => query.length > longQuery && (!demand || meets(query, demand.needs)),
  )
  const others = refused.filter((each) => !long.includes(each))
  return [
    ...tell(long, 'refuses-long'),
    ...(demand
      ? tell(others, 'requires-parameters', `${demand.name}: ${notes}`)
      : tell(others, 'refuses-characters')),
  ]
}

function meets(query: string, needs: readonly RegExp[]): boolean {
  return needs.every((need) => need.test(query))
}

const code = /[?&]code=/
const codeOrError = /[?&](code|error)=/
const codeValue = /[?&]code=[^&]/
const codeOrErrorValue = /[?&](code|error)=[^&]/
const state = /[?&]state=/
const stateValue = /[?&]state=[^&]/

/** What endpoints demand of a callback, the least first. */
const demands: readonly { readonly name: string; readonly needs: readonly RegExp[] }[] = [
  { name: 'a query is required', needs: [/../] },
  { name: 'code or error is required', needs: [codeOrError] },
  { name: 'code is required', needs: [code] },
  { name: 'code is required, with a value', needs: [codeValue] },
  { name: 'state is required', needs: [state] },
  { name: 'state is required, with a value', needs: [stateValue] },
  { name: 'code or error, and state, are required', needs: [codeOrError, state] },
  { name: 'code or error, and state, are required, with values', needs: [codeOrErrorValue, stateValue] },
  { name: 'code and state are required', needs: [code, state] },
  { name: 'code and state are required, with values', needs: [codeValue, stateValue] },
]
