import { randomBytes } from 'node:crypto'
import { type Answer, markup, pageAnswer } from './answer.ts'
import { authorizationUrl, createOAuthClient } from './junction/oauth-client.ts'
import type { Loop } from './loop.ts'
import { decodeForm, queryOf, rawValues } from './server.ts'

/** The app whose users logged in with Acme Fit before there was Junction, at the redirect URI that both have now. */
export function createSharedApp({ provider, sharedApplication }: Loop) {
  const client = createOAuthClient(provider.endpoints)
  /** PKCE code verifiers by state: of logins that have not come back. */
  const logins = new Map<string, string>()
  return {
    /** Sends a user to Acme Fit, with a state of the app's own. */
    begin: (): Answer => {
      const state = randomBytes(16).toString('base64url')
      const verifier = randomBytes(32).toString('base64url')
      logins.set(state, verifier)
      const { client_id, redirect_uri } = sharedApplication
      const request = { client_id, redirect_uri, scope: 'read:sleep', state }
      return { status: 303, headers: { location: authorizationUrl(client, verifier, request) } }
    },
    /** Exchanges the code that the forwarder has sent on, with the shared redirect URI. */
    finish: async (target: string): Promise<Answer> => {
      const query = queryOf(target)
      const [state = ''] = rawValues(query, 'state')
      const [code = ''] = rawValues(query, 'code').map(decodeForm)
      const code_verifier = logins.get(state)
      logins.delete(state)
      if (code_verifier === undefined) return failed('the state is not of a login that was begun here')
      const grant = await client.exchange({ ...sharedApplication, code, code_verifier, state, query })
      if ('error' in grant) return failed(`Acme Fit answered ${grant.error}: ${grant.description}`)
      return pageAnswer(
        200,
        'You are logged in to the app itself',
        markup`<p>Junction has heard nothing of it: the state is not one of its link tokens, so the forwarder sent this login on to the app, and its code was good.</p>
<p><a href="/">Back to the demo</a></p>`,
      )
    },
  }
}

function failed(reason: string): Answer {
  return pageAnswer(
    400,
    'You are not logged in',
    markup`<p>${reason}.</p>\n<p><a href="/">Back to the demo</a></p>`,
  )
}
