import { afterAll, beforeAll, expect, test } from 'vitest'
import { printable } from '../../src/output/printable.ts'
import { foundAfter, idsOf, seededFaults } from './seeded-faults.ts'
import { type DoctorWorld, startDoctorWorld } from './world.ts'

let world: DoctorWorld

beforeAll(async () => {
  world = await startDoctorWorld()
})
afterAll(() => world.close())

test('nothing is said of the healthy set-up', async () => {
  expect(await foundAfter(world)).toEqual([])
})

test.each(seededFaults)('$title', async (fault) => {
  const findings = await foundAfter(world, fault)
  expect(idsOf(findings)).toEqual([...fault.expects].sort())
  expect(findings.map(({ message }) => message).join('\n')).toContain(fault.says ?? '')
  for (const { status, message, advice, command } of findings) {
    expect(printable(message, 2000)).toBe(message)
    expect(message).not.toMatch(/\.$|undefined/)
    if (status !== 'failed') continue
    expect(advice).toMatch(/^[A-Z].*\.$/)
    expect(command).toMatch(/^byoo /)
  }
})
