import { callbackUrl, routeEnvironments } from '../../config/callback.ts'
import type { Config } from '../../config/config.ts'
import { isJunctionHost } from '../../junction/environments.ts'
import { providerSlugs } from '../../junction/providers.ts'
import { printable } from '../../output/printable.ts'
import { parseUrl } from '../../url.ts'
import { describeDifference } from '../compare-redirect-uri.ts'
import type { Facts } from '../facts.ts'
import { fail, pass, type Result, skip } from '../findings.ts'
import { type ProviderTarget, selectRoutes } from '../targets.ts'
import { skippedBecause } from './key.ts'

/** Is the redirect URL override at Junction the URL of the route, byte for byte? */
export async function checkOverride(target: ProviderTarget, config: Config, facts: Facts): Promise<Result[]> {
  const { environment, provider, url } = target
  const { value: record, problem } = await facts.record(target)
  if (problem) return [skippedBecause(problem)]
  if (!record) return [skip('Junction has no credentials')]
  const command = facts.services.command(environment, 'set-redirect', provider)
  const received = record.redirect_url_override
  if (!received && target.ownCallback) {
    return [pass('there is no override, and byoo.yaml wants none')]
  }
  if (!received) {
    const message = `Junction has no redirect URL override of ${provider} in ${environment}`
    return [fail('override-missing', message, { command })]
  }
  const shown = printable(received)
  if (target.ownCallback) {
    const message = `Junction has the override "${shown}", and byoo.yaml says "redirect_url: junction"`
    return [fail('override-differs', message, { advice: 'Take it away.', command })]
  }
  if (received === url) return [pass('the override is the URL of the route')]
  const difference = whoseUrl(target, config, received) ?? describeDifference(url, received)
  return [
    fail('override-differs', `Junction has "${shown}", which ${printable(difference, 200)}`, {
      command,
      expected: url,
      received: shown,
    }),
  ]
}

/** What the other URL is, when byoo.yaml or Junction knows it; completes "which …". */
function whoseUrl(target: ProviderTarget, config: Config, received: string): string | undefined {
  const { environment, provider, route } = target
  const other = providerSlugs.find((slug) => slug !== provider && callbackUrl(route, slug) === received)
  if (other) return `is the URL of ${other}`
  const owner = selectRoutes(config, {}).find((one) => callbackUrl(one, provider) === received)
  if (owner && routeEnvironments(owner).includes(environment))
    return 'is the URL of a route that is not the primary one'
  if (owner) return `is the URL of the route to ${owner.environment ?? 'another target'}`
  if (isJunctionHost(parseUrl(received)?.hostname ?? '')) {
    return "is Junction's own callback, not yours"
  }
  return undefined
}
