import { closest, distance } from 'fastest-levenshtein'

/** ` (did you mean "…"?)` when one of the choices is a plausible misspelling or is cut short, else nothing. */
export function suggestion(text: string, choices: readonly string[]): string {
  if (choices.length === 0) return ''
  const shortened = text.length > 2 ? choices.find((choice) => choice.startsWith(text)) : undefined
  const nearest = shortened ?? closest(text, choices)
  const plausible = shortened !== undefined || distance(text, nearest) <= Math.max(1, text.length / 3)
  return plausible ? ` (did you mean "${nearest}"?)` : ''
}
