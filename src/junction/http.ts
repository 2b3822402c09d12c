import { setTimeout as pause } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import { ByooError } from '../errors.ts'
import { printable } from '../output/printable.ts'
import { isLoopback, parseUrl } from '../url.ts'
import { version } from '../version.ts'
import { createDispatchers, dispatchOnce, type RawAnswer, type WireError } from './dispatch.ts'
import { type ExplainFailure, errorCode, failureOf, notJunctionHint, wireFailure } from './errors.ts'
import { parseJson } from './json.ts'
import { type Redaction, redacted, redactionFor } from './redact.ts'

/** One request to one of Junction's APIs. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Absolute, with its query. */
  readonly url: string
  /** Headers that authenticate; their values are never shown. */
  readonly credentials: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
  /**
   * A `read` changes nothing; a `write` may be repeated without harm; a `creation` makes something new each time,
   * so it is never retried.
   */
  readonly kind: 'read' | 'write' | 'creation'
  /** Completes "could not …" in messages. */
  readonly action: string
  readonly explain?: ExplainFailure | undefined
}

/** A 2xx answer whose body is JSON. */
export interface HttpAnswer {
  readonly status: number
  readonly requestId: string | undefined
  readonly json: unknown
}

/** What `--verbose` shows: each attempt and what became of it, without keys, secrets and tokens. */
export type Exchange =
  | {
      readonly type: 'request'
      readonly attempt: number
      readonly method: string
      readonly url: string
      readonly headers: Readonly<Record<string, string>>
      readonly body: unknown
    }
  | {
      readonly type: 'answer'
      readonly attempt: number
      readonly status: number
      readonly requestId: string | undefined
      readonly milliseconds: number
      /** JSON value, or printable text when it is not JSON. */
      readonly body: unknown
    }
  | { readonly type: 'failure'; readonly attempt: number; readonly reason: string }
  | { readonly type: 'wait'; readonly attempt: number; readonly milliseconds: number }

export interface HttpOptions {
  /** Environment variables: `HTTPS_PROXY` and `NO_PROXY` are read, in either case. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Milliseconds for one attempt, from connecting to the last byte. */
  readonly timeout: number
  /** Cancels requests that are in progress. */
  readonly signal?: AbortSignal | undefined
  readonly onExchange?: ((exchange: Exchange) => void) | undefined
  /** Waits before a retry; rejects when the signal aborts. */
  readonly wait?: ((milliseconds: number, signal: AbortSignal | undefined) => Promise<unknown>) | undefined
}

/** Sends requests to Junction's APIs. */
export interface Http {
  /** Resolves to a 2xx answer; else fails with a ByooError that says what the request may have changed. */
  send(request: HttpRequest): Promise<HttpAnswer>
  /** Cuts off idle connections. */
  close(): Promise<void>
}

/** Retries after the first attempt. */
const maxRetries = 2
/** Milliseconds before the first retry; doubled for the next. */
const firstWait = 500
/** Milliseconds: longer is not waited when `Retry-After` asks for it. */
const maxWait = 60_000

const retriedStatuses = new Set([429, 503])
const retriedErrors = new Set([
  'BYOO_TIMEOUT',
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_SOCKET',
])

/** Makes the HTTP client. */
export function createHttp(options: HttpOptions): Http {
  const dispatchers = createDispatchers(options.env, options.timeout)
  return {
    send: async (request) => send(request, await dispatchers.for(checkedUrl(request.url)), options),
    close: dispatchers.close,
  }
}

/**
 * Attempts a request until it is answered or not worth repeating. Not undici's RetryAgent: that drops the body of
 * the last answer, or waits with the connection paused, which fails an assertion when the server closes meanwhile;
 * and it resumes a half-read answer by repeating the request with `Range`, a POST too.
 */
async function send(request: HttpRequest, dispatcher: Dispatcher, options: HttpOptions): Promise<HttpAnswer> {
  const { action, kind } = request
  const { signal, wait = defaultWait } = options
  const { host } = new URL(request.url)
  const redaction = redactionFor(request.body, keysOf(request))
  let mayHaveTakenEffect = false
  for (let number = 1; ; number += 1) {
    const attempt = await attemptOnce(request, dispatcher, options, redaction, number)
    if (kind !== 'read' && attempt.mayHaveTakenEffect) mayHaveTakenEffect = true
    if (attempt.answer && attempt.answer.status >= 200 && attempt.answer.status < 300) {
      return readJson(attempt.answer, request, kind !== 'read')
    }
    if (signal?.aborted) throw interrupted(action, mayHaveTakenEffect)
    const delay = kind !== 'creation' && number <= maxRetries ? waitBefore(number, attempt) : undefined
    if (delay === undefined) {
      const facts = {
        action,
        mayHaveTakenEffect,
        attempts: number,
        host,
        timeout: options.timeout,
        explain: request.explain,
      }
      throw attempt.answer ? failureOf(attempt.answer, facts) : wireFailure(attempt.error, facts)
    }
    options.onExchange?.({ type: 'wait', attempt: number, milliseconds: delay })
    try {
      await wait(delay, signal)
    } catch {
      throw interrupted(action, mayHaveTakenEffect)
    }
  }
}

