/** What a code that people meet when a login fails means for whoever runs the integration. */
export interface ErrorCodeFacts {
  readonly code: string
  /**
   * Who says it: Junction's Link (`error_type`), its older custom widget, a connection of a user, the provider's OAuth
   * server (`error`), or the forwarder (HTTP status).
   */
  readonly from: 'link' | 'widget' | 'connection' | 'provider' | 'forwarder'
  readonly meaning: string
  readonly advice: string
}

/** Junction's and the providers' lists may grow. */
export const errorCodes: readonly ErrorCodeFacts[] = [
  {
    code: 'invalid_token',
    from: 'link',
    meaning: 'the link token is not one that Junction made, or was changed on its way',
    advice:
      'check that the state parameter reaches Junction byte for byte, and that token, environment and region belong together',
  },
  {
    code: 'token_expired',
    from: 'link',
    meaning: 'the link token is older than 60 minutes',
    advice: 'create a link token when the user starts, not in advance',
  },
  {
    code: 'token_consumed',
    from: 'link',
    meaning: 'the link token was already used for a connection',
    advice: 'create a new link token for each attempt; look for a page that is loaded twice',
  },
  {
    code: 'token_not_validated',
    from: 'link',
    meaning: 'the link token was not validated before it was used',
    advice: 'start from the link URL that Junction returns instead of building one',
  },
  {
    code: 'provider_credential_error',
    from: 'link',
    meaning:
      "the provider did not accept the client id, the secret or the redirect URI when Junction exchanged the code; for a provider that connects by password or e-mail, the user's password was wrong",
    advice:
      'compare the redirect URI at the provider with byoo credentials show <provider>, check with byoo verify that the code arrives as it was sent, then set the secret again with byoo set-credentials <provider>',
  },
  {
    code: 'provider_password_expired',
    from: 'link',
    meaning: "the user's password at the provider has expired; documented for abbott_libreview only",
    advice: 'ask the user to renew it at the provider and to connect again',
  },
  {
    code: 'provider_api_error',
    from: 'link',
    meaning: "the provider's API failed or refused the request",
    advice: "look at the provider's status page and at your application's rate limits, then try again",
  },
  {
    code: 'unsupported_region',
    from: 'link',
    meaning:
      'the region parameter of the request is not one that the provider takes; documented for freestyle_libre only',
    advice:
      "correct the region in the request that connects the user; byoo and the provider's application have no part in it",
  },
  {
    code: 'duplicate_connection',
    from: 'link',
    meaning:
      'this account at the provider is already connected to another user of your team; only teams that turned on reject_duplicate_connection get this error',
    advice: 'disconnect it from the other user first, or turn reject_duplicate_connection off in Junction',
  },
  {
    code: 'required_scopes_not_granted',
    from: 'link',
    meaning: 'the user left out a permission that your team requires',
    advice: "ask the user to leave all boxes ticked, or relax the team's scope requirements",
  },
  {
    code: 'incorrect_mfa_code',
    from: 'link',
    meaning: 'the one-time code that the user typed was wrong',
    advice: 'let the user try again',
  },
  {
    code: 'user_cancelled',
    from: 'link',
    meaning:
      'the user closed the Link widget; whether a user who says no at the provider is reported in this way is not documented',
    advice: 'nothing to repair; let the user try again',
  },
  {
    code: 'INVALID_REQUEST',
    from: 'widget',
    meaning: 'the API key or the link token is missing or wrong (status 401)',
    advice: 'check the key and its environment and region',
  },
  {
    code: 'MISSING_LINK_TOKEN',
    from: 'widget',
    meaning: 'the request has no link token (status 400)',
    advice: 'send the link token in the x-vital-link-token header',
  },
  {
    code: 'INVALID_PROVIDER',
    from: 'widget',
    meaning: 'the provider slug does not exist, or the provider does not connect this way (status 400)',
    advice:
      'look the slug up with byoo providers; where Junction has no application of its own, set your credentials first with byoo set-credentials <provider>',
  },
  {
    code: 'INVALID_USER_ID',
    from: 'widget',
    meaning: 'the user id is not one of this team in this environment (status 400)',
    advice: "use Junction's user id, not your own, and check environment and region",
  },
  {
    code: 'INVALID_CREDENTIALS',
    from: 'widget',
    meaning: 'the user name or password that the user typed was wrong (status 400)',
    advice: 'let the user try again',
  },
  {
    code: 'token_refresh_failed',
    from: 'connection',
    meaning:
      "the provider did not renew the user's access: the user withdrew it, or your client secret has changed",
    advice:
      'ask the user to connect again; when many users have this error at once, set the secret again with byoo set-credentials <provider>',
  },
  {
    code: 'webhook_registration_failed',
    from: 'connection',
    meaning: 'the provider did not let Junction subscribe to notifications about this user',
    advice:
      'check the webhook settings and limits of your application at the provider against the list of byoo prepare <provider>',
  },
  {
    code: 'user_not_found',
    from: 'connection',
    meaning: "the provider no longer knows this user's account",
    advice: 'ask the user whether the account still exists, and to connect again',
  },
  {
    code: 'deregistered_per_provider',
    from: 'connection',
    meaning: 'the provider says that the user has disconnected your application there',
    advice: 'nothing to repair; the user can connect again',
  },
  {
    code: 'unknown',
    from: 'connection',
    meaning: 'Junction could not tell why the connection failed',
    advice: "ask the user to connect again; if it continues, ask Junction's support",
  },
  {
    code: 'invalid_request',
    from: 'provider',
    meaning:
      'a parameter of the request is missing, repeated or malformed (RFC 6749 §4.1.2.1, §5.2); some providers say this of a wrong redirect URI or code',
    advice:
      'compare the redirect URI at the provider with byoo credentials show <provider>, then check with byoo verify that the query arrives as it was sent',
  },
  {
    code: 'unauthorized_client',
    from: 'provider',
    meaning:
      'the provider does not allow this application to log users in this way (RFC 6749 §4.1.2.1, §5.2)',
    advice:
      "check in the provider's portal that the application is approved and of the type that uses an authorization code",
  },
  {
    code: 'access_denied',
    from: 'provider',
    meaning:
      'the user or the provider refused access (RFC 6749 §4.1.2.1); also what users see who are not among the test users of an application in review',
    advice:
      "let the user try again; if nobody can connect, check in the provider's portal whether the application is still limited to test users",
  },
  {
    code: 'unsupported_response_type',
    from: 'provider',
    meaning: 'the provider does not issue authorization codes to this application (RFC 6749 §4.1.2.1)',
    advice: "check the type of the application in the provider's portal",
  },
  {
    code: 'invalid_scope',
    from: 'provider',
    meaning: 'a scope is unknown, malformed, or not granted to this application (RFC 6749 §4.1.2.1, §5.2)',
    advice: "turn on the scopes that Junction asks for in the provider's portal",
  },
  {
    code: 'server_error',
    from: 'provider',
    meaning: 'the OAuth server of the provider failed (RFC 6749 §4.1.2.1)',
    advice: "try again later; look at the provider's status page",
  },
  {
    code: 'temporarily_unavailable',
    from: 'provider',
    meaning: 'the OAuth server of the provider is overloaded or in maintenance (RFC 6749 §4.1.2.1)',
    advice: "try again later; look at the provider's status page",
  },
  {
    code: 'invalid_client',
    from: 'provider',
    meaning: 'the provider does not know the client id, or the secret is wrong (RFC 6749 §5.2)',
    advice:
      "compare the client id in the provider's portal with byoo credentials show <provider>, then set the secret again with byoo set-credentials <provider>",
  },
  {
    code: 'invalid_grant',
    from: 'provider',
    meaning:
      'the authorization code is wrong, expired or already used, or the redirect URI of the exchange is not the one of the login (RFC 6749 §5.2)',
    advice:
      'check with byoo verify that the code arrives as it was sent, and compare the redirect URIs with byoo doctor; start a new login for each attempt',
  },
  {
    code: 'unsupported_grant_type',
    from: 'provider',
    meaning: 'the provider does not exchange authorization codes for this application (RFC 6749 §5.2)',
    advice: "check the type of the application in the provider's portal",
  },
  {
    code: 'redirect_uri_mismatch',
    from: 'provider',
    meaning:
      'the redirect URI of the login is not one that is registered at the provider (not in RFC 6749; Google and others use it)',
    advice: "register in the provider's portal exactly the redirect URI that byoo link <provider> shows",
  },
  {
    code: 'invalid_redirect_uri',
    from: 'provider',
    meaning:
      'the redirect URI of the login is not one that is registered at the provider (RFC 7591 §3.2.2; some providers use it for logins)',
    advice: "register in the provider's portal exactly the redirect URI that byoo link <provider> shows",
  },
  {
    code: 'invalid_state',
    from: 'provider',
    meaning: 'whoever received the callback does not know its state parameter (not in RFC 6749)',
    advice:
      'check with byoo verify that the state arrives as it was sent, and start a new login: a state is valid for one login and a limited time',
  },
  {
    code: '404',
    from: 'forwarder',
    meaning: 'byoo serve has no route for the path, so nothing was forwarded',
    advice:
      'compare the path with the routes that byoo serve prints when it starts, and with the redirect URI at the provider; a proxy in front must not remove a prefix of the path',
  },
  {
    code: '405',
    from: 'forwarder',
    meaning:
      'byoo serve forwards GET and HEAD only; a provider that answers by POST uses another response mode',
    advice: 'set the response mode of the provider to "query"',
  },
  {
    code: '414',
    from: 'forwarder',
    meaning: 'the request target is longer than byoo serve accepts, so nothing was forwarded',
    advice: 'raise --max-target, and the limit of the proxy in front',
  },
  {
    code: '421',
    from: 'forwarder',
    meaning: 'byoo serve has no route for the Host header of the request, so nothing was forwarded',
    advice:
      'pass the Host header on unchanged in the proxy in front (nginx: proxy_set_header Host $host), and compare it with the routes that byoo serve prints when it starts',
  },
  {
    code: '400',
    from: 'forwarder',
    meaning: 'the request is not valid HTTP: two Host headers, a "#" in the target, a target that is no path',
    advice: 'compare what the proxy in front sends with what it receives: byoo verify shows both',
  },
  {
    code: '408',
    from: 'forwarder',
    meaning: 'the request did not arrive completely in time',
    advice: 'look for a slow client or a proxy that buffers; the limit is --request-timeout',
  },
  {
    code: '417',
    from: 'forwarder',
    meaning: 'the request has an Expect header that byoo serve does not support',
    advice: 'remove that header in the proxy in front',
  },
  {
    code: '431',
    from: 'forwarder',
    meaning: 'the headers of the request are too large, often because of cookies',
    advice: 'let the user clear the cookies of the host, and set none on it',
  },
  {
    code: '500',
    from: 'forwarder',
    meaning: 'something failed in byoo serve itself: a bug in byoo',
    advice: 'report it with what stderr says',
  },
]

/** What is known of a code; the case of its letters may differ. */
export function findErrorCode(code: string): ErrorCodeFacts | undefined {
  return (
    errorCodes.find((known) => known.code === code) ??
    errorCodes.find((known) => known.code.toLowerCase() === code.toLowerCase())
  )
}
