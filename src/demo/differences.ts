/** A stretch of bytes as they went over the wire; `changed` when they differ from what they should be. */
export interface Piece {
  readonly text: string
  readonly changed: boolean
}

/** More cells than this are not worth the time: what is between the ends that agree counts as changed. */
const maxCells = 4_000_000

/** Two texts, each as pieces that the other has as well and pieces that it has not. Percent-escapes stay whole. */
export function markDifferences(left: string, right: string): [left: Piece[], right: Piece[]] {
  const [a, b] = [tokens(left), tokens(right)]
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1
  let end = 0
  const room = Math.min(a.length, b.length) - start
  while (end < room && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1
  const between = a.slice(start, a.length - end)
  const common = withoutChance(commonTokens(between, b.slice(start, b.length - end)), between)
  const marked = (all: readonly string[], kept: ReadonlySet<number>) =>
    joined(
      all.map((text, index) => ({
        text,
        changed: index >= start && index < all.length - end && !kept.has(index - start),
      })),
    )
  return [marked(a, new Set(common.map(([of]) => of))), marked(b, new Set(common.map(([, of]) => of)))]
}

/** A text in which nothing is marked. */
export function plain(text: string): Piece[] {
  return text === '' ? [] : [{ text, changed: false }]
}

function tokens(text: string): string[] {
  return text.match(/%[0-9a-f]{2}|[\s\S]/gi) ?? []
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

/** Leaves out letters that two words share by chance: in `us` and `eu` the `u` is not what stayed. */
function withoutChance(common: readonly [number, number][], a: readonly string[]): [number, number][] {
  const runs: [number, number][][] = []
  for (const [left, right] of common) {
    const run = runs.at(-1)
    const [lastLeft, lastRight] = run?.at(-1) ?? []
    if (run && lastLeft === left - 1 && lastRight === right - 1) run.push([left, right])
    else runs.push([[left, right]])
  }
  const byChance = (run: [number, number][]) =>
    run.length <= 2 && run.every(([left]) => /^[a-z0-9]$/i.test(a[left] ?? ''))
  return runs.filter((run) => !byChance(run)).flat()
}

function joined(pieces: readonly Piece[]): Piece[] {
  const result: Piece[] = []
  for (const { text, changed } of pieces) {
    const last = result.at(-1)
    if (last?.changed === changed) result[result.length - 1] = { text: last.text + text, changed }
    else result.push({ text, changed })
  }
  return result
}
