/** One thing each that people get wrong, or that goes wrong with the users they send. */
export const breakNames = [
  /** Junction holds another path than the one that is registered. */
  'wrong_override',
  /** Junction holds the registered URI with a slash at its end. */
  'trailing_slash',
  /** Junction holds https where http is registered. */
  'wrong_scheme',
  /** What is in front of Junction decodes the query and encodes it again. */
  'reencoding_forwarder',
  /** The forwarder sends users of one region to the other. */
  'wrong_region',
  /** The forwarder sends users of the sandbox to production, and the other way round. */
  'wrong_environment',
  /** The user comes back 61 minutes after the link token was made. */
  'expired_link_token',
  /** Somebody was faster: the provider has seen the code already. */
  'used_code',
  /** Junction holds the client secret with a line break at its end. */
  'wrong_secret',
  /** The user says no; that takes a user who does. */
  'denied_consent',
] as const

export type BreakName = (typeof breakNames)[number]

/** What is broken. */
export type Breaks = Readonly<Record<BreakName, boolean>>

/** Nothing is. */
export const noBreaks = Object.fromEntries(breakNames.map((name) => [name, false])) as Breaks
