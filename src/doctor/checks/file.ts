import { everything, type Finding, found, wrong } from '../finding.ts'
import type { Services } from '../services.ts'

/** byoo.yaml as it was read. */
export interface ReadFile {
  /** As shown to people. */
  readonly name: string
  /** Each with its place. */
  readonly faults: readonly string[]
}

/** Is byoo.yaml valid? Every fault is a finding of its own. */
export function checkFile({ name, faults }: ReadFile, { command }: Services): Finding[] {
  if (faults.length === 0) return [found('file-valid', everything, `${name} has no fault`)]
  return faults.map((fault) =>
    wrong('file-faulty', everything, fault, {
      advice: 'Correct this line, then look again.',
      command: command(undefined, 'doctor'),
    }),
  )
}
