import type { Case, Group } from './cases/case.ts'
import type { Endpoint } from './endpoint.ts'
import { type Explanation, explain } from './explain.ts'
import { type Finding, type FindingId, findingIds, findingTexts, type Impact, impacts } from './findings.ts'
import type { Judgement } from './judge.ts'
import { sameMeaning } from './query.ts'
import { explainRefusals } from './refusals.ts'

/** A case and what it showed. */
export interface Judged {
  readonly case: Case
  readonly judgement: Judgement
}

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
  const apart = judged.filter((each) => standsApart(each, plain))
  const together = judged.filter((each) => !apart.includes(each))

  for (const { case: asked, judgement } of apart) {
    add(
      asked.id,
      asked.id === 'head' ? 'head-differs' : 'unusual-mishandled',
      `${asked.title}: ${judgement.note}`,
    )
  }
  const fixed = sendsAllToOne(judged, endpoint)
  for (const { case: asked, judgement } of together) {
    // Without a body, HEAD cannot show that there is a page that redirects.
    const page = asked.id === 'head' && plain?.findings.includes('html-redirect')
    for (const finding of page ? (['html-redirect'] as const) : judgement.findings) {
      add(asked.id, fixed && finding === 'wrong-provider' ? 'fixed-provider' : finding, judgement.note)
    }
  }
  const asked = together
    .filter(({ case: { expect }, judgement: { verdict, queries } }) => {
      return expect === 'forwarded' && (verdict === 'refused' || queries !== undefined)
    })
    .map(({ case: { id, send }, judgement: { verdict, note } }) => ({
      id,
      query: send.query ?? '',
      refused: verdict === 'refused',
      note,
    }))
  for (const { caseId, finding, detail } of explainRefusals(asked, plain?.verdict === 'refused')) {
    add(caseId, finding, detail)
  }
  const explanation = explain(comparedQueries(together))
  const { findings: changes, culprits } = explanation
  for (const [id, found] of changes) for (const finding of found) add(id, finding, culprits.get(finding))
  for (const finding of explainRawByte(together, explanation)) add('raw-byte', finding)

  const findings = findingIds.flatMap((id): Finding[] => {
    const showing = judged.filter((each) => byCase.get(each.case.id)?.has(id))
    if (showing.length === 0) return []
    const { title, advice } = findingTexts[id]
    const shown = showing.map((each) => each.case.id)
    // Where another finding shows as well, it may be the one that does the harm.
    const alone = showing.filter((each) => byCase.get(each.case.id)?.size === 1)
    const impact = weigh(id, alone.length > 0 ? alone : showing)
    return [{ id, impact, title, detail: details.get(id), advice, cases: shown }]
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

/** Was the plain callback answered better when asked this other way? */
function standsApart({ case: { id }, judgement }: Judged, plain: Judgement | undefined): boolean {
  if (!variations.has(id) || !plain?.queries) return false
  return (judgement.verdict === 'refused' || judgement.verdict === 'failed') && judgement.note !== plain.note
}

/** Queries that people were sent on with. A raw byte follows rules of its own. */
function comparedQueries(judged: readonly Judged[]) {
  return judged.flatMap(({ case: { id }, judgement: { queries } }) =>
    queries && id !== 'raw-byte' ? [{ id, ...queries }] : [],
  )
}

const encoders: readonly FindingId[] = ['form-re-encoded', 'url-re-encoded', 'decoded', 'double-encoded']

/** A changed raw byte is put down to what other cases tell of: to their rewrites, or to an encoder among them. */
function explainRawByte(judged: readonly Judged[], explanation: Explanation): readonly FindingId[] {
  const rawByte = judged.find((each) => each.case.id === 'raw-byte')?.judgement
  if (rawByte?.verdict !== 'changed' || !rawByte.queries) return []
  const { sent, received } = rawByte.queries
  const told = new Set([...explanation.findings.values()].flat())
  const encoder = encoders.find((id) => told.has(id))
  const escaped = /%(e9|c3%a9|ef%bf%bd)/i.test(received)
  return (
    explanation.alsoExplains(sent, received) ?? [encoder ?? (escaped ? 'url-re-encoded' : 'query-changed')]
  )
}

const impactOfGroup: Record<Group, Impact> = {
  required: 'breaks',
  exact: 'alters',
  hardened: 'hardens',
  limits: 'notes',
}

/** How much a finding matters depends on where it shows. */
function weigh(id: FindingId, showing: readonly Judged[]): Impact {
  const { impact, aboutQuery } = findingTexts[id]
  if (impact !== 'breaks' && impact !== 'alters') return impact
  const weights = showing.map(({ case: { group }, judgement: { queries } }) => {
    const same = aboutQuery && queries !== undefined && sameMeaning(queries.sent, queries.received)
    return group === 'required' && same ? 'alters' : impactOfGroup[group]
  })
  return impacts.find((candidate) => weights.includes(candidate)) ?? impact
}
