import { randomBytes } from 'node:crypto'
import * as z from 'zod/mini'
import { type JunctionEnvironment, splitEnvironment } from '../../junction/environments.ts'
import { providers, withoutByoo } from '../../junction/providers.ts'
import { type Answer, type Fault, Refusal } from '../answer.ts'
import { type Call, check, oneOf, refuse, usersOf, uuid } from './call.ts'
import { authorizationUrl } from './oauth-client.ts'
import { type JunctionState, linkUrl, type SimulatedTeam, teamIn } from './state.ts'

/** Every provider of the link API that is connected by OAuth; `byooOnly`: Junction has no application of its own. */
export const oauthProviders = [
  ...providers.map(({ slug, name, byooOnly }) => ({ slug: String(slug), name, byooOnly })),
  ...withoutByoo.map(({ slug, name }) => ({ slug, name, byooOnly: false })),
]
const knownProvider = oneOf(oauthProviders.map(({ slug }) => slug))
const tokenSchema = z.object({
  user_id: uuid,
  provider: z.nullish(knownProvider),
  redirect_url: z.nullish(z.url({ protocol: /^https?$/, error: 'Input should be a valid URL' })),
})

/** The team that a key or short-lived token of this environment belongs to. */
export function authenticateTeam({ junction, environment, headers }: Omit<Call, 'teams'>): SimulatedTeam[] {
  const key = headers['x-vital-api-key']
  if (key === junction.apiKeys[environment]) return [teamIn(junction, environment)]
  const [, bearer = ''] = /^Bearer (.+)$/i.exec(headers.authorization ?? '') ?? []
  const grant = key === undefined ? junction.teamTokens.get(bearer) : undefined
  const place = grant && `${grant.environment}/${grant.team.region}`
  if (grant && place === environment && grant.expires > Date.now()) return [grant.team]
  return refuse(401, 'Invalid API key')
}

/** `POST /v2/link/token` */
export async function createLinkToken(call: Call): Promise<Answer> {
  const { junction, environment, body } = call
  const { user_id, provider, redirect_url } = check('body', body, tokenSchema)
  const user = usersOf(call).find((one) => one.user_id === user_id)
  if (!user) return refuseUser()
  const link_token = await junction.linkTokens.issue({
    environment,
    user,
    provider: provider ?? undefined,
    redirect_url: redirect_url ?? undefined,
  })
  const { environment: env, region } = splitEnvironment(environment)
  const link_web_url = `${junction.url}/${environment}/link?${new URLSearchParams({ token: link_token, env, region })}`
  return { status: 200, body: { link_token, link_web_url }, state: link_token }
}

/** `GET /v2/link/provider/oauth/{provider}` */
export function createOAuthLink({ junction, environment, path, headers }: Call): Answer {
  const { provider: slug = '' } = path
  check('path', path, z.object({ provider: knownProvider }))
  const raw = headers['x-vital-link-token']?.toString()
  if (raw === undefined) return refuseLink(400, 'MISSING_LINK_TOKEN', 'Missing link token')
  const { token, problem } = junction.linkTokens.read(raw, environment)
  if (problem) return refuseLink(401, 'INVALID_REQUEST', 'Link Token is Invalid', problem)
  if (!junction.users[environment].includes(token.user)) return refuseUser()
  const application = applicationOf(junction, environment, token.user.team_id, slug)
  if (!application || (token.provider !== undefined && token.provider !== slug)) {
    return refuseLink(400, 'INVALID_PROVIDER', 'Provider is not supported')
  }
  // 256 bits (RFC 7636 §7.1)
  const verifier = token.verifiers.get(slug) ?? randomBytes(32).toString('base64url')
  token.verifiers.set(slug, verifier)
  const { client_id, redirect_uri } = application
  const request = { client_id, redirect_uri, scope: 'offline read:activity read:sleep', state: raw }
  const body = {
    ...describedProvider(slug),
    oauth_url: authorizationUrl(junction.oauthClient, verifier, request),
    auth_type: 'oauth',
    source_type: 'device',
    is_active: true,
    id: oauthProviders.findIndex((provider) => provider.slug === slug) + 1,
  }
  return { status: 200, body }
}

/** `GET /v2/providers` */
export function listProviders(): Answer {
  const more = { auth_type: 'oauth', supported_resources: [] }
  return { status: 200, body: oauthProviders.map(({ slug }) => ({ ...describedProvider(slug), ...more })) }
}

/** Refuses in the shape of the link API's own errors. */
function refuseLink(status: number, error_type: string, error_message: string, fault?: Fault): never {
  throw new Refusal({ status, body: { detail: { error_type, error_message } }, fault })
}

function refuseUser(): never {
  refuseLink(400, 'INVALID_USER_ID', 'User id is incorrect')
}

/** Junction's own client, for teams that have not brought theirs. */
export const junctionApplication = {
  client_id: 'made-up-junction-application',
  client_secret: 'made-up-secret-of-junction',
} as const

/** As which client a team's users are sent to a provider; undefined when neither the team nor Junction has one. */
export function applicationOf(
  junction: JunctionState,
  environment: JunctionEnvironment,
  teamId: string,
  provider: string,
) {
  const { store } = junction
  const own = `${linkUrl(junction, environment)}/connect/${provider}`
  const record = store.find(environment, teamId, provider)
  if (record && record.client_id !== null) {
    return {
      client_id: record.client_id,
      client_secret: store.secret(record) ?? '',
      redirect_uri: record.redirect_url_override ?? own,
    }
  }
  const byooOnly = oauthProviders.find(({ slug }) => slug === provider)?.byooOnly
  return byooOnly === false ? { ...junctionApplication, redirect_uri: own } : undefined
}

/** What every answer says of a provider. */
export function providerFacts(slug: string) {
  const name = oauthProviders.find((provider) => provider.slug === slug)?.name ?? slug
  return { name, slug, logo: `https://logos.invalid/${slug}.png` }
}

function describedProvider(slug: string) {
  const facts = providerFacts(slug)
  return { ...facts, description: `${facts.name}, played by Acme Fit` }
}
