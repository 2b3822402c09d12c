import type { Check, Subject } from '../../doctor/finding.ts'
import { wrapWords } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
import { clip, showDifference } from '../../verify/difference.ts'
import type { DoctorData, FindingData } from './doctor-data.ts'

/** No line is longer than this, however wide the terminal: long lines are hard to read. */
const widest = 100
const indent = '    '

/**
 * What the doctor found: what is well, what could not be looked at, what only a person can do, and last of all, where
 * people look first on a terminal, what is wrong.
 */
export function doctorText(data: DoctorData, style: Style): string {
  const width = Math.min(widest, style.columns ?? 80)
  const of = (...statuses: readonly string[]) =>
    data.findings.filter(({ status }) => statuses.includes(status))
  const blocks = [
    passedText(of('passed'), width, style),
    skippedText(of('skipped'), width, style),
    peopleText(of('person'), width, style),
    ...grouped(of('failed', 'note')).map(([name, findings]) => wrongText(name, findings, width, style)),
    conclusion(data, width, style),
  ]
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

/** What a finding is listed under. */
export function groupOf({ route, provider, environment, region }: Subject | FindingData['subject']): string {
  const place = environment && region ? `${environment}/${region}` : route
  const name = [place, provider].filter(Boolean).join(' ')
  return name === '' ? 'byoo.yaml and keys' : name
}

type Group = [name: string, findings: FindingData[]]

/** By group, in the order in which the groups come up first. */
function grouped(findings: readonly FindingData[]): Group[] {
  return gathered(findings, ({ subject }) => groupOf(subject))
}

function gathered(findings: readonly FindingData[], nameOf: (finding: FindingData) => string): Group[] {
  const groups = new Map<string, FindingData[]>()
  for (const finding of findings) {
    const group = groups.get(nameOf(finding)) ?? []
    groups.set(nameOf(finding), group)
    group.push(finding)
  }
  return [...groups]
}

/** A line for each group, two where the terminal is narrow; and for how long a certificate is still valid. */
function passedText(findings: readonly FindingData[], width: number, style: Style): string {
  const groups = grouped(findings)
  const column = Math.max(...groups.map(([name]) => name.length), 0) + 2
  const lines = groups.flatMap(([name, inGroup]) => {
    const checks = checksOf(inGroup).join('  ')
    const days = inGroup
      .filter(({ id }) => id === 'tls-valid')
      .flatMap(({ message }) => hanging(indent, message, width))
    if (column + 8 + 24 > width)
      return [`  ${clip(name, width - 2)}`, ...hanging(indent, checks, width), ...days]
    return [...hanging(`  ${name.padEnd(column)}`, checks, width), ...days]
  })
  return section(style.green('Passed'), lines, style)
}

/** Checks with the same reason together, whatever they are about. */
function skippedText(findings: readonly FindingData[], width: number, style: Style): string {
  const reasons = gathered(findings, ({ message, advice }) => sentences(message, advice))
  const lines = reasons.flatMap(([reason, skipped]) => [
    ...hanging('  ', `${checksOf(skipped).join(', ')}: ${reason}`, width, indent),
    ...commands(skipped),
  ])
  return section('Not looked at', lines, style)
}

/** By provider; what is the same for all environments only once. */
function peopleText(findings: readonly FindingData[], width: number, style: Style): string {
  const lines = gathered(findings, ({ subject }) => subject.provider ?? '').flatMap(([name, ofProvider]) => {
    const ids = gathered(ofProvider, ({ id }) => id)
    return [
      `  ${name}`,
      ...ids.flatMap(([, same]) => {
        const messages = [...new Set(same.map(({ message }) => message))]
        const advice = [...new Set(same.flatMap((finding) => finding.advice ?? []))]
        return [
          ...messages.flatMap((message) => hanging('  - ', message, width)),
          ...advice.flatMap((text) => hanging(indent, text, width)),
          ...commands(same),
        ]
      }),
    ]
  })
  return section('What only a person can do or see', lines, style)
}

function wrongText(name: string, findings: readonly FindingData[], width: number, style: Style): string {
  const failedFirst = findings.toSorted(
    (left, right) => Number(left.status === 'note') - Number(right.status === 'note'),
  )
  const lines = failedFirst.flatMap((finding) => {
    const { id, status, message, advice } = finding
    const mark = status === 'failed' ? style.red('FAILED') : style.yellow('note')
    return [
      `  ${mark}  ${style.bold(id)}`,
      ...hanging(indent, message, width),
      ...difference(finding, width, style),
      ...(advice === null ? [] : hanging(indent, advice, width)),
      ...commands([finding]),
    ]
  })
  return section(clip(name, width), lines, style)
}

/** Both texts, with a caret under the first character that differs. */
function difference({ expected, received }: FindingData, width: number, style: Style): string[] {
  if (expected === null || received === null || expected === received) return []
  const label = `${indent}expected  `
  const shown = showDifference(expected, received, Math.max(20, width - label.length))
  return [
    `${label}${shown.expected || '(nothing)'}`,
    `${indent}received  ${shown.received || '(nothing)'}`,
    `${' '.repeat(label.length + shown.column)}${style.red('^')}`,
  ]
}

function conclusion({ counts, passed, summary }: DoctorData, width: number, style: Style): string {
  const numbers = [
    [counts.failed, 'failed'],
    [counts.note, 'worth a look'],
    [counts.passed, 'passed'],
    [counts.skipped, 'not looked at'],
  ] as const
  const total = numbers.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`)
  const paint = !passed ? style.red : counts.note > 0 ? style.yellow : style.green
  return [
    ...wrapWords(total.join(', '), width),
    ...wrapWords(summary, width).map((line) => style.bold(paint(line))),
  ].join('\n')
}

function section(title: string, lines: readonly string[], style: Style): string {
  return lines.length === 0 ? '' : [style.bold(title), ...lines].join('\n')
}

function checksOf(findings: readonly FindingData[]): Check[] {
  return [...new Set(findings.map(({ check }) => check))]
}

/** Each once, and not wrapped, so that it can be copied. */
function commands(findings: readonly FindingData[]): string[] {
  const lines = findings.flatMap(({ command }) => (command === null ? [] : `${indent}$ ${command}`))
  return [...new Set(lines)]
}

/** A text behind a label; its further lines stand under the first. */
function hanging(label: string, text: string, width: number, further = ' '.repeat(label.length)): string[] {
  return wrapWords(text, width - further.length).map((line, index) => (index === 0 ? label : further) + line)
}

function sentences(...parts: readonly (string | null)[]): string {
  return parts
    .filter((part) => part !== null)
    .join('. ')
    .replace(/\.$/, '')
}
