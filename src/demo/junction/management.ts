import { randomUUID } from 'node:crypto'
import * as z from 'zod/mini'
import { type Environment, hosts, type JunctionEnvironment, olderHosts } from '../../junction/environments.ts'
import { providerSlugs, providers } from '../../junction/providers.ts'
import type { Answer } from '../answer.ts'
import { type Call, check, oneOf, refuse, text, uuid } from './call.ts'
import type { SimulatedTeam, StoredCredential } from './state.ts'

/** Seconds that a short-lived team token lives. */
const teamTokenLife = 600

/** The teams that a call's management key opens. */
export function authenticateOrganisation({ junction, headers, path }: Omit<Call, 'teams'>): SimulatedTeam[] {
  const { org, keys, teams } = junction
  const key = headers['x-management-key']
  if (key !== keys.organisation && key !== keys.team) refuse(401, 'Invalid management key')
  check('path', path, z.object({ org_id: uuid }))
  if (path.org_id !== org) refuse(403, 'Not a member of this organisation')
  return key === keys.organisation ? Object.values(teams) : [teams.us]
}

function refuseOtherTeams({ teams }: Call, ids: readonly unknown[]): void {
  if (ids.some((id) => !teams.some((team) => team.id === id))) refuse(403, 'The key has no role in this team')
}

/** `GET …/team/{team_id}` */
export function getTeam(call: Call): Answer {
  const included = call.query.getAll('include_environment')
  const settings = (name: Environment) => (included.includes(name) ? { logo_url: null } : null)
  const body = { ...findTeam(call), sandbox: settings('sandbox'), production: settings('production') }
  return { status: 200, body }
}

/** `POST …/team/{team_id}/create_api_access_token` */
export function createTeamToken(call: Call): Answer {
  const { teamTokens } = call.junction
  const team = findTeam(call)
  const { env } = check('body', call.body, z.object({ env: oneOf(['production', 'sandbox']) }))
  const access_token = `made-up-team-token-${randomUUID()}`
  const expires = Date.now() + teamTokenLife * 1000
  teamTokens.set(access_token, { team, environment: env, expires })
  return { status: 200, body: { access_token, expires_in: teamTokenLife } }
}

function findTeam(call: Call): SimulatedTeam {
  const { team_id } = check('path', call.path, z.object({ team_id: uuid }))
  const team = Object.values(call.junction.teams).find(({ id }) => id === team_id)
  if (!team) return refuse(404, 'Team not found')
  refuseOtherTeams(call, [team.id])
  return team
}

/** `GET …/team_custom_credentials/{environment}/{region}` */
export function listCredentials(call: Call): Answer {
  const { environment, query, teams, junction } = call
  const team_ids = query.getAll('team_id')
  const { team_id: asked } = check('query', { team_id: team_ids }, z.object({ team_id: z.array(uuid) }))
  refuseOtherTeams(call, asked)
  const shown = asked.length > 0 ? asked : teams.map(({ id }) => id)
  const found = junction.store.records[environment].filter(({ team_id }) => shown.includes(team_id))
  const start = Number(Buffer.from(query.get('next_cursor') ?? '', 'base64url').toString() || 0)
  const end = start + junction.store.pageSize
  const next_cursor = end < found.length ? Buffer.from(String(end)).toString('base64url') : null
  return { status: 200, body: { credentials: found.slice(start, end), next_cursor } }
}

/** `DELETE …/team_custom_credentials/{environment}/{region}` */
export function deleteCredentials({ environment, query, teams, junction: { store } }: Call): Answer {
  const asked = { credential_id: query.getAll('credential_id') }
  const schema = z.object({ credential_id: z.array(uuid).check(z.minLength(1)) })
  const { credential_id: ids } = check('query', asked, schema)
  const allowed = ({ id, team_id }: StoredCredential) =>
    ids.includes(id) && teams.some((team) => team.id === team_id)
  const success = store.records[environment].filter(allowed).map(({ id }) => id)
  store.records[environment] = store.records[environment].filter((record) => !allowed(record))
  return { status: 200, body: { success, failure: [], not_found: ids.filter((id) => !success.includes(id)) } }
}

/** `POST …/team_custom_credentials/{environment}/{region}` */
export function setCredentials(call: Call): Answer {
  return { status: 200, body: { ...call.junction.store.set(call.environment, checkedBody(call)) } }
}

/** `POST …/prepare_team_custom_credentials/{environment}/{region}` */
export function prepareCredentials(call: Call): Answer {
  const preparation_steps = preparationSteps(String(checkedBody(call).provider), call.environment)
  const status = preparation_steps.length > 0 ? 'preparations_required' : 'no_action_needed'
  return { status: 200, body: { status, preparation_steps } }
}

type Nested = { readonly [name: string]: Nested } | undefined

/** The body of a write or a preparation. */
function checkedBody(call: Call): Readonly<Record<string, unknown>> {
  const { details, provider } = (call.body ?? {}) as Readonly<Record<string, unknown>>
  const known = details ? providers.find(({ slug }) => slug === provider)?.details : undefined
  const needed = (known ?? []).filter(({ required }) => required).map(({ name }) => name.split('.'))
  const complete = z.check<Nested>(({ value, issues }) => {
    for (const path of needed) {
      const found = path.reduce<Nested>((part, name) => part?.[name], value)
      if (found === undefined) issues.push({ code: 'custom', path, message: '', input: undefined })
    }
  })
  const optionalText = z.nullish(text)
  const schema = z.looseObject({
    team_id: uuid,
    provider: oneOf(providerSlugs),
    client_id: optionalText,
    client_secret: optionalText,
    redirect_url_override: optionalText,
    details: z.optional(z.any().check(complete)),
  })
  const fields = check('body', call.body, schema)
  refuseOtherTeams(call, [fields.team_id])
  return fields
}

function preparationSteps(provider: string, environment: JunctionEnvironment): object[] {
  if (provider === 'fitbit') {
    return ['workout', 'sleep', 'body'].map((key) => ({
      type: 'webhook_uri',
      key,
      value: `${hosts[environment]}/made-up-webhook/fitbit/${key}`,
      description: null,
    }))
  }
  if (provider !== 'google_health') return []
  return [
    {
      type: 'redirect_uri',
      key: null,
      // An older host on purpose: real answers may have one.
      value: `${olderHosts[environment]}/v2/link/connect/google_health`,
      description: 'Where Google sends users after consent',
    },
    {
      type: 'iam_principal',
      key: null,
      value: 'simulator@made-up-project.iam.gserviceaccount.com',
      description: 'Grant it access',
    },
  ]
}
