/** Levels of lists and objects: Junction's answers have a few, and thousands would exhaust the stack. */
const maxLevels = 100

/** A JSON value from elsewhere, or what its text is instead. */
type ParsedJson =
  | { readonly value: unknown; readonly fault?: undefined }
  | { readonly value?: undefined; readonly fault: string }

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
    if (depth > maxLevels) return { fault: 'JSON that is nested too deeply' }
    level = level.flatMap((item) => (item !== null && typeof item === 'object' ? Object.values(item) : []))
  }
  return { value }
}

/** A field of a value that may be no object. */
export function field(value: unknown, name: string): unknown {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[name] : undefined
}
