import type { ValidationFault } from './junction/management-rules.ts'

/** Who a request came from or went to. */
export type Party = 'app' | 'browser' | 'forwarder' | 'junction' | 'provider'

/** What went wrong, in the words of who noticed it. */
export interface Fault {
  readonly noticedBy: Party
  /** An OAuth error code (RFC 6749 §4.1.2.1, §5.2) or an error type of Junction's Link. */
  readonly code: string
  /** One sentence for the person who looks for the mistake. */
  readonly message: string
}

/** An answer as data: JSON, or an HTML page when there is one. */
export interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly page?: string
  readonly headers?: Readonly<Record<string, string>>
  /** What happened, for whoever follows the exchange. */
  readonly note?: string
  readonly fault?: Fault | undefined
  /** The OAuth state that the exchange belongs to, when neither request nor answer shows it. */
  readonly state?: string
}

/** The shape that a framework gives to an error of its own. */
export function failed(status: number, detail: string | Readonly<Record<string, unknown>>): Answer {
  return { status, body: { detail } }
}

/** The shape of an error of the link API, and of the custom widget's codes. */
export function linkError(status: number, error_type: string, error_message: string): Answer {
  return failed(status, { error_type, error_message })
}

/** A 422 that lists what is wrong with a request. */
export function invalid(detail: readonly ValidationFault[]): Answer {
  return { status: 422, body: { detail } }
}
