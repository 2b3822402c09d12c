import { behaviourCases } from './behaviour-cases.ts'
import { type Case, groups } from './case.ts'
import { forwardingCases } from './forwarding-cases.ts'

/** Every case, in the order in which they are shown. */
export const cases: readonly Case[] = groups.flatMap((group) => [
  ...forwardingCases
    .filter((forwarding) => forwarding.group === group)
    .map(({ query, ...rest }): Case => ({ ...rest, send: { query }, expect: 'forwarded' })),
  ...behaviourCases.filter((behaviour) => behaviour.group === group),
])
