/** Characters that get into a secret by copying, by their names. */
const names: Readonly<Record<string, string>> = {
  '\u00a0': 'a no-break space',
  '\u00ad': 'a soft hyphen',
  '\u200b': 'a zero-width space',
  '\u200c': 'a zero-width non-joiner',
  '\u200d': 'a zero-width joiner',
  '\u2010': 'a typographic hyphen',
  '\u2013': 'an en dash',
  '\u2014': 'an em dash',
  '\u2018': 'a curly quote',
  '\u2019': 'a curly quote',
  '\u201c': 'a curly quote',
  '\u201d': 'a curly quote',
  '\u2026': 'an ellipsis',
  '\u202f': 'a narrow no-break space',
  '\u2060': 'a word joiner',
  '\ufeff': 'a byte order mark (BOM)',
}

/** What is wrong with a secret (RFC 6749 A.2: %x20-7E), or undefined. Characters count from 1. */
export function secretFault(secret: string): string | undefined {
  if (secret === '') return 'is empty'
  const characters = [...secret]
  if (/^[\t-\r ]/.test(secret)) return 'must not start with white space: see character 1'
  if (/[\t-\r ]$/.test(secret)) return `must not end with white space: see character ${characters.length}`
  const at = characters.findIndex((character) => !/[\x20-\x7e]/.test(character))
  if (at < 0) return undefined
  return `must not contain ${nameOf(characters[at] ?? '')}: see character ${at + 1}`
}

function nameOf(character: string): string {
  if (/[\n\r\u2028\u2029]/.test(character)) return 'a line break'
  if (/\p{Cc}/u.test(character)) return 'a control character'
  const code = `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`
  return `${names[character] ?? 'a character outside ASCII'} (${code})`
}

/** What makes a secret look as if more was copied than the secret, or undefined. */
export function secretDoubt(secret: string): string | undefined {
  if (/^[A-Z][A-Z0-9_]*=[^=]/.test(secret)) return 'looks like a whole NAME=value line'
  return /^(['"`]).+\1$/.test(secret) ? 'stands in quotes' : undefined
}
