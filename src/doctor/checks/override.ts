import { callbackUrl } from '../../config/callback.ts'
import type { Config } from '../../config/config.ts'
import { isJunctionHost } from '../../junction/environments.ts'
import { providerSlugs } from '../../junction/providers.ts'
import { printable } from '../../output/printable.ts'
import { type ComparedUri, compareRedirectUri } from '../compare-redirect-uri.ts'
import type { Facts } from '../facts.ts'
import { type Finding, found, skipped, wrong } from '../finding.ts'
import { combination, type Entry, placeOf, selectRoutes, subjectOfEntry } from '../subjects.ts'
import { untold } from '../trouble.ts'

/** Is the redirect URL override in Junction the URL of the route, byte for byte? */
export async function checkOverride(entry: Entry, config: Config, facts: Facts): Promise<Finding[]> {
  const { place, provider, url } = entry
  const subject = subjectOfEntry(entry)
  const { value: record, problem } = await facts.record(entry)
  if (problem) return [untold('override', subject, problem)]
  if (!record) return [skipped('override', subject, 'Junction has no credentials')]
  const command = facts.services.command(place, 'set-redirect', provider)
  const received = record.redirect_url_override
  if (!received) {
    const message = `Junction has no redirect URL override of ${provider} in ${combination(place)}`
    return [
      wrong('override-missing', subject, message, { advice: 'Set it to the URL of the route.', command }),
    ]
  }
  const compared = compareRedirectUri(url, received)
  if (!compared) return [found('override-equal', subject, 'the override is the URL of the route')]
  const { id, words } = explain(entry, config, received, compared)
  return [
    wrong(id, subject, `Junction has "${printable(received)}", which ${words}`, {
      advice: 'Set it to the URL of the route again; Junction needs the secret once more.',
      command,
      expected: url,
      received: printable(received),
    }),
  ]
}

/** What the other URL is, when it is one that we know; else in what it differs. */
function explain(entry: Entry, config: Config, received: string, { difference, words }: ComparedUri) {
  const { place, provider, route } = entry
  const other = providerSlugs.find((slug) => slug !== provider && callbackUrl(route, slug) === received)
  if (other) return { id: 'override-provider', words: `is the URL of ${other}` } as const
  const owner = selectRoutes(config, {}).find((one) => callbackUrl(one, provider) === received)
  const there = owner && placeOf(owner)
  if (owner && (!there || combination(there) !== combination(place))) {
    const where = there ? combination(there) : 'another target'
    return { id: 'override-other-environment', words: `is the URL of the route to ${where}` } as const
  }
  if (owner)
    return {
      id: 'override-other-route',
      words: 'is the URL of another route, not of the primary one',
    } as const
  if (URL.canParse(received) && isJunctionHost(new URL(received).hostname)) {
    return {
      id: 'override-junction',
      words: "is Junction's own address: the forwarder sends users on to it",
    } as const
  }
  return { id: `override-${difference}`, words: printable(words, 200) } as const
}
