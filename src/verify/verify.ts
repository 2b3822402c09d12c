import type { Case } from './cases/case.ts'
import { cases as allCases } from './cases/cases.ts'
import { createTrust, type Peer } from './connect.ts'
import { diagnose } from './diagnose.ts'
import { createEndpoint, type Endpoint, type Target } from './endpoint.ts'
import { type Judgement, judge, skipReason } from './judge.ts'
import { findLimit, judgeLimit, type Limit } from './limit.ts'
import { type Exchange, type Failure, probe } from './probe.ts'
import { createRateLimiter, type RateLimiter } from './rate-limiter.ts'
import { type WireRequest, writeRequest } from './request.ts'
import { failures, summarise, type Verification } from './verification.ts'

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

/** Told after each case. */
export interface Progress {
  readonly endpoint: Endpoint
  readonly done: number
  readonly total: number
  readonly id: string
}

/** After these, asking again is of no use. */
const hopeless: ReadonlySet<Failure> = new Set([
  'unresolvable',
  'connection-refused',
  'unreachable',
  'no-connection',
  'tls-failed',
  'certificate',
  'http2-only',
])

/** Something was there, even if what it said was no answer. */
const talked: ReadonlySet<Failure> = new Set(['certificate', 'http2-only', 'not-http', 'endless-header'])

/** So many cases without an answer in time end the run. */
const mostFailures = 5

/**
 * Asks an endpoint every case, each on a connection of its own, and says what became of them. Redirects are never
 * followed, and nothing is sent anywhere else. Rejects only when the signal aborts.
 */
export async function verify(endpoint: Endpoint, options: VerifyOptions = {}): Promise<Verification> {
  const { cases = allCases, signal, onProgress } = options
  const started = performance.now()
  const line = openLine(endpoint, options)

  const plain = await line.ask(writeRequest(endpoint, findCase('code-and-state').send))
  let silent = plain.failure
  if (silent && !hopeless.has(silent)) {
    const second = await line.ask(writeRequest(endpoint, findCase('no-query').send))
    if (!second.failure) silent = undefined
  }

  let done = 0
  const judgeCase = async (asked: Case, request: WireRequest): Promise<Judgement> => {
    const evidence = { case: asked, endpoint, plain }
    if (silent && !tellsSilence(asked)) return unasked('not asked: there was no answer before')
    const reason = skipReason(evidence)
    if (reason !== undefined) return unasked(reason)
    if (asked.expect === 'longest-query') {
      const limit = await searchLimit(endpoint, plain, line.ask)
      foundLimit = limit
      return limit ? judgeLimit(limit) : unasked('not even a short query arrives as it was sent')
    }
    if (line.unanswered() >= mostFailures) return unasked('not asked: too many cases before had no answer')
    return judge({ ...evidence, exchange: await line.ask(request) })
  }
  let foundLimit: Limit | undefined
  const results = await Promise.all(
    cases.map(async (asked) => {
      const request = writeRequest(endpoint, asked.send)
      const judgement = await judgeCase(asked, request)
      done += 1
      onProgress?.({ endpoint, done, total: cases.length, id: asked.id })
      return { case: asked, judgement, request }
    }),
  )
  signal?.throwIfAborted()

  const { findings, byCase } = diagnose(results, endpoint)
  return {
    endpoint,
    reached: line.answered(),
    cases: results.map(({ case: asked, judgement: { provider: _, ...judgement }, request }) => ({
      ...judgement,
      case: asked,
      findings: byCase.get(asked.id) ?? [],
      method: request.method,
      sent: request.target,
    })),
    findings,
    limit: foundLimit,
    certificate: plain.certificate,
    address: plain.address,
    requests: line.requests(),
    duration: performance.now() - started,
  }
}

/** Sends requests no faster than the rate, each different one only once. */
interface Line {
  ask(request: WireRequest): Promise<Exchange>
  requests(): number
  /** Requests that got no answer in time. */
  unanswered(): number
  answered(): boolean
}

function openLine(endpoint: Endpoint, options: VerifyOptions): Line {
  const { timeout = 10_000, signal, limiter = createRateLimiter(20, 4, signal) } = options
  const peer: Peer = {
    secure: endpoint.secure,
    host: endpoint.host,
    port: endpoint.port,
    address: options.address,
    trust: endpoint.secure ? createTrust(options.authorities) : undefined,
  }
  const asked = new Map<string, Promise<Exchange>>()
  let requests = 0
  let unanswered = 0
  let answered = false
  const send = (request: WireRequest) =>
    limiter(async () => {
      requests += 1
      const exchange = await probe(peer, request, { timeout, signal })
      signal?.throwIfAborted()
      if (exchange.failure === 'no-answer') unanswered += 1
      answered ||=
        exchange.answer !== undefined || (exchange.failure !== undefined && talked.has(exchange.failure))
      return exchange
    })
  return {
    ask: (request) => {
      const key = `${request.oldTls} ${request.bytes}`
      const exchange = asked.get(key) ?? send(request)
      asked.set(key, exchange)
      return exchange
    },
    requests: () => requests,
    unanswered: () => unanswered,
    answered: () => answered,
  }
}

function searchLimit(endpoint: Endpoint, plain: Exchange, ask: Line['ask']): Promise<Limit | undefined> {
  return findLimit(async (query) => {
    const asked: Case = { ...findCase('code-and-state'), send: { query } }
    return judge({ case: asked, endpoint, plain, exchange: await ask(writeRequest(endpoint, asked.send)) })
  })
}

function findCase(id: string): Case {
  const found = allCases.find((candidate) => candidate.id === id)
  if (!found) throw new Error(`there is no case ${id}`)
  return found
}

/** These say why there is no answer. */
function tellsSilence({ id }: Case): boolean {
  return id === 'code-and-state' || id === 'certificate'
}

function unasked(note: string): Judgement {
  return { verdict: 'not applicable', findings: [], note }
}

/** The outcome of the required cases alone. */
export interface RequiredVerification {
  readonly passed: boolean
  /** In words, for people: would they be affected? */
  readonly summary: string
  readonly verification: Verification
}

/**
 * Asks only the required cases, as before a write to production. `url` and `target.template` may have `{provider}`.
 * Rejects with `usage` when `url` is none.
 */
export async function verifyRequired(
  url: string,
  target: Target,
  provider: string,
  options: Omit<VerifyOptions, 'cases'> = {},
): Promise<RequiredVerification> {
  const required = allCases.filter(({ group }) => group === 'required')
  const verification = await verify(createEndpoint(url, target, [provider]), { ...options, cases: required })
  return {
    passed: verification.reached && failures(verification, false).length === 0,
    summary: summarise(verification),
    verification,
  }
}
