import type { Finding } from '../../src/doctor/findings.ts'
import type { SeededFault } from './seeded-faults.ts'
import type { DoctorWorld } from './world.ts'

/** What the doctor says is wrong, or worth a look, after these faults of a healthy set-up. */
export async function foundAfter(world: DoctorWorld, ...faults: readonly SeededFault[]): Promise<Finding[]> {
  await world.reset()
  for (const fault of faults) await fault.apply(world)
  const { findings } = await world.run()
  return findings.filter(({ status }) => status === 'failed' || status === 'note')
}

/** Each id once, sorted. */
export function idsOf(findings: readonly Finding[]): string[] {
  return [...new Set<string>(findings.map(({ id }) => id))].sort()
}
