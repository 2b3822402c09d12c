import { expect, test } from 'vitest'
import type { Finding } from '../../src/doctor/findings.ts'
import { startSized } from './sized.ts'

const wrong = (findings: readonly Finding[]) =>
  findings.flatMap(({ status, message }) => (status === 'failed' || status === 'note' ? [message] : []))

/** Requests to one host in a second, unless told otherwise. */
const rate = 20

test.each([
  [4, 15],
  [1, 25],
] as const)(
  '16 providers in 4 environments on %i host(s) take no more requests than %i s allow',
  async (hosts, limit) => {
    const { run } = await startSized(hosts)
    const asked: number[] = []
    const { findings } = await run(() => {
      const host = asked.push(0) - 1
      return async (task) => {
        asked[host] = (asked[host] ?? 0) + 1
        return task()
      }
    })
    expect(wrong(findings)).toEqual([])
    expect(asked).toHaveLength(hosts)
    expect(Math.max(...asked) / rate).toBeLessThan(limit - 5)
    // Each of them is looked at all the same.
    const verified = findings.filter(({ check, status }) => check === 'verify' && status === 'passed')
    expect(verified).toHaveLength(64)
  },
)
