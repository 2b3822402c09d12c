import { type Answer, type Fault, markup, pageAnswer } from '../answer.ts'
import { decodeForm, queryOf, rawValues } from '../query.ts'
import type { Call } from './call.ts'
import { applicationOf } from './link.ts'
import type { LinkToken, ReadLinkToken } from './link-tokens.ts'
import { audienceOf } from './state.ts'

/** Errors of a token endpoint that say that client, redirect URI or code are not right. */
const credentialErrors: readonly string[] = ['invalid_client', 'invalid_grant', 'unauthorized_client']

/** The OAuth callback, `GET /v2/link/connect/{provider}`: exchanges the code and sends the user home. */
export async function answerConnect({ junction, environment, path, target }: Call): Promise<Answer> {
  const { provider = '' } = path
  const query = queryOf(target)
  const [state, ...more] = rawValues(query, 'state')
  const { token, problem }: ReadLinkToken =
    state === undefined || more.length > 0
      ? { problem: { code: 'invalid_token', message: 'there must be one state parameter, the link token' } }
      : await junction.linkTokens.read(state, audienceOf(environment), junction.delay())
  const failed = (code: string, message: string) => home(token, { noticedBy: 'junction', code, message })
  const failedAtProvider = (code: string, message: string) =>
    home(token, { noticedBy: 'provider', code, message })
  if (problem) return failed(problem.code, problem.message)
  const user = token && junction.users.find(environment, token.user_id)
  if (!user) return home(undefined, userDeleted)
  const code_verifier = token.verifiers.get(provider)
  if (code_verifier === undefined) {
    return failed('token_not_validated', `no link to ${provider} was made with this link token`)
  }

  const [error] = rawValues(query, 'error').map(decodeForm)
  if (error === 'access_denied') return failedAtProvider('user_cancelled', 'the user said no')
  if (error !== undefined) return failedAtProvider('provider_api_error', `the provider answered ${error}`)
  const [code, ...codes] = rawValues(query, 'code').map(decodeForm)
  if (code === undefined || codes.length > 0) {
    return failed('provider_api_error', 'there must be one code parameter')
  }
  const application = applicationOf(junction, environment, token.team_id, provider)
  if (!application) return failed('provider_credential_error', 'there are no credentials')

  const grant = await junction.oauthClient.exchange({
    ...application,
    code,
    code_verifier,
    state: state ?? '',
    query,
  })
  const now = new Date(junction.clock.now()).toISOString()
  const connection = { slug: provider, created_on: now }
  if ('error' in grant) {
    const type = credentialErrors.includes(grant.error) ? 'provider_credential_error' : 'provider_api_error'
    const message = `the provider's token endpoint answered ${grant.error}: ${grant.description}`
    user.connections.set(provider, {
      ...connection,
      status: 'error',
      external_user_id: null,
      error_details: { error_type: type, error_message: message, errored_at: now },
    })
    return failedAtProvider(type, message)
  }
  token.consumed = true
  const { access_token, refresh_token } = grant
  user.connections.set(provider, {
    ...connection,
    status: 'connected',
    external_user_id: grant.user_id ?? null,
    error_details: null,
    tokens: { access_token, refresh_token },
  })
  return home(token)
}

const userDeleted: Fault = {
  noticedBy: 'junction',
  code: 'invalid_token',
  message: 'the user of this link token was deleted',
}

/** Sends the user to where the app wants them; without a token to trust, that is a page of Junction's own. */
function home(token: LinkToken | undefined, fault?: Fault): Answer {
  if (token?.redirect_url !== undefined) {
    const url = new URL(token.redirect_url)
    url.searchParams.append('state', fault ? 'error' : 'success')
    if (fault) {
      url.searchParams.append('error_type', fault.code)
      url.searchParams.append('error', fault.message)
    }
    const headers = { location: url.href, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }
    return { status: 307, headers, fault }
  }
  if (!fault) return pageAnswer(200, 'You are connected', markup`<p>You can close this window.</p>`)
  const content = markup`<p>Junction could not finish the connection: ${fault.message}.</p>
<p>Error type: <code>${fault.code}</code></p>
<p>Go back to the app and start again.</p>`
  return { ...pageAnswer(400, 'You are not connected', content), fault }
}
