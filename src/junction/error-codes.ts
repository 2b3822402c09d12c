/** What an error code of Junction's means for the person who runs the integration. */
export interface LinkError {
  readonly code: string
  /** Where it turns up. */
  readonly from: 'link' | 'widget' | 'connection'
  readonly meaning: string
  readonly advice: string
}

/**
 * Error types that Link hands to the app as `error_type`, codes of the older custom widget, and error types of a
 * user's connections; all three lists may grow.
 */
export const linkErrors: readonly LinkError[] = [
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
    meaning: 'the link token was used for a connection already',
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
      'the provider did not accept the client id, the secret or the redirect URI when the code was exchanged',
    advice:
      'compare the redirect URI at the provider with byoo credentials show <provider>, see with byoo verify that the code arrives as it was sent, then set the secret again with byoo set-credentials <provider>',
  },
  {
    code: 'provider_password_expired',
    from: 'link',
    meaning: "the user's password at the provider has expired",
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
      "the user's account belongs to a part of the world that the provider's application does not cover",
    advice: 'nothing to repair here; tell the user',
  },
  {
    code: 'duplicate_connection',
    from: 'link',
    meaning: 'this account at the provider is connected to another user of your team already',
    advice: 'disconnect it from the other user first, or allow duplicates in the Junction dashboard',
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
    meaning: 'the user went back or said no at the provider',
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
    meaning: 'there is no provider of that slug, or it does not connect this way (status 400)',
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
      "the provider did not renew the user's access: it was withdrawn, or your client secret has changed",
    advice:
      'ask the user to connect again; when it befalls many at once, set the secret again with byoo set-credentials <provider>',
  },
  {
    code: 'webhook_registration_failed',
    from: 'connection',
    meaning: 'the provider did not let Junction subscribe to notifications about this user',
    advice:
      "look at the webhook settings and limits of your application at the provider, and at byoo prepare <provider>'s list",
  },
  {
    code: 'user_not_found',
    from: 'connection',
    meaning: "the provider does not know this user's account any more",
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
    advice: "ask the user to connect again; if it goes on, ask Junction's support",
  },
]

/** The error of a code, if it is one that is known; the case of its letters may differ. */
export function findLinkError(code: string): LinkError | undefined {
  return (
    linkErrors.find((known) => known.code === code) ??
    linkErrors.find((known) => known.code.toLowerCase() === code.toLowerCase())
  )
}
