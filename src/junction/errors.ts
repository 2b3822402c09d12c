import type * as z from 'zod/mini'
import { ByooError, type ErrorCode } from '../errors.ts'
import { printable } from '../output/printable.ts'
import { isLoopback } from '../url.ts'
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
interface FailedRequest {
  readonly url: string
  /** Completes "could not …". */
  readonly action: string
  readonly explain?: ExplainFailure | undefined
  readonly mayHaveTakenEffect: boolean
  readonly attempts: number
  /** Milliseconds for one attempt. */
  readonly timeout: number
}

/** What a failed answer means for one call in particular; what is left out is as for any call. */
export interface FailureExplanation {
  readonly reason?: string
  readonly hint?: string
}

/** Explains the answers that mean something else, or more, for one call. */
export type ExplainFailure = (answer: Answer) => FailureExplanation | undefined

type Failure = readonly [code: ErrorCode, reason: string, hint: string]

/** What a status, or its class, means, whatever the call. */
const statuses: Readonly<Record<string, Failure>> = {
  401: [
    'not_authenticated',
    'it does not accept the key',
    'check that the key is complete and has not been revoked',
  ],
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
  '5xx': [
    'unreachable',
    'something failed on its side',
    "try again later; if it continues, send Junction's support the request id",
  ],
}

const unexpected: Failure = ['unexpected_answer', "which Junction's API never does", notJunctionHint]

/** The error for an answer whose status is not 2xx. */
export function failureOf(answer: Answer, request: FailedRequest): ByooError {
  const { action, mayHaveTakenEffect, attempts } = request
  const { status, requestId } = answer
  const [code, usualReason, usualHint] = explainStatus(answer)
  const { reason = usualReason, hint = usualHint } = request.explain?.(answer) ?? {}
  const times = attempts === 1 ? '' : ` ${attempts} times`
  const detail = errorDetail(answer.body)
  const said = detail === undefined ? '' : `; it says: ${detail}`
  const reference = requestId === undefined ? '' : ` (request id ${requestId})`
  const message = `could not ${action}: Junction answered ${status}${times}: ${reason}${said}${reference}`
  return new ByooError(code, message, { status, requestId, hint, mayHaveTakenEffect })
}

function explainStatus({ status, wait }: Answer): Failure {
  const [code, reason, hint] = statuses[status] ?? statuses[`${Math.floor(status / 100)}xx`] ?? unexpected
  if (status !== 429 || wait === undefined) return [code, reason, hint]
  return [code, reason, `wait ${Math.ceil(wait / 1000)} seconds, then try again`]
}

/** Why there was no answer, for each error that another attempt may not meet. */
const wireReasons: Readonly<Record<string, string>> = {
  EAI_AGAIN: 'its host name could not be looked up',
  ENOTFOUND: 'its host name does not exist',
  ECONNREFUSED: 'nothing accepts connections there',
  ECONNRESET: 'the connection was cut off',
  ECONNABORTED: 'the connection was cut off',
  EPIPE: 'the connection was cut off',
  UND_ERR_SOCKET: 'the connection was cut off',
  ENETDOWN: 'this machine has no network',
  ENETUNREACH: 'this machine has no route to that network',
  EHOSTDOWN: 'that host is down',
  EHOSTUNREACH: 'this machine has no route to that host',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  ETIMEDOUT: 'no connection in time',
}

/** May the same request get an answer when it is sent again? */
export function mayPass(error: Error | undefined): boolean {
  const code = errorCode(error)
  return code === 'BYOO_TIMEOUT' || Object.hasOwn(wireReasons, code)
}

const certificateCodes = /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT)/

