import { hanging, wrap } from '../output/layout.ts'
import type { Style } from '../output/style.ts'
import { type Case, groups } from './cases/case.ts'
import { clip, showBytes, showDifference } from './difference.ts'
import { targetBase } from './endpoint.ts'
import { type Finding, type Impact, verifyFindings } from './findings.ts'
import type { CaseResult } from './judge.ts'
import { counted, failures, hasPassed, summarise, type Verification } from './verification.ts'

export interface ReportOptions {
  readonly style: Style
  readonly strict: boolean
  /** The verdict alone. */
  readonly quiet: boolean
  /** Every finding in full, and every case. */
  readonly verbose: boolean
  /** Is this one of several reports? The verdict names the endpoint then. */
  readonly several: boolean
}

/** Long lines are hard to read, and on a narrow terminal it wraps what is longer. */
const widest = 160
const narrowest = 40
/** From here on there is room for what each case looks at. */
const wide = 120
/** So many findings are shown in full unless all are asked for. */
const maxInFull = 3
/** Case ids that one finding names unless all are asked for. */
const maxIds = 4
/** Characters of an answer that are quoted. */
const maxQuoted = 200
/** Columns of a label. */
const indent = 12

const impactWords: Record<Impact, string> = {
  breaks: 'breaks logins',
  unjudged: 'cannot be checked',
  exposes: 'not safe',
  alters: 'changes bytes',
  hardens: 'hardening',
  notes: 'note',
}

