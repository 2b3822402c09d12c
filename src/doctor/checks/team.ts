import { printable } from '../../output/printable.ts'
import type { Facts } from '../facts.ts'
import { type Finding, found, skipped, wrong } from '../finding.ts'
import { type Place, subjectOfPlace } from '../subjects.ts'
import { untold } from '../trouble.ts'

/** Does the team belong to the region of the routes, and has it this environment? */
export async function checkTeam(place: Place, facts: Facts): Promise<Finding[]> {
  const subject = subjectOfPlace(place)
  const { command } = facts.services
  const { value: team, problem } = await facts.team(place)
  const look = command(place, 'whoami')
  if (problem?.code === 'not_found') {
    return [
      wrong('team-missing', subject, `Junction has no team ${facts.services.teamOf(place)}`, {
        advice: 'Take the id of the team from the Junction dashboard.',
        command: look,
      }),
    ]
  }
  if (problem?.code === 'not_allowed') {
    return [skipped('team', subject, 'the management key may not look up the team')]
  }
  if (problem) return [untold('team', subject, problem)]

  const name = printable(team.name, 80)
  if (team.region !== place.region) {
    return [
      wrong(
        'team-other-region',
        subject,
        `the team "${name}" is in ${printable(team.region, 20)}, not in ${place.region}`,
        {
          advice: `Name the team that is in ${place.region}, or correct the region of the route.`,
          command: look,
        },
      ),
    ]
  }
  if (team.environments && !team.environments.includes(place.environment)) {
    const has = team.environments.map((environment) => printable(environment, 20)).join(' and ') || 'none'
    return [
      wrong(
        'team-without-environment',
        subject,
        `the team "${name}" has no ${place.environment} environment (but ${has})`,
        {
          advice: 'Name a team that has it, or correct the environment of the route.',
          command: look,
        },
      ),
    ]
  }
  return [found('team-matches', subject, `the team "${name}" is in ${place.region}`)]
}

/** Does what the team is explain that Junction holds nothing there? */
export async function isElsewhere(place: Place, facts: Facts): Promise<boolean> {
  const { value: team, problem } = await facts.team(place)
  if (problem) return problem.code === 'not_found'
  return team.region !== place.region || team.environments?.includes(place.environment) === false
}
