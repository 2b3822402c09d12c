import { ByooError } from '../../errors.ts'
import { environmentOfHost } from '../../junction/environments.ts'
import { printable } from '../../output/printable.ts'
import { parseUrl } from '../../url.ts'
import { type Facts, unknownTeam } from '../facts.ts'
import { type Finding, fail, note, pass } from '../findings.ts'
import { type ProviderTarget, subjectOf } from '../targets.ts'
import { skippedBecause } from './key.ts'

/** The one provider whose preparation is known to name the address to forward to. */
export const preparedProvider = 'google_health'

/** Does the route send users on to the address that Junction's preparation names? */
export async function checkPreparation(target: ProviderTarget, facts: Facts): Promise<Finding[]> {
  const { environment, provider, route } = target
  const subject = subjectOf(target)
  const { management, teamOf } = facts.services
  if (management instanceof ByooError) return [skippedBecause(management, 'prepare', subject)]
  const team_id = teamOf(environment)
  if (team_id === undefined) return [skippedBecause(unknownTeam(environment), 'prepare', subject)]
  const store = { org: management.org, environment }
  const { value, problem } = await facts.ask(() => management.client.prepare(store, { team_id, provider }))
  if (problem) return [skippedBecause(problem, 'prepare', subject)]

  const expected = route.target.replace('{provider}', () => provider)
  const named = value.preparation_steps
    .filter(({ type }) => type === 'redirect_uri')
    .map((step) => step.value)
  const command = facts.services.command(environment, 'prepare', provider)
  if (named.length === 0) {
    const message = 'the preparation steps name no address to forward to'
    return [note('prepare-unclear', subject, message, { command })]
  }
  const other = named.find((uri) => !isTarget(uri, expected, target))
  if (other === undefined) return [pass('prepare', subject, 'Junction names the target of the route')]
  const owner = parseUrl(other) ? environmentOfHost(new URL(other).hostname) : undefined
  const where = owner === undefined || owner === environment ? '' : `, which belongs to ${owner}`
  const received = printable(other)
  const message = `Junction wants callbacks forwarded to "${received}"${where}`
  return [fail('prepare-other-target', subject, message, { command, expected, received })]
}

/** The same environment under today's or the older host, or exactly the target when that is not Junction's. */
function isTarget(uri: string, target: string, { environment, provider }: ProviderTarget): boolean {
  if (uri === target) return true
  if (!parseUrl(uri)) return false
  const { protocol, hostname, port, pathname, search, hash } = new URL(uri)
  return (
    protocol === 'https:' &&
    port === '' &&
    environmentOfHost(hostname) === environment &&
    pathname === `/v2/link/connect/${provider}` &&
    search === '' &&
    hash === ''
  )
}
