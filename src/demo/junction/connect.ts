import type { JunctionEnvironment } from '../../junction/environments.ts'
import { type Answer, type Fault, markup, pageAnswer } from '../answer.ts'
import { decodeForm, queryOf, rawValues } from '../query.ts'
import type { Party } from '../scenarios.ts'
import type { LinkToken } from './link-tokens.ts'
import { applicationOf } from './oauth-link.ts'
import { type JunctionState, linkUrl } from './state.ts'

/** Errors of a token endpoint that say that client, redirect URI or code are not right. */
const credentialErrors: readonly string[] = ['invalid_client', 'invalid_grant', 'unauthorized_client']

/** The OAuth callback, `GET /v2/link/connect/{provider}`: exchanges the code and sends the user home. */
export async function answerConnect(
  junction: JunctionState,
  environment: JunctionEnvironment,
  provider: string,
  target: string,
): Promise<Answer> {
  const query = queryOf(target)
  const [state, ...more] = rawValues(query, 'state')
  const fail = (code: string, message: string, token?: LinkToken, noticedBy: Party = 'junction') =>
    home(token, { noticedBy, code, message })
  if (state === undefined || more.length > 0) {
    return fail('invalid_token', 'there must be one state parameter, the link token')
  }
  const { token, problem } = await junction.linkTokens.read(
    state,
    linkUrl(junction, environment),
    junction.delay(),
  )
  if (problem) return fail(problem.code, problem.message, token)
  const user = token && junction.users.find(environment, token.user_id)
  if (!user) return fail('invalid_token', 'the user of this link token was deleted')
  const code_verifier = token.verifiers.get(provider)
  if (code_verifier === undefined) {
    return fail('token_not_validated', `no link to ${provider} was made with this link token`, token)
  }

  const [error] = rawValues(query, 'error').map(decodeForm)
  if (error === 'access_denied') return fail('user_cancelled', 'the user said no', token, 'provider')
  if (error !== undefined) {
    return fail('provider_api_error', `the provider answered ${error}`, token, 'provider')
  }
  const [code, ...codes] = rawValues(query, 'code').map(decodeForm)
  if (code === undefined || codes.length > 0) {
    return fail('provider_api_error', 'there must be one code parameter', token)
  }
  const application = applicationOf(junction, environment, provider)
  if (!application) return fail('provider_credential_error', 'there are no credentials', token)

  const grant = await junction.oauthClient.exchange({ ...application, code, code_verifier, state, query })
  const now = new Date(junction.clock.now()).toISOString()
  const connection = { slug: provider, created_on: now }
  if ('error' in grant) {
    const type = credentialErrors.includes(grant.error) ? 'provider_credential_error' : 'provider_api_error'
    const message = `the provider's token endpoint answered ${grant.error}: ${grant.description}`
    user.connections.set(provider, {
      ...connection,
      status: 'error',
      external_user_id: null,
      error: { type, message, at: now },
      tokens: undefined,
    })
    return fail(type, message, token, 'provider')
  }
  token.consumed = true
  const { access_token, refresh_token } = grant
  user.connections.set(provider, {
    ...connection,
    status: 'connected',
    external_user_id: grant.user_id ?? null,
    error: undefined,
    tokens: { access_token, refresh_token },
  })
  return home(token)
}

/** Sends the user to where the app wants them; without a token to trust, that is a page of Junction's own. */
function home(token: LinkToken | undefined, fault?: Fault): Answer {
  const outcome = fault
    ? { state: 'error', error_type: fault.code, error: fault.message }
    : { state: 'success' }
  const told = { note: fault ? fault.message : 'exchanged the code; the user is connected', fault }
  if (token?.redirect_url !== undefined) {
    const url = new URL(token.redirect_url)
    for (const [name, value] of Object.entries(outcome)) url.searchParams.append(name, value)
    const headers = { location: url.href, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }
    return { status: 307, headers, ...told }
  }
  if (!fault) {
    return { ...pageAnswer(200, 'You are connected', markup`<p>You can close this window.</p>`), ...told }
  }
  const content = markup`<p>Junction could not finish the connection: ${fault.message}.</p>
<p>Error type: <code>${fault.code}</code></p>
<p>Go back to the app and start again.</p>`
  return { ...pageAnswer(400, 'You are not connected', content), ...told }
}
