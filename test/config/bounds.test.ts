import { expect, test } from 'vitest'
import { readConfig } from '../../src/config/read-config.ts'
import { routesYaml } from '../bench/routes.ts'

test.each([
  ['keys within keys', `${'? '.repeat(30)}a`, '1:3: must be text: a list or mapping cannot be a key'],
  [
    '200,000 unknown keys',
    Array.from({ length: 200_000 }, (_, index) => `${index}: x`).join('\n'),
    '1:1: is longer than 1 MB: it is the wrong file',
  ],
  [
    '100,000 empty keys',
    'a:\n'.repeat(100_000),
    '1:1: has more than 20000 lines or entries: it is the wrong file',
  ],
  [
    '3,000 routes and one fault',
    `${routesYaml(3000)}x:`,
    '3002:1: x: is not a known key; allowed here: routes, site_verification, org, teams, credentials',
  ],
])('%s are refused at once', async (_, text, fault) => {
  const started = process.cpuUsage()
  const { faults } = await readConfig({ route: {}, file: undefined, text, directory: '/' })
  expect(faults).toEqual([`BYOO_CONFIG:${fault}`])
  // Processor time does not depend on what else the machine does.
  const { user, system } = process.cpuUsage(started)
  expect(user + system).toBeLessThan(2_000_000)
})

test('requests come between the reading and the checking of many routes', async () => {
  const text = routesYaml(1000)
  const read = () => readConfig({ route: {}, file: undefined, text, directory: '/' })
  // The modules are there after that.
  await read()
  const turn = new Promise((resolve) => setImmediate(() => resolve('a turn of the event loop')))
  expect(await Promise.race([read(), turn])).toBe('a turn of the event loop')
})
