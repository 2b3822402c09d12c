import { hanging, wrap } from '../output/layout.ts'
import { type Case, groups } from './cases/case.ts'
import { clip, printable, showDifference } from './difference.ts'
import { targetBase } from './endpoint.ts'
import { type Finding, findingTexts, type Impact } from './findings.ts'
import { createPaint, type Paint, type Style } from './paint.ts'
import { type CaseResult, counted, failures, summarise, type Verification } from './verification.ts'

export interface ReportOptions {
  /** Columns of the terminal. */
  readonly width: number
  readonly colour: boolean
  readonly strict: boolean
  /** Only what is wrong, and the last line. */
  readonly quiet: boolean
}

/** No line is longer than this, however wide the terminal: long lines are hard to read. */
const widest = 160
const narrowest = 60
/** On a wide terminal, what a finding means would stand too far from what it is. */
const widestHeading = 100
/** From here on there is room for what each case looks at. */
const wide = 120

const impactWords: Record<Impact, string> = {
  breaks: 'breaks logins',
  unjudged: 'cannot be judged',
  exposes: 'exposes codes',
  alters: 'changes bytes',
  hardens: 'hardening',
  notes: 'note',
}

const impactStyles: Record<Impact, Style> = {
  breaks: ['bold', 'red'],
  unjudged: ['bold', 'yellow'],
  exposes: ['bold', 'red'],
  alters: ['bold', 'yellow'],
  hardens: 'bold',
  notes: 'bold',
}

