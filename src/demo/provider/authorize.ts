import { randomBytes } from 'node:crypto'
import { type Answer, type Markup, markup, pageAnswer } from '../answer.ts'
import { decodeForm, queryOf, type ReceivedRequest, rawValues } from '../server.ts'
import type { Authorization, ProviderState } from './provider.ts'

/** Seconds that a code lives, as at Withings. */
const codeLife = 30

/** The authorization endpoint: a page that asks the user (RFC 6749 §4.1.1), or that says what is wrong. */
export function answerAuthorize(provider: ProviderState, { target }: ReceivedRequest): Answer {
  const query = queryOf(target)
  const one = (name: string) => {
    const [raw, ...more] = rawValues(query, name)
    return raw === undefined || more.length > 0 ? undefined : decodeForm(raw)
  }
  const client = provider.clients.get(one('client_id') ?? '')
  if (!client) {
    const content = markup`<p>The application that sent you has a client id that Acme Fit does not know.</p>`
    return refusal('invalid_client', 'This application is not known here', content)
  }
  const redirect_uri = one('redirect_uri') ?? ''
  if (!client.redirect_uris.includes(redirect_uri)) return redirectMismatch(redirect_uri)
  const [state] = rawValues(query, 'state')
  const challenge = one('code_challenge')
  const authorization = { client, redirect_uri, state, scope: one('scope') ?? '', challenge }
  if (one('response_type') !== 'code') {
    const error = { error: 'unsupported_response_type', error_description: 'response_type must be code' }
    return redirectBack(provider, authorization, error)
  }
  const transaction = randomBytes(16).toString('base64url')
  provider.pages.set(transaction, authorization)
  return consentPage(transaction, authorization, provider.scenario() === 'denied_consent')
}

/** What the user answered on the page. */
export function answerDecision(provider: ProviderState, { text }: ReceivedRequest): Answer {
  const form = new URLSearchParams(text)
  const transaction = form.get('transaction') ?? ''
  const authorization = provider.pages.get(transaction)
  provider.pages.delete(transaction)
  if (!authorization) {
    const content = markup`<p>Go back to the app and start again.</p>`
    return refusal('invalid_request', 'This page was answered already', content)
  }
  if (form.get('decision') !== 'allow') {
    const error = { error: 'access_denied', error_description: 'The user denied the request' }
    return redirectBack(provider, authorization, error)
  }
  // It has characters that mean something in a query, so whoever encodes it anew destroys it.
  const code = `4/made-up+${randomBytes(18).toString('base64')}&~=%2B==`
  const expires = Date.now() + codeLife * 1000
  const used = provider.scenario() === 'used_code'
  provider.codes.set(code, { ...authorization, expires, used })
  return redirectBack(provider, authorization, { code })
}

/** Sends the user back (RFC 6749 §4.1.2), with the state as it came and the issuer (RFC 9207). */
function redirectBack(
  { url, sentTo }: ProviderState,
  { redirect_uri, state }: Authorization,
  outcome: Readonly<Record<string, string>>,
): Answer {
  const fields = Object.entries(outcome).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  if (state !== undefined) fields.push(`state=${state}`)
  fields.push(`iss=${encodeURIComponent(url)}`)
  const location = `${redirect_uri}?${fields.join('&')}`
  sentTo.add(location)
  const { error: code, error_description: message = '' } = outcome
  return {
    status: 303,
    headers: { location },
    fault: code === undefined ? undefined : { code, message },
  }
}

function redirectMismatch(redirect_uri: string): Answer {
  const message = 'the redirect URI of the request is not registered for this application'
  const content = markup`<p>Acme Fit did not send you back, because ${message}.</p>
<p>Asked for: <code>${redirect_uri === '' ? 'none' : redirect_uri}</code></p>
<p>You can do nothing about it: tell the people who make the app. They have to register exactly this URI, or send the registered one.</p>`
  return refusal('redirect_uri_mismatch', 'The redirect URI is not registered', content, message)
}

/** An error page: whoever has sent the user cannot be told. */
function refusal(code: string, title: string, content: Markup, message = title): Answer {
  return {
    ...pageAnswer(400, title, markup`${content}\n<p>Error: <code>${code}</code></p>`),
    fault: { code, message },
  }
}

function consentPage(transaction: string, { client, scope }: Authorization, deny: boolean): Answer {
  const { name } = client
  const scopes = scope.split(' ').filter((one) => one !== '')
  const task = markup`<p><strong>To see what becomes of a refusal, press “Deny”.</strong></p>`
  return pageAnswer(
    200,
    'Connect to Acme Fit',
    markup`<p>Acme Fit is made up, and so are you: there is nothing to log in to.</p>
<p><strong>${name}</strong> would like to:</p>
<ul>
${scopes.map((one) => markup`<li>${scopeText(one)}</li>\n`)}</ul>
${deny ? task : markup``}
<form method="post" action="/oauth/decision" aria-label="Permission for ${name}">
<input type="hidden" name="transaction" value="${transaction}">
<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button>
</form>`,
  )
}

function scopeText(scope: string): string {
  if (scope === 'offline') return 'stay connected while you are away'
  return scope.startsWith('read:') ? `see your ${scope.slice('read:'.length)}` : scope
}
