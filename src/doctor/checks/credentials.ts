import { fields } from '../../config/issues.ts'
import type { Credential } from '../../junction/management.ts'
import { providers } from '../../junction/providers.ts'
import { printable } from '../../output/printable.ts'
import type { Facts } from '../facts.ts'
import { type Finding, found, skipped, wrong } from '../finding.ts'
import { combination, type Entry, subjectOfEntry } from '../subjects.ts'
import { untold } from '../trouble.ts'
import { isElsewhere } from './team.ts'

/** Does Junction hold all that it needs of a provider, and the client id that byoo.yaml says? */
export async function checkCredentials(entry: Entry, facts: Facts): Promise<Finding[]> {
  const { place, provider } = entry
  const subject = subjectOfEntry(entry)
  const { value: record, problem } = await facts.record(entry)
  if (problem) return [untold('credentials', subject, problem)]
  const where = combination(place)
  const set = facts.services.command(place, 'set-credentials', provider)
  if (!record) {
    if (await isElsewhere(place, facts))
      return [skipped('credentials', subject, 'the team is not the right one')]
    return [
      wrong('credentials-missing', subject, `Junction has no credentials of ${provider} in ${where}`, {
        advice: 'Set client id, secret and redirect URI.',
        command: set,
      }),
    ]
  }
  const findings = [
    ...clientId(entry, record, set),
    ...(record.client_secret_hash
      ? []
      : [
          wrong(
            'client-secret-missing',
            subject,
            `Junction has no client secret of ${provider} in ${where}`,
            {
              advice: 'Set it together with the client id and the redirect URI.',
              command: set,
            },
          ),
        ]),
    ...details(entry, record, set),
  ]
  if (findings.length > 0) return findings
  return [found('credentials-present', subject, `Junction has a client id and a secret of ${provider}`)]
}

function clientId(entry: Entry, { client_id }: Credential, command: string): Finding[] {
  const { place, provider, credential } = entry
  const subject = subjectOfEntry(entry)
  const where = combination(place)
  if (!client_id) {
    return [
      wrong('client-id-missing', subject, `Junction has no client id of ${provider} in ${where}`, {
        advice: 'Set it together with the secret and the redirect URI.',
        command,
      }),
    ]
  }
  const advice = 'Set the client id and the secret of the right application.'
  const received = printable(client_id)
  const expected = credential?.clientId
  if (client_id !== client_id.trim()) {
    const message = `the client id of ${provider} in ${where} has white space around it: "${received}"`
    return [
      wrong('client-id-white-space', subject, message, {
        advice,
        command,
        expected: client_id.trim(),
        received,
      }),
    ]
  }
  if (expected === undefined || expected === client_id) return []
  const message = `the client id of ${provider} in ${where} is "${received}", and byoo.yaml says "${expected}"`
  return [wrong('client-id-differs', subject, message, { advice, command, expected, received })]
}

function details(entry: Entry, record: Credential, command: string): Finding[] {
  const { place, provider, credential } = entry
  const subject = subjectOfEntry(entry)
  const known = providers.find(({ slug }) => slug === provider)?.details ?? []
  const held = record.details ?? {}
  const missing = known.filter(({ name, required }) => required && isEmpty(at(held, name)))
  const where = `the details of ${provider} in ${combination(place)}`
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name).join(', ')
    return [
      wrong('details-missing', subject, `${where} lack ${names}`, {
        advice: 'Write them into byoo.yaml, or give them in a file with --details-file <path>, and set them.',
        command,
      }),
    ]
  }
  const configured = credential?.details ?? {}
  const other = known.filter(({ name, secret }) => {
    const wanted = at(configured, name)
    return !secret && wanted !== undefined && JSON.stringify(wanted) !== JSON.stringify(at(held, name))
  })
  if (other.length === 0) return []
  const names = other.map(({ name }) => name).join(', ')
  return [
    wrong('details-differ', subject, `${where} have another ${names} than byoo.yaml`, {
      advice: 'Correct byoo.yaml, or set the details that it has.',
      command,
    }),
  ]
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, name) => fields(inner)[name], value)
}
