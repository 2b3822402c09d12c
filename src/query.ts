/** A form as an OAuth client reads it (RFC 6749 appendix B): names and values, decoded to bytes, in order. */
export function decodeForm(text: string): [name: string, value: string][] {
  return text
    .split('&')
    .filter((part) => part !== '')
    .map((part) => [formDecode(partName(part)), formDecode(partValue(part))])
}

/** What stands before the first `=` of one part of a query. */
export function partName(part: string): string {
  return part.split('=', 1)[0] ?? ''
}

/** What stands after the first `=`. */
export function partValue(part: string): string {
  return part.slice(partName(part).length + 1)
}

/** Percent-decodes to bytes, as Latin-1; malformed escapes stay as they are. */
export function percentDecode(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** Decodes a name or a value of a form once; what is no escape stands for itself. */
export function formDecode(text: string): string {
  return percentDecode(text.replaceAll('+', ' '))
}

/** Would a client that decodes both queries read the same list? */
export function sameMeaning(left: string, right: string): boolean {
  const read = (query: string) => JSON.stringify(decodeForm(query.replace(/^\?/, '')))
  return read(left) === read(right)
}
