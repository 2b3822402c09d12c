import { type Group, groups, marker } from './cases.ts'
import { explain } from './explain.ts'
import { type Finding, type FindingId, findingIds, type Impact, impacts, verifyFindings } from './findings.ts'
import type { CaseResult } from './judge.ts'
import type { Verification } from './verification.ts'

/** A finding that a case shows. */
type Sign = readonly [caseId: string, finding: FindingId, detail?: string]

/**
 * What is wrong, the worst first, and the cases with the findings that explain them. All cases are looked at together,
 * because only together they tell one cause from another. Pure.
 */
export function diagnose(results: readonly CaseResult[]): Pick<Verification, 'findings' | 'cases'> {
  const plain = results.find((result) => result.case.id === 'code-and-state')
  const differing = results.filter((result) => differsFromPlain(result, plain))
  const together = results.filter((result) => !differing.includes(result))
  const explanation = explain(
    together.flatMap(({ case: { id, send }, receivedQuery: received }) =>
      received === undefined ? [] : [{ id, sent: send.query ?? '', received }],
    ),
  )
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
        detail: causes.length > 0 ? causes.join('; ') : several,
        advice,
        cases: showing.map((result) => result.case.id),
        shownBy: shownBy.case.id,
        evidence: evidenceOf(shownBy, id),
      },
    ]
  })
  const rank = ({ impact }: Finding) => impacts.indexOf(impact)
  return { findings: findings.toSorted((left, right) => rank(left) - rank(right)), cases }
}

/** Other ways to ask for the plain callback. */
const variations = ['head', 'absolute-form', 'http-1.0', 'body-on-get', 'large-header']

/** Is a variation of the plain callback not forwarded although the plain callback is? */
function differsFromPlain(result: CaseResult, plain: CaseResult | undefined): boolean {
  if (!variations.includes(result.case.id) || plain?.receivedQuery === undefined) return false
  return (result.verdict === 'refused' || result.verdict === 'failed') && result.note !== plain.note
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
  const shown = showing.map(({ case: { group }, sameMeaning }) =>
    group === 'required' && aboutQuery && sameMeaning ? 'alters' : impactOfGroup[group],
  )
  return impacts.find((candidate) => shown.includes(candidate)) ?? impact
}

/** The case that shows a finding best: the plain callback, else one like a provider's, else a short one. */
function mostTelling(showing: readonly CaseResult[], impact: Impact): CaseResult {
  const rank = ({ case: { id, group, send }, ...result }: CaseResult) => [
    id !== 'code-and-state',
    impact === 'breaks' && result.sameMeaning === true,
    groups.indexOf(group),
    !send.query?.includes(marker),
    result.received === undefined && result.verdict === 'failed',
    send.query === '',
    send.query?.length ?? 0,
  ]
  return showing.reduce((best, result) => {
    const [ranks, bestRanks] = [rank(result).map(Number), rank(best).map(Number)]
    const index = ranks.findIndex((value, at) => value !== bestRanks[at])
    return (ranks[index] ?? 0) < (bestRanks[index] ?? 0) ? result : best
  })
}

function evidenceOf(
  { case: { send }, receivedQuery, expected, received }: CaseResult,
  id: FindingId,
): Finding['evidence'] {
  if (verifyFindings[id].aboutQuery && receivedQuery !== undefined)
    return { what: 'query', expected: send.query ?? '', received: receivedQuery }
  if (expected === undefined || received === undefined || expected === received) return undefined
  return { what: 'Location', expected, received }
}

/** A refused query longer than this may be too long. */
const longQuery = 2000

/** Finds what refused queries have in common and forwarded ones have not: their length, or what they lack. */
function explainRefusals(results: readonly CaseResult[], allRefused: boolean): Sign[] {
  const queryOf = (result: CaseResult) => result.case.send.query ?? ''
  const asked = results.filter((result) => result.case.expect === 'forwarded')
  const refused = asked.filter(({ verdict }) => verdict === 'refused')
  const forwarded = asked.filter(({ receivedQuery }) => receivedQuery !== undefined)
  const notes = [...new Set(refused.map(({ note }) => note))].join(', ')
  const all = (some: typeof asked, finding: FindingId, detail = notes) =>
    some.map((result): Sign => [result.case.id, finding, detail])
  if (allRefused) return all(refused, 'refuses-callbacks')

  const short = refused.filter((result) => queryOf(result).length <= longQuery)
  const demand = demands.find(
    ([, needs]) =>
      short.length > 0 &&
      short.every((result) => !needs.test(queryOf(result))) &&
      forwarded.every((result) => needs.test(queryOf(result))),
  )
  const [demanded, needs] = demand ?? ['', /^/]
  const long = refused.filter((result) => !short.includes(result) && needs.test(queryOf(result)))
  const others = refused.filter((result) => !long.includes(result))
  return [
    ...all(long, 'refuses-long'),
    ...(demand
      ? all(others, 'requires-parameters', `needs ${demanded}: ${notes}`)
      : all(others, 'refuses-characters')),
  ]
}

/** What endpoints demand of a callback, the least first. */
const demands: readonly (readonly [demanded: string, needs: RegExp])[] = [
  ['a query', /../],
  ['code or error', /[?&](code|error)=/],
  ['code', /[?&]code=/],
  ['state', /[?&]state=/],
  ['state, with a value', /[?&]state=[^&]/],
]
