import { styleText } from 'node:util'

export type Style = Parameters<typeof styleText>[0]

/** Paints text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string

export function createPaint(colour: boolean): Paint {
  return (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text)
}

/** Breaks a text between words, and words that are too long for a line, so that no line is wider than `width`. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  const words = text.split(' ').flatMap((word) => word.match(new RegExp(`.{1,${width}}`, 'g')) ?? [''])
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** Wraps a text behind a label; further lines stand under the first. */
export function hanging(label: string, text: string, width: number): string[] {
  const space = ' '.repeat(label.length)
  return wrap(text, Math.max(20, width - label.length)).map(
    (line, index) => (index === 0 ? label : space) + line,
  )
}
