import type * as z from 'zod/mini'
import { ByooError, type ErrorCode } from '../errors.ts'
import { printable } from '../output/printable.ts'
import { isLoopback } from '../url.ts'
import type { HttpRequest } from './http.ts'
import { field, parseJson } from './json.ts'

/** The hint for an answer that cannot be Junction's. */
export const notJunctionHint = 'check the URL, and that no proxy or login page answers instead of Junction'

/** An answer, with all secrets already removed from its body when it is a failure. */
export interface Answer {
  readonly status: number
  readonly body: string
  readonly requestId: string | undefined
  /** Milliseconds that it asks to wait. */
  readonly wait: number | undefined
}

/** What was asked, and what is known of it after the last attempt. */
interface FailedRequest extends Pick<HttpRequest, 'url' | 'action' | 'explain'> {
  readonly mayHaveTakenEffect: boolean
  readonly attempts: number
  /** Milliseconds for one attempt. */
  readonly timeout: number
}

/** What an answer means for one call in particular; what is left out is as for any call. */
export type ExplainFailure = (
  answer: Answer,
) => { readonly reason?: string | undefined; readonly hint?: string | undefined } | undefined

type Failure = readonly [code: ErrorCode, reason: string, hint: string]

/** What a status, or its class, means, whatever the call. */
const statuses: Readonly<Record<string, Failure>> = {
  401: ['not_authenticated', 'it does not accept the key', 'check that the key is complete, and not revoked'],
  403: [
    'not_allowed',
    'the key may not do this',
    'the key may be limited to other teams or another organisation, or the plan may not include this API',
  ],
  404: ['not_found', 'it does not exist', 'check organisation, team and environment'],
  409: ['refused', 'this conflicts with what it holds', 'look at what Junction holds now, then try again'],
  422: ['refused', 'it does not accept these values', 'correct the fields that it names'],
  429: ['unreachable', 'too many requests', 'wait a minute, then try again'],
  '4xx': ['refused', 'it refuses this request', 'read what it says'],
  '5xx': ['unreachable', 'something failed on its side', 'try again later, then ask its support'],
}

const unexpected: Failure = ['unexpected_answer', "which Junction's API never does", notJunctionHint]

/** The error for an answer whose status is not 2xx. */
export function failureOf(answer: Answer, request: FailedRequest): ByooError {
  const { action, mayHaveTakenEffect, attempts } = request
  const { status, requestId, wait } = answer
  const [code, usualReason, usualHint] =
    statuses[status] ?? statuses[`${Math.floor(status / 100)}xx`] ?? unexpected
  const asked =
    status === 429 && wait !== undefined && `wait ${Math.ceil(wait / 1000)} seconds, then try again`
  const { reason = usualReason, hint = asked || usualHint } = request.explain?.(answer) ?? {}
  const times = attempts === 1 ? '' : ` ${attempts} times`
  const detail = errorDetail(answer.body)
  const said = detail === undefined ? '' : `; it says: ${detail}`
  const reference = requestId === undefined ? '' : ` (request id ${requestId})`
  const message = `could not ${action}: Junction answered ${status}${times}: ${reason}${said}${reference}`
  return new ByooError(code, message, { status, requestId, hint, mayHaveTakenEffect })
}

/** Why there was no answer; a time-out and the first of these may pass, so that another attempt helps. */
const passing: readonly (readonly [codes: RegExp, reason: string])[] = [
  [/^(EAI_AGAIN|ENOTFOUND)$/, 'its host name could not be looked up'],
  [/^ECONNREFUSED$/, 'nothing accepts connections there'],
  [/^(ECONNRESET|ECONNABORTED|EPIPE|UND_ERR_SOCKET)$/, 'the connection was cut off'],
  [/^(ENETDOWN|ENETUNREACH|EHOSTDOWN|EHOSTUNREACH)$/, 'this machine has no way to that host'],
  [/^(UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT)$/, 'no connection in time'],
]
const lasting: readonly (readonly [codes: RegExp, reason: string, hint: string])[] = [
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'its certificate is for another name', notJunctionHint],
  [
    /^UND_ERR_PRX_TLS$/,
    "the proxy's certificate is for another name",
    'write the name that it is for into HTTPS_PROXY',
  ],
  [
    /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT)/,
    'its certificate is not trusted',
    'if a company proxy inspects traffic, set NODE_EXTRA_CA_CERTS to the file with its certificate authority',
  ],
  [
    /^UND_ERR_ABORTED$/,
    'the proxy refused the connection',
    'check HTTPS_PROXY and NO_PROXY, and the name and password in it',
  ],
]