/** The error for a request that got no complete answer. */
export function wireFailure(error: Error | undefined, request: FailedRequest): ByooError {
  const { action, mayHaveTakenEffect, attempts, timeout } = request
  const { host, hostname } = new URL(request.url)
  const code = errorCode(error)
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    const message = `could not ${action}: the answer from ${host} is larger than 2 MiB`
    return new ByooError('unexpected_answer', message, { hint: notJunctionHint, mayHaveTakenEffect })
  }
  const [reason, usualHint] = explainWire(code, error?.message ?? '', timeout)
  const isDemo = code === 'ECONNREFUSED' && isLoopback(hostname)
  const hint = isDemo ? 'is byoo demo still running? Its addresses change with each start' : usualHint
  const times = attempts === 1 ? '' : ` in ${attempts} attempts`
  const message = `could not ${action}: no answer from ${host}${times}: ${reason}`
  return new ByooError('unreachable', message, { cause: error, hint, mayHaveTakenEffect })
}

function explainWire(code: string, message: string, timeout: number): [reason: string, hint: string] {
  if (code === 'BYOO_TIMEOUT') {
    return [`it took longer than ${timeout / 1000} s`, 'try again, or raise --timeout']
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return ['its certificate is for another name', notJunctionHint]
  if (code === 'UND_ERR_PRX_TLS') {
    return ["the proxy's certificate is for another name", 'write the name that it is for into HTTPS_PROXY']
  }
  if (certificateCodes.test(code)) {
    return [
      `its certificate is not trusted (${code})`,
      'if a company proxy inspects traffic, set NODE_EXTRA_CA_CERTS to the file with its certificate authority',
    ]
  }
  if (code === 'UND_ERR_ABORTED' && message.startsWith('Proxy response')) {
    const hint = 'check HTTPS_PROXY and NO_PROXY, and the name and password in it'
    return ['the proxy refused the connection', hint]
  }
  const reason = wireReasons[code] ?? `the connection failed (${code})`
  return [reason, 'check the network, HTTPS_PROXY and NO_PROXY']
}

/** The stable code of a network error. */
export function errorCode(error: NodeJS.ErrnoException | undefined): string {
  return error?.code ?? error?.name ?? 'unknown error'
}

/** Items of a validation error that are shown. */
const maxItems = 10

/** What the body of a failed answer says, as one line of printable text; undefined when it says nothing. */
export function errorDetail(body: string): string | undefined {
  const text = body.trim()
  if (text === '') return undefined
  const { value, fault } = parseJson(text)
  if (fault !== undefined) return text.startsWith('<') ? htmlTitle(text) : shown(text)
  const detail = field(value, 'detail') ?? field(value, 'message') ?? field(value, 'error') ?? value
  const said = describe(detail)
  return said === '' ? undefined : shown(said)
}

function describe(detail: unknown): string {
  if (typeof detail === 'string') return detail
  if (Array.isArray(detail)) {
    const more = detail.length > maxItems ? [`and ${detail.length - maxItems} more`] : []
    return [...detail.slice(0, maxItems).map(describeItem), ...more].filter(Boolean).join('; ')
  }
  return describeItem(detail)
}

/** One entry of a 422 (`{loc, msg, type}`), or an object `{error_type, error_message}`, or whatever else it is. */
function describeItem(item: unknown): string {
  if (typeof item === 'string') return item
  const message = field(item, 'msg') ?? field(item, 'error_message') ?? field(item, 'message')
  if (typeof message !== 'string') return item === null || item === undefined ? '' : JSON.stringify(item)
  const place = field(item, 'loc')
  const type = field(item, 'error_type')
  if (Array.isArray(place)) return `${place.filter((part) => part !== 'body').join('.')}: ${message}`
  return typeof type === 'string' ? `${type}: ${message}` : message
}

function htmlTitle(text: string): string {
  const [, title = ''] = /<title[^<>]*>([^<]*)<\/title>/i.exec(text) ?? []
  return title.trim() === '' ? 'a web page, not an API answer' : `a web page titled "${shown(title)}"`
}

function shown(text: string): string {
  return printable(text.trim().replace(/\s+/g, ' '))
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
