import { cases as allCases, type Case, type Send } from './cases.ts'
import { createTrust, type Peer } from './connect.ts'
import { diagnose } from './diagnose.ts'
import { createEndpoint, type Endpoint, type Target } from './endpoint.ts'
import { type CaseResult, type Judgement, judge, notApplicable, skipReason } from './judge.ts'
import { findLimit, judgeLimit, type Limit } from './limit.ts'
import { type Exchange, failureFacts, probe } from './probe.ts'
import { createRateLimiter, type RateLimiter } from './rate-limiter.ts'
import { type WireRequest, writeRequest } from './request.ts'
import { summarise, type Verification } from './verification.ts'

export interface VerifyOptions {
  /** Cases to ask; all of them unless told otherwise. */
  readonly cases?: readonly Case[] | undefined
  /** How fast; 20 requests a second and 4 at once unless told otherwise. */
  readonly limiter?: RateLimiter | undefined
  /** For one exchange, in milliseconds; 10,000 unless told otherwise. */
  readonly timeout?: number | undefined
  /** PEM text of authorities to trust beside the usual ones. */
  readonly authorities?: string | Buffer | undefined
  /** Connect to this IP address instead of asking the name service. */
  readonly address?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

/** What is known after each case. */
export interface Progress {
  readonly endpoint: Endpoint
  readonly done: number
  readonly total: number
  /** Once all required cases are done: what they say. */
  readonly verdict: string | undefined
}

/** So many requests without an answer in time end the run. */
const maxUnanswered = 5

/**
 * Asks an endpoint every case, each on a connection of its own, and says what became of them. Redirects are never
 * followed, and nothing is sent anywhere else. Rejects only when the signal aborts.
 */
export async function verify(endpoint: Endpoint, options: VerifyOptions = {}): Promise<Verification> {
  const { cases = allCases, signal, onProgress } = options
  const started = performance.now()
  const { ask, exchanges } = createRequestQueue(endpoint, options)
  const send = (request: Send) => ask(writeRequest(endpoint, request))

  const plain = (await send(plainCase.send)) ?? unanswered
  let silent = plain.failure !== undefined
  if (plain.failure && !failureFacts[plain.failure].final)
    silent = (await send({ query: '' }))?.failure !== undefined

  let limit: Limit | undefined
  const judgeCase = async (asked: Case): Promise<Judgement> => {
    // These two say why there is no answer.
    if (silent && asked.id !== plainCase.id && asked.id !== 'certificate')
      return notApplicable('not asked: there was no answer before')
    const reason = skipReason(asked, endpoint, plain)
    if (reason !== undefined) return notApplicable(reason)
    if (asked.expect === 'longest-query') {
      limit = await findLimit(async (query) => {
        return judge({ ...plainCase, send: { query } }, endpoint, (await send({ query })) ?? unanswered)
      })
      return judgeLimit(limit)
    }
    const exchange = await send(asked.send)
    if (!exchange) return notApplicable('not asked: too many cases before had no answer')
    return judge(asked, endpoint, exchange)
  }
  const conclude = (results: readonly CaseResult[]): Verification => ({
    endpoint,
    ...diagnose(results),
    reached: exchanges.some(({ failure }) => failure === undefined || failureFacts[failure].reached),
    limit,
    certificate: plain.certificate,
    address: plain.address,
    requests: exchanges.length,
    duration: performance.now() - started,
  })

  const maxRequired = cases.filter(({ group }) => group === 'required').length
  const done: CaseResult[] = []
  let verdict: string | undefined
  const results = await Promise.all(
    cases.map(async (asked): Promise<CaseResult> => {
      const { method, target } = writeRequest(endpoint, asked.send)
      const result = { ...(await judgeCase(asked)), case: asked, method, sent: target }
      done.push(result)
      if (onProgress) {
        const required = done.filter((each) => each.case.group === 'required')
        if (asked.group === 'required' && required.length === maxRequired)
          verdict = summarise(conclude(required))
        onProgress({ endpoint, done: done.length, total: cases.length, verdict })
      }
      return result
    }),
  )
  signal?.throwIfAborted()
  return conclude(results)
}

const unanswered: Exchange = { failure: 'no-answer' }
const plainCase = allCases.find(({ id }) => id === 'code-and-state') as Case

/**
 * Sends requests no faster than the rate, each different one only once. `ask` has no exchange when too many requests
 * before had no answer.
 */
function createRequestQueue(endpoint: Endpoint, options: VerifyOptions) {
  const { timeout = 10_000, signal, limiter = createRateLimiter(20, 4, signal) } = options
  const { secure, host, port } = endpoint
  const trust = secure ? createTrust(options.authorities) : undefined
  const peer: Peer = { secure, host, port, address: options.address, trust }
  const asked = new Map<string, Promise<Exchange | undefined>>()
  const exchanges: Exchange[] = []
  const tooManyUnanswered = () =>
    exchanges.filter(({ failure }) => failure === 'no-answer').length >= maxUnanswered
  const send = async (request: WireRequest): Promise<Exchange | undefined> => {
    if (tooManyUnanswered()) return undefined
    return limiter(async () => {
      if (tooManyUnanswered()) return undefined
      const exchange = await probe(peer, request, { timeout, signal })
      signal?.throwIfAborted()
      exchanges.push(exchange)
      return exchange
    })
  }
  const ask = (request: WireRequest): Promise<Exchange | undefined> => {
    const key = `${request.oldTls} ${request.bytes}`
    const exchange = asked.get(key) ?? send(request)
    asked.set(key, exchange)
    return exchange
  }
  return { ask, exchanges }
}

/**
 * Asks only the required cases, as before a write to production. `url` and `target.template` may have `{provider}`.
 * Rejects with `usage` when `url` is none.
 */
export function verifyRequired(
  url: string,
  target: Target,
  provider: string,
  options: Omit<VerifyOptions, 'cases'> = {},
): Promise<Verification> {
  const required = allCases.filter(({ group }) => group === 'required')
  return verify(createEndpoint(url, target, [provider]), { ...options, cases: required })
}
