import { type Group, groups, marker } from './cases/case.ts'
import type { Endpoint } from './endpoint.ts'
import { type Explanation, explain } from './explain.ts'
import {
  type Evidence,
  type Finding,
  type FindingId,
  findingIds,
  type Impact,
  impacts,
  verifyFindings,
} from './findings.ts'
import type { CaseResult } from './judge.ts'
import { sameMeaning } from './query.ts'

/** What is wrong with an endpoint, the worst first, and the cases with the findings that explain them. */
export interface Diagnosis {
  readonly findings: readonly Finding[]
  readonly cases: readonly CaseResult[]
}

/** A finding that a case shows. */
type Sign = readonly [caseId: string, finding: FindingId, detail?: string]

/** Looks at all cases together, because only together they tell one cause from another. Pure. */
export function diagnose(results: readonly CaseResult[], endpoint: Endpoint): Diagnosis {
  const plain = resultOf(results, 'code-and-state')
  const differing = results.filter((result) => differsFromPlain(result, plain))
  const together = results.filter((result) => !differing.includes(result))
  const explanation = explain(comparedQueries(together))
  const fixed = sendsAllToOne(results, endpoint)
  const signs: readonly Sign[] = [
    ...differing.map(({ case: { id, title }, note }): Sign => {
      return [id, id === 'head' ? 'head-differs' : 'unusual-mishandled', `${title}: ${note}`]
    }),
    ...together.flatMap(({ case: { id }, findings, note }) =>
      findings.map((finding): Sign => {
        const ofAll = fixed && finding === 'wrong-provider'
        return [id, finding, ofAll ? `the callbacks of all providers: ${note}` : note]
      }),
    ),
    ...explainRefusals(together, plain?.verdict === 'refused'),
    ...[...explanation.findings].flatMap(([id, found]) => found.map((finding): Sign => [id, finding])),
    ...explainRawByte(resultOf(together, 'raw-byte'), explanation).map((id): Sign => ['raw-byte', id]),
  ]
  const cases = results.map((result) => {
    const shown = signs.filter(([id]) => id === result.case.id).map(([, finding]) => finding)
    return { ...result, findings: [...new Set(shown)] }
  })

  const findings = findingIds.flatMap((id): Finding[] => {
    const showing = cases.filter((result) => result.findings.includes(id))
    if (showing.length === 0) return []
    // Where another finding shows as well, it may be the one that does the harm.
    const alone = showing.filter((result) => result.findings.length === 1)
    const impact = impactOf(id, alone.length > 0 ? alone : showing)
    const shownBy = mostTelling(alone.length > 0 ? alone : showing, impact)
    const causes = explanation.causes.get(id) ?? []
    const { title, advice } = verifyFindings[id]
    const [, , noted] = signs.find(([, finding, detail]) => finding === id && detail !== undefined) ?? []
    const several = id === 'not-refused' ? showing.map((result) => result.case.title).join(', ') : noted
    return [
      {
        id,
        impact,
        title,
        detail: causes.length > 0 ? causes.map(({ cause }) => cause).join('; ') : several,
        advice: causes[0]?.advice ?? advice,
        cases: showing.map((result) => result.case.id),
        shownBy: shownBy.case.id,
        evidence: evidenceOf(shownBy, id),
      },
    ]
  })
  const rank = ({ impact }: Finding) => impacts.indexOf(impact)
  return { findings: findings.toSorted((left, right) => rank(left) - rank(right)), cases }
}

function resultOf(results: readonly CaseResult[], id: string): CaseResult | undefined {
  return results.find((result) => result.case.id === id)
}

function sendsAllToOne(results: readonly CaseResult[], endpoint: Endpoint): boolean {
  const other = resultOf(results, 'other-provider')?.provider
  if (other === undefined || other === endpoint.otherProvider) return false
  return (resultOf(results, 'code-and-state')?.provider ?? endpoint.provider) === other
}

/** Other ways to ask for the plain callback. */
const variations: ReadonlySet<string> = new Set([
  'head',
  'absolute-form',
  'http-1.0',
  'body-on-get',
  'large-header',
])

/** Is a variation of the plain callback not forwarded although the plain callback is? */
function differsFromPlain(
  { case: { id }, verdict, note }: CaseResult,
  plain: CaseResult | undefined,
): boolean {
  if (!variations.has(id) || !plain?.queries) return false
  return (verdict === 'refused' || verdict === 'failed') && note !== plain.note
}

