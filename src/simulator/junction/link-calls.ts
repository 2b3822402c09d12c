import { type Combination, hosts } from '../../junction/environments.ts'
import type { LinkOperation } from '../switches.ts'

/** What a request to the link API asks for. */
export interface LinkCall {
  readonly operation: LinkOperation
  readonly combination: Combination
  /** What the path names, percent-decoded. */
  readonly parameters: readonly string[]
}

/** Paths below an environment and region; what is in parentheses is a parameter. */
const calls: readonly (readonly [method: string, path: RegExp, operation: LinkOperation])[] = [
  ['POST', /^v2\/user$/, 'create_user'],
  ['GET', /^v2\/user\/resolve\/([^/]+)$/, 'resolve_user'],
  ['GET', /^v2\/user\/providers\/([^/]+)$/, 'connections'],
  ['GET', /^v2\/user\/([^/]+)$/, 'get_user'],
  ['DELETE', /^v2\/user\/([^/]+)$/, 'delete_user'],
  ['DELETE', /^v2\/user\/([^/]+)\/([^/]+)$/, 'disconnect'],
  ['POST', /^v2\/link\/token$/, 'create_link_token'],
  ['GET', /^v2\/link\/provider\/oauth\/([^/]+)$/, 'oauth_link'],
  ['GET', /^v2\/link\/providers$/, 'link_providers'],
  ['GET', /^v2\/providers$/, 'providers'],
  ['GET', /^v2\/link\/connect\/([^/]+)$/, 'connect'],
  ['GET', /^link$/, 'link_page'],
]

/** Reads method and request target; undefined when the API has no such call. */
export function readLinkCall(method: string, target: string): LinkCall | undefined {
  const [path = ''] = target.split('?')
  const [, environment, region, ...rest] = path.split('/')
  const combination = `${environment}/${region}`
  if (!Object.hasOwn(hosts, combination)) return undefined
  for (const [expected, pattern, operation] of calls) {
    const [whole, ...raw] = (method === expected && pattern.exec(rest.join('/'))) || []
    if (whole === undefined) continue
    const parameters = raw.map(percentDecode)
    return { operation, combination: combination as Combination, parameters }
  }
  return undefined
}

function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
