import { clip, showBytes, showDifference } from '../output/difference.ts'
import { counted, hanging, wrap } from '../output/layout.ts'
import type { Style } from '../output/style.ts'
import { type Case, groups } from './cases.ts'
import { dayOf } from './connect.ts'
import { targetBase } from './endpoint.ts'
import type { Finding, Impact } from './findings.ts'
import type { CaseResult } from './judge.ts'
import { failures, hasPassed, summarise, type Verification } from './verification.ts'

interface ReportOptions {
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
  const { style, strict, quiet, verbose, several } = options
  const width = Math.max(narrowest, Math.min(widest, style.columns ?? 80))
  const passed = (asStrict: boolean) => hasPassed(verification, asStrict)
  const colour = passed(strict) ? style.green : passed(false) ? style.yellow : style.red
  const place = several ? `${showBytes(verification.endpoint.url)}: ` : ''
  const verdict = wrap(`${place}${summarise(verification, strict)}`, width)
  const lines = [
    ...verdict.map((line) => style.bold(colour(line))),
    ...(quiet ? [] : findingLines(verification, options, width)),
    ...(quiet ? [] : overview(verification, verbose, width)),
    ...(verbose && !quiet ? table(verification, style, width) : []),
  ]
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`
}

/** Findings in full as far as a case that counts shows them, then in one line each what changes bytes. */
function findingLines(verification: Verification, options: ReportOptions, width: number): string[] {
  const { style, strict, verbose } = options
  const { findings } = verification
  const failing = new Set(failures(verification, strict).map((result) => result.case.id))
  const isMajor = ({ cases, impact }: Finding) => impact === 'unjudged' || cases.some((id) => failing.has(id))
  const inFull = verbose ? findings : findings.filter(isMajor).slice(0, maxInFull)
  const others = findings.filter((finding) => !inFull.includes(finding))
  const inOneLine = others.filter((finding) => isMajor(finding) || finding.impact === 'alters')
  const rest = others.filter((finding) => !inOneLine.includes(finding))
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
    ...rest.slice(0, 1).flatMap(({ id }) => {
      const text = `${counted(rest.length, 'finding')} that logins do not need, such as ${id}: see --verbose`
      return labelled('more', text, width)
    }),
  ]
}

function labelled(label: string, text: string, width: number): string[] {
  return hanging(`  ${label} `.padEnd(indent), text, width)
}

function fullFinding(
  { cases }: Verification,
  { id, impact, detail, advice, evidence, ...finding }: Finding,
  { style, verbose }: ReportOptions,
  width: number,
): string[] {
  const shownBy = cases.find((result) => result.case.id === finding.shownBy)
  const ids = verbose ? finding.cases : finding.cases.slice(0, maxIds)
  const more = finding.cases.length - ids.length
  const seen = `${ids.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  // The evidence shows most details anyway.
  const repeated = evidence
    ? detail !== undefined && evidence.received.startsWith(detail.replace(/^\d{3} to /, ''))
    : detail === shownBy?.note
  // The rule behind a forwarding case is about its query, and says nothing about where the query was sent.
  const explained = shownBy?.case.expect !== 'forwarded' || evidence?.what === 'query'
  const [first = '', ...further] = labelled('do', advice, width)
  return [
    first.replace('do', style.bold('do')),
    ...further,
    ...(detail === undefined || repeated ? [] : labelled('found', showBytes(detail), width)),
    ...(shownBy ? evidenceLines(shownBy, evidence, width) : []),
    ...(verbose && shownBy && explained ? labelled('why', shownBy.case.why, width) : []),
    ...labelled('finding', `${id}, ${impactWords[impact]}; in ${seen}`, width),
  ]
}

/** What was sent, what should have come and what came, with a caret under the first byte that differs. */
function evidenceLines(result: CaseResult, evidence: Finding['evidence'], width: number): string[] {
  const room = width - indent
  if (!evidence) {
    // What is odd about a request does not always show in its target.
    const { expect, title } = result.case
    const odd = expect === 'refused' && title !== result.method ? `${title}: ` : ''
    const sent = `  sent      ${clip(showBytes(`${odd}${result.method} ${result.sent}`), room)}`
    const answer = showBytes((result.received ?? result.note).slice(0, maxQuoted))
    // Without a status there is no answer, and often nothing could be sent.
    return [...(result.status === undefined ? [] : [sent]), ...labelled('received', answer, width)]
  }
  const { expected, received, column, offset } = showDifference(evidence.expected, evidence.received, room)
  const caret = `${' '.repeat(indent + column)}^ byte ${offset}`
  const meaning = evidence.what === 'query' && result.sameMeaning ? ', read as the same by most programs' : ''
  return [
    `  expected  ${expected || '(no query)'}`,
    `  received  ${received || '(no query)'}`,
    caret.length + meaning.length <= width ? caret + meaning : caret,
  ]
}

/** Which endpoint this is, and how many cases passed. */
function overview(verification: Verification, verbose: boolean, width: number): string[] {
  const { endpoint, reached, address, certificate, requests, duration, cases } = verification
  const { environment, environments } = endpoint.target
  const byState = environments ? `${environments.join(', ')} by state, else ` : ''
  const target = `${byState}${targetBase(endpoint, endpoint.provider)}${environment ? ` (${environment})` : ''}`
  const passed = groups.flatMap((group) => {
    const asked = cases.filter((each) => each.case.group === group && each.verdict !== 'not applicable')
    const right = asked.filter(({ verdict }) => verdict === 'passed')
    return asked.length === 0 ? [] : [`${group} ${right.length} of ${asked.length}`]
  })
  const asked = [
    `${counted(requests, 'request')} in ${(duration / 1000).toFixed(1)} s`,
    ...(address === undefined ? [] : [`to ${address}`]),
    ...(certificate ? [`certificate until ${dayOf(certificate.validTo)}`] : []),
  ]
  return [
    ...labelled('endpoint', showBytes(endpoint.url), width),
    ...labelled('target', target, width),
    ...(reached ? labelled('passed', passed.join(', '), width) : []),
    ...(verbose ? labelled('asked', asked.join(', '), width) : []),
  ]
}

/** Every case and what it showed. */
function table({ cases }: Verification, style: Style, width: number): string[] {
  const column = Math.max(0, ...cases.map((result) => result.case.id.length))
  const row = ({ verdict, sameMeaning, findings, note, ...result }: CaseResult) => {
    const bad = verdict === 'changed' && sameMeaning ? style.yellow : style.red
    const paint = verdict === 'passed' ? style.green : verdict === 'not applicable' ? style.dim : bad
    const word = verdict === 'not applicable' ? 'n/a' : verdict
    const text = `${result.case.id.padEnd(column)}  ${showBytes(findings.join(', ') || note)}`
    return `  ${paint(word.padEnd(indent - 2))}${clip(text, width - indent)}`
  }
  return groups.flatMap((group) => {
    const inGroup = cases.filter((result) => result.case.group === group)
    return inGroup.length === 0 ? [] : ['', style.bold(group), ...inGroup.map(row)]
  })
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