/** Queries that users were sent on with. A raw byte follows rules of its own. */
function comparedQueries(results: readonly CaseResult[]) {
  return results.flatMap(({ case: { id }, queries }) =>
    queries && id !== 'raw-byte' ? [{ id, ...queries }] : [],
  )
}

/** A changed raw byte is put down to what other cases show: to their mutations, or to an encoder among them. */
function explainRawByte(rawByte: CaseResult | undefined, explanation: Explanation): readonly FindingId[] {
  if (rawByte?.verdict !== 'changed' || !rawByte.queries) return []
  const { sent, received } = rawByte.queries
  const found = new Set([...explanation.findings.values()].flat())
  const encoder = (['query-re-encoded', 'query-decoded'] as const).find((id) => found.has(id))
  const escaped = /%(e9|c3%a9|ef%bf%bd)/i.test(received)
  const guess = encoder ?? (escaped ? 'query-re-encoded' : 'query-changed')
  return explanation.alsoExplains(sent, received) ?? [guess]
}

const impactOfGroup: Record<Group, Impact> = {
  required: 'breaks',
  exact: 'alters',
  hardened: 'hardens',
  limits: 'notes',
}

/** How much a finding matters depends on where it shows. */
function impactOf(id: FindingId, showing: readonly CaseResult[]): Impact {
  const { impact, aboutQuery } = verifyFindings[id]
  if (impact !== 'breaks' && impact !== 'alters') return impact
  const shown = showing.map(({ case: { group }, queries }) => {
    const same = aboutQuery && queries !== undefined && sameMeaning(queries.sent, queries.received)
    return group === 'required' && same ? 'alters' : impactOfGroup[group]
  })
  return impacts.find((candidate) => shown.includes(candidate)) ?? impact
}

/** The case that shows a finding best: the plain callback, else one like a provider's, else a short one. */
function mostTelling(showing: readonly CaseResult[], impact: Impact): CaseResult {
  const rank = ({ case: { id, group, send }, ...result }: CaseResult) => [
    id === 'code-and-state' ? 0 : 1,
    impact === 'breaks' && result.sameMeaning === true ? 1 : 0,
    groups.indexOf(group),
    send.query?.includes(marker) ? 0 : 1,
    result.received === undefined && result.verdict === 'failed' ? 1 : 0,
    result.queries?.sent === '' ? 1 : 0,
    (send.query ?? '').length,
  ]
  return showing.reduce((best, result) => {
    const [ranks, bestRanks] = [rank(result), rank(best)]
    const index = ranks.findIndex((value, at) => value !== bestRanks[at])
    return (ranks[index] ?? 0) < (bestRanks[index] ?? 0) ? result : best
  })
}

function evidenceOf({ queries, expected, received }: CaseResult, id: FindingId): Evidence | undefined {
  if (verifyFindings[id].aboutQuery) {
    return queries && { what: 'query', expected: queries.sent, received: queries.received }
  }
  if (expected === undefined || received === undefined || expected === received) return undefined
  return { what: 'Location', expected, received }
}

/** A refused query longer than this may be too long. */
const longQuery = 2000

/** Finds what refused queries have in common and forwarded ones have not: their length, or what they lack. */
function explainRefusals(results: readonly CaseResult[], allRefused: boolean): Sign[] {
  const asked = results
    .filter(({ case: { expect }, verdict, queries }) => {
      return expect === 'forwarded' && (verdict === 'refused' || queries !== undefined)
    })
    .map(({ case: { id, send }, verdict, note }) => {
      return { id, query: send.query ?? '', refused: verdict === 'refused', note }
    })
  const refused = asked.filter((each) => each.refused)
  const notes = [...new Set(refused.map(({ note }) => note))].join(', ')
  const all = (some: typeof asked, finding: FindingId, detail = notes) =>
    some.map(({ id }): Sign => [id, finding, detail])
  if (allRefused) return all(refused, 'refuses-callbacks')

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
    ...all(long, 'refuses-long'),
    ...(demand
      ? all(others, 'requires-parameters', `${demand.name}: ${notes}`)
      : all(others, 'refuses-characters')),
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
