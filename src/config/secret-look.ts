/** Shapes that nothing but a secret has: Junction's keys, Google's client secrets, private keys, signed tokens. */
const shapes = [
  /(?:^|[^a-z0-9])(?:mg|[ps]k_(?:us|eu))_[\w-]{8,}/i,
  /GOCSPX-[\w-]{10,}/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/,
  /^\s*(?:Bearer|Basic)\s+\S{8,}/i,
]

/** Is this text, by its shape alone, something that must not stand in a file under version control? */
export function looksLikeSecret(text: string): boolean {
  return shapes.some((shape) => shape.test(text))
}

/** Paths of every text in a parsed document that looks like a secret, keys included. */
export function secretLookingPaths(value: unknown, path: readonly PropertyKey[] = []): PropertyKey[][] {
  if (typeof value === 'string') return looksLikeSecret(value) ? [[...path]] : []
  if (value === null || typeof value !== 'object') return []
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
  return entries.flatMap(([key, item]) => {
    const here = [...path, key]
    if (typeof key === 'string' && looksLikeSecret(key)) return [here]
    return secretLookingPaths(item, here)
  })
}
