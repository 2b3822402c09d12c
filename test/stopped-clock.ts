import { onTestFinished, vi } from 'vitest'

/** Stops what this process takes for the time until the test ends; timers go on. It can be put forward by milliseconds. */
export function stopClock() {
  vi.setSystemTime(Date.now())
  onTestFinished(() => void vi.useRealTimers())
  return { forward: (milliseconds: number) => void vi.setSystemTime(Date.now() + milliseconds) }
}
