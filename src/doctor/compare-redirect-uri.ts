/** In what a redirect URI first differs from the right one. */
export type Difference =
  | 'white-space'
  | 'spelling'
  | 'scheme'
  | 'www'
  | 'host'
  | 'port'
  | 'case'
  | 'trailing-slash'
  | 'path'
  | 'query'

/** What kind of difference it is, and how to say so. */
export interface ComparedUri {
  readonly difference: Difference
  /** Completes "Junction has …, which …". */
  readonly words: string
}

/**
 * Names what makes two redirect URIs different, the part that comes first; undefined when they are the same bytes,
 * which is how providers compare them (RFC 6749 §3.1.2.3, RFC 3986 §6.2.1).
 */
export function compareRedirectUri(expected: string, received: string): ComparedUri | undefined {
  if (expected === received) return undefined
  const tell = (difference: Difference, words: string): ComparedUri => ({ difference, words })
  if (withoutSpace(received) === expected) return tell('white-space', whiteSpace(received))
  if (received.toLowerCase() === expected.toLowerCase()) return tell('case', caseOf(expected, received))
  const [left, right] = [takeApart(expected), takeApart(withoutSpace(received))]
  if (!left || !right) return tell('spelling', 'is no URL')
  if (left.scheme !== right.scheme)
    return tell('scheme', `begins with ${right.scheme}: instead of ${left.scheme}:`)
  if (right.host === `www.${left.host}`) return tell('www', 'has a "www." before the host')
  if (left.host === `www.${right.host}`) return tell('www', 'lacks the "www." before the host')
  if (left.host !== right.host) return tell('host', `has the host ${right.host} instead of ${left.host}`)
  if (left.port !== right.port) return tell('port', portWords(left.port, right.port))
  if (right.path === `${left.path}/`) return tell('trailing-slash', 'has a slash more at the end')
  if (left.path === `${right.path}/`) return tell('trailing-slash', 'has a slash less at the end')
  if (left.path !== right.path) return tell('path', `has ${pathWords(right.path)} instead of ${left.path}`)
  if (left.rest !== right.rest)
    return tell('query', 'has a query or fragment, which no redirect URI may have')
  return tell('spelling', 'is another spelling of the same address')
}

/** Spaces, line breaks, and what cannot be seen at all. */
const space = /[\s\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

function withoutSpace(text: string): string {
  return text.replace(space, '')
}

function whiteSpace(text: string): string {
  const before = text.search(/[^\s\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/) > 0
  const after = /[\s\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]$/.test(text)
  if (before && after) return 'has white space before and after it'
  if (before) return 'has white space before it'
  return after ? 'has white space after it' : 'has white space in it'
}

function caseOf(expected: string, received: string): string {
  const index = [...expected].findIndex((character, position) => character !== received[position])
  return `has ${JSON.stringify(received[index])} where ${JSON.stringify(expected[index])} should stand`
}

function portWords(expected: string, received: string): string {
  if (expected === '') return `names the port ${received}`
  return received === '' ? `lacks the port ${expected}` : `has the port ${received} instead of ${expected}`
}

function pathWords(path: string): string {
  return path === '' ? 'no path' : `the path ${path}`
}

interface Parts {
  readonly scheme: string
  readonly host: string
  /** As written; empty when there is none. */
  readonly port: string
  readonly path: string
  /** From the first `?` or `#` on. */
  readonly rest: string
}

/** As written, not as a URL parser would mend it; scheme and host in lower case. */
function takeApart(text: string): Parts | undefined {
  const [, scheme, host, port = '', path = '', rest = ''] =
    /^([a-z][a-z0-9+.-]*):\/\/(\[[^\]]*\]|[^/?#:]*)(?::([^/?#]*))?([^?#]*)(.*)$/is.exec(text) ?? []
  if (!scheme || host === undefined) return undefined
  return { scheme: scheme.toLowerCase(), host: host.toLowerCase(), port, path, rest }
}
