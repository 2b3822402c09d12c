import { isSecretDetail } from '../junction/details.ts'
import type { JunctionEnvironment } from '../junction/environments.ts'
import type { HttpRequest } from '../junction/http.ts'
import { type Credential, EndlessListError } from '../junction/management.ts'
import { redacted, redactionFor } from '../junction/redact.ts'
import { cell, pairs } from '../output/layout.ts'
import type { Style } from '../output/style.ts'
import { warnCustomHost } from './api-client.ts'
import type { Session } from './session.ts'

/** What Junction holds for one provider, as byoo shows it: without secrets. */
export type RecordData = ReturnType<typeof toRecordData>

export function toRecordData(record: Credential, environment: JunctionEnvironment) {
  return {
    id: record.id,
    provider: record.source,
    environment,
    team_id: record.team_id,
    client_id: record.client_id,
    client_secret_hash: record.client_secret_hash,
    redirect_url_override: record.redirect_url_override,
    details: record.details && redactedDetails(record.source, record.details),
    created_at: record.created_at,
    updated_at: record.updated_at,
  }
}

/** A copy of details without those that are secret; lists are copied whole. */
function redactedDetails(slug: string, details: object, above = ''): object {
  const shown = Object.entries(details).map(([key, value]) => {
    const path = `${above}${key}`
    if (value !== null && typeof value === 'object' && !Array.isArray(value))
      return [key, redactedDetails(slug, value, `${path}.`)]
    return [key, value === null || !isSecretDetail(slug, path) ? value : redacted]
  })
  return Object.fromEntries(shown)
}

/** What a list has, and why there may be more. */
export async function readList(
  listing: Promise<Credential[]>,
): Promise<{ readonly records: readonly Credential[]; readonly endless?: EndlessListError }> {
  try {
    return { records: await listing }
  } catch (error) {
    if (!(error instanceof EndlessListError)) throw error
    return { records: error.found, endless: error }
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

/** A request that was not sent; its body without secrets. */
export type DryRunData = ReturnType<typeof dryRunData>

export function dryRunData(session: Session, { method, url, body }: HttpRequest) {
  warnCustomHost(session, [url])
  return { dry_run: true, request: { method, url, body: redactionFor(body, []).value(body) } } as const
}

export function dryRunText({ request: { method, url, body } }: DryRunData, style: Style): string {
  const shown = body === undefined ? '' : `${JSON.stringify(body, undefined, 2)}\n`
  return `${pairs([['would send', `${method} ${url}`]], style)}${shown}`
}
