import type { HttpRequest } from '../../junction/http.ts'
import { redactionFor } from '../../junction/redact.ts'
import { pairs } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
import { warnElsewhere } from '../connection/elsewhere.ts'
import type { Session } from '../session.ts'

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
  warnElsewhere(session, [url])
  return { dry_run: true, request: { method, url, body: redactionFor(body, []).value(body) ?? null } }
}

export function dryRunText({ request: { method, url, body } }: DryRunData, style: Style): string {
  const shown = body === null ? '' : `${JSON.stringify(body, undefined, 2)}\n`
  return `${pairs([['would send', `${method} ${url}`]], style)}${shown}`
}
