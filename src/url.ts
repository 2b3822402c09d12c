/** Host names on which plain http is allowed: they never leave the machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

/**
 * Reads a URL; undefined when it is none. `URL.canParse` says of some non-ASCII URLs, once it is compiled, that they are
 * none (Node 20 and 22), and `URL.parse` came with Node 22.
 */
export function parseUrl(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base)
  } catch {
    return undefined
  }
}
