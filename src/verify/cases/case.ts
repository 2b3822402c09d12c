import type { Expectation } from '../judge.ts'

/** Part of every made-up code, so that whoever reads a log sees where it came from. */
export const marker = 'byoo-made-up'

/** A host that cannot exist (RFC 6761 §6.4): if it comes back in a `Location`, the endpoint can be led astray. */
export const plantedHost = `${marker}.invalid`

/**
 * `required`: a failure breaks real logins or gives codes away. `exact`: a change that keeps the meaning. `hardened`:
 * what only tools and attackers send. `limits`: how long a query may be.
 */
export const groups = ['required', 'exact', 'hardened', 'limits'] as const
export type Group = (typeof groups)[number]

/** What is sent, as far as it differs from `GET <callback> HTTP/1.1` with the endpoint's own `Host`. */
export interface Send {
  readonly method?: string
  /** From the first `?` to the end of the request target, or nothing. */
  readonly query?: string
  /** Stands where the provider stands; `{provider}`, `{PROVIDER}` and `{%provider}` are the slug, in three spellings. */
  readonly slug?: string
  /** Follows the path. */
  readonly suffix?: string
  /** The path instead; `{callback}`, `{origin}` and `{authority}` are the endpoint's. */
  readonly target?: string
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly host?: 'none' | 'twice' | 'foreign'
  readonly version?: 'HTTP/1.0'
  readonly body?: string
  /** Another provider's callback. */
  readonly otherProvider?: true
  /** A TLS handshake that offers only what RFC 8996 forbids. */
  readonly oldTls?: true
}

/** One thing that `byoo verify` looks at. */
export interface Case {
  /** Stable: scripts and bug reports name it. */
  readonly id: string
  readonly group: Group
  readonly send: Send
  readonly expect: Expectation
  /** What is looked at, in a few words. */
  readonly title: string
  /** The rule behind it: an RFC's section, or Junction's. */
  readonly why: string
}
