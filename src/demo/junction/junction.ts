import { unescape as percentDecode } from 'node:querystring'
import * as z from 'zod/mini'
import { junctionEnvironments } from '../../junction/environments.ts'
import { type Answer, notPlayed } from '../answer.ts'
import { queryOf, type ReceivedRequest, type Service, startServer } from '../server.ts'
import { type Call, check, oneOf } from './call.ts'
import { answerConnect } from './connect.ts'
import * as link from './link.ts'
import * as management from './management.ts'
import { createOAuthClient, type OAuthClient } from './oauth-client.ts'
import { createState, type JunctionState, type SimulatedTeam } from './state.ts'
import * as users from './users.ts'

/** Where the simulated Junction starts from. */
export interface JunctionOptions extends Pick<Service, 'around' | 'backLink'> {
  /** The provider of all slugs; unless given, none that can be reached. */
  readonly oauthClient?: OAuthClient
  /** Milliseconds that a link token has aged by the time the user comes back, beside those that have passed. */
  readonly delay?: () => number
}

/** Junction on loopback: the management API, and the link API of all environments. */
export type SimulatedJunction = Awaited<ReturnType<typeof startJunction>>

type Authenticate = (call: Omit<Call, 'teams'>) => readonly SimulatedTeam[]
type Answering = (call: Call) => Answer | Promise<Answer>

const organisationKey = management.authenticateOrganisation
const teamKey = link.authenticateTeam
const noKey: Authenticate = () => []

const store = '/v1/org/{org_id}/team_custom_credentials/{environment}'
const preparation = '/v1/org/{org_id}/prepare_team_custom_credentials/{environment}'
const team = '/v1/org/{org_id}/team/{team_id}'
const api = '/{environment}/v2'

/** Every call that is played, and what opens it; of two that match, the first. */
const calls = {
  list: ['GET', store, organisationKey, management.listCredentials],
  set: ['POST', store, organisationKey, management.setCredentials],
  delete: ['DELETE', store, organisationKey, management.deleteCredentials],
  prepare: ['POST', preparation, organisationKey, management.prepareCredentials],
  team: ['GET', team, organisationKey, management.getTeam],
  token: ['POST', `${team}/create_api_access_token`, organisationKey, management.createTeamToken],
  create_user: ['POST', `${api}/user`, teamKey, users.createUser],
  resolve_user: ['GET', `${api}/user/resolve/{client_user_id}`, teamKey, users.resolveUser],
  connections: ['GET', `${api}/user/providers/{user_id}`, teamKey, users.listConnections],
  get_user: ['GET', `${api}/user/{user_id}`, teamKey, users.getUser],
  delete_user: ['DELETE', `${api}/user/{user_id}`, teamKey, users.deleteUser],
  disconnect: ['DELETE', `${api}/user/{user_id}/{provider}`, teamKey, users.disconnect],
  create_link_token: ['POST', `${api}/link/token`, teamKey, link.createLinkToken],
  oauth_link: ['GET', `${api}/link/provider/oauth/{provider}`, noKey, link.createOAuthLink],
  providers: ['GET', `${api}/providers`, teamKey, link.listProviders],
  connect: ['GET', `${api}/link/connect/{provider}`, noKey, answerConnect],
} as const satisfies Record<string, readonly [string, string, Authenticate, Answering]>

export type JunctionOperation = keyof typeof calls

/** What a placeholder stands for, unless it is any one segment. */
const segments: Readonly<Record<string, string>> = {
  environment: '[^/]+/[^/]+',
  // A plain word in this place is the name of another call, such as `metrics`.
  user_id: '(?![a-z_]+(?:/|$))[^/]+',
}

const patterns = Object.entries(calls).map(([operation, [method, template, authenticate, answer]]) => ({
  operation: operation as JunctionOperation,
  method,
  pattern: patternOf(template),
  authenticate,
  answer,
}))

function patternOf(template: string): RegExp {
  const source = template.replaceAll(/\{(\w+)\}/g, (_, name) => `(?<${name}>${segments[name] ?? '[^/]+'})`)
  return new RegExp(`^${source}$`)
}

function findCall(method: string, target: string) {
  const [path = ''] = target.split('?', 1)
  for (const call of patterns) {
    const found = call.method === method ? call.pattern.exec(path) : null
    if (found) return { ...call, path: { ...(found.groups as Record<string, string>) } }
  }
  return undefined
}

/** Which call of Junction's a request is. */
export function junctionOperation(method: string, target: string): JunctionOperation | undefined {
  return findCall(method, target)?.operation
}

const nowhere = 'https://acme-fit.invalid/oauth'
const unreachable = createOAuthClient({ authorize: `${nowhere}/authorize`, token: `${nowhere}/token` })

/** Starts Junction; it listens on loopback only. */
export async function startJunction(options: JunctionOptions = {}) {
  const { delay = () => 0, oauthClient = unreachable, ...service } = options
  const server = await startServer({ ...service, answer: (request) => answerCall(state, request) })
  const state = createState(server.url, oauthClient, delay)
  /** The base of the link API. */
  const apiUrl = `${server.url}/{environment}/{region}`
  return { ...state, apiUrl, close: server.close }
}

const place = z.object({ environment: z.optional(oneOf(junctionEnvironments)) })

async function answerCall(junction: JunctionState, request: ReceivedRequest): Promise<Answer> {
  const found = findCall(request.method, request.target)
  if (!found) return notPlayed
  const path = Object.fromEntries(Object.entries(found.path).map(([name, raw]) => [name, percentDecode(raw)]))
  const query = new URLSearchParams(queryOf(request.target))
  const { environment } = check('path', path, place) as Pick<Call, 'environment'>
  const call = { ...request, junction, environment, path, query }
  return found.answer({ ...call, teams: found.authenticate(call) })
}
