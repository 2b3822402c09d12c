import { setTimeout as wait } from 'node:timers/promises'

/** Runs tasks no faster than a rate and no more at once than a number. */
export type RateLimiter = <Result>(task: () => Promise<Result>) => Promise<Result>

/** `rate` is in tasks a second. A task that waits when the signal aborts is rejected. */
export function createRateLimiter(rate: number, concurrency: number, signal?: AbortSignal): RateLimiter {
  const interval = 1000 / rate
  let nextStart = 0
  let running = 0
  const waiting: (() => void)[] = []

  const acquire = async () => {
    if (running >= concurrency) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
  }
  const release = () => {
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }

  return async (task) => {
    await acquire()
    try {
      signal?.throwIfAborted()
      const now = performance.now()
      const start = Math.max(now, nextStart)
      nextStart = start + interval
      if (start > now) await wait(start - now, undefined, signal ? { signal } : {})
      return await task()
    } finally {
      release()
    }
  }
}
