import type { IncomingHttpHeaders } from 'node:http'
import { type JunctionEnvironment, parseEnvironment, splitEnvironment } from '../../junction/environments.ts'
import { type Answer, failed } from '../answer.ts'
import type { ReceivedRequest } from '../server.ts'
import { answerConnect } from './connect.ts'
import { describedProvider, oauthProviders } from './link-providers.ts'
import { createLinkToken } from './link-tokens.ts'
import { applicationOf, createOAuthLink, openLinkPage, readUnused } from './oauth-link.ts'
import { type Caller, type JunctionState, teamIn } from './state.ts'
import * as user from './users.ts'

/** What the link API answers when nothing goes wrong. */
export async function answerLinkCall(
  junction: JunctionState,
  { operation, environment, parameters }: LinkCall,
  request: ReceivedRequest,
): Promise<Answer> {
  const [parameter = ''] = parameters
  if (operation === 'connect') return answerConnect(junction, environment, parameter, request.target)
  if (operation === 'link_page') return openLinkPage(junction, environment, request.target)
  if (operation === 'oauth_link') return createOAuthLink(junction, environment, parameter, linkToken(request))
  if (operation === 'link_providers') {
    const { problem } = await readUnused(junction, environment, linkToken(request))
    return problem ?? { status: 200, body: oauthProviders.map(({ slug }, id) => sourceLink(slug, id + 1)) }
  }
  const teamId = authenticate(junction, environment, request.headers)
  if (teamId === undefined) return failed(401, 'Invalid API key')
  const caller: Caller = { junction, environment, teamId }
  switch (operation) {
    case 'create_user':
      return user.createUser(caller, request.body)
    case 'get_user':
      return user.getUser(caller, parameter)
    case 'resolve_user':
      return user.resolveUser(caller, parameter)
    case 'delete_user':
      return user.deleteUser(caller, parameter)
    case 'connections':
      return user.listConnections(caller, parameter)
    case 'disconnect':
      return user.disconnect(caller, parameters, async ({ slug, tokens }) => {
        const application = applicationOf(junction, environment, slug)
        const token = tokens?.refresh_token ?? tokens?.access_token
        if (application && token !== undefined) await junction.oauthClient.revoke(application, token)
      })
    case 'providers':
      return {
        status: 200,
        body: oauthProviders.map(({ slug }) => ({
          ...describedProvider(slug),
          auth_type: 'oauth',
          supported_resources: [],
        })),
      }
    case 'create_link_token':
      return createLinkToken(caller, request.body)
  }
}

/** The id of the team that a key or short-lived token of this environment belongs to. */
function authenticate(
  junction: JunctionState,
  environment: JunctionEnvironment,
  headers: IncomingHttpHeaders,
): string | undefined {
  const { apiKeys, teamTokens, clock } = junction
  const own = splitEnvironment(environment).environment
  const team = teamIn(junction, environment)
  if (headers['x-vital-api-key'] !== undefined) {
    return headers['x-vital-api-key'] === apiKeys[environment] ? team.id : undefined
  }
  const [, bearer = ''] = /^Bearer (.+)$/i.exec(headers.authorization ?? '') ?? []
  const grant = teamTokens.get(bearer)
  const good = grant?.team === team && grant.environment === own && grant.expires > clock.now()
  return good ? team.id : undefined
}

function linkToken({ headers }: ReceivedRequest): string | undefined {
  return headers['x-vital-link-token']?.toString()
}

function sourceLink(slug: string, id: number) {
  return { id, ...describedProvider(slug), oauth_url: null, auth_type: 'oauth', form_components: {} }
}

/** The calls of the link API that are played. */
export type LinkOperation =
  | 'create_user'
  | 'get_user'
  | 'resolve_user'
  | 'delete_user'
  | 'create_link_token'
  | 'oauth_link'
  | 'link_providers'
  | 'providers'
  | 'connections'
  | 'disconnect'
  /** The OAuth callback. */
  | 'connect'
  /** Junction's own page, for who has only the token. */
  | 'link_page'

/** What a request to the link API asks for. */
export interface LinkCall {
  readonly operation: LinkOperation
  readonly environment: JunctionEnvironment
  /** What the path names, percent-decoded. */
  readonly parameters: readonly string[]
}

/** Paths below an environment; what is in parentheses is a parameter. */
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
  const [, first, second, ...rest] = path.split('/')
  const { environment } = parseEnvironment(`${first}/${second}`)
  if (!environment) return undefined
  for (const [expected, pattern, operation] of calls) {
    const [whole, ...raw] = (method === expected && pattern.exec(rest.join('/'))) || []
    if (whole === undefined) continue
    const parameters = raw.map(percentDecode)
    return { operation, environment, parameters }
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
