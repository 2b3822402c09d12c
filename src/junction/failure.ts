import { ByooError, type Effect, type ErrorCode } from '../errors.ts'
import { errorDetail } from './error-detail.ts'

/** A failed answer, with all secrets already removed from its body. */
export interface FailedAnswer {
  readonly status: number
  readonly body: string
  readonly requestId: string | undefined
  /** Milliseconds that the answer asks to wait. */
  readonly wait: number | undefined
}

/** The error for an answer whose status is not 2xx; `action` completes "could not …". */
export function failureOf(answer: FailedAnswer, action: string, effect: Effect): ByooError {
  const { status, requestId } = answer
  const [code, reason, hint] = explain(answer)
  const detail = errorDetail(answer.body)
  const said = detail === undefined ? '' : `; it says: ${detail}`
  const reference = requestId === undefined ? '' : ` (request id ${requestId})`
  return new ByooError(
    code,
    `could not ${action}: Junction answered ${status}, ${reason}${said}${reference}`,
    {
      status,
      requestId,
      hint,
      effect,
    },
  )
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
  return [
    'unexpected_answer',
    'which its API never does',
    'check that the URL is right and that no proxy or login page answers in its place',
  ]
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
  BYOO_TIMEOUT: 'no answer in time',
}

const certificateCodes = /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT)/

/** The error for a request that got no complete answer from `host`. */
export function unreachable(error: unknown, host: string, action: string, effect: Effect): ByooError {
  const code = errorCode(error)
  const certificate = certificateCodes.test(code)
  const proxy =
    code === 'UND_ERR_ABORTED' && error instanceof Error && error.message.startsWith('Proxy response')
  const reason = certificate
    ? `its certificate is not trusted (${code})`
    : proxy
      ? 'the proxy refused the connection'
      : (reasons[code] ?? `the connection failed (${code})`)
  const hint = certificate
    ? 'if a company proxy inspects traffic, set NODE_EXTRA_CA_CERTS to the file with its certificate authority'
    : proxy
      ? 'check HTTPS_PROXY and NO_PROXY, and the name and password that the proxy wants'
      : 'check the network, HTTPS_PROXY and NO_PROXY, then try again'
  return new ByooError('unreachable', `could not ${action}: no answer from ${host}: ${reason}`, {
    cause: error,
    hint,
    effect,
  })
}

/** The stable code of a network error. */
export function errorCode(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  if (typeof code === 'string') return code
  return typeof name === 'string' ? name : 'unknown error'
}
