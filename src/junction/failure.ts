import { ByooError, type ErrorCode } from '../errors.ts'
import { isLoopback } from '../loopback.ts'
import type { WireError } from './dispatch.ts'
import { errorDetail } from './error-detail.ts'

/** The hint for an answer that cannot be Junction's. */
export const wrongPlace = 'check that the URL is right and that no proxy or login page answers in its place'

/** A failed answer, with all secrets already removed from its body. */
export interface FailedAnswer {
  readonly status: number
  readonly body: string
  readonly requestId: string | undefined
  /** Milliseconds that the answer asks to wait. */
  readonly wait: number | undefined
}

/** What was asked of whom, and what it may have changed. */
export interface FailedRequest {
  /** Completes "could not …". */
  readonly action: string
  readonly mayHaveTakenEffect: boolean
  readonly attempts: number
  readonly host: string
  /** Milliseconds for one attempt. */
  readonly timeout: number
  readonly explain?: ExplainFailure | undefined
}

/** What a failed answer means for one call in particular; what is left out is as for any call. */
export interface FailureExplanation {
  /** Starts with "which means that". */
  readonly reason?: string
  readonly hint?: string
}

/** Explains the answers that mean something else, or more, for one call. */
export type ExplainFailure = (answer: FailedAnswer) => FailureExplanation | undefined

/** The error for an answer whose status is not 2xx. */
export function failureOf(answer: FailedAnswer, request: FailedRequest): ByooError {
  const { action, mayHaveTakenEffect, attempts } = request
  const { status, requestId } = answer
  const [code, generalReason, generalHint] = explain(answer)
  const { reason = generalReason, hint = generalHint } = request.explain?.(answer) ?? {}
  const detail = errorDetail(answer.body)
  const said = detail === undefined ? '' : `; it says: ${detail}`
  const reference = requestId === undefined ? '' : ` (request id ${requestId})`
  const message = `could not ${action}: Junction answered ${status}${tries(attempts)}, ${reason}${said}${reference}`
  return new ByooError(code, message, { status, requestId, hint, mayHaveTakenEffect })
}

function tries(attempts: number): string {
  return attempts === 1 ? '' : ` ${attempts} times`
}

function explain({ status, wait }: FailedAnswer): [code: ErrorCode, reason: string, hint: string] {
  if (status === 401) {
    return [
      'not_authenticated',
      'which means that it does not accept the key',
      'check that the key is complete and has not been revoked',
    ]
  }
  if (status === 403) {
    return [
      'not_allowed',
      'which means that the key may not do this',
      'the key may be limited to other teams or another organisation, or the plan may not include this API',
    ]
  }
  if (status === 404) {
    return [
      'not_found',
      'which means that there is no such thing',
      'check organisation, team, environment and region',
    ]
  }
  if (status === 409) {
    return [
      'refused',
      'which means that this conflicts with what is there',
      'look at what Junction holds now, then try again',
    ]
  }
  if (status === 422) {
    return ['refused', 'which means that it does not accept these values', 'correct the fields that it names']
  }
  if (status === 429) {
    const pause = wait === undefined ? 'a minute' : `${Math.ceil(wait / 1000)} seconds`
    return ['unreachable', 'which means too many requests', `wait ${pause}, then try again`]
  }
  if (status >= 500) {
    return [
      'unreachable',
      'which means that something failed on its side',
      'try again later; if it goes on, ask its support, with the request id',
    ]
  }
  if (status >= 400) return ['refused', 'which means that it refuses this request', 'read what it says']
  return ['unexpected_answer', 'which its API never does', wrongPlace]
}

/** Why there was no answer, for each of the error codes worth telling apart. */
const reasons: Readonly<Record<string, string>> = {
  EAI_AGAIN: 'its host name could not be looked up',
  ENOTFOUND: 'there is no host of that name',
  ECONNREFUSED: 'nothing accepts connections there',
  ECONNRESET: 'the connection was cut off',
  EPIPE: 'the connection was cut off',
  UND_ERR_SOCKET: 'the connection was cut off',
  ENETUNREACH: 'this machine has no way to that network',
  EHOSTUNREACH: 'this machine has no way to that host',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  ETIMEDOUT: 'no connection in time',
}

const certificateCodes = /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT)/

/** The error for a request that got no complete answer. */
export function wireFailure(error: WireError | undefined, request: FailedRequest): ByooError {
  const { action, mayHaveTakenEffect, attempts, host, timeout } = request
  const code = errorCode(error)
  if (code === 'BYOO_TOO_LARGE') {
    const message = `could not ${action}: the answer from ${host} is larger than 2 MiB`
    return new ByooError('unexpected_answer', message, { hint: wrongPlace, mayHaveTakenEffect })
  }
  const [reason, usualHint] = explainWire(code, error?.message ?? '', timeout)
  const gone = code === 'ECONNREFUSED' && isLoopback(new URL(`http://${host}`).hostname)
  const hint = gone ? 'is byoo demo still running? Its addresses change with each start' : usualHint
  const message = `could not ${action}: no answer from ${host}${attempts === 1 ? '' : ` in ${attempts} attempts`}: ${reason}`
  return new ByooError('unreachable', message, { cause: error, hint, mayHaveTakenEffect })
}

function explainWire(code: string, message: string, timeout: number): [reason: string, hint: string] {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return ['its certificate is for another name', wrongPlace]
  if (certificateCodes.test(code)) {
    return [
      `its certificate is not trusted (${code})`,
      'if a company proxy inspects traffic, set NODE_EXTRA_CA_CERTS to the file with its certificate authority',
    ]
  }
  if (code === 'UND_ERR_ABORTED' && message.startsWith('Proxy response')) {
    return [
      'the proxy refused the connection',
      'check HTTPS_PROXY and NO_PROXY, and the name and password that the proxy wants',
    ]
  }
  if (code === 'BYOO_TIMEOUT') {
    return [`it took longer than ${timeout / 1000} s`, 'try again, or allow more time']
  }
  return [reasons[code] ?? `the connection failed (${code})`, 'check the network, HTTPS_PROXY and NO_PROXY']
}

/** The stable code of a network error. */
export function errorCode(error: WireError | undefined): string {
  return error?.code ?? error?.name ?? 'unknown error'
}
