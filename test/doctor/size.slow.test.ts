import { expect, test } from 'vitest'
import { startSized } from './sized.ts'

// The whole of Junction's catalogue in every environment, at the speed that people get.
test.each([
  [4, 15],
  [1, 25],
] as const)('16 providers in 4 environments on %i host(s): at most %i s', async (hosts, limit) => {
  const { run } = await startSized(hosts)
  const started = performance.now()
  const { counts } = await run()
  expect([counts.failed, counts.note]).toEqual([0, 0])
  expect((performance.now() - started) / 1000).toBeLessThan(limit)
})
