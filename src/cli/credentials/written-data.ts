import type { Credential } from '../../junction/management.ts'
import type { Provider } from '../../junction/providers.ts'
import { numbered, pairs } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
import { followUp } from '../workspace/follow-up.ts'
import type { Place } from '../workspace/selection.ts'
import type { Workspace } from '../workspace/workspace.ts'
import { type RecordData, recordLines, toRecordData } from './record-data.ts'

/** What a write did. */
export interface WrittenData {
  readonly credential: RecordData
  /** What Junction held before. */
  readonly before: RecordData | null
  /** Whether the hash of the secret is another one now; null when it cannot be told. */
  readonly secret_changed: boolean | null
  readonly next_steps: readonly string[]
}

export function writtenData(
  workspace: Workspace,
  provider: Provider,
  place: Place,
  before: Credential | undefined,
  after: Credential,
): WrittenData {
  const old = before?.client_secret_hash
  const hash = after.client_secret_hash
  return {
    credential: toRecordData(after, place),
    before: before ? toRecordData(before, place) : null,
    secret_changed: old && hash ? old !== hash : null,
    next_steps: [
      `register this redirect URI at ${provider.name}, exactly as it is: ${after.redirect_url_override ?? '-'}`,
      ...provider.redirectRules.map((rule) => `at ${provider.name}, ${rule}`),
      ...provider.activation,
      `connect a user of your own, which alone proves the secret: ${followUp(workspace, place, 'link', provider.slug, '--wait')}`,
    ],
  }
}

export function writtenText(
  { credential, before, secret_changed, next_steps }: WrittenData,
  style: Style,
): string {
  const done = style.green(before ? 'Changed, and read back.' : 'Set, and read back.')
  const same = secret_changed === false ? "The secret's hash is as before: it is the same secret.\n" : ''
  const shown = recordLines(credential).filter(([name]) => name !== 'created')
  return `${done}\n${pairs(shown, style)}${same}\nLeft to do:\n${numbered(next_steps)}`
}
