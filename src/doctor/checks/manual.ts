import { type FactTopic, factsOf, providers } from '../../junction/providers.ts'
import { note, type Result } from '../findings.ts'
import type { ProviderTarget } from '../targets.ts'

/** What no program can read, and rules of the provider that can look like faults. */
export function checkManually(target: ProviderTarget): Result[] {
  const known = providers.find(({ slug }) => slug === target.provider)
  const name = known?.name ?? target.provider
  const [what, registered] =
    known?.redirectMatch === 'host'
      ? ['this host', new URL(target.url).host]
      : ['this redirect URI', target.url]
  const said = (...topics: FactTopic[]) => (known ? factsOf(known, ...topics) : [])
  const rules = said('redirect URI').join('; ') || 'it must match exactly'
  const notes = [
    ...(known?.activation.map((step) => `at ${name}, ${step}`) ?? []),
    ...said('cap').map((cap) => `${name} lets in ${cap}`),
    ...said('scopes', 'roles', 'notes'),
  ]
  return [
    note('manual-registration', `at ${name}, ${what} must be registered: ${registered}`, {
      advice: `Compare it with the portal: ${rules}.`,
    }),
    ...notes.map((text) => note('manual-note', text, { advice: null })),
  ]
}
