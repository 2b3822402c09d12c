import { callbackUrl } from '../../config/callback.ts'
import type { Config } from '../../config/config.ts'
import type { JunctionEnvironment, Region } from '../../junction/environments.ts'
import type { Credential } from '../../junction/management.ts'
import { printable } from '../../output/printable.ts'
import { parseUrl } from '../../url.ts'
import type { Facts } from '../facts.ts'
import { type Finding, noSubject, note, pass, skip } from '../findings.ts'
import { chooseRoute, findCredential, selectRoutes } from '../targets.ts'

/** A record and how far it is what byoo.yaml says. */
interface Held {
  readonly environment: JunctionEnvironment
  readonly record: Credential
  /** Has it another host or client id than byoo.yaml says, or an address that byoo.yaml knows nothing of? */
  readonly outdated: boolean
}

/** Production and sandbox of one provider in one region: do they share a client id, or was one not updated? */
export async function checkEnvironments(
  provider: string,
  region: Region,
  config: Config,
  facts: Facts,
): Promise<Finding[]> {
  const subject = { ...noSubject, provider }
  const held: Held[] = []
  for (const environment of [`production/${region}`, `sandbox/${region}`] as const) {
    const { value: record } = await facts.record({ environment, provider })
    if (record)
      held.push({ environment, record, outdated: isOutdated(environment, provider, record, config) })
  }
  const [one, other] = sameTeam(held, facts)
  if (!one || !other) return []

  const findings: Finding[] = []
  const id = one.record.client_id
  if (id && id === other.record.client_id) {
    const message = `${provider} has the client id "${printable(id, 100)}" in ${one.environment} and in ${other.environment}`
    const command = facts.services.command(other.environment, 'set-credentials', provider)
    findings.push(note('environments-same-client-id', subject, message, { command }))
  }
  const old = [one, other].find(({ outdated }) => outdated)
  const current = [one, other].find((each) => each !== old && !each.outdated)
  if (old && current && timeBetween(old, current) > oneSitting) {
    const message = `${provider} was changed in ${dated(current)}, but not since in ${dated(old)}, which still has "${printable(old.record.redirect_url_override ?? '')}"`
    const command = facts.services.command(old.environment, 'set-credentials', provider)
    findings.push(note('environments-outdated', subject, message, { command }))
  }
  if (findings.length > 0) return findings
  const without = [one, other].find(({ record }) => !record.client_id)
  if (without) {
    const message = `Junction has no client id of ${provider} in ${without.environment}`
    return [skip('environments', subject, message)]
  }
  return [pass('environments', subject, `${provider} has another client id in each environment`)]
}

/** Where the team of an environment is not known, only a record of the same team says anything. */
function sameTeam(held: readonly Held[], { services }: Facts): readonly Held[] {
  const teams = held.map(({ environment, record }) => services.teamOf(environment) ?? record.team_id)
  const known = held.filter(({ environment }) => services.teamOf(environment) !== undefined)
  return known.length === held.length || new Set(teams).size === 1 ? held : known
}

/** Milliseconds: environments that are changed within an hour are changed together. */
const oneSitting = 3_600_000

function timeBetween(earlier: Held, later: Held): number {
  return Date.parse(later.record.updated_at) - Date.parse(earlier.record.updated_at)
}

function isOutdated(
  environment: JunctionEnvironment,
  provider: string,
  record: Credential,
  config: Config,
): boolean {
  const override = record.redirect_url_override
  const credential = findCredential(config, environment, provider)
  const configured = credential?.clientId
  if (configured !== undefined && record.client_id?.trim() !== configured) return true
  if (!override || credential?.redirectUrl !== undefined) return false
  const route = chooseRoute(config, environment, provider)
  if (route) return hostOf(override) !== hostOf(callbackUrl(route, provider))
  return !selectRoutes(config, { provider }).some((one) => callbackUrl(one, provider) === override)
}

function hostOf(url: string): string | undefined {
  return parseUrl(url)?.hostname
}

function dated({ environment, record }: Held): string {
  return `${environment} (${printable(record.updated_at.slice(0, 10), 20)})`
}
