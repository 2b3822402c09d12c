/** What codes mean and what to do, by where they turn up. The lists of Junction and of the providers may grow. */
const sources = {
  /** `error_type` of Junction's Link. */
  link: {
    invalid_token: [
      'the link token is not one that Junction made, or was changed on its way',
      'check that the state parameter reaches Junction byte for byte, and that token and environment belong together',
    ],
    token_expired: ['the link token is older than an hour', 'create it when the user starts, not before'],
    token_consumed: ['the link token was already used', 'make one for each attempt; a page may load twice'],
    token_not_validated: [
      'the link token was not validated first',
      'start from the URL that Junction returns',
    ],
    provider_credential_error: [
      "the provider did not accept the client id, the secret or the redirect URI when Junction exchanged the code; for a provider that connects by password or e-mail, the user's password was wrong",
      'compare the redirect URI at the provider with byoo credentials show <provider>, check with byoo verify that the code arrives as it was sent, then set the secret again with byoo set-credentials <provider>',
    ],
    provider_password_expired: [
      "the user's password at the provider has expired; documented for abbott_libreview only",
      'let the user renew it there and connect again',
    ],
    provider_api_error: ["the provider's API failed or refused", 'check its status page and rate limits'],
    unsupported_region: [
      'the region parameter of the request is not one that the provider takes; documented for freestyle_libre only',
      "correct the region in the request that connects the user; byoo and the provider's application have no part in it",
    ],
    duplicate_connection: [
      'this account at the provider is already connected to another user of your team; only teams that turned on reject_duplicate_connection get this error',
      'disconnect it from the other user first, or turn reject_duplicate_connection off in Junction',
    ],
    required_scopes_not_granted: ['the user left out a permission', 'let the user tick all, or require less'],
    incorrect_mfa_code: ['the one-time code that the user typed was wrong', 'let the user try again'],
    user_cancelled: [
      'the user closed the Link widget; whether a user who says no at the provider is reported in this way is not documented',
      'nothing to repair; let the user try again',
    ],
  },
  /** Junction's older custom widget. */
  widget: {
    INVALID_REQUEST: ['the API key or link token is wrong (status 401)', 'check it and its environment'],
    MISSING_LINK_TOKEN: ['the request has no link token (status 400)', 'send it as x-vital-link-token'],
    INVALID_PROVIDER: [
      'the provider slug does not exist, or the provider does not connect this way (status 400)',
      'look the slug up with byoo providers; where Junction has no application of its own, set your credentials first with byoo set-credentials <provider>',
    ],
    INVALID_USER_ID: [
      'the user id is not one of this team in this environment (status 400)',
      "use Junction's user id, not your own, and check the environment",
    ],
    INVALID_CREDENTIALS: ['the user name or password was wrong (status 400)', 'let the user try again'],
  },
  /** A user's connection. */
  connection: {
    token_refresh_failed: [
      "the provider did not renew the user's access: the user withdrew it, or your client secret has changed",
      'ask the user to connect again; when many users have this error at once, set the secret again with byoo set-credentials <provider>',
    ],
    webhook_registration_failed: [
      'the provider did not let Junction subscribe to notifications about this user',
      'check the webhook settings and limits of your application at the provider against the list of byoo prepare <provider>',
    ],
    user_not_found: ["the provider no longer knows the user's account", 'ask the user if it still exists'],
    deregistered_per_provider: ['the user has disconnected your application', 'the user can connect again'],
    unknown: ['Junction could not tell why it failed', "let the user try again, then ask Junction's support"],
  },
  /** `error` of the provider's OAuth server. */
  provider: {
    invalid_request: [
      'a parameter of the request is missing, repeated or malformed (RFC 6749 §4.1.2.1, §5.2); some providers say this of a wrong redirect URI or code',
      'compare the redirect URI at the provider with byoo credentials show <provider>, then check with byoo verify that the query arrives as it was sent',
    ],
    unauthorized_client: [
      'the provider does not allow this application to log users in this way (RFC 6749 §4.1.2.1, §5.2)',
      "check in the provider's portal that the application is approved and of the type that uses an authorization code",
    ],
    access_denied: [
      'the user or the provider refused access (RFC 6749 §4.1.2.1); also what users see who are not among the test users of an application in review',
      "let the user try again; if nobody can connect, check in the provider's portal whether the application is still limited to test users",
    ],
    unsupported_response_type: [
      'the provider does not issue authorization codes to this application (RFC 6749 §4.1.2.1)',
      "check the type of the application in the provider's portal",
    ],
    invalid_scope: [
      'a scope is unknown, malformed, or not granted to this application (RFC 6749 §4.1.2.1, §5.2)',
      "turn on the scopes that Junction asks for in the provider's portal",
    ],
    server_error: ["the provider's OAuth server failed (RFC 6749 §4.1.2.1)", 'look at its status page'],
    temporarily_unavailable: ['the server is overloaded (RFC 6749 §4.1.2.1)', 'try again in a few minutes'],
    invalid_client: [
      'the provider does not know the client id, or the secret is wrong (RFC 6749 §5.2)',
      "compare the client id in the provider's portal with byoo credentials show <provider>, then set the secret again with byoo set-credentials <provider>",
    ],
    invalid_grant: [
      'the authorization code is wrong, expired or already used, or the redirect URI of the exchange is not the one of the login (RFC 6749 §5.2)',
      'check with byoo verify that the code arrives as it was sent, and compare the redirect URIs with byoo doctor; start a new login for each attempt',
    ],
    unsupported_grant_type: [
      'the provider does not exchange authorization codes for this application (RFC 6749 §5.2)',
      "check the type of the application in the provider's portal",
    ],
    redirect_uri_mismatch: [
      'the redirect URI of the login is not one that is registered at the provider (not in RFC 6749; Google and others use it)',
      "register in the provider's portal exactly the redirect URI that byoo link <provider> shows",
    ],
    invalid_redirect_uri: [
      'the redirect URI of the login is not one that is registered at the provider (RFC 7591 §3.2.2; some providers use it for logins)',
      "register in the provider's portal exactly the redirect URI that byoo link <provider> shows",
    ],
    invalid_state: [
      'whoever received the callback does not know its state parameter (not in RFC 6749)',
      'check with byoo verify that the state arrives as it was sent, and start a new login: a state is valid for one login and a limited time',
    ],
  },
  /** An HTTP status of `byoo serve`. */
  forwarder: {
    404: [
      'byoo serve has no route for the path, so nothing was forwarded',
      'compare the path with the routes that byoo serve prints when it starts, and with the redirect URI at the provider; a proxy in front must not remove a prefix of the path',
    ],
    405: ['byoo serve forwards GET and HEAD only', 'set the response mode of the provider to "query"'],
    414: ['the request target is too long', 'raise --max-target, and the limit of the proxy in front'],
    421: [
      'byoo serve has no route for the Host header of the request, so nothing was forwarded',
      'pass the Host header on unchanged in the proxy in front (nginx: proxy_set_header Host $host), and compare it with the routes that byoo serve prints when it starts',
    ],
    400: [
      'the request is not valid HTTP: two Host headers, a "#" in the target, a target that is no path',
      'compare what the proxy in front sends with what it receives: byoo verify shows both',
    ],
    408: ['the request did not arrive in time', 'look for a slow client; the limit is --request-timeout'],
    417: ['byoo serve supports no Expect header', 'remove it in the proxy in front'],
    431: ['the headers of the request are too large', 'let the user clear the cookies of the host'],
    500: ['something failed in byoo serve itself: a bug in byoo', 'report it with what stderr says'],
    503: ['byoo serve is about to stop; logins are still forwarded', 'send new connections elsewhere'],
  },
} as const satisfies Record<string, Record<string, readonly [meaning: string, advice: string]>>

/** What a code that people meet when a login fails means for whoever runs the integration. */
export interface ErrorCodeFacts {
  readonly code: string
  readonly from: keyof typeof sources
  readonly meaning: string
  readonly advice: string
}

export const errorCodes: readonly ErrorCodeFacts[] = Object.entries(sources).flatMap(([from, codes]) =>
  Object.entries(codes).map(([code, [meaning, advice]]) => {
    return { code, from: from as ErrorCodeFacts['from'], meaning, advice }
  }),
)

/** What is known of a code; the case of its letters may differ. */
export function findErrorCode(code: string): ErrorCodeFacts | undefined {
  const alike = errorCodes.filter((known) => known.code.toLowerCase() === code.toLowerCase())
  return alike.find((known) => known.code === code) ?? alike[0]
}
