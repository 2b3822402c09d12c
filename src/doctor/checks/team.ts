import { type JunctionEnvironment, splitEnvironment } from '../../junction/environments.ts'
import type { Team } from '../../junction/management.ts'
import { printable } from '../../output/printable.ts'
import type { Facts } from '../facts.ts'
import { fail, pass, type Result } from '../findings.ts'
import { skippedBecause } from './key.ts'

/** Is the team in the region of the routes, and has it this environment? */
export async function checkTeam(environment: JunctionEnvironment, facts: Facts): Promise<Result[]> {
  const { teamOf, command } = facts.services
  const { value: team, problem } = await facts.team(environment)
  const whoami = command(environment, 'whoami')
  if (problem?.code === 'not_found') {
    const message = `Junction has no team ${teamOf(environment)}`
    return [fail('team-not-found', message, { command: whoami })]
  }
  if (problem) return [skippedBecause(problem)]
  const mismatch = findMismatch(environment, team)
  const name = printable(team.name, 80)
  return mismatch
    ? [fail('team-mismatch', `the team "${name}" ${mismatch}`, { command: whoami })]
    : [pass(`the team "${name}" is in ${printable(team.region, 20)}`)]
}

/** Completes "the team …" where it does not fit the environment. */
function findMismatch(expected: JunctionEnvironment, team: Team): string | undefined {
  const { environment, region } = splitEnvironment(expected)
  if (team.region !== region) return `is in ${printable(team.region, 20)}, not in ${region}`
  if (!team.environments || team.environments.includes(environment)) return undefined
  const existing = team.environments.map((name) => printable(name, 20)).join(' and ') || 'none'
  return `has no ${environment} environment (it has ${existing})`
}

/** Is the team the reason why Junction holds nothing for this environment? */
export async function isWrongTeam(environment: JunctionEnvironment, facts: Facts): Promise<boolean> {
  const { value: team, problem } = await facts.team(environment)
  return problem ? problem.code === 'not_found' : findMismatch(environment, team) !== undefined
}
