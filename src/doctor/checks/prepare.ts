import { ByooError } from '../../errors.ts'
import { combinationOf } from '../../junction/environments.ts'
import { printable } from '../../output/printable.ts'
import { type Facts, unknownTeam } from '../facts.ts'
import { type Finding, found, wrong } from '../finding.ts'
import { combination, type Entry, subjectOfEntry } from '../subjects.ts'
import { untold } from '../trouble.ts'

/** The one provider whose preparation is known to name the forward target. */
export const preparedProvider = 'google_health'

/** Is the forward target that Junction names where the route sends users on to? */
export async function checkPreparation(entry: Entry, facts: Facts): Promise<Finding[]> {
  const { place, provider, route } = entry
  const subject = subjectOfEntry(entry)
  const { management, teamOf, command } = facts.services
  if (management instanceof ByooError) return [untold('prepare', subject, management)]
  const team_id = teamOf(place)
  if (team_id === undefined) return [untold('prepare', subject, unknownTeam(place))]
  const store = { org: management.org, ...place }
  const { value, problem } = await facts.ask(() => management.client.prepare(store, { team_id, provider }))
  if (problem) return [untold('prepare', subject, problem)]

  const target = route.target.replace('{provider}', () => provider)
  const named = value.preparation_steps
    .filter(({ type }) => type === 'redirect_uri')
    .map((step) => step.value)
  const look = command(place, 'prepare', provider)
  if (named.length === 0) {
    return [
      found('prepare-unclear', subject, 'Junction names no forward target for the preparation', {
        advice: 'Read what it asks for instead.',
        command: look,
      }),
    ]
  }
  const other = named.find((uri) => !isTarget(uri, target, entry))
  if (other === undefined) {
    return [found('prepare-matches', subject, "Junction's forward target is the one of the route")]
  }
  const belongs = URL.canParse(other) ? combinationOf(new URL(other).hostname) : undefined
  const where = belongs === undefined || belongs === combination(place) ? '' : `, which belongs to ${belongs}`
  return [
    wrong(
      'prepare-other-target',
      subject,
      `Junction names the forward target "${printable(other)}"${where}`,
      {
        advice: 'Correct environment and region of the route, or ask Junction which one is right.',
        command: look,
        expected: target,
        received: printable(other),
      },
    ),
  ]
}

/** The same place under today's or the older host, or the very target when that is not Junction's. */
function isTarget(uri: string, target: string, { place, provider }: Entry): boolean {
  if (uri === target) return true
  if (!URL.canParse(uri)) return false
  const { protocol, hostname, port, pathname, search, hash } = new URL(uri)
  return (
    protocol === 'https:' &&
    port === '' &&
    combinationOf(hostname) === combination(place) &&
    pathname === `/v2/link/connect/${provider}` &&
    search === '' &&
    hash === ''
  )
}
