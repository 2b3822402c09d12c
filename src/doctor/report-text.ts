import { clip, showDifference } from '../output/difference.ts'
import { hanging, wrapWords } from '../output/layout.ts'
import { printable } from '../output/printable.ts'
import type { Style } from '../output/style.ts'
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
  const { findings, passed, counts, interrupted } = report
  const width = widthOf(style)
  const of = (...statuses: readonly Status[]) =>
    statuses.flatMap((wanted) => findings.filter(({ status }) => status === wanted))
  const withId = (...ids: readonly string[]) => findings.filter(({ id }) => ids.includes(id))
  const paint = !passed ? style.red : counts.note > 0 ? style.yellow : style.green
  const blocks: (readonly [title: string, lines: readonly string[]])[] = [
    ...grouped(told ? [] : of('failed', 'note')).map(
      ([name, found]) => [clip(name, width), problemLines(found, style)] as const,
    ),
    ["Junction's records last changed", passed || verbose ? recordLines(report.records, width, now) : []],
    ['Interrupted before there was a result', checkLines(withId('interrupted'), width)],
    ['Not checked', skippedLines(withId('skipped', ...(verbose ? ['not-applicable'] : [])), width)],
    ['To check by hand', interrupted ? [] : manualLines(of('manual'), width)],
    [style.green('Passed'), verbose ? checkLines(of('passed'), width) : []],
  ]
  return `${[
    wrapWords(report.summary, width).map((line) => style.bold(paint(line))),
    ...blocks.filter(([, lines]) => lines.length > 0).map(([title, lines]) => [style.bold(title), ...lines]),
    conclusion(report, verbose, width),
  ]
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

/** One thing that is wrong, or worth a look, as soon as it is found. */
export function problemText(finding: Finding, style: Style): string {
  const title = style.bold(clip(groupOf(finding.subject), widthOf(style)))
  return [title, ...problemLines([finding], style)].join('\n')
}

function widthOf({ columns = 80 }: Style): number {
  return Math.min(maxWidth, columns)
}

/** What a finding is listed under. */
export function groupOf({ route, provider, environment }: Subject): string {
  const name = [environment ?? route, provider].filter(Boolean).join(' ')
  return name === '' ? 'byoo.yaml and keys' : name
}

/** By group, in the order in which the groups come up first. */
function grouped(
  findings: readonly Finding[],
  nameOf: (finding: Finding) => string = ({ subject }) => groupOf(subject),
): [name: string, findings: Finding[]][] {
  const groups = new Map<string, Finding[]>()
  for (const finding of findings) {
    const group = groups.get(nameOf(finding)) ?? []
    groups.set(nameOf(finding), group)
    group.push(finding)
  }
  return [...groups]
}

function problemLines(findings: readonly Finding[], style: Style): string[] {
  const width = widthOf(style)
  return findings.flatMap((finding) => [
    `  ${finding.status === 'failed' ? style.red('FAILED') : style.yellow('note')}  ${style.bold(finding.id)}`,
    ...wrapped(indent, finding.message, width),
    ...(finding.advice === null ? [] : wrapped(indent, finding.advice, width)),
    ...commands([finding]),
    ...difference(finding, width, style),
  ])
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
function recordLines(records: readonly RecordAge[], width: number, now: number): string[] {
  if (records.length === 0) return []
  const ages = records.flatMap(({ environment, provider, updated_at }) => {
    const date = `${printable(updated_at.slice(0, 10), 20)} (${timeSince(updated_at, now)})`
    return wrapped('  ', `${environment} ${provider}: ${date}`, width)
  })
  const further = records.length - maxCommands
  return [
    ...ages,
    ...wrapped('  ', 'Only a login proves that the client secret is right:', width),
    ...records.slice(0, maxCommands).map(({ command }) => `  $ ${command}`),
    ...(further > 0 ? [`  and ${further} more`] : []),
  ]
}

function timeSince(time: string, now: number): string {
  const minutes = Math.floor((now - Date.parse(time)) / 60_000)
  if (Number.isNaN(minutes)) return 'unknown'
  if (minutes < 1) return 'just now'
  const [length, unit] =
    minutes >= 1440
      ? ([1440, 'day'] as const)
      : minutes >= 60
        ? ([60, 'hour'] as const)
        : ([1, 'minute'] as const)
  return new Intl.RelativeTimeFormat('en').format(-Math.floor(minutes / length), unit)
}

/** Checks with the same reason together, whatever they are about. */
function skippedLines(findings: readonly Finding[], width: number): string[] {
  return grouped(findings, ({ message }) => message).flatMap(([message, skipped]) => {
    const advice = skipped.find((finding) => finding.advice !== null)?.advice
    const text = `${checksOf(skipped).join(', ')}: ${message}${advice ? `. ${advice}` : ''}`
    return [...wrapped('  ', text.replace(/\.$/, ''), width), ...commands(skipped)]
  })
}

/** By provider; what is the same for all environments only once. */
function manualLines(findings: readonly Finding[], width: number): string[] {
  return grouped(findings, ({ subject }) => subject.provider ?? '').flatMap(([name, ofProvider]) => [
    `  ${name}`,
    ...grouped(ofProvider, ({ id }) => id).flatMap(([, same]) => {
      const messages = [...new Set(same.map(({ message }) => message))]
      const advice = [...new Set(same.flatMap((finding) => finding.advice ?? []))]
      return [
        ...messages.flatMap((message) => wrapped('  - ', message, width)),
        ...advice.flatMap((text) => wrapped(indent, text, width)),
        ...commands(same),
      ]
    }),
  ])
}

/** The checks of each group, and what verify says. */
function checkLines(findings: readonly Finding[], width: number): string[] {
  return grouped(findings).flatMap(([name, inGroup]) => [
    ...wrapped('  ', `${name}: ${checksOf(inGroup).join(', ')}`, width),
    ...inGroup
      .filter(({ check, status }) => check === 'verify' && status === 'passed')
      .flatMap(({ message }) => wrapped(indent, message, width)),
  ])
}

function conclusion({ counts, findings }: Report, verbose: boolean, width: number): string[] {
  const numbers = [
    [counts.failed, 'failed'],
    [counts.note, 'to look at'],
    [counts.passed, 'passed'],
    [findings.filter(({ id }) => id === 'skipped').length, 'not checked'],
  ] as const
  const total = numbers.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`)
  const more = verbose ? '' : ' (--verbose shows all)'
  const page = 'If users cannot log in, read docs/when-logins-fail.md'
  return [
    ...wrapWords(`${total.join(', ')}${more}`, width),
    ...(findings.some(affectsLogins) ? wrapWords(page, width) : []),
  ]
}

function checksOf(findings: readonly Finding[]): Check[] {
  return [...new Set(findings.map(({ check }) => check))]
}

/** A text behind a label; an address in it stays in one piece. */
function wrapped(label: string, text: string, width: number): string[] {
  return hanging(label, text, width, { indent, breakWords: false })
}

/** Each once, and not wrapped, so that it can be copied. */
function commands(findings: readonly Finding[]): string[] {
  const lines = findings.flatMap(({ command }) => (command === null ? [] : `${indent}$ ${command}`))
  return [...new Set(lines)]
}
