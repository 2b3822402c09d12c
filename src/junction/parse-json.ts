/** Levels of lists and objects. Junction's answers have a few; thousands would exhaust the stack of whoever walks them. */
const mostLevels = 100

/** A JSON value from elsewhere, or what its text is instead. */
export type ParsedJson = { readonly value: unknown } | { readonly fault: string }

/** Reads JSON that may be hostile. */
export function parseJson(text: string): ParsedJson {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { fault: text.trim() === '' ? 'an empty body' : 'something that is not JSON' }
  }
  let level = [value]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > mostLevels) return { fault: 'JSON that is nested too deeply' }
    level = level.flatMap((item) => (item !== null && typeof item === 'object' ? Object.values(item) : []))
  }
  return { value }
}
