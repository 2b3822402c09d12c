import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type DoctorWorld, startDoctorWorld } from './world.ts'

let world: DoctorWorld

beforeAll(async () => {
  world = await startDoctorWorld()
})
afterAll(() => world.close())
afterEach(() => world.reset())

test('a healthy set-up: every check passes, and nothing is left behind', async () => {
  world.options = { createUser: true, askProvider: true }
  const report = await world.run()
  expect(report.findings.filter(({ status }) => status === 'failed' || status === 'note')).toEqual([])
  expect(report.passed).toBe(true)
  expect(world.junction.users.list('production/us')).toEqual([])
  expect(world.junction.users.list('sandbox/us')).toEqual([])
})
