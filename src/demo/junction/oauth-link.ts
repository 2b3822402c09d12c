import { createHash, randomBytes } from 'node:crypto'
import type { JunctionEnvironment } from '../../junction/environments.ts'
import { type Answer, invalid, linkError, markup, pageAnswer } from '../answer.ts'
import { queryOf } from '../query.ts'
import { describedProvider, findOAuthProvider, oauthProviders } from './link-providers.ts'
import type { ReadLinkToken } from './link-tokens.ts'
import { type JunctionState, linkUrl, teamIn } from './state.ts'

/** `GET /v2/link/provider/oauth/{provider}` */
export async function createOAuthLink(
  junction: JunctionState,
  environment: JunctionEnvironment,
  slug: string,
  raw: string | undefined,
): Promise<Answer> {
  const provider = findOAuthProvider(slug)
  if (!provider) {
    const loc = ['path', 'oauth_provider']
    return invalid([{ loc, msg: 'Input should be a known provider', type: 'enum', input: slug }])
  }
  const { token, problem } = await readUnused(junction, environment, raw)
  if (problem) return problem
  if (!junction.users.find(environment, token.user_id)) {
    return linkError(400, 'INVALID_USER_ID', 'User id is incorrect')
  }
  const application = applicationOf(junction, environment, slug)
  if (!application || (token.provider !== undefined && token.provider !== slug)) {
    return linkError(400, 'INVALID_PROVIDER', 'Provider is not supported')
  }
  const verifier = token.verifiers.get(slug) ?? createVerifier()
  token.verifiers.set(slug, verifier)
  const oauth_url = authorizationUrl(junction.oauthClient.authorizeUrl, application, raw ?? '', verifier)
  const id = oauthProviders.indexOf(provider) + 1
  const body = {
    ...describedProvider(slug),
    oauth_url,
    auth_type: 'oauth',
    source_type: 'device',
    is_active: true,
    id,
  }
  return {
    status: 200,
    body,
    note: `made a link to ${provider.name} with redirect_uri ${application.redirect_uri}`,
  }
}

/** Junction's own page: goes on to the provider that the token is for. */
export async function openLinkPage(
  junction: JunctionState,
  environment: JunctionEnvironment,
  target: string,
): Promise<Answer> {
  const raw = new URLSearchParams(queryOf(target)).get('token') ?? undefined
  const { token, problem } = await readUnused(junction, environment, raw)
  if (problem) {
    return pageAnswer(400, 'This link does not work', markup`<p>Ask for a new one.</p>`)
  }
  if (token.provider === undefined) {
    const text = 'Make a link token for one provider: the list of providers is not simulated.'
    return pageAnswer(200, 'Choose a provider', markup`<p>${text}</p>`)
  }
  const link = await createOAuthLink(junction, environment, token.provider, raw)
  const { oauth_url } = link.body as { oauth_url?: string }
  if (oauth_url === undefined) {
    return pageAnswer(400, 'This link does not work', markup`<p>The provider is not set up.</p>`)
  }
  return { status: 302, headers: { location: oauth_url, 'cache-control': 'no-store' } }
}

/** A link token that is good for a link, or the answer when there is none. */
export type Unused =
  | { readonly token: NonNullable<ReadLinkToken['token']>; readonly problem: undefined }
  | { readonly token: undefined; readonly problem: Answer }

/** The token of a request, if it is good for a link. */
export async function readUnused(
  junction: JunctionState,
  environment: JunctionEnvironment,
  raw: string | undefined,
): Promise<Unused> {
  if (raw === undefined) {
    return { token: undefined, problem: linkError(400, 'MISSING_LINK_TOKEN', 'Missing link token') }
  }
  const { token, problem } = await junction.linkTokens.read(raw, linkUrl(junction, environment))
  if (token && !problem) return { token, problem: undefined }
  const answer = linkError(401, 'INVALID_REQUEST', 'Link Token is Invalid')
  return { token: undefined, problem: { ...answer, fault: problem && { noticedBy: 'junction', ...problem } } }
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
  provider: string,
): Application | undefined {
  const { store } = junction
  const team = teamIn(junction, environment)
  const own = `${linkUrl(junction, environment)}/connect/${provider}`
  const record = store
    .records(environment)
    .find(({ team_id, source }) => team_id === team.id && source === provider)
  if (record && record.client_id !== null) {
    return {
      client_id: record.client_id,
      client_secret: store.secret(record) ?? '',
      redirect_uri: record.redirect_url_override ?? own,
    }
  }
  return findOAuthProvider(provider)?.byooOnly === false
    ? { ...junctionApplication, redirect_uri: own }
    : undefined
}

/** The URL that a user is sent to (RFC 6749 §4.1.1, RFC 7636 §4.3). */
function authorizationUrl(
  authorize: string,
  { client_id, redirect_uri }: Application,
  state: string,
  verifier: string,
): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id,
    redirect_uri,
    scope: 'offline read:activity read:sleep',
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  return `${authorize}?${query}`
}

/** A new code verifier of 256 bits (RFC 7636 §7.1). */
function createVerifier(): string {
  return randomBytes(32).toString('base64url')
}
