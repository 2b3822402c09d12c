import type { JunctionEnvironment } from '../junction/environments.ts'
import type { Examination } from './examine.ts'
import { queryOf } from './query.ts'
import type { Scenario } from './scenarios.ts'
import type { Hop } from './timeline.ts'

/** What is known of an attempt to connect a user. */
export interface Attempt {
  readonly id: string
  /** Counted from 1. */
  readonly number: number
  readonly environment: JunctionEnvironment
  readonly scenario: Scenario | undefined
  userId?: string
  /** The hop that made the user: nothing in it says what it belongs to. */
  userHop?: number | undefined
  /** The link token, which is the state of the OAuth request. */
  state?: string
  /** Request target of the user's return to the app. */
  arrival?: string
  /** Another attempt was started. */
  replaced?: true
  /** The hops, once it is over: the timeline forgets old ones. */
  hops?: readonly Hop[]
  doctor: Examination
}

/**
 * `under way`: the user is at Acme Fit. `connected`, `failed`: the user came back. `stuck on an error page`: no way
 * leads back to the app. `replaced`: another attempt was started before this one came to an end.
 */
export type Outcome = 'under way' | 'connected' | 'failed' | 'stuck on an error page' | 'replaced'

/** The hops that belong to an attempt, in order. */
export function hopsOf({ hops, userHop, state }: Attempt, all: readonly Hop[]): readonly Hop[] {
  return hops ?? all.filter(({ id, state: its }) => id === userHop || (state !== undefined && its === state))
}

/** How an attempt has ended, by its own hops. */
export function outcomeOf({ arrival, replaced }: Attempt, hops: readonly Hop[]): Outcome {
  if (arrival !== undefined) {
    return new URLSearchParams(queryOf(arrival)).get('state') === 'success' ? 'connected' : 'failed'
  }
  if (stuckAt(hops)) return 'stuck on an error page'
  return replaced ? 'replaced' : 'under way'
}

/** The error page that the user is left on. */
export function stuckAt(hops: readonly Hop[]): Hop | undefined {
  const last = hops.findLast(({ from }) => from === 'browser')
  return last && last.status >= 400 ? last : undefined
}
