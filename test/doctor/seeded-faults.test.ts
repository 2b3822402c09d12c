import { afterAll, beforeAll, expect, test } from 'vitest'
import { printable } from '../../src/output/printable.ts'
import { foundAfter, idsOf } from './found-after.ts'
import { harmlessFaults, seededFaults } from './seeded-faults.ts'
import { type DoctorWorld, startDoctorWorld } from './world.ts'

let world: DoctorWorld
const table: string[] = []
const width = Math.max(...seededFaults.map(({ title }) => title.length)) + 2

beforeAll(async () => {
  world = await startDoctorWorld()
})
afterAll(async () => {
  await world.close()
  process.stdout.write(`\n${'SEEDED FAULT'.padEnd(width)}FOUND\n${table.join('\n')}\n\n`)
})

test('nothing is said of the healthy set-up', async () => {
  expect(await foundAfter(world)).toEqual([])
})

test.each(seededFaults)('$id: $title', async (fault) => {
  const findings = await foundAfter(world, fault)
  expect(idsOf(findings)).toEqual([...fault.expects].sort())
  const harmless = findings.every(({ status }) => status === 'note')
  expect(harmless).toBe(harmlessFaults.includes(fault.id))
  expect(findings.map(({ message }) => message).join('\n')).toContain(fault.says ?? '')
  for (const { status, message, advice, command } of findings) {
    expect(printable(message, 2000)).toBe(message)
    expect(message).not.toMatch(/\.$|undefined/)
    if (status !== 'failed') continue
    expect(advice).toMatch(/^[A-Z].*\.$/)
    expect(command).toMatch(/^byoo /)
  }
  table.push(`${fault.title.padEnd(width)}${idsOf(findings).join(', ')}`)
})
