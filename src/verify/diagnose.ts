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
import type { Judged, Judgement } from './judge.ts'
import { sameMeaning } from './query.ts'
import { explainRefusals } from './refusals.ts'

/** What is wrong with an endpoint, the worst first, and which findings explain which case. */
export interface Diagnosis {
  readonly findings: readonly Finding[]
  readonly byCase: ReadonlyMap<string, readonly FindingId[]>
}

/** Looks at all cases together, because only together they tell one cause from another. Pure. */
export function diagnose(judged: readonly Judged[], endpoint: Endpoint): Diagnosis {
  const byCase = new Map<string, Set<FindingId>>()
  const details = new Map<FindingId, string>()
  const add = (caseId: string, finding: FindingId, detail?: string) => {
    byCase.set(caseId, (byCase.get(caseId) ?? new Set()).add(finding))
    if (detail !== undefined && !details.has(finding)) details.set(finding, detail)
  }
  const plain = judged.find((each) => each.case.id === 'code-and-state')?.judgement
  const differing = judged.filter((each) => differsFromPlain(each, plain))
  const together = judged.filter((each) => !differing.includes(each))

  for (const { case: asked, judgement } of differing) {
    const finding = asked.id === 'head' ? 'head-differs' : 'unusual-mishandled'
    add(asked.id, finding, `${asked.title}: ${judgement.note}`)
  }
  const fixed = sendsAllToOne(judged, endpoint)
  for (const { case: asked, judgement } of together) {
    for (const finding of judgement.findings) {
      const all = fixed && finding === 'wrong-provider'
      add(asked.id, finding, all ? `the callbacks of all providers: ${judgement.note}` : judgement.note)
    }
  }
  for (const { caseId, finding, detail } of explainRefusals(together, plain?.verdict === 'refused')) {
    add(caseId, finding, detail)
  }
  const explanation = explain(comparedQueries(together))
  for (const [id, found] of explanation.findings) for (const finding of found) add(id, finding)
  for (const finding of explainRawByte(together, explanation)) add('raw-byte', finding)

  const findings = findingIds.flatMap((id): Finding[] => {
    const showing = judged.filter((each) => byCase.get(each.case.id)?.has(id))
    if (showing.length === 0) return []
    // Where another finding shows as well, it may be the one that does the harm.
    const alone = showing.filter((each) => byCase.get(each.case.id)?.size === 1)
    const impact = impactOf(id, alone.length > 0 ? alone : showing)
    const shownBy = mostTelling(alone.length > 0 ? alone : showing, impact)
    const causes = explanation.causes.get(id) ?? []
    const { title, advice } = verifyFindings[id]
    const finding = {
      id,
      impact,
      title,
      detail: details.get(id),
      advice: causes[0]?.advice ?? advice,
      cases: showing.map((each) => each.case.id),
      shownBy: shownBy.case.id,
      evidence: evidenceOf(shownBy.judgement, id),
    }
    if (causes.length > 0) return [{ ...finding, detail: causes.map(({ cause }) => cause).join('; ') }]
    if (id === 'not-refused')
      return [{ ...finding, detail: showing.map((each) => each.case.title).join(', ') }]
    return [finding]
  })
  return {
    findings: findings.toSorted(
      (left, right) => impacts.indexOf(left.impact) - impacts.indexOf(right.impact),
    ),
    byCase: new Map([...byCase].map(([id, found]) => [id, [...found]])),
  }
}

function sendsAllToOne(judged: readonly Judged[], endpoint: Endpoint): boolean {
  const providerOf = (id: string) => judged.find((each) => each.case.id === id)?.judgement.provider
  const other = providerOf('other-provider')
  if (other === undefined || other === endpoint.otherProvider) return false
  return (providerOf('code-and-state') ?? endpoint.provider) === other
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
function differsFromPlain({ case: { id }, judgement }: Judged, plain: Judgement | undefined): boolean {
  if (!variations.has(id) || !plain?.queries) return false
  return (judgement.verdict === 'refused' || judgement.verdict === 'failed') && judgement.note !== plain.note
}

/** Queries that users were sent on with. A raw byte follows rules of its own. */
function comparedQueries(judged: readonly Judged[]) {
  return judged.flatMap(({ case: { id }, judgement: { queries } }) =>
    queries && id !== 'raw-byte' ? [{ id, ...queries }] : [],
  )
}

/** A changed raw byte is put down to what other cases show: to their mutations, or to an encoder among them. */
function explainRawByte(judged: readonly Judged[], explanation: Explanation): readonly FindingId[] {
  const rawByte = judged.find((each) => each.case.id === 'raw-byte')?.judgement
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
function impactOf(id: FindingId, showing: readonly Judged[]): Impact {
  const { impact, aboutQuery } = verifyFindings[id]
  if (impact !== 'breaks' && impact !== 'alters') return impact
  const shown = showing.map(({ case: { group }, judgement: { queries } }) => {
    const same = aboutQuery && queries !== undefined && sameMeaning(queries.sent, queries.received)
    return group === 'required' && same ? 'alters' : impactOfGroup[group]
  })
  return impacts.find((candidate) => shown.includes(candidate)) ?? impact
}

/** The case that shows a finding best: the plain callback, else one like a provider's, else a short one. */
function mostTelling(showing: readonly Judged[], impact: Impact): Judged {
  const rank = ({ case: asked, judgement }: Judged) => [
    asked.id === 'code-and-state' ? 0 : 1,
    impact === 'breaks' && judgement.sameMeaning === true ? 1 : 0,
    groups.indexOf(asked.group),
    asked.send.query?.includes(marker) ? 0 : 1,
    judgement.received === undefined && judgement.verdict === 'failed' ? 1 : 0,
    judgement.queries?.sent === '' ? 1 : 0,
    (asked.send.query ?? '').length,
  ]
  const [best] = showing.toSorted((left, right) => {
    const others = rank(right)
    return (
      rank(left)
        .map((value, index) => value - (others[index] ?? 0))
        .find((difference) => difference !== 0) ?? 0
    )
  })
  if (!best) throw new Error('a finding is shown by at least one case')
  return best
}

function evidenceOf({ queries, expected, received }: Judgement, id: FindingId): Evidence | undefined {
  if (verifyFindings[id].aboutQuery) {
    return queries && { what: 'query', expected: queries.sent, received: queries.received }
  }
  if (expected === undefined || received === undefined || expected === received) return undefined
  return { what: 'Location', expected, received }
}
