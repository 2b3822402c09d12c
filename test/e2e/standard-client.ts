import * as oauth from 'oauth4webapi'
import type { OAuthClient } from '../../src/demo/junction/oauth-client.ts'

/** Junction's side of the exchange, done by a certified client library from the raw query of the callback. */
export async function createStandardClient(issuer: string): Promise<OAuthClient> {
  const insecure = { [oauth.allowInsecureRequests]: true }
  const url = new URL(issuer)
  const found = await oauth.discoveryRequest(url, insecure)
  const server = await oauth.processDiscoveryResponse(url, found)
  return {
    authorizeUrl: server.authorization_endpoint ?? '',
    exchange: async ({ client_id, client_secret, redirect_uri, code_verifier, state, query }) => {
      const client = { client_id }
      const parameters = oauth.validateAuthResponse(server, client, new URLSearchParams(query), state)
      const answer = await oauth.authorizationCodeGrantRequest(
        server,
        client,
        oauth.ClientSecretBasic(client_secret),
        parameters,
        redirect_uri,
        code_verifier,
        insecure,
      )
      try {
        await oauth.processAuthorizationCodeResponse(server, client, answer)
        return { user_id: undefined }
      } catch (error) {
        if (!(error instanceof oauth.ResponseBodyError)) throw error
        return { error: error.error, description: error.error_description ?? '' }
      }
    },
  }
}
