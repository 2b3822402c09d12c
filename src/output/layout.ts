import { stripVTControlCharacters } from 'node:util'
import { printable } from './printable.ts'
import type { Style } from './style.ts'

/** `1 case`, `2 cases`. */
export function counted(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`
}

/** Breaks a text between words. A longer word, such as an address, stays in one piece, so that it can be copied. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line !== undefined && (line === '' || visible(line) + 1 + visible(word) <= width))
      lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
    else lines.push(word)
  }
  return lines
}

/** Breaks a text between words, and words that are too long for a line, so that no line is wider than `width`. */
export function wrap(text: string, width: number): string[] {
  const piece = new RegExp(`.{1,${Math.max(1, width)}}`, 'g')
  const words = text.split(' ').flatMap((word) => word.match(piece) ?? [''])
  return wrapWords(words.join(' '), width)
}

/** Wraps a text behind a label; further lines stand under the first, or behind `indent`. */
export function hanging(
  label: string,
  text: string,
  width: number,
  { indent = ' '.repeat(label.length), breakWords = true }: { indent?: string; breakWords?: boolean } = {},
): string[] {
  const room = Math.max(20, width - indent.length)
  const lines = breakWords ? wrap(text, room) : wrapWords(text, room)
  return lines.map((line, index) => (index === 0 ? label : indent) + line)
}

/** What people copy: commands and JSON. */
const copied = /^ *(?:(?:\$ )?(?:byoo|npx|node|chmod|eval) |["{[])/

/** Text whose lines break between words at the edge of the terminal, each under its own start; what is copied stays whole. */
export function wrapLines(text: string, columns: number | undefined): string {
  if (columns === undefined) return text
  const lines = text.split('\n').flatMap((line) => {
    if (visible(line) <= columns || copied.test(line)) return [line]
    const [start = ''] = /^ *(?:\d+\. |- |\S.{0,20}? {2,})?/.exec(line) ?? []
    const indent = ' '.repeat(visible(start))
    return hanging(start, line.slice(start.length), columns, { indent, breakWords: false })
  })
  return lines.join('\n')
}

/** How many columns a text takes, whatever its colours. */
function visible(text: string): number {
  return stripVTControlCharacters(text).length
}

/** A cell that may hold text from elsewhere; a dash when there is none. */
export function cell(text: string | number | boolean | null | undefined): string {
  return text === undefined || text === null || text === '' ? '-' : printable(String(text))
}

/**
 * Rows under a heading in aligned columns. On a terminal that is too narrow each row becomes a block of its own, one
 * line per column.
 */
export function table(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
): string {
  const widths = heading.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const total = widths.reduce((sum, width) => sum + width + 2, -2)
  if (style.columns !== undefined && total > style.columns) {
    const block = (row: readonly string[]) =>
      pairs(
        heading.map((title, column) => [title.toLowerCase(), row[column] ?? '']),
        style,
      )
    return rows.map(block).join('\n')
  }
  const line = (cells: readonly string[]) =>
    cells
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return `${[style.bold(line(heading)), ...rows.map(line)].join('\n')}\n`
}

/** `name  value` lines, the values aligned; none for a value that is undefined. */
export function pairs(
  entries: readonly (readonly [name: string, value: string | undefined])[],
  style: Style,
): string {
  const shown = entries.filter(([, value]) => value !== undefined)
  const width = Math.max(...shown.map(([name]) => name.length))
  return shown.map(([name, value]) => `${style.dim(name.padEnd(width))}  ${value}\n`).join('')
}

/** Numbered steps; further lines of a step are indented under it. */
export function numbered(steps: readonly string[]): string {
  return steps.map((step, index) => `${index + 1}. ${step.replaceAll('\n', '\n   ')}\n`).join('')
}
