import { detailLeaves, isSecretDetail } from '../junction/details.ts'
import type { JunctionEnvironment } from '../junction/environments.ts'
import type { Credential } from '../junction/management.ts'
import { providers } from '../junction/providers.ts'
import type { DesiredRecord } from './desired.ts'

/** Takes the place of a secret detail that could not be read here. */
export const unresolved = Symbol('unresolved')

/** One field that differs; of a secret neither side is told. */
export type FieldChange =
  | { readonly field: string; readonly old: string | undefined; readonly new: string | undefined }
  | { readonly field: string; readonly secret: 'same' | 'differs' | 'not compared' }

/** A record of byoo.yaml beside the one that Junction holds. */
export interface RecordDiff {
  readonly kind: 'create' | 'change' | 'same' | 'not in the file'
  readonly provider: string
  readonly environment: JunctionEnvironment
  readonly team: string
  /** What differs, and secrets of `details`; the client secret cannot be compared. */
  readonly fields: readonly FieldChange[]
  readonly before: Credential | undefined
  readonly desired: DesiredRecord | undefined
}

/** What one store holds of a team. */
export interface StoreState {
  readonly environment: JunctionEnvironment
  readonly team: string
  readonly records: readonly Credential[]
}

/** Details with secrets in place of references, or `unresolved` where one cannot be read. */
export type ResolvedDetails = Readonly<Record<string, unknown>> | undefined

/** Is this change something that `byoo apply` would write? */
export function isWrite({ kind }: RecordDiff): boolean {
  return kind === 'create' || kind === 'change'
}

/**
 * Compares the records of a store's team with those of byoo.yaml. `others` counts what is not byoo's: providers that
 * are not in the catalogue, and records of other teams.
 */
export function diffStore(
  { environment, team, records }: StoreState,
  desired: readonly DesiredRecord[],
  detailsOf: (record: DesiredRecord) => ResolvedDetails,
  slugs: readonly string[],
): { readonly diffs: readonly RecordDiff[]; readonly others: number } {
  const own = records.filter((record) => record.team_id === team && isInCatalogue(record.source))
  const here = desired.filter((record) => record.environment === environment)
  const diffs = here.map((record): RecordDiff => {
    const before = own.find(({ source }) => source === record.provider.slug)
    const fields = compare(before, record, detailsOf(record))
    const differs = fields.some((field) => !('secret' in field) || field.secret === 'differs')
    const kind = before ? (differs ? 'change' : 'same') : 'create'
    return { kind, provider: record.provider.slug, environment, team, fields, before, desired: record }
  })
  const extra = own
    .filter(({ source }) => slugs.length === 0 || slugs.includes(source))
    .filter(({ source }) => !here.some(({ provider }) => provider.slug === source))
    .map((before): RecordDiff => {
      const common = { environment, team, fields: [], before, desired: undefined }
      return { kind: 'not in the file', provider: before.source, ...common }
    })
  return { diffs: [...diffs, ...extra], others: records.length - own.length }
}

function isInCatalogue(slug: string): boolean {
  return providers.some((provider) => provider.slug === slug)
}

function compare(
  before: Credential | undefined,
  { provider, clientId, redirectUrl, credential }: DesiredRecord,
  details: ResolvedDetails,
): FieldChange[] {
  const changes: FieldChange[] = []
  const put = (field: string, old: unknown, wanted: unknown) => {
    const [shownOld, shownNew] = [shown(old), shown(wanted)]
    if (shownOld !== shownNew) changes.push({ field, old: shownOld, new: shownNew })
  }
  put('client_id', before?.client_id, clientId)
  put('redirect_url_override', before?.redirect_url_override, redirectUrl)
  // Without details in byoo.yaml those that Junction holds are sent again.
  if (credential.details === undefined) return changes
  const old = leaves(before?.details)
  const wanted = leaves(details)
  for (const path of new Set([...old.keys(), ...wanted.keys()])) {
    const field = `details.${path}`
    if (!isSecretDetail(provider.slug, path)) put(field, old.get(path), wanted.get(path))
    else if (wanted.get(path) === unresolved) changes.push({ field, secret: 'not compared' })
    else changes.push({ field, secret: old.get(path) === wanted.get(path) ? 'same' : 'differs' })
  }
  return changes
}

/** Details by their path. Empty texts are as good as absent, and so is false, which Junction may fill in (`is_hr_enabled`). */
function leaves(details: unknown): Map<string, unknown> {
  return new Map(detailLeaves(details).filter(([, value]) => value !== '' && value !== false))
}

function shown(value: unknown): string | undefined {
  if (value === null || value === undefined || value === '') return undefined
  // Lists, such as data scopes, have no order.
  return typeof value === 'string' ? value : JSON.stringify(Array.isArray(value) ? value.toSorted() : value)
}
