import { fields } from '../../config/issues.ts'
import { withRedirectUri } from '../../junction/details.ts'
import type { Credential } from '../../junction/management.ts'
import { providers } from '../../junction/providers.ts'
import { printable } from '../../output/printable.ts'
import type { Facts } from '../facts.ts'
import { fail, note, pass, type Result, skip } from '../findings.ts'
import type { ProviderTarget } from '../targets.ts'
import { skippedBecause } from './key.ts'
import { isWrongTeam } from './team.ts'

/** Does Junction hold all that it needs of a provider, and the client id that byoo.yaml says? */
export async function checkCredentials(target: ProviderTarget, facts: Facts): Promise<Result[]> {
  const { environment, provider, credential } = target
  const { value: record, problem } = await facts.record(target)
  if (problem) return [skippedBecause(problem)]
  const command = facts.services.command(environment, 'set-credentials', provider)
  if (record) {
    const findings = [
      ...checkCompleteness(target, record, command),
      ...checkClientId(target, record, command),
      ...checkDetails(target, record, command),
    ]
    if (findings.length > 0) return findings
    return [pass(`Junction has a client id and a secret of ${provider}`)]
  }
  if (await isWrongTeam(environment, facts)) return [skip('the team is not the right one')]
  if (credential) {
    const message = `Junction has no credentials of ${provider} in ${environment}`
    return [fail('credentials-missing', message, { command })]
  }
  const message = `${provider} is not set up yet in ${environment}`
  return [note('credentials-not-set-up', message, { command })]
}

/** Have production and sandbox of a region an application each? `targets` are those of one provider there. */
export async function checkApplications(targets: readonly ProviderTarget[], facts: Facts): Promise<Result[]> {
  const [one, other] = await Promise.all(
    targets.map(async (target) => ({ ...target, id: (await facts.record(target)).value?.client_id })),
  )
  if (!one?.id || one.id !== other?.id) return []
  const { provider, environment, id } = one
  const message = `${provider} has the client id "${printable(id, 100)}" in ${environment} and in ${other.environment}`
  const command = facts.services.command(other.environment, 'set-credentials', provider)
  return [note('environments-same-client-id', message, { command })]
}

function checkCompleteness(target: ProviderTarget, record: Credential, command: string): Result[] {
  const { environment, provider } = target
  const missing = [
    ...(record.client_id ? [] : ['client id']),
    ...(record.client_secret_hash ? [] : ['client secret']),
    ...knownDetails(provider)
      .filter(({ name, required }) => required && isEmpty(at(record.details, name)))
      .map(({ name }) => `details.${name}`),
  ]
  if (missing.length === 0) return []
  const message = `Junction's record of ${provider} in ${environment} has no ${missing.join(', no ')}`
  return [fail('credentials-incomplete', message, { command })]
}

function checkClientId(target: ProviderTarget, { client_id }: Credential, command: string): Result[] {
  const { environment, provider, credential } = target
  if (!client_id) return []
  const received = printable(client_id)
  const trimmed = client_id.trim()
  const expected = trimmed === client_id ? (credential?.clientId ?? client_id) : trimmed
  if (expected === client_id) return []
  const is =
    trimmed === client_id
      ? `is "${received}", and byoo.yaml says "${expected}"`
      : `has white space around it: "${received}"`
  const message = `the client id of ${provider} in ${environment} ${is}`
  return [fail('client-id-differs', message, { command, expected, received })]
}

function checkDetails(target: ProviderTarget, { details }: Credential, command: string): Result[] {
  const { environment, provider, credential, url } = target
  const wanted = credential?.details && withRedirectUri(provider, credential.details, url)
  const other = knownDetails(provider).filter(({ name, secret }) => {
    const [expected, received] = [at(wanted, name), at(details, name)]
    const differs = JSON.stringify(expected) !== JSON.stringify(received)
    return !secret && expected !== undefined && !isEmpty(received) && differs
  })
  if (other.length === 0) return []
  const names = other.map(({ name }) => name).join(', ')
  const message = `the details of ${provider} in ${environment} are not those of byoo.yaml: ${names}`
  return [fail('details-differ', message, { command })]
}

function knownDetails(provider: string) {
  return providers.find(({ slug }) => slug === provider)?.details ?? []
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, name) => fields(inner)[name], value)
}
