import type { IncomingHttpHeaders } from 'node:http'
import type { Combination } from '../../junction/environments.ts'
import { type Answer, failed, invalid } from '../answer.ts'
import { markup, pageAnswer } from '../page.ts'
import { queryOf } from '../query.ts'
import type { ReceivedRequest } from '../server.ts'
import { applicationOf, authorizationUrl, createVerifier } from './application.ts'
import { answerConnect } from './connect.ts'
import type { LinkCall } from './link-calls.ts'
import { findOAuthProvider, oauthProviders, providerFacts } from './link-providers.ts'
import type { ReadLinkToken } from './link-tokens.ts'
import { type Caller, findUser, type LinkWorld } from './link-world.ts'
import { identifierFaults, type ValidationFault } from './management-rules.ts'
import * as user from './user-answers.ts'

/** What the link API answers when nothing goes wrong. */
export async function answerLinkCall(
  world: LinkWorld,
  { operation, combination, parameters }: LinkCall,
  request: ReceivedRequest,
): Promise<Answer> {
  const [parameter = ''] = parameters
  if (operation === 'connect') return answerConnect(world, combination, parameter, request.target)
  if (operation === 'link_page') return openLinkPage(world, combination, request.target)
  if (operation === 'oauth_link') return createOAuthLink(world, combination, parameter, linkToken(request))
  if (operation === 'link_providers') {
    const { problem } = await readUnused(world, combination, linkToken(request))
    return problem ?? { status: 200, body: oauthProviders.map(({ slug }, id) => sourceLink(slug, id + 1)) }
  }
  const teamId = authenticate(world, combination, request.headers)
  if (teamId === undefined) return failed(401, 'Invalid API key')
  const caller: Caller = { world, combination, teamId }
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
        const application = applicationOf(world, world.baseUrl(combination), combination, slug)
        const token = tokens?.refresh_token ?? tokens?.access_token
        if (application && token !== undefined) await world.oauthClient.revoke(application, token)
      })
    case 'providers':
      return {
        status: 200,
        body: oauthProviders.map(({ slug }) => ({
          ...described(slug),
          auth_type: 'oauth',
          supported_resources: [],
        })),
      }
    case 'create_link_token':
      return createLinkToken(caller, request.body)
  }
}

/** The id of the team that a key or short-lived token of this environment and region belongs to. */
function authenticate(
  { apiKeys, teams, teamTokens, clock }: LinkWorld,
  combination: Combination,
  headers: IncomingHttpHeaders,
): string | undefined {
  const [environment, region] = combination.split('/')
  const team = region === 'us' ? teams.us : teams.eu
  if (headers['x-vital-api-key'] !== undefined) {
    return headers['x-vital-api-key'] === apiKeys[combination] ? team.id : undefined
  }
  const [, bearer = ''] = /^Bearer (.+)$/i.exec(headers.authorization ?? '') ?? []
  const grant = teamTokens.get(bearer)
  const good = grant?.team === team && grant.environment === environment && grant.expires > clock.now()
  return good ? team.id : undefined
}

/** `POST /v2/link/token` */
async function createLinkToken(caller: Caller, body: unknown): Promise<Answer> {
  const { world, combination, teamId } = caller
  const fields = (body ?? {}) as Readonly<Record<string, unknown>>
  const faults = linkTokenFaults(fields, body)
  if (faults.length > 0) return invalid(faults)
  const { user_id, provider, redirect_url } = fields as {
    user_id: string
    provider?: string | null
    redirect_url?: string | null
  }
  if (!findUser(caller, user_id)) return refused(400, 'INVALID_USER_ID', 'User id is incorrect')
  const base = world.baseUrl(combination)
  const link_token = await world.linkTokens.issue(base, {
    team_id: teamId,
    user_id: user_id.toLowerCase(),
    provider: provider ?? undefined,
    redirect_url: redirect_url ?? undefined,
  })
  const [env = '', region = ''] = combination.split('/')
  const query = new URLSearchParams({ token: link_token, env, region })
  return {
    status: 200,
    body: { link_token, link_web_url: `${base}/link?${query}` },
    state: link_token,
    note: 'made a link token',
  }
}

function linkTokenFaults(fields: Readonly<Record<string, unknown>>, input: unknown): ValidationFault[] {
  const { user_id, provider, redirect_url } = fields
  const fault = (name: string, msg: string, type: string, value: unknown) => ({
    loc: ['body', name],
    msg,
    type,
    input: value,
  })
  const faults: ValidationFault[] = []
  if (user_id === undefined) faults.push(fault('user_id', 'Field required', 'missing', input))
  else faults.push(...identifierFaults('body', { user_id: String(user_id) }))
  if (provider !== undefined && provider !== null && !findOAuthProvider(String(provider))) {
    faults.push(fault('provider', 'Input should be a known provider', 'enum', provider))
  }
  if (redirect_url !== undefined && redirect_url !== null && !isWebUrl(redirect_url)) {
    faults.push(fault('redirect_url', 'Input should be a valid URL', 'url_parsing', redirect_url))
  }
  return faults
}

function isWebUrl(value: unknown): boolean {
  return typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
}

/** `GET /v2/link/provider/oauth/{provider}` */
async function createOAuthLink(
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
    return refused(400, 'INVALID_USER_ID', 'User id is incorrect')
  }
  const application = applicationOf(world, world.baseUrl(combination), combination, slug)
  if (!application || (token.provider !== undefined && token.provider !== slug)) {
    return refused(400, 'INVALID_PROVIDER', 'Provider is not supported')
  }
  const verifier = token.verifiers.get(slug) ?? createVerifier()
  token.verifiers.set(slug, verifier)
  const oauth_url = authorizationUrl(world.oauthClient.authorizeUrl, application, raw ?? '', verifier)
  const id = oauthProviders.indexOf(provider) + 1
  const body = {
    ...described(slug),
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
async function openLinkPage(world: LinkWorld, combination: Combination, target: string): Promise<Answer> {
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

function linkToken({ headers }: ReceivedRequest): string | undefined {
  return headers['x-vital-link-token']?.toString()
}

type Unused =
  | { readonly token: NonNullable<ReadLinkToken['token']>; readonly problem: undefined }
  | { readonly token: undefined; readonly problem: Answer }

async function readUnused(
  world: LinkWorld,
  combination: Combination,
  raw: string | undefined,
): Promise<Unused> {
  if (raw === undefined) {
    return { token: undefined, problem: refused(400, 'MISSING_LINK_TOKEN', 'Missing link token') }
  }
  const { token, problem } = await world.linkTokens.read(raw, world.baseUrl(combination))
  if (token && !problem) return { token, problem: undefined }
  const answer = refused(401, 'INVALID_REQUEST', 'Link Token is Invalid')
  return { token: undefined, problem: { ...answer, fault: problem && { noticedBy: 'junction', ...problem } } }
}

/** The shape of the custom widget's error codes. */
function refused(status: number, error_type: string, error_message: string): Answer {
  return failed(status, { error_type, error_message })
}

function described(slug: string) {
  const facts = providerFacts(slug)
  return { ...facts, description: `${facts.name}, played by Acme Fit` }
}

function sourceLink(slug: string, id: number) {
  return { id, ...described(slug), oauth_url: null, auth_type: 'oauth', form_components: {} }
}