/** A verification as text for people: what is wrong first, then every case by group, and in the end what it means. */
export function renderText(verification: Verification, options: ReportOptions): string {
  const width = Math.max(narrowest, Math.min(widest, options.width))
  const paint = createPaint(options.colour)
  const { findings } = verification
  const lines = [
    ...(options.quiet
      ? [paint('bold', printable(verification.endpoint.url))]
      : heading(verification, width, paint)),
    ...findings.flatMap((finding, index) =>
      options.quiet
        ? quietFinding(finding, paint)
        : fullFinding(verification, finding, index + 1, width, paint),
    ),
    ...(options.quiet ? [] : table(verification, width, paint)),
    ...(options.quiet ? [] : ['']),
    ...conclusion(verification, options.strict, width, paint),
  ]
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`
}

function heading(verification: Verification, width: number, paint: Paint): string[] {
  const { endpoint, address, certificate, requests, duration } = verification
  const { environment, region } = endpoint.target
  const asked = [
    `${counted(requests, 'request')} in ${(duration / 1000).toFixed(1)} s`,
    ...(address === undefined ? [] : [`to ${address}`]),
    ...(certificate ? [`certificate until ${new Date(certificate.validTo).toISOString().slice(0, 10)}`] : []),
  ]
  return [
    paint('bold', printable(endpoint.url)),
    ...hanging('  must go to  ', targetBase(endpoint, endpoint.provider), width),
    ...(environment && region ? [`  Junction    ${environment}, ${region}`] : []),
    ...hanging('  asked       ', asked.join(', '), width),
  ]
}

function quietFinding({ id, title, impact }: Finding, paint: Paint): string[] {
  return [`  ${paint(impactStyles[impact], impactWords[impact])}: ${title} [${id}]`]
}

function fullFinding(
  { cases }: Verification,
  finding: Finding,
  number: number,
  width: number,
  paint: Paint,
): string[] {
  const { id, title, impact, detail, advice } = finding
  const showing = cases.filter((result) => finding.cases.includes(result.case.id))
  const telling = mostTelling(showing, finding)
  const label = `${number}  `.padEnd(4)
  const mark = `${impactWords[impact]}  ${id}`
  const [first = '', ...rest] = wrap(title, width - label.length)
  const fits = first.length + label.length + mark.length + 2 <= width && rest.length === 0
  const gap = ' '.repeat(
    Math.max(2, Math.min(width, widestHeading) - label.length - first.length - mark.length),
  )
  const painted = `${paint(impactStyles[impact], impactWords[impact])}  ${id}`
  return [
    '',
    ...(fits
      ? [`${label}${paint('bold', first)}${gap}${painted}`]
      : [
          ...[first, ...rest].map((line, index) => (index === 0 ? label : '    ') + paint('bold', line)),
          `    ${painted}`,
        ]),
    ...(detail === undefined || title.includes(detail) ? [] : hanging('    ', printable(detail), width)),
    ...(telling ? evidence(telling, finding, width) : []),
    ...(telling && explains(telling.case, finding) ? hanging('    why   ', telling.case.why, width) : []),
    ...hanging('    do    ', advice, width),
    ...hanging('    seen  ', list(finding.cases, width), width),
  ]
}

/** The case that shows a finding best: short, in the worst group, and for this reason alone. */
export function mostTelling(showing: readonly CaseResult[], finding: Finding): CaseResult | undefined {
  const plain = showing.find((result) => result.case.id === 'code-and-state')
  if (plain && !findingTexts[finding.id].aboutQuery) return plain
  const weight = (result: CaseResult) =>
    (result.received === undefined && result.verdict === 'failed' ? 100_000 : 0) +
    groups.indexOf(result.case.group) * 1_000_000 +
    (result.findings.length - 1) * 10_000 +
    (result.queries?.sent === '' ? 100 : 0) +
    result.sent.length +
    (finding.impact === 'breaks' && result.sameMeaning === true ? 5_000_000 : 0)
  return showing.toSorted((left, right) => weight(left) - weight(right))[0]
}

/** The rule behind a forwarding case is about its query, and says nothing about where the query was sent. */
function explains({ expect }: Case, { id }: Finding): boolean {
  return expect !== 'forwarded' || findingTexts[id].aboutQuery === true
}

/** What was sent, what should have come and what came, with a caret under the first byte that differs. */
function evidence(result: CaseResult, finding: Finding, width: number): string[] {
  const room = width - 14
  const { expected, received, queries, sameMeaning } = result
  if (findingTexts[finding.id].aboutQuery && queries) {
    const meaning = sameMeaning === undefined ? '' : sameMeaning ? ', same meaning' : ', another meaning'
    return comparison('sent', queries.sent, queries.received, meaning, room)
  }
  if (received !== undefined && expected !== undefined && received !== expected) {
    return comparison('expected', expected, received, '', room)
  }
  const told = received ?? result.note
  // What is odd about a request does not always show in its target.
  const odd = result.case.expect === 'refused' ? `${result.case.title}: ` : ''
  return [
    `    sent      ${clip(printable(`${odd}${result.method} ${result.sent}`), room)}`,
    ...(told === finding.detail ? [] : [`    received  ${clip(printable(told), room)}`]),
  ]
}

function comparison(label: string, left: string, right: string, meaning: string, room: number): string[] {
  const { expected, received, column, offset } = showDifference(left, right, room)
  return [
    `    ${label.padEnd(10)}${expected || '(nothing)'}`,
    `    received  ${received || '(nothing)'}`,
    `${' '.repeat(14 + column)}^ byte ${offset}${meaning}`,
  ]
}

function list(ids: readonly string[], width: number): string {
  const most = width >= wide ? 16 : 8
  return ids.length <= most
    ? ids.join(', ')
    : `${ids.slice(0, most).join(', ')} and ${ids.length - most} more`
}

const verdictWords = {
  failed: 'failed',
  refused: 'refused',
  changed: 'changed',
  passed: 'passed',
  'not applicable': 'n/a',
} as const

function table({ cases }: Verification, width: number, paint: Paint): string[] {
  const column = Math.max(...cases.map((result) => result.case.id.length), 0)
  return groups.flatMap((group) => {
    const inGroup = cases.filter((result) => result.case.group === group)
    if (inGroup.length === 0) return []
    const counts = (Object.keys(verdictWords) as (keyof typeof verdictWords)[])
      .map((verdict) => [inGroup.filter((result) => result.verdict === verdict).length, verdict] as const)
      .filter(([number]) => number > 0)
      .map(([number, verdict]) => `${number} ${verdict}`)
    const bad = inGroup.filter(({ verdict }) => verdict !== 'passed' && verdict !== 'not applicable')
    const noted = group === 'limits' ? inGroup.filter(({ verdict }) => verdict === 'passed') : []
    const passed = inGroup.filter((result) => result.verdict === 'passed' && !noted.includes(result))
    const skipped = inGroup.filter(({ verdict }) => verdict === 'not applicable')
    return [
      '',
      `${paint('bold', group)}: ${counts.join(', ')}`,
      ...[...bad, ...noted].map((result) => row(result, column, width, paint)),
      ...(passed.length === 0
        ? []
        : hanging('  passed   ', passed.map((result) => result.case.id).join('  '), width)),
      ...(skipped.length === 0
        ? []
        : hanging('  n/a      ', skipped.map((result) => result.case.id).join('  '), width)),
    ]
  })
}

function row(result: CaseResult, column: number, width: number, paint: Paint): string {
  const word = verdictWords[result.verdict].padEnd(9)
  const colour = result.verdict === 'passed' ? 'green' : result.sameMeaning ? 'yellow' : 'red'
  const what = result.findings.length > 0 ? result.findings.join(', ') : result.note
  const meaning = result.sameMeaning === true ? ' (same meaning)' : ''
  const told = `${printable(what)}${meaning}`
  const shown = width >= wide ? `${told.padEnd(60)}  ${result.case.title}` : told
  const text = `${result.case.id.padEnd(column)}  ${shown}`
  return `  ${paint(colour, word)}${clip(text, width - 11)}`
}

function conclusion(verification: Verification, strict: boolean, width: number, paint: Paint): string[] {
  const bad = !verification.reached || failures(verification, strict).length > 0
  const affected = !verification.reached || failures(verification, false).length > 0
  const style: Style = affected ? ['bold', 'red'] : bad ? ['bold', 'yellow'] : ['bold', 'green']
  return wrap(summarise(verification), width).map((line) => paint(style, line))
}

/** The cases as text: what is looked at and why. */
export function renderCases(cases: readonly Case[], width: number, colour: boolean): string {
  const paint = createPaint(colour)
  const column = Math.max(...cases.map(({ id }) => id.length)) + 4
  const lines = groups.flatMap((group) => {
    const inGroup = cases.filter((each) => each.group === group)
    if (inGroup.length === 0) return []
    return [
      paint('bold', group),
      ...inGroup.flatMap(({ id, title, why }) =>
        hanging(`  ${id}`.padEnd(column), `${title}. ${why}.`, width),
      ),
      '',
    ]
  })
  return `${lines.slice(0, -1).join('\n')}\n`
}
