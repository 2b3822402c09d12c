import { styleText } from 'node:util'
import { printable } from '../junction/printable.ts'

/** How text for people looks. */
export interface Style {
  /** Width of the terminal; undefined when the text does not go to one. */
  readonly columns: number | undefined
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
}

/** A style with or without colours. */
export function createStyle(colour: boolean, columns: number | undefined): Style {
  const paint = (format: 'bold' | 'dim' | 'red' | 'green' | 'yellow') => (text: string) =>
    colour ? styleText(format, text, { validateStream: false }) : text
  return {
    columns,
    bold: paint('bold'),
    dim: paint('dim'),
    red: paint('red'),
    green: paint('green'),
    yellow: paint('yellow'),
  }
}

/** C1 controls, DEL, bidirectional and invisible formatting: what JSON.stringify leaves as it is. */
const unescaped = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** One JSON object and a newline, safe to show on a terminal. */
export function renderJson(data: object, indentation = 2): string {
  return `${inlineJson(data, indentation)}\n`
}

/** A JSON value, safe to show on a terminal. */
export function inlineJson(value: unknown, indentation = 0): string {
  return JSON.stringify(value, undefined, indentation).replace(
    unescaped,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
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

/** `name  value` lines, the values aligned. */
export function pairs(entries: readonly (readonly [string, string])[], style: Style): string {
  const width = Math.max(...entries.map(([name]) => name.length))
  return entries.map(([name, value]) => `${style.dim(name.padEnd(width))}  ${value}\n`).join('')
}

/** Numbered steps; further lines of a step are indented under it. */
export function numbered(steps: readonly string[]): string {
  return steps.map((step, index) => `${index + 1}. ${step.replaceAll('\n', '\n   ')}\n`).join('')
}
