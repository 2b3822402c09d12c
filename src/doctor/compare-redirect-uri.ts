/**
 * Says how a redirect URI differs from the right one; completes "Junction has …, which …". Providers compare them byte
 * for byte (RFC 6749 §3.1.2.3, RFC 3986 §6.2.1).
 */
export function describeDifference(expected: string, received: string): string {
  const trimmed = received.replace(invisible, '')
  if (trimmed === expected) return describeSpace(received)
  if (received.toLowerCase() === expected.toLowerCase()) return describeCase(expected, received)
  const [right, other] = [split(expected), split(trimmed)]
  if (!right || !other) return 'is not a URL'
  const parts = ['scheme', 'host', 'port', 'path', 'rest'] as const
  const different = parts.filter((part) => right[part] !== other[part])
  const [only] = different
  if (different.length > 1) return 'is another URL'
  switch (only) {
    case 'scheme':
      return `begins with ${other.scheme}: instead of ${right.scheme}:`
    case 'host':
      if (other.host === `www.${right.host}`) return 'has an extra "www." before the host'
      if (right.host === `www.${other.host}`) return 'lacks the "www." before the host'
      return `has the host ${other.host} instead of ${right.host}`
    case 'port':
      if (right.port === '') return `has an extra port, ${other.port}`
      return other.port === ''
        ? `lacks the port ${right.port}`
        : `has the port ${other.port} instead of ${right.port}`
    case 'path':
      if (other.path === `${right.path}/`) return 'has an extra slash at the end'
      if (right.path === `${other.path}/`) return 'lacks the slash at the end'
      return `has ${other.path === '' ? 'no path' : `the path ${other.path}`} instead of ${right.path}`
    case 'rest':
      return 'has a query or fragment, which a redirect URI must not have'
    default:
      return 'is another spelling of the same address'
  }
}

const space = '\\s\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff'
/** Spaces, line breaks, and what cannot be seen at all. */
const invisible = new RegExp(`[${space}]`, 'g')

function describeSpace(text: string): string {
  const before = new RegExp(`^[${space}]`).test(text)
  const after = new RegExp(`[${space}]$`).test(text)
  if (before && after) return 'has white space before and after it'
  if (before) return 'has white space before it'
  return after ? 'has white space after it' : 'has white space in it'
}

function describeCase(expected: string, received: string): string {
  const index = [...expected].findIndex((character, position) => character !== received[position])
  return `has ${JSON.stringify(received[index])} instead of ${JSON.stringify(expected[index])}`
}

/** The parts as written, not as a URL parser would correct them; scheme and host in lower case. */
function split(text: string) {
  const [, scheme, host, port = '', path = '', rest = ''] =
    /^([a-z][a-z0-9+.-]*):\/\/(\[[^\]]*\]|[^/?#:]*)(?::([^/?#]*))?([^?#]*)(.*)$/is.exec(text) ?? []
  if (!scheme || host === undefined) return undefined
  return { scheme: scheme.toLowerCase(), host: host.toLowerCase(), port, path, rest }
}
