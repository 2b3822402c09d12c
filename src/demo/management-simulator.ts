import type { Answer } from './answer.ts'
import { type ManagementOperation, noSwitches, type Switches } from './fault-injection.ts'
import { answerCall, readCall } from './junction/management.ts'
import { disguise } from './junction/mutate-answer.ts'
import { makeWorld, type World } from './junction/state.ts'
import { type ReceivedRequest, type RecordedRequest as Recorded, startServer } from './server.ts'

/** A request to the management API as it arrived, and what it was answered. */
export type RecordedRequest = Recorded<ManagementOperation>

/** Where the simulator starts from. */
export interface ManagementSimulatorOptions {
  readonly switches?: Partial<Switches>
  /** 0, the default, picks a free port. */
  readonly port?: number
}

/** Junction's management API on loopback. */
export interface ManagementSimulator extends World {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** In order of arrival. */
  readonly requests: RecordedRequest[]
  /** Changes switches; those not named stay as they are. */
  set(switches: Partial<Switches>): void
  /** Resolves as soon as the request with this number, counted from 1, has arrived. */
  arrival(number: number): Promise<RecordedRequest>
  close(): Promise<void>
}

const keyHeaders = ['x-management-key', 'x-vital-org-key']

/** Starts the management API alone; it listens on loopback only. */
export async function startManagementSimulator(
  options: ManagementSimulatorOptions = {},
): Promise<ManagementSimulator> {
  const world = makeWorld()
  let switches: Switches = { ...noSwitches, ...options.switches }
  const server = await startServer<ManagementOperation>(
    () => ({
      operation: managementOperation,
      answer: (request) => answerManagement(world, switches, request),
      shownHeader: (name, value) => shownManagementHeader(world, name, value) ?? value,
    }),
    options.port,
  )
  server.fail(switches.failures)
  return {
    ...world,
    ...server,
    set: (changed) => {
      switches = { ...switches, ...changed }
      if (changed.failures) server.fail(changed.failures)
    },
  }
}

/** Which call of the management API a request is. */
export function managementOperation(method: string, target: string): ManagementOperation | undefined {
  return readCall(method, target)?.operation
}

/** What the management API answers. */
export function answerManagement(world: World, switches: Switches, request: ReceivedRequest): Answer {
  const key = keyHeaders.map((name) => request.headers[name]).find((value) => value !== undefined)
  const call = readCall(request.method, request.target)
  const answer = answerCall(world, switches, call, key?.toString(), request.body)
  return answer.status === 200 ? { ...answer, body: disguise(answer.body, switches) } : answer
}

/** The name of the key in a header, or `unknown`; undefined when the header holds none. */
export function shownManagementHeader({ keys }: World, name: string, value: string): string | undefined {
  if (!keyHeaders.includes(name)) return undefined
  return Object.entries(keys).find(([, key]) => key === value)?.[0] ?? 'unknown'
}
