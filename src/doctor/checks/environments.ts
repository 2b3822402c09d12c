import { accepts, callbackUrl } from '../../config/callback.ts'
import type { Config } from '../../config/config.ts'
import { environments, type Region } from '../../junction/environments.ts'
import type { Credential } from '../../junction/management.ts'
import { printable } from '../../output/printable.ts'
import { compareRedirectUri } from '../compare-redirect-uri.ts'
import type { Facts } from '../facts.ts'
import { everything, type Finding, found, skipped } from '../finding.ts'
import { chooseRoute, combination, type Place, selectRoutes } from '../subjects.ts'

/** A record and how far it is what byoo.yaml says. */
interface Held {
  readonly place: Place
  readonly record: Credential
  /** Has it another host or client id than byoo.yaml says, or an address that byoo.yaml knows nothing of? */
  readonly old: boolean
}

/** Production and sandbox of one provider, side by side: one client id for both, or one of them left behind. */
export async function checkEnvironments(
  provider: string,
  region: Region,
  config: Config,
  facts: Facts,
): Promise<Finding[]> {
  const subject = { ...everything, provider, region }
  const held: Held[] = []
  for (const environment of environments) {
    const place = { environment, region }
    const { value: record } = await facts.record({ place, provider })
    if (record) held.push({ place, record, old: isOld(place, provider, record, config) })
  }
  const [one, other] = sameTeam(held, facts)
  if (!one || !other) return []

  const findings: Finding[] = []
  const id = one.record.client_id
  if (id && id === other.record.client_id) {
    const message = `${provider} has the client id "${printable(id, 100)}" in production and in sandbox`
    findings.push(
      found('environments-same-client-id', subject, message, {
        advice:
          'If that is not on purpose, make an application of its own for the sandbox: tests count against the limits of real users.',
        command: facts.services.command(other.place, 'set-credentials', provider),
      }),
    )
  }
  const behind = [one, other].find(({ old }) => old)
  const ahead = [one, other].find((each) => each !== behind && !each.old)
  if (behind && ahead && timeBetween(behind, ahead) > oneSitting) {
    const message = `${provider} was changed in ${dated(ahead)}, but not since in ${dated(behind)}, which still has "${printable(behind.record.redirect_url_override ?? '')}"`
    findings.push(
      found('environments-one-forgotten', subject, message, {
        advice: `If ${combination(behind.place)} was forgotten, set it too.`,
        command: facts.services.command(behind.place, 'set-credentials', provider),
      }),
    )
  }
  if (findings.length > 0) return findings
  const without = [one, other].find(({ record }) => !record.client_id)
  if (without) {
    const message = `Junction has no client id of ${provider} in ${combination(without.place)}`
    return [skipped('environments', subject, message)]
  }
  return [found('environments-apart', subject, `${provider} has a client id of its own in each environment`)]
}

/** Where the team of a place is not known, only a record of the same team says anything. */
function sameTeam(held: readonly Held[], { services }: Facts): readonly Held[] {
  const teams = held.map(({ place, record }) => services.teamOf(place) ?? record.team_id)
  const known = held.filter(({ place }) => services.teamOf(place) !== undefined)
  return known.length === held.length || new Set(teams).size === 1 ? held : known
}

/** Milliseconds: what is set within an hour is not forgotten. */
const oneSitting = 3_600_000

function timeBetween(earlier: Held, later: Held): number {
  return Date.parse(later.record.updated_at) - Date.parse(earlier.record.updated_at)
}

function isOld(place: Place, provider: string, record: Credential, config: Config): boolean {
  const override = record.redirect_url_override
  const configured = config.credentials.find(
    (one) => one.provider === provider && one.in.includes(combination(place)),
  )?.clientId
  if (configured !== undefined && record.client_id?.trim() !== configured) return true
  if (!override) return false
  const route = chooseRoute(
    selectRoutes(config, { ...place, provider }).filter((one) => accepts(one, provider)),
  )
  if (!route)
    return !selectRoutes(config, { provider }).some((one) => callbackUrl(one, provider) === override)
  return compareRedirectUri(callbackUrl(route, provider), override)?.difference === 'host'
}

function dated({ place, record }: Held): string {
  return `${combination(place)} (${printable(record.updated_at.slice(0, 10), 20)})`
}
