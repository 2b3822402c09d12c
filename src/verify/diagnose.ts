import { type Group, groups, marker } from './cases/case.ts'
import { explain } from './explain.ts'
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
import type { Pair } from './mutations.ts'
import { sameMeaning } from './query.ts'
import type { Verification } from './verification.ts'

/** A finding that a case shows. */
type Sign = readonly [caseId: string, finding: FindingId, detail?: string]

/**
 * What is wrong, the worst first, and the cases with the findings that explain them. All cases are looked at together,
 * because only together they tell one cause from another. Pure.
 */
export function diagnose(results: readonly CaseResult[]): Pick<Verification, 'findings' | 'cases'> {
  const plain = resultOf(results, 'code-and-state')
  const differing = results.filter((result) => differsFromPlain(result, plain))
  const together = results.filter((result) => !differing.includes(result))
  const explanation = explain(comparedQueries(together))
  const signs: readonly Sign[] = [
    ...differing.map(({ case: { id, title }, note }): Sign => {
      return [id, id === 'head' ? 'head-differs' : 'unusual-mishandled', `${title}: ${note}`]
    }),
    ...together.flatMap(({ case: { id }, findings, note }) =>
      findings.map((finding): Sign => [id, finding, note]),
    ),
    ...explainRefusals(together, plain?.verdict === 'refused'),
    ...[...explanation.findings].flatMap(([id, found]) => found.map((finding): Sign => [id, finding])),
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
    const telling = alone.length > 0 ? alone : showing
    const impact = impactOf(id, telling)
    const shownBy = mostTelling(telling, impact)
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

/** Queries that users were sent on with. */
function comparedQueries(results: readonly CaseResult[]): Pair[] {
  return results.flatMap(({ case: { id }, queries }) => (queries ? [{ id, ...queries }] : []))
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

/** What endpoints demand of a callback, the least first. */
const demands = [
  { name: 'needs a query', needs: [/../] },
  ...[['code or error'], ['code'], ['state'], ['code or error', 'state'], ['code', 'state']].flatMap(
    (names) =>
      ['', ', with values'].map((valued) => ({
        name: `needs ${names.join(', and ')}${valued}`,
        needs: names.map((name) => new RegExp(`[?&](${name.replace(' or ', '|')})=${valued && '[^&]'}`)),
      })),
  ),
]
