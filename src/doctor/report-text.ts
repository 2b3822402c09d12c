import { hanging, wrapWords } from '../output/layout.ts'
import { printable } from '../output/printable.ts'
import type { Style } from '../output/style.ts'
import { clip, showDifference } from '../verify/difference.ts'
import type { Check, Finding, Status, Subject } from './findings.ts'
import { affectsLogins, type RecordAge, type Report } from './report.ts'

/** No line is longer than this, however wide the terminal: long lines are hard to read. */
const maxWidth = 100
const indent = '    '
/** Most records whose next command is shown. */
const maxCommands = 4

/**
 * The report for people: the verdict, what is wrong and what to do, then what was not checked and what only a person
 * can do. What passed and what did not apply is shown with `verbose` only; what is wrong not when it was `told` before.
 */
export function reportText(
  report: Report,
  style: Style,
  { verbose = false, told = false, now = Date.now() } = {},
): string {
  const width = widthOf(style)
  const of = (...statuses: readonly Status[]) =>
    statuses.flatMap((wanted) => report.findings.filter(({ status }) => status === wanted))
  const skipped = of('skipped').filter(({ id }) => id === 'skipped' || (verbose && id !== 'interrupted'))
  const blocks = [
    verdict(report, width, style),
    ...grouped(told ? [] : of('failed', 'note')).map(([name, findings]) =>
      problemsText(name, findings, width, style),
    ),
    report.passed || verbose ? recordsText(report.records, width, style, now) : '',
    checksText('Interrupted before there was a result', of('skipped').filter(isInterrupted), width, style),
    skippedText(skipped, width, style),
    report.interrupted ? '' : manualText(of('manual'), width, style),
    verbose ? checksText(style.green('Passed'), of('passed'), width, style) : '',
    conclusion(report, verbose, width),
  ]
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

/** One thing that is wrong, or worth a look, as soon as it is found. */
export function problemText(finding: Finding, style: Style): string {
  return problemsText(groupOf(finding.subject), [finding], widthOf(style), style)
}

function widthOf({ columns = 80 }: Style): number {
  return Math.min(maxWidth, columns)
}

function isInterrupted({ id }: Finding): boolean {
  return id === 'interrupted'
}

/** What a finding is listed under. */
export function groupOf({ route, provider, environment }: Subject): string {
  const name = [environment ?? route, provider].filter(Boolean).join(' ')
  return name === '' ? 'byoo.yaml and keys' : name
}

type Group = [name: string, findings: Finding[]]

/** By group, in the order in which the groups come up first. */
function grouped(
  findings: readonly Finding[],
  nameOf: (finding: Finding) => string = ({ subject }) => groupOf(subject),
): Group[] {
  const groups = new Map<string, Finding[]>()
  for (const finding of findings) {
    const group = groups.get(nameOf(finding)) ?? []
    groups.set(nameOf(finding), group)
    group.push(finding)
  }
  return [...groups]
}

function verdict({ passed, counts, summary }: Report, width: number, style: Style): string {
  const paint = !passed ? style.red : counts.note > 0 ? style.yellow : style.green
  return wrapWords(summary, width)
    .map((line) => style.bold(paint(line)))
    .join('\n')
}

function problemsText(name: string, findings: readonly Finding[], width: number, style: Style): string {
  const lines = findings.flatMap((finding) => {
    const { id, status, message, advice } = finding
    const mark = status === 'failed' ? style.red('FAILED') : style.yellow('note')
    return [
      `  ${mark}  ${style.bold(id)}`,
      ...paragraph(message, width),
      ...(advice === null ? [] : paragraph(advice, width)),
      ...commands([finding]),
      ...difference(finding, width, style),
    ]
  })
  return section(clip(name, width), lines, style)
}

/** Both texts, with a caret under the first character that differs. */
function difference({ expected, received }: Finding, width: number, style: Style): string[] {
  if (expected === null || received === null || expected === received) return []
  const label = `${indent}expected  `
  const shown = showDifference(expected, received, Math.max(20, width - label.length))
  return [
    `${label}${shown.expected || '(nothing)'}`,
    `${indent}received  ${shown.received || '(nothing)'}`,
    `${' '.repeat(label.length + shown.column)}${style.red('^')}`,
  ]
}

/** When somebody last changed each record: an unexpected date may explain what no check can see. */
function recordsText(records: readonly RecordAge[], width: number, style: Style, now: number): string {
  const lines = records.flatMap(({ environment, provider, updated_at }) => {
    const date = `${printable(updated_at.slice(0, 10), 20)} (${timeSince(updated_at, now)})`
    return hanging('  ', `${environment} ${provider}: ${date}`, width, { indent, breakWords: false })
  })
  const next = records.slice(0, maxCommands).map(({ command }) => `  $ ${command}`)
  const further = records.length - next.length
  const proof = [
    ...hanging('  ', 'Only a login proves that the client secret is right:', width),
    ...next,
    ...(further > 0 ? [`  and ${further} more`] : []),
  ]
  return section("Junction's records last changed", records.length === 0 ? [] : [...lines, ...proof], style)
}

function timeSince(time: string, now: number): string {
  const minutes = Math.floor((now - Date.parse(time)) / 60_000)
  if (Number.isNaN(minutes)) return 'unknown'
  const units = [
    [1440, 'day'],
    [60, 'hour'],
    [1, 'minute'],
  ] as const
  const [length, unit] = units.find(([length]) => minutes >= length) ?? [0, '']
  if (length === 0) return 'just now'
  const number = Math.floor(minutes / length)
  return `${number} ${unit}${number === 1 ? '' : 's'} ago`
}

/** Checks with the same reason together, whatever they are about. */
function skippedText(findings: readonly Finding[], width: number, style: Style): string {
  const lines = grouped(findings, ({ message }) => message).flatMap(([message, skipped]) => {
    const advice = skipped.find((finding) => finding.advice !== null)?.advice
    const text = `${checksOf(skipped).join(', ')}: ${message}${advice ? `. ${advice}` : ''}`
    return [
      ...hanging('  ', text.replace(/\.$/, ''), width, { indent, breakWords: false }),
      ...commands(skipped),
    ]
  })
  return section('Not checked', lines, style)
}

/** By provider; what is the same for all environments only once. */
function manualText(findings: readonly Finding[], width: number, style: Style): string {
  const lines = grouped(findings, ({ subject }) => subject.provider ?? '').flatMap(([name, ofProvider]) => [
    `  ${name}`,
    ...grouped(ofProvider, ({ id }) => id).flatMap(([, same]) => {
      const messages = [...new Set(same.map(({ message }) => message))]
      const advice = [...new Set(same.flatMap((finding) => finding.advice ?? []))]
      return [
        ...messages.flatMap((message) => hanging('  - ', message, width, { breakWords: false })),
        ...advice.flatMap((text) => paragraph(text, width)),
        ...commands(same),
      ]
    }),
  ])
  return section('To check by hand', lines, style)
}

/** The checks of each group, and what verify says. */
function checksText(title: string, findings: readonly Finding[], width: number, style: Style): string {
  const lines = grouped(findings).flatMap(([name, inGroup]) => [
    ...hanging('  ', `${name}: ${checksOf(inGroup).join(', ')}`, width, { indent, breakWords: false }),
    ...inGroup
      .filter(({ check, status }) => check === 'verify' && status === 'passed')
      .flatMap(({ message }) => paragraph(message, width)),
  ])
  return section(title, lines, style)
}

function conclusion({ counts, findings }: Report, verbose: boolean, width: number): string {
  const numbers = [
    [counts.failed, 'failed'],
    [counts.note, 'to look at'],
    [counts.passed, 'passed'],
    [findings.filter(({ id }) => id === 'skipped').length, 'not checked'],
  ] as const
  const total = numbers.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`)
  const more = verbose ? '' : ' (--verbose shows all)'
  return [
    ...wrapWords(`${total.join(', ')}${more}`, width),
    ...(findings.some(affectsLogins)
      ? wrapWords('If users cannot log in, read docs/when-logins-fail.md', width)
      : []),
  ].join('\n')
}

function section(title: string, lines: readonly string[], style: Style): string {
  return lines.length === 0 ? '' : [style.bold(title), ...lines].join('\n')
}

function checksOf(findings: readonly Finding[]): Check[] {
  return [...new Set(findings.map(({ check }) => check))]
}

function paragraph(text: string, width: number): string[] {
  return hanging(indent, text, width, { breakWords: false })
}

/** Each once, and not wrapped, so that it can be copied. */
function commands(findings: readonly Finding[]): string[] {
  const lines = findings.flatMap(({ command }) => (command === null ? [] : `${indent}$ ${command}`))
  return [...new Set(lines)]
}
