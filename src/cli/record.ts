import { ByooError, usageError } from '../errors.ts'
import { redactDetails } from '../junction/details.ts'
import type { JunctionEnvironment } from '../junction/environments.ts'
import type { HttpRequest } from '../junction/http.ts'
import type { Credential } from '../junction/management.ts'
import { redactionFor } from '../junction/redact.ts'
import { cell, pairs } from '../output/layout.ts'
import type { Style } from '../output/style.ts'
import { type ApiClient, warnCustomHost } from './api-client.ts'
import { findTeam } from './resolve/selection.ts'
import { suggestedCommand } from './resolve/suggested-command.ts'
import type { Workspace } from './resolve/workspace.ts'
import type { Session } from './session.ts'

/** What Junction holds for one provider, as byoo shows it: without secrets. */
export interface RecordData {
  readonly id: string
  readonly provider: string
  readonly environment: string
  readonly team_id: string
  readonly client_id: string | null | undefined
  readonly client_secret_hash: string | null | undefined
  readonly redirect_url_override: string | null | undefined
  readonly details: Readonly<Record<string, unknown>> | undefined
  readonly created_at: string
  readonly updated_at: string
}

export function toRecordData(record: Credential, environment: JunctionEnvironment): RecordData {
  return {
    id: record.id,
    provider: record.source,
    environment,
    team_id: record.team_id,
    client_id: record.client_id,
    client_secret_hash: record.client_secret_hash,
    redirect_url_override: record.redirect_url_override,
    details: record.details ? redactDetails(record.details) : undefined,
    created_at: record.created_at,
    updated_at: record.updated_at,
  }
}

/** The lines that show a record in full. */
export function recordLines(record: RecordData): [string, string][] {
  return [
    ['provider', cell(record.provider)],
    ['environment', record.environment],
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

/** The one record of a provider, or an error: none, or several teams have one. */
export async function findRecord(
  session: Session,
  { management }: ApiClient,
  workspace: Workspace,
  org: string,
  environment: JunctionEnvironment,
  provider: string,
): Promise<Credential> {
  const team_id = findTeam(workspace, environment)
  const listing = management.listCredentials({ org, environment }, { team_id, provider })
  const records = (await session.progress('Asking Junction what it holds', listing)).filter(
    (record) => team_id === undefined || record.team_id === team_id,
  )
  const [record, another] = records
  if (record && !another) return record
  const where = environment
  if (!record) {
    throw new ByooError('not_found', `Junction has no credentials of ${provider} in ${where}`, {
      hint: `see what there is with:\n${suggestedCommand(workspace, environment, 'credentials', 'list')}`,
    })
  }
  throw usageError(
    `${records.length} teams have credentials of ${provider} in ${where}: choose one`,
    records.map((one) => `--team ${one.team_id}`).join('\n'),
  )
}

/** A request that was not sent. */
export interface DryRunData {
  readonly dry_run: true
  readonly request: {
    readonly method: string
    readonly url: string
    /** Without secrets. */
    readonly body: unknown
  }
}

export function dryRunData(session: Session, { method, url, body }: HttpRequest): DryRunData {
  warnCustomHost(session, [url])
  return { dry_run: true, request: { method, url, body: redactionFor(body, []).value(body) } }
}

export function dryRunText({ request: { method, url, body } }: DryRunData, style: Style): string {
  const shown = body === undefined ? '' : `${JSON.stringify(body, undefined, 2)}\n`
  return `${pairs([['would send', `${method} ${url}`]], style)}${shown}`
}
