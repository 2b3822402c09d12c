import { isLoopback } from '../loopback.ts'
import { environmentOfHost, type JunctionEnvironment, parseEnvironment } from './environments.ts'

/** For whom a link token was made. */
export interface LinkTokenAudience {
  /** As it stands in the token. */
  readonly aud: string
  /** The environment that it names; undefined when it is no API of Junction's. */
  readonly environment: JunctionEnvironment | undefined
}

/** Reads a link token's audience, without verifying its signature; undefined when the token is not readable. */
export function linkTokenAudience(token: string): LinkTokenAudience | undefined {
  const claims = payload(token)
  const audiences = [claims?.aud].flat().filter((aud) => typeof aud === 'string')
  const found = audiences.map((aud) => ({ aud, environment: environmentOfAudience(aud) }))
  return found.find(({ environment }) => environment !== undefined) ?? found[0]
}

/** The team that a link token belongs to, when it says so. */
export function linkTokenTeam(token: string): string | undefined {
  const team = payload(token)?.team_id
  return typeof team === 'string' ? team : undefined
}

/** Either host family; a Junction on loopback is told by the end of its path, `…/{environment}/{region}/v2/link`. */
function environmentOfAudience(aud: string): JunctionEnvironment | undefined {
  if (!URL.canParse(aud)) return undefined
  const { hostname, pathname } = new URL(aud)
  if (!isLoopback(hostname)) return environmentOfHost(hostname)
  const [, named = ''] = /([^/]+\/[^/]+?)(?:\/v2\/link)?\/?$/.exec(pathname) ?? []
  return parseEnvironment(named).environment
}

/** The claims of a JWT in its compact form (RFC 7519 §3). */
function payload(token: string): Record<string, unknown> | undefined {
  const [, part, signature] = token.split('.')
  if (part === undefined || signature === undefined) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return claims !== null && typeof claims === 'object' ? (claims as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
