import { environmentOfHost } from '../../junction/environments.ts'
import { printable } from '../../output/printable.ts'
import { parseUrl } from '../../url.ts'
import type { Facts } from '../facts.ts'
import { fail, pass, type Result } from '../findings.ts'
import type { ProviderTarget } from '../targets.ts'
import { skippedBecause } from './key.ts'

/** The one provider whose preparation is known to name the address to forward to. */
export const preparedProvider = 'google_health'

/** Does Junction's preparation name the target of the route, or this environment under either name of its host? */
export async function checkPreparation(target: ProviderTarget, facts: Facts): Promise<Result[]> {
  const { environment, provider, route } = target
  const { value, problem } = await facts.preparation(target)
  if (problem) return [skippedBecause(problem)]
  const expected = route.target.replace('{provider}', () => provider)
  const environmentOf = (uri: string) => environmentOfHost(parseUrl(uri)?.hostname ?? '')
  const other = value.preparation_steps
    .flatMap((step) => (step.type === 'redirect_uri' ? [step.value] : []))
    .find((uri) => uri !== expected && environmentOf(uri) !== environment)
  if (other === undefined) return [pass('Junction names no other target than the route')]
  const owner = environmentOf(other)
  const received = printable(other)
  const message = `Junction wants callbacks forwarded to "${received}"${owner ? `, which belongs to ${owner}` : ''}`
  const command = facts.services.command(environment, 'prepare', provider)
  return [fail('prepare-other-target', message, { command, expected, received })]
}
