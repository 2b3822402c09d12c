import { redactDetails } from '../../junction/details.ts'
import type { Credential } from '../../junction/management.ts'
import { cell } from '../../output/layout.ts'
import type { Place } from '../workspace/selection.ts'

/** What Junction holds for one provider, as byoo shows it: absent fields are null, secrets are not there. */
export interface RecordData {
  readonly id: string
  readonly provider: string
  readonly environment: string
  readonly region: string
  readonly team_id: string
  readonly client_id: string | null
  readonly client_secret_hash: string | null
  readonly redirect_url_override: string | null
  readonly details: Readonly<Record<string, unknown>> | null
  readonly created_at: string
  readonly updated_at: string
}

export function toRecordData(record: Credential, { environment, region }: Place): RecordData {
  return {
    id: record.id,
    provider: record.source,
    environment,
    region,
    team_id: record.team_id,
    client_id: record.client_id ?? null,
    client_secret_hash: record.client_secret_hash ?? null,
    redirect_url_override: record.redirect_url_override ?? null,
    details: record.details ? redactDetails(record.details) : null,
    created_at: record.created_at,
    updated_at: record.updated_at,
  }
}

/** The lines that show a record in full. */
export function recordLines(record: RecordData): [string, string][] {
  return [
    ['provider', cell(record.provider)],
    ['environment', record.environment],
    ['region', record.region],
    ['team', cell(record.team_id)],
    ['client id', cell(record.client_id)],
    ['secret hash', cell(record.client_secret_hash)],
    ['redirect URI', cell(record.redirect_url_override)],
    ['details', record.details ? cell(JSON.stringify(record.details)) : '-'],
    ['id', cell(record.id)],
    ['created', cell(record.created_at)],
    ['updated', cell(record.updated_at)],
  ]
}