/** May the same request get an answer when it is sent again? */
export function mayPass(error: Error | undefined): boolean {
  const code = errorCode(error)
  return code === 'BYOO_TIMEOUT' || passing.some(([codes]) => codes.test(code))
}

/** The error for a request that got no complete answer. */
export function wireFailure(error: Error | undefined, request: FailedRequest): ByooError {
  const { action, mayHaveTakenEffect, attempts, timeout } = request
  const { host, hostname } = new URL(request.url)
  const code = errorCode(error)
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    const message = `could not ${action}: the answer from ${host} is larger than 2 MiB`
    return new ByooError('unexpected_answer', message, { hint: notJunctionHint, mayHaveTakenEffect })
  }
  const [, passes] = passing.find(([codes]) => codes.test(code)) ?? []
  const [, lasts = 'the connection failed', hint = 'check the network, HTTPS_PROXY and NO_PROXY'] =
    lasting.find(([codes]) => codes.test(code)) ?? []
  const late = code === 'BYOO_TIMEOUT' && `it took longer than ${timeout / 1000} s`
  const reason = late || (passes ?? `${lasts} (${code})`)
  const isDemo = code === 'ECONNREFUSED' && isLoopback(hostname)
  const next = isDemo ? 'is byoo demo still running? Its addresses change with each start' : hint
  const times = attempts === 1 ? '' : ` in ${attempts} attempts`
  return new ByooError('unreachable', `could not ${action}: no answer from ${host}${times}: ${reason}`, {
    cause: error,
    hint: late ? 'try again, or raise --timeout' : next,
    mayHaveTakenEffect,
  })
}

/** The stable code of a network error. */
export function errorCode(error: NodeJS.ErrnoException | undefined): string {
  return error?.code ?? error?.name ?? 'unknown error'
}

/** What the body of a failed answer says, as one line of printable text; undefined when it says nothing. */
export function errorDetail(body: string): string | undefined {
  const { value, fault } = parseJson(body)
  const [, title = ''] = /<title[^<>]*>([^<]*)<\/title>/i.exec(body) ?? []
  const page = title.trim() === '' ? 'a web page, not an API answer' : `a web page titled "${title.trim()}"`
  const text = body.trim().startsWith('<') ? page : body
  const detail = field(value, 'detail') ?? field(value, 'message') ?? field(value, 'error') ?? value
  const said = fault === undefined ? [detail].flat().map(describe).filter(Boolean).join('; ') : text
  return printable(said.trim().replace(/\s+/g, ' ')) || undefined
}

/** One entry of a 422 (`{loc, msg, type}`), or an object `{error_type, error_message}`, or whatever else it is. */
function describe(item: unknown): string {
  if (typeof item === 'string') return item
  const message = field(item, 'msg') ?? field(item, 'error_message') ?? field(item, 'message')
  if (typeof message !== 'string') return item === null || item === undefined ? '' : JSON.stringify(item)
  const [place, type] = [field(item, 'loc'), field(item, 'error_type')]
  if (Array.isArray(place)) return `${place.filter((part) => part !== 'body').join('.')}: ${message}`
  return typeof type === 'string' ? `${type}: ${message}` : message
}

/** What is wrong with a value that a schema does not take. */
export function describeIssue(issue: z.core.$ZodIssue | undefined): string {
  const path = (issue?.path ?? [])
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '')
  const name = path === '' ? 'the body' : `"${printable(path, 100)}"`
  if (issue?.code !== 'invalid_type') return `${name} is not as expected`
  if (issue.input === undefined) return `${name} is missing`
  return `${name} is not ${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}`
}
