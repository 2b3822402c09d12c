import { setTimeout as pause } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import type * as z from 'zod/mini'
import { ByooError } from '../errors.ts'
import { inlineJson } from '../output/json.ts'
import { printable } from '../output/printable.ts'
import { isLoopback, parseUrl } from '../url.ts'
import { version } from '../version.ts'
import { createDispatchers, dispatchOnce, type RawAnswer } from './dispatch.ts'
import {
  type Answer,
  describeIssue,
  type ExplainFailure,
  errorCode,
  failureOf,
  mayPass,
  notJunctionHint,
  wireFailure,
} from './errors.ts'
import { parseJson } from './json.ts'
import { type Redaction, redactionFor } from './redact.ts'

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

export interface HttpOptions {
  /** Environment variables: `HTTPS_PROXY` and `NO_PROXY` are read, in either case. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Milliseconds for one attempt, from connecting to the last byte. */
  readonly timeout: number
  /** Cancels requests that are in progress. */
  readonly signal?: AbortSignal | undefined
  /** Told what `--verbose` shows: each attempt and what became of it, without keys, secrets and tokens. */
  readonly trace?: ((line: string) => void) | undefined
  readonly onStatus?: ((status: number) => void) | undefined
  /** Waits before a retry; rejects when the signal aborts. */
  readonly wait?: ((milliseconds: number, signal: AbortSignal | undefined) => Promise<unknown>) | undefined
}

/** Retries after the first attempt. */
const maxRetries = 2
/** Milliseconds before the first retry; doubled for the next. */
const firstWait = 500
/** Milliseconds: longer is not waited when `Retry-After` asks for it. */
const maxWait = 60_000

const retriedStatuses = new Set([429, 503])

/** Sends requests to Junction's APIs. */
export type Http = ReturnType<typeof createHttp>

/** Makes the HTTP client. */
export function createHttp(options: HttpOptions) {
  const dispatchers = createDispatchers(options.env, options.timeout)
  return {
    /** A 2xx answer as the schema has it; else fails with a ByooError that says what the request may have changed. */
    send: async <Schema extends z.ZodMiniType>(request: HttpRequest, schema: Schema) => {
      const answer = await send(request, await dispatchers.for(checkedUrl(request.url)), options)
      return readAnswer(schema, answer, request)
    },
    /** Cuts off idle connections. */
    close: dispatchers.close,
  }
}

/**
 * Attempts a request until it is answered or not worth repeating. Not undici's RetryAgent: that drops the body of
 * the last answer, or waits with the connection paused, which fails an assertion when the server closes meanwhile;
 * and it resumes a half-read answer by repeating the request with `Range`, a POST too.
 */
async function send(request: HttpRequest, dispatcher: Dispatcher, options: HttpOptions): Promise<Answer> {
  const { action, kind } = request
  const {
    signal,
    timeout,
    wait = (milliseconds) => pause(milliseconds, undefined, signal && { signal }),
  } = options
  const redaction = redactionFor(request.body, keysOf(request))
  let mayHaveTakenEffect = false
  for (let attempts = 1; ; attempts += 1) {
    const attempt = await attemptOnce(request, dispatcher, options, redaction, attempts)
    const { answer, error } = attempt
    if (answer && !isFailure(answer)) return answer
    if (kind !== 'read' && attempt.mayHaveTakenEffect) mayHaveTakenEffect = true
    if (signal?.aborted) throw interrupted(action, mayHaveTakenEffect)
    const delay = kind !== 'creation' && attempts <= maxRetries ? waitBefore(attempts, attempt) : undefined
    if (delay === undefined) {
      const failed = { ...request, mayHaveTakenEffect, attempts, timeout }
      throw answer ? failureOf(answer, failed) : wireFailure(error, failed)
    }
    options.trace?.(`  waiting ${Math.round(delay / 100) / 10} s`)
    await wait(delay, signal).catch(() => {
      throw interrupted(action, mayHaveTakenEffect)
    })
  }
}

