import { afterAll, beforeAll, expect, test } from 'vitest'
import { foundAfter, idsOf, independentFaults, seededFaults } from './seeded-faults.ts'
import { type DoctorWorld, startDoctorWorld } from './world.ts'

let world: DoctorWorld

beforeAll(async () => {
  world = await startDoctorWorld()
})
afterAll(() => world.close())

const chosen = seededFaults.filter(({ title }) => independentFaults.includes(title))
const pairs = chosen.flatMap((left, index) =>
  chosen.slice(index + 1).map((right) => ({ name: `${left.title} and ${right.title}`, left, right })),
)

test.each(pairs)('$name', async ({ left, right }) => {
  expect(chosen).toHaveLength(independentFaults.length)
  const expected = [...new Set([...left.expects, ...right.expects])].sort()
  expect(idsOf(await foundAfter(world, left, right))).toEqual(expected)
})
