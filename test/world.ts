import {
  type JunctionOperation,
  type JunctionOptions,
  junctionOperation,
  type SimulatedJunction,
  startJunction as startSimulatedJunction,
} from '../src/demo/junction/junction.ts'
import { managementKeyHeaders } from '../src/demo/junction/management.ts'
import { type ReceivedRequest, render } from '../src/demo/server.ts'
import { type Failure, type FaultInjection, fail, noFaults, withFaults } from './fault-injection.ts'

/** A request as it arrived, and what it was answered. */
export interface RecordedRequest {
  readonly method: string
  /** Path and query. */
  readonly path: string
  /** A key's value is replaced by the name of the key it is, or by `unknown`. */
  readonly headers: Readonly<Record<string, string>>
  /** Parsed JSON; the text when it is none; undefined when there was no body. */
  readonly body: unknown
  readonly operation: JunctionOperation | undefined
  /** Undefined as long as there is none, or when the connection was cut off. */
  answer: { readonly status: number; readonly body: string } | undefined
}

/** The demo's Junction, which in tests records what it is asked and fails when told to. */
export interface JunctionDouble extends SimulatedJunction {
  /** In order of arrival. */
  readonly requests: RecordedRequest[]
  /** Changes what goes wrong; what is not named stays as it is. */
  set(faults: Partial<FaultInjection>): void
  /** Resolves as soon as the request with this number, counted from 1, has arrived. */
  arrival(number: number): Promise<RecordedRequest>
}

/** Where a double starts from. */
export interface DoubleOptions extends Omit<JunctionOptions, 'handle'> {
  readonly faults?: Partial<FaultInjection>
}

/** Starts Junction, on loopback only; who starts it closes it. */
export async function startJunction({
  faults: given,
  ...options
}: DoubleOptions = {}): Promise<JunctionDouble> {
  const requests: RecordedRequest[] = []
  const waiting: { number: number; arrived: (request: RecordedRequest) => void }[] = []
  let faults: FaultInjection = { ...noFaults, ...given }
  let timesLeft = new Map<Failure, number>()

  const nextFailure = (operation: JunctionOperation | undefined): Failure | undefined => {
    const failure = faults.failures.find((one) => {
      const concerned = one.operation === undefined || one.operation === operation
      return concerned && (timesLeft.get(one) ?? one.times ?? 1) > 0
    })
    if (failure) timesLeft.set(failure, (timesLeft.get(failure) ?? failure.times ?? 1) - 1)
    return failure
  }
  const record = (request: ReceivedRequest): RecordedRequest => {
    const { method, target, headers, body } = request
    const shown = Object.entries(headers).map(([name, value]) => [
      name,
      shownHeader(junction, name, String(value)),
    ])
    const operation = junctionOperation(method, target)
    const recorded = {
      method,
      path: target,
      headers: Object.fromEntries(shown),
      body,
      operation,
      answer: undefined,
    }
    requests.push(recorded)
    for (const { number, arrived } of waiting) if (number === requests.length) arrived(recorded)
    return recorded
  }

  const junction = await startSimulatedJunction({
    ...options,
    handle: async (exchange) => {
      const recorded = record(exchange.request)
      const { send } = exchange
      await fail(nextFailure(recorded.operation), {
        ...withFaults(exchange, faults, junction),
        send: (answer) => {
          recorded.answer = { status: answer.status, body: render(answer).text }
          send(answer)
        },
      })
    },
  })
  return {
    ...junction,
    requests,
    set: (changed) => {
      faults = { ...faults, ...changed }
      if (changed.failures) timesLeft = new Map()
    },
    arrival: (number) =>
      new Promise((arrived) => {
        const there = requests[number - 1]
        if (there) arrived(there)
        else waiting.push({ number, arrived })
      }),
  }
}

/** A header's value, or which key or token it is. */
function shownHeader({ keys, apiKeys, teamTokens }: SimulatedJunction, name: string, value: string): string {
  const nameOf = (known: object) => Object.entries(known).find(([, key]) => key === value)?.[0] ?? 'unknown'
  if (managementKeyHeaders.includes(name)) return nameOf(keys)
  if (name === 'x-vital-api-key') return nameOf(apiKeys)
  if (name !== 'authorization') return value
  return teamTokens.has(value.replace(/^Bearer /i, '')) ? 'team token' : 'unknown'
}
