import { styleText } from 'node:util'

export type Style = Parameters<typeof styleText>[0]

/** Paints text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string

export function createPaint(colour: boolean): Paint {
  return (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text)
}

/** Breaks a text between words. A longer word, such as an address, stays in one piece, so that it can be copied. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line !== undefined && (line === '' || line.length + 1 + word.length <= width))
      lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
    else lines.push(word)
  }
  return lines
}

/** The same, and breaks words that are too long for a line, so that no line is wider than `width`. */
export function wrap(text: string, width: number): string[] {
  const piece = new RegExp(`.{1,${width}}`, 'g')
  const words = text.split(' ').flatMap((word) => word.match(piece) ?? [''])
  return wrapWords(words.join(' '), width)
}

/** Wraps a text behind a label; further lines stand under the first. */
export function hanging(label: string, text: string, width: number): string[] {
  const space = ' '.repeat(label.length)
  return wrap(text, Math.max(20, width - label.length)).map(
    (line, index) => (index === 0 ? label : space) + line,
  )
}
