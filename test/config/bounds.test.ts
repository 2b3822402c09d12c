import { expect, test } from 'vitest'
import { readConfig } from '../../src/config/read-config.ts'
import { routesYaml } from '../bench/routes.ts'

test.each([
  ['keys within keys', `${'? '.repeat(30)}a`],
  ['200,000 unknown keys', Array.from({ length: 200_000 }, (_, index) => `${index}: x`).join('\n')],
  ['100,000 empty keys', 'a:\n'.repeat(100_000)],
])('%s are refused before they are expanded', async (_, text) => {
  const started = process.cpuUsage()
  const { faults } = await readConfig({ route: {}, file: undefined, text, directory: '/' })
  expect(faults).toHaveLength(1)
  // Processor time does not depend on what else the machine does.
  const { user, system } = process.cpuUsage(started)
  expect(user + system).toBeLessThan(1_000_000)
})

test('requests come between the reading and the checking of many routes', async () => {
  const text = routesYaml(1000)
  const read = () => readConfig({ route: {}, file: undefined, text, directory: '/' })
  // The modules are there after that.
  await read()
  const turn = new Promise((resolve) => setImmediate(() => resolve('a turn of the event loop')))
  expect(await Promise.race([read(), turn])).toBe('a turn of the event loop')
})
