import type { Answer, Fault } from './answer.ts'
import { queryOf, rawValues } from './server.ts'

/** Who a request comes from or goes to. */
export type Party = 'app' | 'browser' | 'forwarder' | 'junction' | 'provider'

/** One request and its answer, as they went over the wire. */
export interface Hop {
  /** Counts up in the order in which requests were sent. */
  readonly id: number
  readonly from: Party
  readonly to: Party
  readonly method: string
  /** The request target, exactly. */
  readonly target: string
  /** Headers of the request by name in lower case; whatever is secret in them is made up. */
  readonly headers: Readonly<Record<string, string>>
  /** Body of the request. */
  readonly body: string | undefined
  readonly status: number
  /** `Location` of the answer, exactly. */
  readonly location: string | undefined
  /** What went wrong, when it was noticed here. */
  readonly fault: Fault | undefined
  /** The state parameter, exactly, or the link token that it will be: what belongs together has the same. */
  readonly state: string | undefined
}

/** What is known of a hop when the request arrives. */
export type HopRequest = Omit<Hop, 'id' | 'status' | 'location' | 'fault' | 'state'> & {
  /** When the target does not show it. */
  readonly state?: string | undefined
}

/** Hops that are kept. */
const maxHops = 2000

/** What happened between all parties, in order. */
export class Timeline {
  readonly hops: Hop[] = []
  #last = 0

  /** Begins a hop; it is there once it is answered. */
  begin({ state: given, ...request }: HopRequest): (answer: Answer) => void {
    this.#last += 1
    const id = this.#last
    return ({ status, headers: { location } = {}, fault, state }) => {
      const hop: Hop = {
        ...request,
        id,
        status,
        location,
        fault,
        state: given ?? state ?? stateOf(request, location),
      }
      const later = this.hops.findIndex((one) => one.id > id)
      this.hops.splice(later === -1 ? this.hops.length : later, 0, hop)
      if (this.hops.length > maxHops) this.hops.shift()
    }
  }
}

function stateOf({ target, headers }: HopRequest, location: string | undefined): string | undefined {
  const [inTarget] = rawValues(queryOf(target), 'state')
  const [inLocation] = rawValues(queryOf(location ?? ''), 'state')
  return inTarget ?? headers['x-vital-link-token'] ?? inLocation
}
