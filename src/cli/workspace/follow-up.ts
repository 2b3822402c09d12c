import { quoted } from '../command-line.ts'
import type { Place } from './selection.ts'
import type { Workspace } from './workspace.ts'

/** Another command about the same place, ready to paste: options that came from flags are repeated. */
export function followUp({ given: from }: Workspace, place: Place, ...words: string[]): string {
  const { config, org, team, managementUrl, apiUrl } = from
  const repeated = Object.entries({
    config,
    org,
    team,
    'management-url': managementUrl,
    'api-url': apiUrl,
  }).flatMap(([name, given]) => (given?.source.startsWith('--') ? [`--${name}`, given.value] : []))
  const chosen = ['--environment', place.environment, '--region', place.region]
  return ['byoo', ...words, ...chosen, ...repeated].map(quoted).join(' ')
}
