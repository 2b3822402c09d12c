/** C0, DEL, C1, line separators, bidirectional and invisible formatting, and halves of surrogate pairs. */
const unprintable =
  /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu

/** Text from elsewhere, safe to show on a terminal: control characters escaped, cut to `limit` characters. */
export function printable(text: string, limit = 500): string {
  const characters = [...text.slice(0, 2 * limit)]
  const cut = characters.length > limit || text.length > 2 * limit
  return `${characters.slice(0, limit).join('').replace(unprintable, escapeCharacter)}${cut ? '…' : ''}`
}

function escapeCharacter(character: string): string {
  if (character === '\n') return '\\n'
  if (character === '\r') return '\\r'
  if (character === '\t') return '\\t'
  const code = character.charCodeAt(0)
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`
}
