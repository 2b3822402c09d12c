import { shapeFaults } from '../../config/detail-references.ts'
import type { DetailField, Provider } from '../../junction/providers.ts'
import type { Session } from '../session.ts'
import { askSecret, askText } from './prompt.ts'

type Details = Readonly<Record<string, unknown>>

/** Asks for the details that a provider requires, secrets without showing them; undefined when nobody can be asked. */
export async function askDetails(session: Session, provider: Provider): Promise<Details | undefined> {
  let details: Details = {}
  for (const field of provider.details.filter(({ required }) => required)) {
    const path = field.name.split('.')
    const given = details
    const fault = (answer: string) =>
      shapeFaults(provider.slug, put(given, path, read(field, answer))).find(
        (found) => found.path.slice(0, path.length).join('.') === field.name,
      )?.message
    const answer = await (field.secret
      ? askSecret(field.name, session)
      : askText(field.list ? `${field.name} (comma-separated)` : field.name, session, { fault }))
    if (answer === undefined) return undefined
    details = put(details, path, read(field, answer))
  }
  return details
}

function read({ list }: DetailField, answer: string): unknown {
  if (!list) return answer
  return answer
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean)
}

function put(details: Details, [key = '', ...rest]: readonly string[], value: unknown): Details {
  const inner = (details[key] ?? {}) as Details
  return { ...details, [key]: rest.length === 0 ? value : put(inner, rest, value) }
}
