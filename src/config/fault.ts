import { closest, distance } from 'fastest-levenshtein'

/** One thing that is wrong in a configuration: where, as keys from the top, and what to do about it. */
export interface Fault {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** ` (did you mean "…"?)` when one of the choices is a plausible misspelling, else nothing. */
export function suggestion(text: string, choices: readonly string[]): string {
  if (choices.length === 0) return ''
  const nearest = closest(text, choices)
  return distance(text, nearest) <= Math.max(1, text.length / 3) ? ` (did you mean "${nearest}"?)` : ''
}
