import { diffArrays } from 'diff'

/** A stretch of bytes as they went over the wire; `changed` when they differ from what they should be. */
export interface Piece {
  readonly text: string
  readonly changed: boolean
}

/** Texts that differ in more places are not worth the time: all of both counts as changed. */
const maxEditLength = 2000

/** Two texts, each as pieces that the other has as well and pieces that it has not. Percent-escapes stay whole. */
export function markDifferences(left: string, right: string): [left: Piece[], right: Piece[]] {
  // Whole words: the u that us and eu share by chance is not what stayed.
  const tokens = (text: string) => text.match(/%[0-9a-f]{2}|[a-z0-9]+|[\s\S]/gi) ?? []
  const runs = diffArrays(tokens(left), tokens(right), { maxEditLength })
  if (!runs) return [[{ text: left, changed: true }], [{ text: right, changed: true }]]
  const side = (own: 'removed' | 'added', other: 'removed' | 'added') =>
    runs.filter((run) => !run[other]).map((run) => ({ text: run.value.join(''), changed: run[own] }))
  return [side('removed', 'added'), side('added', 'removed')]
}
