import { ByooError } from '../errors.ts'
import type { UserConnection } from './link.ts'

/** Milliseconds between two requests. */
const pollInterval = 3000
/** Milliseconds that a link token lives. */
const linkLife = 60 * 60_000
/** Requests that may fail in a row, each after its own retries. */
const maxFailures = 5

/**
 * Looks at a connection until it is another than `before`, or the link has expired. `pause` waits so many milliseconds,
 * and rejects after Ctrl-C; `now` is a clock in milliseconds.
 */
export async function waitForConnection(
  look: () => Promise<UserConnection | undefined>,
  before: UserConnection | undefined,
  pause: (milliseconds: number) => Promise<unknown>,
  now: () => number = Date.now,
) {
  const end = now() + linkLife
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
    const left = end - now()
    if (left <= 0) return { status: 'timed_out' } as const
    await pause(Math.min(pollInterval, left))
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