/** A verification as text: the verdict, what to do, the evidence; the rest only when asked for. */
export function renderText(verification: Verification, options: ReportOptions): string {
  const { style, quiet, verbose } = options
  const width = Math.max(narrowest, Math.min(widest, style.columns ?? 80))
  const lines = [
    ...verdictLines(verification, options, width),
    ...(quiet ? [] : findingLines(verification, options, width)),
    ...(quiet ? [] : overview(verification, options, width)),
    ...(verbose && !quiet ? table(verification, width, style) : []),
  ]
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`
}

function verdictLines(verification: Verification, { style, strict, several }: ReportOptions, width: number) {
  const passed = (asStrict: boolean) => hasPassed(verification, asStrict)
  const colour = passed(strict) ? style.green : passed(false) ? style.yellow : style.red
  const place = several ? `${showBytes(verification.endpoint.url)}: ` : ''
  return wrap(`${place}${summarise(verification, strict)}`, width).map((line) => style.bold(colour(line)))
}

/** Findings in full as far as a case that counts shows them, then in one line each what changes bytes. */
function findingLines(verification: Verification, options: ReportOptions, width: number): string[] {
  const { style, strict, verbose } = options
  const { findings } = verification
  const [major, minor] = partition(verification, strict)
  const inFull = verbose ? findings : major.slice(0, maxInFull)
  const inOneLine = verbose
    ? []
    : [...major.slice(maxInFull), ...minor.filter(({ impact }) => impact === 'alters')]
  const rest = minor.filter((finding) => !inOneLine.includes(finding))
  const summary = summarise(verification, strict).toLowerCase()
  return [
    ...inFull.flatMap((finding, index) => {
      const known = index === 0 && summary.includes(finding.title.toLowerCase())
      const heading = wrap(finding.title, width).map(style.bold)
      return [...(known ? [] : ['', ...heading]), ...fullFinding(verification, finding, options, width)]
    }),
    ...(inFull.length > 1 ? [''] : []),
    ...inOneLine.flatMap(({ id, impact, title, detail }) => {
      const what = detail === undefined ? title : `${title}: ${showBytes(detail)}`
      return labelled(impact === 'alters' ? 'also' : impactWords[impact], `${what} [${id}]`, width)
    }),
    ...(verbose || rest.length === 0
      ? []
      : labelled(
          'more',
          `${counted(rest.length, 'finding')} that logins do not need, such as ${rest[0]?.id}: see --verbose`,
          width,
        )),
  ]
}

/** Findings that a case shows which counts, and all others. */
function partition(verification: Verification, strict: boolean): [major: Finding[], minor: Finding[]] {
  const failing = new Set(failures(verification, strict).map((result) => result.case.id))
  const isMajor = ({ cases, impact }: Finding) => impact === 'unjudged' || cases.some((id) => failing.has(id))
  return [verification.findings.filter(isMajor), verification.findings.filter((finding) => !isMajor(finding))]
}

function labelled(label: string, text: string, width: number): string[] {
  return hanging(`  ${label} `.padEnd(indent), text, width)
}

function fullFinding(
  { cases }: Verification,
  finding: Finding,
  { style, verbose }: ReportOptions,
  width: number,
): string[] {
  const { id, title, impact, detail, advice } = finding
  const shownBy = cases.find((result) => result.case.id === finding.shownBy)
  const ids = verbose ? finding.cases : finding.cases.slice(0, maxIds)
  const more = finding.cases.length - ids.length
  const seen = `${ids.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  const found = detail !== undefined && !title.includes(detail) && !repeats(shownBy, finding)
  return [
    ...labelled('do', advice, width).map((line, index) =>
      index === 0 ? line.replace('do', style.bold('do')) : line,
    ),
    ...(found ? labelled('found', showBytes(detail), width) : []),
    ...(shownBy ? evidenceLines(shownBy, finding, width) : []),
    ...(verbose && shownBy && explains(shownBy.case, finding)
      ? labelled('why', shownBy.case.why, width)
      : []),
    ...labelled('finding', `${id}, ${impactWords[impact]}; in ${seen}`, width),
  ]
}

/** Is the detail shown as evidence anyway? */
function repeats(shownBy: CaseResult | undefined, { detail, evidence }: Finding): boolean {
  if (detail === undefined || !evidence) return shownBy?.note === detail
  return evidence.received.startsWith(detail.replace(/^\d{3} to /, ''))
}

/** The rule behind a forwarding case is about its query, and says nothing about where the query was sent. */
function explains({ expect }: Case, { id }: Finding): boolean {
  return expect !== 'forwarded' || verifyFindings[id].aboutQuery === true
}

/** What was sent, what should have come and what came, with a caret under the first byte that differs. */
function evidenceLines(result: CaseResult, { evidence }: Finding, width: number): string[] {
  const room = width - indent
  if (!evidence) {
    // What is odd about a request does not always show in its target.
    const { expect, title } = result.case
    const odd = expect === 'refused' && title !== result.method ? `${title}: ` : ''
    const sent = `  sent      ${clip(showBytes(`${odd}${result.method} ${result.sent}`), room)}`
    const received = labelled(
      'received',
      showBytes((result.received ?? result.note).slice(0, maxQuoted)),
      width,
    )
    // Without a status there is no answer, and often nothing could be sent.
    return result.status === undefined ? received : [sent, ...received]
  }
  const { expected, received, column, offset } = showDifference(evidence.expected, evidence.received, room)
  const caret = `${' '.repeat(indent + column)}^ byte ${offset}`
  const meaning = result.sameMeaning ? ', read as the same by most programs' : ''
  return [
    `  expected  ${expected || '(no query)'}`,
    `  received  ${received || '(no query)'}`,
    caret.length + meaning.length <= width ? caret + meaning : caret,
  ]
}

/** Which endpoint this is, and how many cases passed. */
function overview(
  { endpoint, reached, address, certificate, requests, duration, cases }: Verification,
  { verbose }: ReportOptions,
  width: number,
): string[] {
  const { environment, environments } = endpoint.target
  const where = environments ? `${environments.join(', ')} by state, else ` : ''
  const passed = groups.flatMap((group) => {
    const asked = cases.filter(
      ({ case: each, verdict }) => each.group === group && verdict !== 'not applicable',
    )
    const right = asked.filter(({ verdict }) => verdict === 'passed')
    return asked.length === 0 ? [] : [`${group} ${right.length} of ${asked.length}`]
  })
  const asked = [
    `${counted(requests, 'request')} in ${(duration / 1000).toFixed(1)} s`,
    ...(address === undefined ? [] : [`to ${address}`]),
    ...(certificate ? [`certificate until ${new Date(certificate.validTo).toISOString().slice(0, 10)}`] : []),
  ]
  return [
    ...labelled('endpoint', showBytes(endpoint.url), width),
    ...labelled(
      'target',
      `${where}${targetBase(endpoint, endpoint.provider)}${environment ? ` (${environment})` : ''}`,
      width,
    ),
    ...(reached ? labelled('passed', passed.join(', '), width) : []),
    ...(verbose ? labelled('asked', asked.join(', '), width) : []),
  ]
}

const verdictWords = {
  failed: 'failed',
  refused: 'refused',
  changed: 'changed',
  passed: 'passed',
  'not applicable': 'n/a',
} as const

function table({ cases }: Verification, width: number, style: Style): string[] {
  const column = Math.max(...cases.map((result) => result.case.id.length), 0)
  return groups.flatMap((group) => {
    const inGroup = cases.filter((result) => result.case.group === group)
    if (inGroup.length === 0) return []
    const inRows = inGroup.filter(
      ({ verdict }) => verdict !== 'not applicable' && (verdict !== 'passed' || group === 'limits'),
    )
    const named = (verdict: CaseResult['verdict'], label: string) => {
      const ids = inGroup.filter((result) => result.verdict === verdict && !inRows.includes(result))
      return ids.length === 0 ? [] : labelled(label, ids.map((result) => result.case.id).join('  '), width)
    }
    return [
      '',
      style.bold(group),
      ...inRows.map((result) => row(result, column, width, style)),
      ...named('passed', 'passed'),
      ...named('not applicable', 'n/a'),
    ]
  })
}

function row(result: CaseResult, column: number, width: number, style: Style): string {
  const paint = result.verdict === 'passed' ? style.green : result.sameMeaning ? style.yellow : style.red
  const what = result.findings.length > 0 ? result.findings.join(', ') : result.note
  const told = showBytes(what)
  const shown = width >= wide ? `${told.padEnd(60)}  ${result.case.title}` : told
  const text = `${result.case.id.padEnd(column)}  ${shown}`
  return `  ${paint(verdictWords[result.verdict].padEnd(indent - 2))}${clip(text, width - indent)}`
}

/** The cases as text: what is looked at and why. */
export function renderCases(cases: readonly Case[], style: Style): string {
  const width = Math.max(narrowest, style.columns ?? 80)
  const column = Math.max(...cases.map(({ id }) => id.length)) + 4
  const lines = groups.flatMap((group) => {
    const inGroup = cases.filter((each) => each.group === group)
    if (inGroup.length === 0) return []
    return [
      style.bold(group),
      ...inGroup.flatMap(({ id, title, why }) =>
        hanging(`  ${id}`.padEnd(column), `${title}. ${why}.`, width),
      ),
      '',
    ]
  })
  return `${lines.slice(0, -1).join('\n')}\n`
}
