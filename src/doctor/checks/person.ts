import { providers } from '../../junction/providers.ts'
import { type Finding, found } from '../finding.ts'
import type { Services } from '../services.ts'
import { type Entry, subjectOfEntry } from '../subjects.ts'

/** What no program can do or see, and limits of the provider that look like faults. */
export function listForPeople(entry: Entry, { command }: Services): Finding[] {
  const { place, provider, url } = entry
  const subject = subjectOfEntry(entry)
  const known = providers.find(({ slug }) => slug === provider)
  const name = known?.name ?? provider
  const tell = (id: Parameters<typeof found>[0], texts: readonly string[] = []) =>
    texts.map((text) => found(id, subject, text))
  return [
    found('person-register', subject, `at ${name}, this redirect URI must be registered: ${url}`, {
      advice: `Compare it with the portal: ${known?.redirectRules.join('; ') ?? 'it must match exactly'}.`,
    }),
    ...tell(
      'person-activation',
      known?.activation.map((step) => `at ${name}, ${step}`),
    ),
    ...tell('person-cap', known?.startingCap ? [`${name} lets in ${known.startingCap}`] : []),
    ...tell('person-note', known?.notes),
    found(
      'person-secret',
      subject,
      'only a connection proves the client secret: Junction shows no more than a hash',
      {
        advice: 'Connect a user of your own.',
        command: command(place, 'link', provider, '--wait'),
      },
    ),
  ]
}
