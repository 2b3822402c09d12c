/** A scenario in words. */
interface ScenarioText {
  readonly title: string
  /** What is wrong, as a sentence. */
  readonly wrong: string
  /** What whoever notices first calls it: an OAuth error code or an error type of Junction's Link. */
  readonly faultCode: string
  /** How they notice, as sentences. */
  readonly noticed: string
  /** Why doctor cannot find it, and what shows it instead; undefined when doctor finds it. */
  readonly undetectable?: string
}

const compared =
  'It compares the redirect_uri of the request with the registered ones as strings (RFC 6749 §3.1.2.3), finds no ' +
  'match, and may not send the user anywhere: so neither the forwarder nor Junction nor your app ever hears of it.'

const misdirected =
  'The link token in state is made for another audience (aud) than the host that it arrives at.'

/** One thing each that people get wrong, or that goes wrong with the users they send, in the page's order. */
const texts = {
  wrong_override: {
    title: 'Wrong redirect override',
    wrong: 'Junction holds another redirect URL override than the URI that is registered at Acme Fit.',
    faultCode: 'redirect_uri_mismatch',
    noticed: compared,
  },
  trailing_slash: {
    title: 'Trailing slash',
    wrong: 'The override in Junction ends in a slash that the registered URI does not have.',
    faultCode: 'redirect_uri_mismatch',
    noticed: compared,
  },
  wrong_scheme: {
    title: 'Wrong scheme',
    wrong:
      'The override says https where http is registered. (Elsewhere it is the other way round: this demo has no TLS.)',
    faultCode: 'redirect_uri_mismatch',
    noticed: compared,
  },
  reencoding_forwarder: {
    title: 'A forwarder that re-encodes',
    wrong:
      'Something between Acme Fit and Junction decodes the query and encodes it anew, as many frameworks do.',
    faultCode: 'invalid_grant',
    noticed:
      'Its token endpoint has never issued the authorization code that Junction hands in: on its way the code was ' +
      'decoded once too often. Junction reads a + in it as a space.',
  },
  wrong_region: {
    title: 'Wrong region',
    wrong: 'The forwarder sends this callback on to Junction in the other region.',
    faultCode: 'invalid_token',
    noticed: misdirected,
  },
  wrong_environment: {
    title: 'Wrong environment',
    wrong: 'The forwarder sends this callback on to Junction’s other environment.',
    faultCode: 'invalid_token',
    noticed: misdirected,
  },
  expired_link_token: {
    title: 'Expired link token',
    wrong: 'More than 60 minutes pass between the link token and the callback.',
    faultCode: 'token_expired',
    noticed: 'The link token in state says when it expires (exp), and that is over.',
    undetectable:
      'byoo doctor cannot see this: the set-up is right, and time passes only with a user. The error type that your ' +
      'app is told is what shows it; byoo explain token_expired says what to do.',
  },
  used_code: {
    title: 'Used code',
    wrong: 'The callback is opened twice, as by a prefetching browser, so Acme Fit sees the same code again.',
    faultCode: 'invalid_grant',
    noticed:
      'Its token endpoint takes an authorization code once (RFC 6749 §4.1.2) and refuses the second exchange.',
    undetectable:
      'byoo doctor cannot see this: a code exists only while a user connects. The error type that your app is told, ' +
      'and two callbacks with one code in the access log of what stands in front of the forwarder, show it.',
  },
  wrong_secret: {
    title: 'Wrong client secret',
    wrong: 'The client secret that Junction holds has a line break at its end, as copied from a file.',
    faultCode: 'invalid_client',
    noticed:
      'Its token endpoint does not accept the client’s authentication (RFC 6749 §5.2, invalid_client).',
    undetectable:
      'byoo doctor cannot see this: Junction never returns a secret, only a hash of it. One connection proves that ' +
      'it is right: byoo link whoop_v2 --wait.',
  },
  denied_consent: {
    title: 'Denied consent',
    wrong:
      'Nothing is broken: your user says no at Acme Fit, and the denial must arrive like everything else.',
    faultCode: 'access_denied',
    noticed:
      'It passes your user’s no on as error=access_denied (RFC 6749 §4.1.2.1), the forwarder passes that on like ' +
      'everything else, and Junction tells your app user_cancelled.',
    undetectable:
      'byoo doctor has nothing to find here: the set-up is right, and what a user decides is the user’s.',
  },
} satisfies Record<string, ScenarioText>

export type ScenarioName = keyof typeof texts

/** A scenario by name and in words. */
export interface Scenario extends ScenarioText {
  readonly id: ScenarioName
}

export const scenarioNames = Object.keys(texts) as ScenarioName[]
/** What the demo can play. */
export const scenarios: readonly Scenario[] = scenarioNames.map((id) => ({ id, ...texts[id] }))
