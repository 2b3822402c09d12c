import type { Case } from './cases/case.ts'
import { cases as allCases } from './cases/cases.ts'
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
  readonly id: string
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
  const queue = createRequestQueue(endpoint, options)
  const ask = async (id: string) =>
    (await queue.ask(writeRequest(endpoint, findCase(id).send))) ?? { failure: 'no-answer' as const }

  const plain = await ask('code-and-state')
  let silent = plain.failure !== undefined
  if (plain.failure && !failureFacts[plain.failure].final)
    silent = (await ask('no-query')).failure !== undefined

  let limit: Limit | undefined
  const judgeCase = async (asked: Case, request: WireRequest): Promise<Judgement> => {
    const context = { case: asked, endpoint, plain }
    if (silent && !showsSilence(asked)) return notApplicable('not asked: there was no answer before')
    const reason = skipReason(context)
    if (reason !== undefined) return notApplicable(reason)
    if (asked.expect === 'longest-query') {
      limit = await searchLimit(endpoint, plain, queue)
      return limit ? judgeLimit(limit) : notApplicable('not even a short query arrives as it was sent')
    }
    const exchange = await queue.ask(request)
    if (!exchange) return notApplicable('not asked: too many cases before had no answer')
    return judge({ ...context, exchange })
  }
  const conclude = (results: readonly CaseResult[]): Verification => ({
    endpoint,
    ...diagnose(results, endpoint),
    reached: queue.answered(),
    limit,
    certificate: plain.certificate,
    address: plain.address,
    requests: queue.requests(),
    duration: performance.now() - started,
  })

  const required = cases.filter(({ group }) => group === 'required')
  const requiredDone: CaseResult[] = []
  let done = 0
  let verdict: string | undefined
  const results = await Promise.all(
    cases.map(async (asked): Promise<CaseResult> => {
      const request = writeRequest(endpoint, asked.send)
      const judgement = await judgeCase(asked, request)
      const result = { ...judgement, case: asked, method: request.method, sent: request.target }
      done += 1
      if (onProgress) {
        if (asked.group === 'required' && requiredDone.push(result) === required.length) {
          verdict = summarise(conclude(requiredDone))
        }
        onProgress({ endpoint, done, total: cases.length, id: asked.id, verdict })
      }
      return result
    }),
  )
  signal?.throwIfAborted()
  return conclude(results)
}

/** Sends requests no faster than the rate, each different one only once. */
interface RequestQueue {
  /** Undefined when too many requests before had no answer. */
  ask(request: WireRequest): Promise<Exchange | undefined>
  requests(): number
  answered(): boolean
}

function createRequestQueue(endpoint: Endpoint, options: VerifyOptions): RequestQueue {
  const { timeout = 10_000, signal, limiter = createRateLimiter(20, 4, signal) } = options
  const peer: Peer = {
    secure: endpoint.secure,
    host: endpoint.host,
    port: endpoint.port,
    address: options.address,
    trust: endpoint.secure ? createTrust(options.authorities) : undefined,
  }
  const asked = new Map<string, Promise<Exchange | undefined>>()
  let requests = 0
  let unanswered = 0
  let answered = false
  const send = async (request: WireRequest): Promise<Exchange | undefined> => {
    if (unanswered >= maxUnanswered) return undefined
    return limiter(async () => {
      if (unanswered >= maxUnanswered) return undefined
      requests += 1
      const exchange = await probe(peer, request, { timeout, signal })
      signal?.throwIfAborted()
      if (exchange.failure === 'no-answer') unanswered += 1
      answered ||= exchange.failure === undefined || failureFacts[exchange.failure].reached === true
      return exchange
    })
  }
  return {
    ask: (request) => {
      const key = `${request.oldTls} ${request.bytes}`
      const exchange = asked.get(key) ?? send(request)
      asked.set(key, exchange)
      return exchange
    },
    requests: () => requests,
    answered: () => answered,
  }
}

function searchLimit(endpoint: Endpoint, plain: Exchange, queue: RequestQueue): Promise<Limit | undefined> {
  return findLimit(async (query) => {
    const asked: Case = { ...findCase('code-and-state'), send: { query } }
    const exchange = (await queue.ask(writeRequest(endpoint, asked.send))) ?? { failure: 'no-answer' }
    return judge({ case: asked, endpoint, plain, exchange })
  })
}

function findCase(id: string): Case {
  const found = allCases.find((candidate) => candidate.id === id)
  if (!found) throw new Error(`there is no case ${id}`)
  return found
}

/** These say why there is no answer. */
function showsSilence({ id }: Case): boolean {
  return id === 'code-and-state' || id === 'certificate'
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
