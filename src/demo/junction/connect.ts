import { type Answer, type Fault, markup, pageAnswer } from '../answer.ts'
import { decodeForm, queryOf, rawValues } from '../server.ts'
import type { Call } from './call.ts'
import { applicationOf } from './link.ts'
import type { LinkToken, ReadLinkToken } from './link-tokens.ts'
import type { SimulatedConnection } from './state.ts'

/** Errors of a token endpoint that say that client, redirect URI or code are not right. */
const credentialErrors: readonly string[] = ['invalid_client', 'invalid_grant', 'unauthorized_client']

/** The OAuth callback, `GET /v2/link/connect/{provider}`: exchanges the code and sends the user home. */
export async function answerConnect({ junction, environment, path, target }: Call): Promise<Answer> {
  const { provider = '' } = path
  const query = queryOf(target)
  const [state = '', ...more] = rawValues(query, 'state')
  const { token, problem }: ReadLinkToken =
    state === '' || more.length > 0
      ? { problem: { code: 'invalid_token', message: 'there must be one state parameter, the link token' } }
      : junction.linkTokens.read(state, environment, junction.delay())
  if (problem) return failed(token, problem.code, problem.message)
  if (!junction.users[environment].includes(token.user)) {
    return failed(undefined, 'invalid_token', 'the user of this link token was deleted')
  }
  const code_verifier = token.verifiers.get(provider)
  if (code_verifier === undefined) {
    return failed(token, 'token_not_validated', `no link to ${provider} was made with this link token`)
  }

  const [error] = rawValues(query, 'error').map(decodeForm)
  // What the provider has noticed is no fault of this answer, too.
  if (error === 'access_denied') return home(token, { code: 'user_cancelled', message: 'the user said no' })
  if (error !== undefined) return failed(token, 'provider_api_error', `the provider answered ${error}`)
  const [code, ...codes] = rawValues(query, 'code').map(decodeForm)
  if (code === undefined || codes.length > 0) {
    return failed(token, 'provider_api_error', 'there must be one code parameter')
  }
  const application = applicationOf(junction, environment, token.user.team_id, provider)
  if (!application) return failed(token, 'provider_credential_error', 'there are no credentials')

  const grant = await junction.oauthClient.exchange({ ...application, code, code_verifier, state, query })
  const created_on = new Date().toISOString()
  let error_details: SimulatedConnection['error_details'] = null
  if ('error' in grant) {
    const error_type = credentialErrors.includes(grant.error)
      ? 'provider_credential_error'
      : 'provider_api_error'
    const error_message = `the provider's token endpoint answered ${grant.error}: ${grant.description}`
    error_details = { error_type, error_message, errored_at: created_on }
  }
  token.consumed = error_details === null
  token.user.connections.set(provider, {
    slug: provider,
    created_on,
    status: error_details ? 'error' : 'connected',
    external_user_id: 'error' in grant ? null : (grant.user_id ?? null),
    error_details,
  })
  return home(
    token,
    error_details && { code: error_details.error_type, message: error_details.error_message },
  )
}

function failed(token: LinkToken | undefined, code: string, message: string): Answer {
  const fault = { code, message }
  return { ...home(token, fault), fault }
}

/** Sends the user to where the app wants them; without a token to trust, that is a page of Junction's own. */
function home(token: LinkToken | undefined, error?: Fault | null): Answer {
  if (token?.redirect_url !== undefined) {
    const url = new URL(token.redirect_url)
    url.searchParams.append('state', error ? 'error' : 'success')
    if (error) {
      url.searchParams.append('error_type', error.code)
      url.searchParams.append('error', error.message)
    }
    return { status: 307, headers: { location: url.href } }
  }
  if (!error) return pageAnswer(200, 'You are connected', markup`<p>You can close this window.</p>`)
  const content = markup`<p>Junction could not finish the connection: ${error.message}.</p>
<p>Error type: <code>${error.code}</code></p>
<p>Go back to the app and start again.</p>`
  return pageAnswer(400, 'You are not connected', content)
}
