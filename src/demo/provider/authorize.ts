import { type Answer, type Markup, markup, pageAnswer } from '../answer.ts'
import { decodeForm, queryOf, rawValues } from '../query.ts'
import type { ScenarioName } from '../scenarios.ts'
import type { Authorization, ProviderStore } from './store.ts'

/** What may stand in a URL's query without ending the header or the URL that it is put into. */
const passable = /^[\x21\x22\x24-\x7e]*$/

/** The authorization endpoint: a page that asks the user (RFC 6749 §4.1.1), or that says what is wrong. */
export function answerAuthorize(
  store: ProviderStore,
  issuer: string,
  target: string,
  scenario: ScenarioName | undefined,
): Answer {
  const query = queryOf(target)
  const all = (name: string) => rawValues(query, name)
  const one = (name: string) => {
    const [raw, ...more] = all(name)
    return raw === undefined || more.length > 0 ? undefined : decodeForm(raw)
  }
  const client = store.clients.get(one('client_id') ?? '')
  if (!client) {
    return refusal(
      'invalid_client',
      'This application is not known here',
      markup`<p>The application that sent you has a client id that Acme Fit does not know.</p>`,
    )
  }
  const redirect_uri = one('redirect_uri') ?? ''
  if (!client.redirect_uris.includes(redirect_uri)) return redirectMismatch(redirect_uri)
  const [state, ...states] = all('state')
  if (states.length > 0 || !passable.test(state ?? '')) {
    return refusal(
      'invalid_request',
      'This request cannot be answered',
      markup`<p>There must be one state parameter at most.</p>`,
    )
  }
  const authorization = {
    client,
    redirect_uri,
    state,
    scope: one('scope') ?? '',
    challenge: one('code_challenge'),
  }
  const problem = requestProblem(one, all)
  if (problem) {
    return redirectBack(issuer, authorization, { error: problem.code, error_description: problem.message })
  }
  return consentPage(store.ask(authorization), authorization, scenario)
}

/** What the user answered on the page. */
export function answerDecision(
  store: ProviderStore,
  issuer: string,
  form: URLSearchParams,
  scenario: ScenarioName | undefined,
): Answer {
  const authorization = store.answered(form.get('transaction') ?? '')
  if (!authorization) {
    return refusal(
      'invalid_request',
      'This page was answered already',
      markup`<p>Go back to the app and start again.</p>`,
    )
  }
  if (form.get('decision') === 'allow') {
    const code = store.issueCode(authorization, scenario === 'used_code')
    return redirectBack(issuer, authorization, { code })
  }
  const error = { error: 'access_denied', error_description: 'The user denied the request' }
  return redirectBack(issuer, authorization, error)
}

function requestProblem(one: (name: string) => string | undefined, all: (name: string) => string[]) {
  if (one('response_type') === undefined) {
    return { code: 'invalid_request', message: 'there must be one response_type' }
  }
  if (one('response_type') !== 'code') {
    return { code: 'unsupported_response_type', message: 'response_type must be code' }
  }
  if (all('code_challenge').length === 0) return undefined
  if (one('code_challenge_method') !== 'S256') {
    return { code: 'invalid_request', message: 'code_challenge_method must be S256' }
  }
  if (!/^[\w-]{43}$/.test(one('code_challenge') ?? '')) {
    return { code: 'invalid_request', message: 'there must be one code_challenge of 43 characters' }
  }
  return undefined
}

/** Sends the user back (RFC 6749 §4.1.2), with the state as it came and the issuer (RFC 9207). */
function redirectBack(
  issuer: string,
  { redirect_uri, state }: Authorization,
  outcome: Readonly<Record<string, string>>,
): Answer {
  const fields = Object.entries(outcome).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  if (state !== undefined) fields.push(`state=${state}`)
  fields.push(`iss=${encodeURIComponent(issuer)}`)
  const location = `${redirect_uri}${redirect_uri.includes('?') ? '&' : '?'}${fields.join('&')}`
  const { error: code, error_description: message = '' } = outcome
  return {
    status: 303,
    headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
    ...(code !== undefined && { fault: { noticedBy: 'provider', code, message } }),
  }
}

function redirectMismatch(redirect_uri: string): Answer {
  const message = 'the redirect URI of the request is not registered for this application'
  const content = markup`<p>Acme Fit did not send you back, because ${message}.</p>
<p>Asked for: <code>${redirect_uri === '' ? 'none' : redirect_uri}</code></p>
<p>Error: <code>redirect_uri_mismatch</code></p>
<p>You can do nothing about it: tell the people who make the app. They have to register exactly this URI, or send the registered one.</p>`
  return {
    ...pageAnswer(400, 'The redirect URI is not registered', content),
    fault: { noticedBy: 'provider', code: 'redirect_uri_mismatch', message },
  }
}

function refusal(code: string, title: string, content: Markup): Answer {
  const message = `${title.slice(0, 1).toLowerCase()}${title.slice(1)}`
  return {
    ...pageAnswer(400, title, markup`${content}<p>Error: <code>${code}</code></p>`),
    fault: { noticedBy: 'provider', code, message },
  }
}

function consentPage(
  transaction: string,
  { client, scope }: Authorization,
  scenario: ScenarioName | undefined,
): Answer {
  const name = client.name ?? client.client_id
  const scopes = scope.split(' ').filter((one) => one !== '')
  const task =
    scenario === 'denied_consent'
      ? markup`<p><strong>To see what becomes of a refusal, press “Deny”.</strong></p>`
      : markup``
  return {
    ...pageAnswer(
      200,
      'Connect to Acme Fit',
      markup`<p>Acme Fit is made up, and so are you: there is nothing to log in to.</p>
<p><strong>${name}</strong> would like to:</p>
<ul>
${scopes.map((one) => markup`<li>${scopeText(one)}</li>\n`)}</ul>
${task}
<form method="post" action="/oauth/decision" aria-label="Permission for ${name}">
<input type="hidden" name="transaction" value="${transaction}">
<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button>
</form>`,
    ),
  }
}

function scopeText(scope: string): string {
  if (scope === 'offline') return 'stay connected while you are away'
  return scope.startsWith('read:') ? `see your ${scope.slice('read:'.length)}` : scope
}