interface Attempt {
  readonly answer?: Answer
  readonly error?: Error
  readonly mayHaveTakenEffect: boolean
}

function isFailure({ status }: Pick<Answer, 'status'>): boolean {
  return status < 200 || status >= 300
}

async function attemptOnce(
  { method, url, credentials, body: value }: HttpRequest,
  dispatcher: Dispatcher,
  { trace, onStatus, timeout, signal }: HttpOptions,
  redaction: Redaction,
  attempt: number,
): Promise<Attempt> {
  const body = value === undefined ? null : JSON.stringify(value)
  const headers = {
    accept: 'application/json',
    ...(body === null ? {} : { 'content-type': 'application/json' }),
    'user-agent': `byoo/${version}`,
    ...credentials,
  }
  const nth = attempt > 1 ? ` (attempt ${attempt})` : ''
  const shown = body === null ? '' : ` ${inlineJson(redaction.value(value))}`
  trace?.(`> ${method} ${redaction.text(url)}${nth}${shown}`)
  const started = performance.now()
  const { origin, pathname, search } = new URL(url)
  const request = { origin, path: `${pathname}${search}`, method, headers, body }
  const raw = await dispatchOnce(dispatcher, request, timeout, signal)
  if (raw.error !== undefined) {
    trace?.(`< ${printable(errorCode(raw.error))}${nth}`)
    return { error: raw.error, mayHaveTakenEffect: raw.sent }
  }
  const { status } = raw
  const id = header(raw, 'x-request-id')
  const requestId = id && redaction.text(printable(id, 100))
  const milliseconds = Math.round(performance.now() - started)
  const answered = inlineJson(shownBody(raw.body, redaction))
  trace?.(`< ${status}${requestId ? ` ${requestId}` : ''} ${milliseconds} ms${nth} ${answered}`)
  onStatus?.(status)
  const answer = {
    status,
    requestId,
    body: isFailure(raw) ? redaction.text(raw.body) : raw.body,
    wait: retryAfter(header(raw, 'retry-after'), Date.now()),
  }
  return { answer, mayHaveTakenEffect: status < 400 || status >= 500 }
}

/** Milliseconds to wait before another attempt; undefined when another would not help. */
function waitBefore(attempts: number, { answer, error }: Attempt): number | undefined {
  const backoff = firstWait * 2 ** (attempts - 1)
  const jitter = backoff * Math.random()
  const helps = answer ? retriedStatuses.has(answer.status) : mayPass(error)
  if (!helps || (answer?.wait ?? 0) > maxWait) return undefined
  return answer?.wait === undefined ? (backoff + jitter) / 2 : answer.wait + jitter
}

function readAnswer<Schema extends z.ZodMiniType>(
  schema: Schema,
  { status, requestId, body }: Answer,
  { action, kind }: HttpRequest,
): z.infer<Schema> {
  const json = parseJson(body)
  const facts = { status, requestId, mayHaveTakenEffect: kind !== 'read' }
  if (json.fault !== undefined) {
    const message = `could not ${action}: Junction answered ${status} with ${json.fault}`
    throw new ByooError('unexpected_answer', message, { ...facts, hint: notJunctionHint })
  }
  const read = schema.safeParse(json.value, { reportInput: true })
  if (read.success) return read.data
  const message = `could not ${action}: ${describeIssue(read.error.issues[0])} in Junction's answer`
  const hint = 'Junction may have changed its API: look for a newer byoo'
  throw new ByooError('unexpected_answer', message, { ...facts, hint })
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

function header({ headers }: RawAnswer, name: string): string | undefined {
  return [headers[name]].flat()[0]
}

function shownBody(body: string, redaction: Redaction): unknown {
  const { value, fault } = parseJson(body)
  return fault === undefined ? redaction.value(value) : printable(redaction.text(body), 2000)
}

/** Milliseconds that a `Retry-After` header asks to wait (RFC 9110 §10.2.3); undefined when it asks for nothing. */
export function retryAfter(value: string | undefined, now: number): number | undefined {
  const text = value?.trim() ?? ''
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const date = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