interface Answer {
  readonly status: number
  readonly requestId: string | undefined
  /** Without any secret of the request, when the answer is a failure. */
  readonly body: string
  readonly wait: number | undefined
}

interface Attempt {
  readonly answer?: Answer
  readonly error?: WireError
  readonly mayHaveTakenEffect: boolean
}

async function attemptOnce(
  request: HttpRequest,
  dispatcher: Dispatcher,
  options: HttpOptions,
  redaction: Redaction,
  number: number,
): Promise<Attempt> {
  const { method, url, credentials } = request
  const { onExchange } = options
  const body = request.body === undefined ? null : JSON.stringify(request.body)
  const headers = {
    accept: 'application/json',
    ...(body === null ? {} : { 'content-type': 'application/json' }),
    'user-agent': `byoo/${version}`,
  }
  onExchange?.({
    type: 'request',
    attempt: number,
    method,
    url: redaction.text(url),
    headers: {
      ...headers,
      ...Object.fromEntries(Object.keys(credentials).map((name) => [name, redacted])),
    },
    body: redaction.value(request.body),
  })
  const started = performance.now()
  const raw = await dispatchOnce(dispatcher, {
    method,
    url: new URL(url),
    headers: { ...headers, ...credentials },
    body,
    timeout: options.timeout,
    signal: options.signal,
  })
  if (raw.error !== undefined) {
    onExchange?.({ type: 'failure', attempt: number, reason: printable(errorCode(raw.error)) })
    return { error: raw.error, mayHaveTakenEffect: raw.sent }
  }
  const requestId = header(raw.headers, 'x-request-id')
  const failed = raw.status < 200 || raw.status >= 300
  const answer = {
    status: raw.status,
    requestId: requestId === undefined ? undefined : redaction.text(printable(requestId, 100)),
    body: failed ? redaction.text(raw.body) : raw.body,
    wait: retryAfter(header(raw.headers, 'retry-after'), Date.now()),
  }
  onExchange?.({
    type: 'answer',
    attempt: number,
    status: answer.status,
    requestId: answer.requestId,
    milliseconds: Math.round(performance.now() - started),
    body: shownBody(raw.body, redaction),
  })
  return { answer, mayHaveTakenEffect: raw.status < 400 || raw.status >= 500 }
}

/** Milliseconds to wait before another attempt; undefined when another would not help. */
function waitBefore(number: number, { answer, error }: Attempt): number | undefined {
  const backoff = firstWait * 2 ** (number - 1)
  const jitter = backoff * Math.random()
  if (!answer) return retriedErrors.has(errorCode(error)) ? backoff / 2 + jitter / 2 : undefined
  if (!retriedStatuses.has(answer.status)) return undefined
  if (answer.wait === undefined) return backoff / 2 + jitter / 2
  return answer.wait > maxWait ? undefined : answer.wait + jitter
}

function defaultWait(milliseconds: number, signal: AbortSignal | undefined): Promise<unknown> {
  return pause(milliseconds, undefined, signal ? { signal } : {})
}

function readJson(
  { status, requestId, body }: Answer,
  { action }: HttpRequest,
  mayHaveTakenEffect: boolean,
): HttpAnswer {
  const parsed = parseJson(body)
  if ('value' in parsed) return { status, requestId, json: parsed.value }
  const message = `could not ${action}: Junction answered ${status} with ${parsed.fault}`
  throw new ByooError('unexpected_answer', message, {
    status,
    requestId,
    mayHaveTakenEffect,
    hint: notJunctionHint,
  })
}

function interrupted(action: string, mayHaveTakenEffect: boolean): ByooError {
  const message = mayHaveTakenEffect
    ? `interrupted while trying to ${action}, which may have taken effect`
    : 'interrupted: nothing was changed'
  return new ByooError('interrupted', message, { mayHaveTakenEffect })
}

/** The secrets in the headers: a bearer token also without the word before it (RFC 6750 §2.1). */
function keysOf({ credentials }: HttpRequest): string[] {
  return Object.values(credentials).flatMap((value) => [value, value.replace(/^Bearer /, '')])
}

function checkedUrl(text: string): URL {
  const url = parseUrl(text)
  const secure = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
  if (url && secure && url.username === '' && url.password === '') return url
  throw new ByooError(
    'configuration',
    "the URL of Junction's API must be https, or plain http to a loopback address, and hold no credentials",
  )
}

function header(headers: RawAnswer['headers'], name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}

function shownBody(body: string, redaction: Redaction): unknown {
  const parsed = parseJson(body)
  return 'value' in parsed ? redaction.value(parsed.value) : printable(redaction.text(body), 2000)
}

/** Milliseconds that a `Retry-After` header asks to wait (RFC 9110 §10.2.3); undefined when it asks for nothing. */
export function retryAfter(value: string | undefined, now: number): number | undefined {
  const text = value?.trim() ?? ''
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const date = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
