import { setTimeout as pause } from 'node:timers/promises'
import type { Answer } from '../src/demo/answer.ts'
import {
  type JunctionOperation,
  junctionOperation,
  type SimulatedJunction,
} from '../src/demo/junction/junction.ts'
import { type Exchange, type ReceivedRequest, render } from '../src/demo/server.ts'

/** Shapes that the body of a failed answer may have: nobody documents which one Junction uses. */
export type ErrorShape = 'string' | 'list' | 'object' | 'html' | 'empty'

/** One thing that goes wrong. */
export type Failure = {
  /** Only for this call. */
  readonly operation?: JunctionOperation
  /** How many requests it concerns; 1 unless given. */
  readonly times?: number
} & (
  | {
      readonly type: 'status'
      readonly status: number
      readonly shape?: ErrorShape
      /** What the body says, in any shape. */
      readonly text?: string
      /** Value of `Retry-After`. */
      readonly retryAfter?: string
      /** Value of `Location`. */
      readonly location?: string
      /** Does a write take effect all the same? */
      readonly takesEffect?: boolean
    }
  /** The connection is reset, before or after a write took effect. */
  | { readonly type: 'reset'; readonly takesEffect: boolean }
  /** The answer breaks off in the middle of its body; a write took effect. */
  | { readonly type: 'cut_off' }
  /** No answer until the caller gives up or the server is closed; a write takes effect if said so. */
  | { readonly type: 'silence'; readonly takesEffect?: boolean }
  /** The answer comes late. */
  | { readonly type: 'slow'; readonly milliseconds: number }
  /** 200 and a body that is no JSON; a write took effect. */
  | { readonly type: 'malformed'; readonly body?: string }
  /** 200 and a body larger than any client should take; a write took effect. */
  | { readonly type: 'too_large' }
)

/** What is unknown about Junction, or goes wrong with it. */
export interface FaultInjection {
  /** What becomes of fields that a write leaves out. */
  readonly omittedFields: 'kept' | 'cleared'
  /** Answers have fields and enumeration members that nobody knows. */
  readonly strangeAnswers: boolean
  /** A required field that is left out of answers, wherever it stands. */
  readonly missingField: string | undefined
  /** Which name the token call has. */
  readonly tokenCall: 'create_api_access_token' | 'create_access_token'
  /** Deletions end up in the list of failures. */
  readonly deletionFails: boolean
  /** Records in one page of a list. */
  readonly pageSize: number
  /** The list never ends, or gives the same cursor again and again. */
  readonly endlessPages: false | 'new_cursors' | 'same_cursor'
  readonly failures: readonly Failure[]
}

/** Everything as documented, nothing goes wrong. */
export const noFaults: FaultInjection = {
  omittedFields: 'kept',
  strangeAnswers: false,
  missingField: undefined,
  tokenCall: 'create_api_access_token',
  deletionFails: false,
  pageSize: 50,
  endlessPages: false,
  failures: [],
}

/** Bytes of the body of the failure `too_large`. */
const tooLarge = 8 * 1024 * 1024

/** What is sent when an exchange goes wrong like this; undefined when nothing is, or nothing more. */
export async function fail(
  failure: Failure | undefined,
  { request, response, answer }: Exchange,
): Promise<Answer | undefined> {
  const json = (page: string): Answer => ({
    status: 200,
    page,
    headers: { 'content-type': 'application/json' },
  })
  if (failure && 'takesEffect' in failure && failure.takesEffect) await answer(request)
  switch (failure?.type) {
    case undefined:
      return answer(request)
    case 'status': {
      const { type, body } = errorBody(failure.shape ?? 'string', failure.text ?? 'made-up failure')
      const headers = {
        ...(type !== undefined && { 'content-type': type }),
        ...(failure.retryAfter !== undefined && { 'retry-after': failure.retryAfter }),
        ...(failure.location !== undefined && { location: failure.location }),
      }
      return { status: failure.status, headers, ...(type !== undefined && { page: body }) }
    }
    case 'reset':
      response.socket?.resetAndDestroy()
      return undefined
    case 'cut_off': {
      const { text } = render(await answer(request))
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length })
      response.write(text.slice(0, text.length / 2), () => response.socket?.destroy())
      return undefined
    }
    case 'silence':
      return undefined
    case 'slow':
      await pause(failure.milliseconds)
      return answer(request)
    case 'malformed':
      await answer(request)
      return json(failure.body ?? '{"credentials": [')
    case 'too_large':
      await answer(request)
      return json(JSON.stringify('x'.repeat(tooLarge)))
  }
}

