/** Two texts around the first byte in which they differ, ready to be printed under each other. */
interface Difference {
  readonly expected: string
  readonly received: string
  /** Column of the caret in both lines. */
  readonly column: number
  /** Index of the first differing byte, from 0. */
  readonly offset: number
}

/** Bytes as they can be printed: control characters and bytes outside ASCII as `\x..`. */
export function showBytes(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}

/** Shows what surrounds the first difference in at most `width` columns; texts are Latin-1. */
export function showDifference(expected: string, received: string, width: number): Difference {
  let offset = 0
  while (offset < expected.length && expected[offset] === received[offset]) offset += 1
  const before = showBytes(expected.slice(0, offset))
  const room = Math.floor(width / 2)
  const longest = Math.max(showBytes(expected).length, showBytes(received).length)
  // All of it when that fits; else the difference stands in the middle.
  const skipped = longest <= width || before.length <= room ? 0 : before.length - room + 1
  const start = skipped === 0 ? before : `…${before.slice(skipped)}`
  return {
    expected: clip(start + showBytes(expected.slice(offset)), width),
    received: clip(start + showBytes(received.slice(offset)), width),
    column: start.length,
    offset,
  }
}

/** Cuts a text to a width; an ellipsis says so. */
export function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`
}
