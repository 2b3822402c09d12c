import type { Combination } from '../../junction/environments.ts'
import { type Answer, invalid, linkError, markup, pageAnswer } from '../answer.ts'
import { queryOf } from '../query.ts'
import { applicationOf, authorizationUrl, createVerifier } from './application.ts'
import { describedProvider, findOAuthProvider, oauthProviders } from './link-providers.ts'
import type { ReadLinkToken } from './link-tokens.ts'
import type { LinkWorld } from './state.ts'

/** `GET /v2/link/provider/oauth/{provider}` */
export async function createOAuthLink(
  world: LinkWorld,
  combination: Combination,
  slug: string,
  raw: string | undefined,
): Promise<Answer> {
  const provider = findOAuthProvider(slug)
  if (!provider) {
    const loc = ['path', 'oauth_provider']
    return invalid([{ loc, msg: 'Input should be a known provider', type: 'enum', input: slug }])
  }
  const { token, problem } = await readUnused(world, combination, raw)
  if (problem) return problem
  if (!world.users.find(combination, token.user_id)) {
    return linkError(400, 'INVALID_USER_ID', 'User id is incorrect')
  }
  const application = applicationOf(world, world.baseUrl(combination), combination, slug)
  if (!application || (token.provider !== undefined && token.provider !== slug)) {
    return linkError(400, 'INVALID_PROVIDER', 'Provider is not supported')
  }
  const verifier = token.verifiers.get(slug) ?? createVerifier()
  token.verifiers.set(slug, verifier)
  const oauth_url = authorizationUrl(world.oauthClient.authorizeUrl, application, raw ?? '', verifier)
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
  world: LinkWorld,
  combination: Combination,
  target: string,
): Promise<Answer> {
  const raw = new URLSearchParams(queryOf(target)).get('token') ?? undefined
  const { token, problem } = await readUnused(world, combination, raw)
  if (problem) {
    return pageAnswer(400, 'This link does not work', markup`<p>Ask for a new one.</p>`)
  }
  if (token.provider === undefined) {
    const text = 'Make a link token for one provider: the list of providers is not simulated.'
    return pageAnswer(200, 'Choose a provider', markup`<p>${text}</p>`)
  }
  const link = await createOAuthLink(world, combination, token.provider, raw)
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
  world: LinkWorld,
  combination: Combination,
  raw: string | undefined,
): Promise<Unused> {
  if (raw === undefined) {
    return { token: undefined, problem: linkError(400, 'MISSING_LINK_TOKEN', 'Missing link token') }
  }
  const { token, problem } = await world.linkTokens.read(raw, world.baseUrl(combination))
  if (token && !problem) return { token, problem: undefined }
  const answer = linkError(401, 'INVALID_REQUEST', 'Link Token is Invalid')
  return { token: undefined, problem: { ...answer, fault: problem && { noticedBy: 'junction', ...problem } } }
}