/** The exchange as a Junction with these faults sees it. */
export function withFaults(
  exchange: Exchange,
  faults: FaultInjection,
  junction: SimulatedJunction,
): Exchange {
  junction.store.pageSize = faults.pageSize
  const answer = async (received: ReceivedRequest): Promise<Answer> => {
    const operation = junctionOperation(received.method, received.target)
    const request = mutateRequest(received, operation, faults)
    if (!request) return { status: 404, body: { detail: 'Not Found' } }
    if (operation === 'delete' && faults.deletionFails) {
      const failure = queryOf(request).getAll('credential_id')
      return { status: 200, body: { success: [], failure, not_found: [] } }
    }
    const { body, ...answered } = await exchange.answer(request)
    if (answered.status !== 200) return { ...answered, body }
    const listed = operation === 'list' ? changeList(body as object, request, faults) : body
    return { ...answered, body: mutateAnswer(listed, faults) }
  }
  return { ...exchange, answer }
}

function queryOf({ target }: ReceivedRequest): URLSearchParams {
  return new URL(target, 'http://junction.invalid').searchParams
}

/** Undefined when there is no such call. */
function mutateRequest(
  request: ReceivedRequest,
  operation: JunctionOperation | undefined,
  { tokenCall, omittedFields }: FaultInjection,
): ReceivedRequest | undefined {
  const [known, other] = [/\/create_api_access_token$/, /\/create_access_token$/]
  if (tokenCall === 'create_access_token') {
    if (known.test(request.target)) return undefined
    return { ...request, target: request.target.replace(other, '/create_api_access_token') }
  }
  if (other.test(request.target)) return undefined
  if (operation !== 'set' || omittedFields === 'kept') return request
  const cleared = { client_id: null, client_secret: null, details: null, redirect_url_override: null }
  return { ...request, body: { ...cleared, ...(request.body as object) } }
}

function changeList(
  body: object,
  request: ReceivedRequest,
  { endlessPages, pageSize }: FaultInjection,
): object {
  if (endlessPages === false) return body
  if (endlessPages === 'same_cursor') return { ...body, next_cursor: 'made-up-cursor' }
  const cursor = queryOf(request).get('next_cursor') ?? ''
  const start = Number(Buffer.from(cursor, 'base64url').toString() || 0)
  return { ...body, next_cursor: Buffer.from(String(start + pageSize)).toString('base64url') }
}

/** An answer with strange fields and members added, and the missing field taken out. */
function mutateAnswer(value: unknown, faults: FaultInjection): unknown {
  const { strangeAnswers, missingField } = faults
  if (Array.isArray(value)) return value.map((item) => mutateAnswer(item, faults))
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value)
    .filter(([name]) => name !== missingField)
    .map(([name, item]): [string, unknown] => {
      if (strangeAnswers && (name === 'type' || name === 'status')) return [name, `made_up_${name}`]
      return [name, mutateAnswer(item, faults)]
    })
  return Object.fromEntries(strangeAnswers ? [...entries, ['made_up_field', { made: 'up' }]] : entries)
}

/** The body of a failed answer, and its content type. */
function errorBody(shape: ErrorShape, text: string): { type: string | undefined; body: string } {
  if (shape === 'empty') return { type: undefined, body: '' }
  if (shape === 'html') {
    return {
      type: 'text/html',
      body: `<!doctype html>\n<html><head><title>${text}</title></head><body><h1>${text}</h1></body></html>\n`,
    }
  }
  const details = {
    string: text,
    list: [{ loc: ['body', 'client_id'], msg: text, type: 'value_error' }],
    object: { error_type: 'made_up_error', error_message: text },
  }
  return { type: 'application/json', body: JSON.stringify({ detail: details[shape] }) }
}
