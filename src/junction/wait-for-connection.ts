import { ByooError } from '../errors.ts'
import type { UserConnection } from './link.ts'

/** How waiting ended. */
export type WaitOutcome =
  | { readonly status: 'connected' | 'failed'; readonly connection: UserConnection }
  | { readonly status: 'timed_out' }

interface WaitOptions {
  /** The connection as it is now. */
  readonly look: () => Promise<UserConnection | undefined>
  /** As it was before the link was shown. */
  readonly before: UserConnection | undefined
  /** Waits; rejects after Ctrl-C. */
  readonly pause: (milliseconds: number) => Promise<unknown>
  /** Milliseconds of a clock. */
  readonly now: () => number
  /** Milliseconds: as long as the link lives. */
  readonly limit: number
}

/** Milliseconds between two requests, and after five minutes. */
const pollInterval = 2000
const slowPollInterval = 5000
const slowAfter = 5 * 60_000
/** Requests that may fail in a row, each after its own retries. */
const maxFailures = 5

/** Polls until the connection is there, has failed, or the link has expired. */
export async function waitForConnection({
  look,
  before,
  pause,
  now,
  limit,
}: WaitOptions): Promise<WaitOutcome> {
  const start = now()
  let failures = 0
  for (;;) {
    try {
      const connection = await look()
      failures = 0
      const status = judge(before, connection)
      if (connection && status) return { status, connection }
    } catch (error) {
      failures += 1
      if (failures === maxFailures || !mayPass(error)) throw error
    }
    const waited = now() - start
    if (waited >= limit) return { status: 'timed_out' }
    await pause(Math.min(waited < slowAfter ? pollInterval : slowPollInterval, limit - waited))
  }
}

/** What became of a connection; undefined while it has not changed. */
export function judge(
  before: UserConnection | undefined,
  now: UserConnection | undefined,
): 'connected' | 'failed' | undefined {
  const facts = ['created_on', 'status', 'errored_at'] as const
  if (!now || facts.every((fact) => before?.[fact] === now[fact])) return undefined
  if (now.status === 'connected') return 'connected'
  return now.status === 'error' ? 'failed' : undefined
}

/** Too many requests, a failure on Junction's side or of the network: the next request may succeed. */
function mayPass(error: unknown): boolean {
  return error instanceof ByooError && error.code === 'unreachable'
}
