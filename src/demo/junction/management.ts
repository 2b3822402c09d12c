import { randomUUID } from 'node:crypto'
import { type Environment, type JunctionEnvironment, parseEnvironment } from '../../junction/environments.ts'
import { type Answer, failed, invalid } from '../answer.ts'
import type { ReceivedRequest } from '../server.ts'
import type { CredentialStore } from './credential-store.ts'
import type { JunctionState } from './state.ts'
import { bodyFaults, identifierFaults, preparation } from './validation.ts'

/** Seconds that a short-lived team token lives. */
const teamTokenLife = 600

/** The calls of the management API that are played. */
export type ManagementOperation = 'list' | 'set' | 'delete' | 'prepare' | 'team' | 'token'

/** What a request to the management API asks for. */
export interface ManagementCall {
  readonly operation: ManagementOperation
  readonly org: string
  readonly team: string | undefined
  /** Undefined when the path names no known environment. */
  readonly environment: JunctionEnvironment | undefined
  readonly query: URLSearchParams
}

/** Either opens the management API. */
export const managementKeyHeaders = ['x-management-key', 'x-vital-org-key']

const storeOperations: Readonly<Record<string, ManagementOperation>> = {
  'GET team_custom_credentials': 'list',
  'POST team_custom_credentials': 'set',
  'DELETE team_custom_credentials': 'delete',
  'POST prepare_team_custom_credentials': 'prepare',
}

/** Reads method and request target; undefined when the API has no such call. */
export function readManagementCall(method: string, target: string): ManagementCall | undefined {
  const { pathname, searchParams: query } = new URL(target, 'http://simulator.invalid')
  const [, version, orgs, org = '', name = '', first, second, ...rest] = pathname.split('/')
  if (version !== 'v1' || orgs !== 'org' || rest.length > 0) return undefined
  const call = { org, query, team: undefined, environment: undefined }
  if (name === 'team') {
    if (method === 'GET' && second === undefined) return { ...call, operation: 'team', team: first }
    if (method !== 'POST' || second !== 'create_api_access_token') return undefined
    return { ...call, operation: 'token', team: first }
  }
  const operation = storeOperations[`${method} ${name}`]
  if (!operation || first === undefined || second === undefined) return undefined
  return {
    ...call,
    operation,
    environment: parseEnvironment(`${first}/${second}`).environment,
  }
}

/** What Junction does with a request. */
export function answerManagementCall(
  junction: JunctionState,
  call: ManagementCall,
  { headers, body }: ReceivedRequest,
): Answer {
  const { org, keys, teams } = junction
  const key = managementKeyHeaders.map((name) => headers[name]).find((value) => value !== undefined)
  if (key !== keys.organisation && key !== keys.team) return failed(401, 'Invalid management key')
  const faults = identifierFaults('path', { org_id: call.org })
  if (faults.length > 0) return invalid(faults)
  if (call.org !== org) return failed(403, 'Not a member of this organisation')
  const allowed = key === keys.organisation ? [teams.us.id, teams.eu.id] : [teams.us.id]
  if (call.operation === 'team' || call.operation === 'token')
    return answerTeam(junction, call, allowed, body)
  const { environment } = call
  if (!environment) {
    return invalid([
      {
        loc: ['path', 'env'],
        msg: 'Input should be a known environment',
        type: 'enum',
        input: '',
      },
    ])
  }
  const asked: StoreCall = { ...call, environment, allowed, body }
  if (call.operation === 'list') return answerList(junction.store, asked)
  if (call.operation === 'delete') return answerDelete(junction.store, asked)
  return answerSet(junction.store, asked)
}

interface StoreCall extends ManagementCall {
  readonly environment: JunctionEnvironment
  /** Ids of the teams that the key may see. */
  readonly allowed: readonly string[]
  readonly body: unknown
}

function answerTeam(
  junction: JunctionState,
  call: ManagementCall,
  allowed: readonly string[],
  body: unknown,
): Answer {
  const { teams, teamTokens, clock } = junction
  const faults = identifierFaults('path', { team_id: call.team ?? '' })
  if (faults.length > 0) return invalid(faults)
  const team = Object.values(teams).find(({ id }) => id === call.team)
  if (!team) return failed(404, 'Team not found')
  if (!allowed.includes(team.id)) return failed(403, 'The key has no role in this team')
  if (call.operation === 'team') {
    const included = call.query.getAll('include_environment')
    const settings = (name: Environment) => (included.includes(name) ? { logo_url: null } : null)
    return {
      status: 200,
      body: { ...team, sandbox: settings('sandbox'), production: settings('production') },
    }
  }
  const { env } = (body ?? {}) as { env?: unknown }
  if (env !== 'production' && env !== 'sandbox') {
    return invalid([
      { loc: ['body', 'env'], msg: "Input should be 'production' or 'sandbox'", type: 'enum', input: env },
    ])
  }
  const access_token = `made-up-team-token-${randomUUID()}`
  teamTokens.set(access_token, { team, environment: env, expires: clock.now() + teamTokenLife * 1000 })
  return { status: 200, body: { access_token, expires_in: teamTokenLife } }
}

function answerList(store: CredentialStore, call: StoreCall): Answer {
  const { environment, allowed, query } = call
  const asked = query.getAll('team_id')
  const faults = asked.flatMap((id) => identifierFaults('query', { team_id: id }))
  if (faults.length > 0) return invalid(faults)
  if (asked.some((id) => !allowed.includes(id))) return failed(403, 'The key has no role in this team')
  const teams = asked.length > 0 ? asked : allowed
  const found = store.records(environment).filter(({ team_id }) => teams.includes(team_id))
  const start = Number(Buffer.from(query.get('next_cursor') ?? '', 'base64url').toString() || 0)
  const end = start + store.pageSize
  const next_cursor = end < found.length ? Buffer.from(String(end)).toString('base64url') : null
  return { status: 200, body: { credentials: found.slice(start, end), next_cursor } }
}

function answerDelete(store: CredentialStore, call: StoreCall): Answer {
  const { environment, allowed, query } = call
  const ids = query.getAll('credential_id')
  const faults = ids.flatMap((id) => identifierFaults('query', { credential_id: id }))
  if (faults.length > 0) return invalid(faults)
  if (ids.length === 0) {
    return invalid([{ loc: ['query', 'credential_id'], msg: 'Field required', type: 'missing', input: null }])
  }
  const lists = { success: [] as string[], failure: [] as string[], not_found: [] as string[] }
  for (const id of ids) {
    const found = store.records(environment).find((record) => record.id === id)
    if (!found || !allowed.includes(found.team_id)) lists.not_found.push(id)
    else if (store.delete(environment, id)) lists.success.push(id)
  }
  return { status: 200, body: lists }
}

function answerSet(store: CredentialStore, call: StoreCall): Answer {
  const { operation, environment, allowed, body } = call
  const faults = bodyFaults(body)
  if (faults.length > 0) return invalid(faults)
  const fields = body as Readonly<Record<string, unknown>> & { team_id: string; provider: string }
  if (!allowed.includes(fields.team_id)) return failed(403, 'The key has no role in this team')
  if (operation === 'prepare') return { status: 200, body: preparation(fields.provider, environment) }
  return { status: 200, body: { ...store.set(environment, fields) } }
}
