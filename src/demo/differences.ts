/** A stretch of bytes as they went over the wire; `changed` when they differ from what they should be. */
export interface Piece {
  readonly text: string
  readonly changed: boolean
}

/** More cells than this are not worth the time: all after the first byte that differs counts as changed. */
const maxCells = 4_000_000

/** Two texts, each as pieces that the other has as well and pieces that it has not. Percent-escapes stay whole. */
export function markDifferences(left: string, right: string): [left: Piece[], right: Piece[]] {
  const start = sharedStart(left, right)
  // Whole words: the u that us and eu share by chance is not what stayed.
  const [a, b] = [left, right].map((text) => text.slice(start).match(/%[0-9a-f]{2}|[a-z0-9]+|[\s\S]/gi) ?? [])
  const common = commonTokens(a ?? [], b ?? [])
  const marked = (text: string, tokens: readonly string[] = [], kept: ReadonlySet<number>) =>
    joined([
      { text: text.slice(0, start), changed: false },
      ...tokens.map((token, index) => ({ text: token, changed: !kept.has(index) })),
    ])
  return [
    marked(left, a, new Set(common.map(([index]) => index))),
    marked(right, b, new Set(common.map(([, index]) => index))),
  ]
}

/** How many characters at the start are the same, without the part of an escape. */
function sharedStart(left: string, right: string): number {
  let start = 0
  while (start < left.length && left[start] === right[start]) start += 1
  if (start === left.length && start === right.length) return start
  return left.slice(0, start).replace(/%[0-9a-f]?$/i, '').length
}

/** Indices of a longest common subsequence. */
function commonTokens(a: readonly string[], b: readonly string[]): [number, number][] {
  if (a.length * b.length > maxCells) return []
  const width = b.length + 1
  const lengths = new Uint16Array((a.length + 1) * width)
  const at = (row: number, column: number) => lengths[row * width + column] ?? 0
  for (let row = a.length - 1; row >= 0; row -= 1) {
    for (let column = b.length - 1; column >= 0; column -= 1) {
      lengths[row * width + column] =
        a[row] === b[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1))
    }
  }
  const common: [number, number][] = []
  for (let row = 0, column = 0; row < a.length && column < b.length; ) {
    if (a[row] === b[column]) common.push([row++, column++])
    else if (at(row + 1, column) >= at(row, column + 1)) row += 1
    else column += 1
  }
  return common
}

function joined(pieces: readonly Piece[]): Piece[] {
  const result: Piece[] = []
  for (const { text, changed } of pieces.filter((piece) => piece.text !== '')) {
    const last = result.at(-1)
    if (last?.changed === changed) result[result.length - 1] = { text: last.text + text, changed }
    else result.push({ text, changed })
  }
  return result
}
