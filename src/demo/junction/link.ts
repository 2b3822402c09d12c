import { createHash, randomBytes } from 'node:crypto'
import { type JunctionEnvironment, splitEnvironment } from '../../junction/environments.ts'
import { providers, withoutByoo } from '../../junction/providers.ts'
import { type Answer, linkError, markup, pageAnswer, Refusal } from '../answer.ts'
import { type Call, check, oneOf, refuse, uuid, webUrl } from './call.ts'
import type { LinkToken } from './link-tokens.ts'
import { audienceOf, type JunctionState, linkUrl, type SimulatedTeam, teamIn } from './state.ts'
import { usersOf } from './users.ts'

/** Every provider of the link API that is connected by OAuth; `byooOnly`: Junction has no application of its own. */
export const oauthProviders = [
  ...providers.map(({ slug, name, byooOnly }) => ({ slug: String(slug), name, byooOnly })),
  ...withoutByoo.map(({ slug, name }) => ({ slug, name, byooOnly: false })),
]
const knownProvider = oneOf(oauthProviders.map(({ slug }) => slug))

/** The team that a key or short-lived token of this environment belongs to. */
export function authenticateTeam({ junction, environment, headers }: Omit<Call, 'teams'>): SimulatedTeam[] {
  const { apiKeys, teamTokens, clock } = junction
  const team = teamIn(junction, environment)
  const [, bearer = ''] = /^Bearer (.+)$/i.exec(headers.authorization ?? '') ?? []
  const grant = teamTokens.get(bearer)
  const good =
    headers['x-vital-api-key'] === undefined
      ? grant?.team.region === team.region &&
        grant.environment === splitEnvironment(environment).environment &&
        grant.expires > clock.now()
      : headers['x-vital-api-key'] === apiKeys[environment]
  if (!good) refuse(401, 'Invalid API key')
  return [headers['x-vital-api-key'] === undefined && grant ? grant.team : team]
}

/** `POST /v2/link/token` */
export async function createLinkToken(call: Call): Promise<Answer> {
  const { junction, environment, body } = call
  const fields = check('body', body, { user_id: uuid }, { provider: knownProvider, redirect_url: webUrl })
  const user = usersOf(call).find(({ user_id }) => user_id === String(fields.user_id).toLowerCase())
  if (!user) return unknownUser
  const { provider, redirect_url } = fields as { provider?: string | null; redirect_url?: string | null }
  const link_token = await junction.linkTokens.issue(audienceOf(environment), {
    team_id: user.team_id,
    user_id: user.user_id,
    provider: provider ?? undefined,
    redirect_url: redirect_url ?? undefined,
  })
  const { environment: env, region } = splitEnvironment(environment)
  const link_web_url = `${junction.url}/${environment}/link?${new URLSearchParams({ token: link_token, env, region })}`
  return { status: 200, body: { link_token, link_web_url }, state: link_token }
}

/** `GET /v2/link/provider/oauth/{provider}` */
export async function createOAuthLink(call: Call): Promise<Answer> {
  const { provider = '' } = call.path
  check('path', call.path, { provider: knownProvider })
  return makeLink(call, provider, call.headers['x-vital-link-token']?.toString())
}

async function makeLink(call: Call, slug: string, raw: string | undefined): Promise<Answer> {
  const { junction, environment } = call
  const token = await readUnused(call, raw)
  if (!junction.users.find(environment, token.user_id)) return unknownUser
  const application = applicationOf(junction, environment, token.team_id, slug)
  if (!application || (token.provider !== undefined && token.provider !== slug)) {
    return linkError(400, 'INVALID_PROVIDER', 'Provider is not supported')
  }
  // 256 bits (RFC 7636 §7.1)
  const verifier = token.verifiers.get(slug) ?? randomBytes(32).toString('base64url')
  token.verifiers.set(slug, verifier)
  // RFC 6749 §4.1.1, RFC 7636 §4.3
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: application.client_id,
    redirect_uri: application.redirect_uri,
    scope: 'offline read:activity read:sleep',
    state: raw ?? '',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const body = {
    ...describedProvider(slug),
    oauth_url: `${junction.oauthClient.authorizeUrl}?${query}`,
    auth_type: 'oauth',
    source_type: 'device',
    is_active: true,
    id: oauthProviders.findIndex((provider) => provider.slug === slug) + 1,
  }
  return { status: 200, body }
}

/** `GET /v2/link/providers` */
export async function listLinkProviders(call: Call): Promise<Answer> {
  await readUnused(call, call.headers['x-vital-link-token']?.toString())
  const body = oauthProviders.map(({ slug }, index) => {
    const facts = { id: index + 1, ...describedProvider(slug) }
    return { ...facts, oauth_url: null, auth_type: 'oauth', form_components: {} }
  })
  return { status: 200, body }
}

/** `GET /v2/providers` */
export function listProviders(): Answer {
  const more = { auth_type: 'oauth', supported_resources: [] }
  return { status: 200, body: oauthProviders.map(({ slug }) => ({ ...describedProvider(slug), ...more })) }
}

/** Junction's own page: goes on to the provider that the token is for. */
export async function openLinkPage(call: Call): Promise<Answer> {
  const raw = call.query.get('token') ?? undefined
  const broken = (text: string) => pageAnswer(400, 'This link does not work', markup`<p>${text}</p>`)
  try {
    const { provider } = await readUnused(call, raw)
    if (provider === undefined) {
      const text = 'Make a link token for one provider: the list of providers is not simulated.'
      return pageAnswer(200, 'Choose a provider', markup`<p>${text}</p>`)
    }
    const { oauth_url } = (await makeLink(call, provider, raw)).body as { oauth_url?: string }
    if (oauth_url === undefined) return broken('The provider is not set up.')
    return { status: 302, headers: { location: oauth_url, 'cache-control': 'no-store' } }
  } catch (error) {
    if (error instanceof Refusal) return broken('Ask for a new one.')
    throw error
  }
}

const unknownUser = linkError(400, 'INVALID_USER_ID', 'User id is incorrect')

/** The link token of a request, refused unless it is good for a link. */
async function readUnused({ junction, environment }: Call, raw: string | undefined): Promise<LinkToken> {
  if (raw === undefined) throw new Refusal(linkError(400, 'MISSING_LINK_TOKEN', 'Missing link token'))
  const { token, problem } = await junction.linkTokens.read(raw, audienceOf(environment))
  if (token && !problem) return token
  const answer = linkError(401, 'INVALID_REQUEST', 'Link Token is Invalid')
  throw new Refusal({ ...answer, fault: problem && { noticedBy: 'junction', ...problem } })
}

/** The OAuth client that Junction is at a provider. */
export interface Application {
  readonly client_id: string
  readonly client_secret: string
  readonly redirect_uri: string
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
): Application | undefined {
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
