import { type WayOut, withWayOut } from '../answer.ts'
import {
  type LinkOperation,
  type ManagementOperation,
  noSwitches,
  type Switches,
} from '../fault-injection.ts'
import { answerManagement, managementOperation, shownManagementHeader } from '../management-simulator.ts'
import { type RecordedRequest, type Service, startServer } from '../server.ts'
import type { Clock } from '../timeline.ts'
import { answerLinkCall, readLinkCall } from './link.ts'
import { LinkTokens } from './link-tokens.ts'
import { disguise } from './mutate-answer.ts'
import { createOAuthClient, type OAuthClient } from './oauth-client.ts'
import { type LinkWorld, makeWorld, type World } from './state.ts'
import { Users } from './users.ts'

export type JunctionOperation = ManagementOperation | LinkOperation

/** Where the simulator starts from. */
export interface JunctionOptions {
  readonly switches?: Partial<Switches>
  /** 0, the default, picks a free port. */
  readonly port?: number
  readonly clock?: Clock
  /** The provider of all slugs; unless given, none that can be reached. */
  readonly oauthClient?: OAuthClient
  /** Milliseconds that a link token has aged by the time the user comes back, beside those that have passed. */
  readonly delay?: () => number
  readonly follow?: Service<JunctionOperation>['follow']
  /** Out of its error pages. */
  readonly wayOut?: (() => WayOut) | undefined
}

/** Junction on loopback: the management API, and the link API of all environments and regions. */
export interface JunctionSimulator extends World {
  /** `http://127.0.0.1:<port>`, the base of the management API. */
  readonly url: string
  /** The base of the link API, with `{environment}` and `{region}`. */
  readonly apiUrl: string
  readonly users: Users
  /** In order of arrival. */
  readonly requests: RecordedRequest<JunctionOperation>[]
  /** Changes switches; those not named stay as they are. */
  set(switches: Partial<Switches>): void
  /** Resolves as soon as the request with this number, counted from 1, has arrived. */
  arrival(number: number): Promise<RecordedRequest<JunctionOperation>>
  close(): Promise<void>
}

const nowhere = 'https://acme-fit.invalid/oauth'

/** Starts Junction; it listens on loopback only. */
export async function startJunction(options: JunctionOptions = {}): Promise<JunctionSimulator> {
  const world = makeWorld(options.clock)
  const users = new Users()
  let switches: Switches = { ...noSwitches, ...options.switches }
  const makeService = (url: string): Service<JunctionOperation> => {
    const linkWorld: LinkWorld = {
      ...world,
      baseUrl: (combination) => `${url}/${combination}`,
      users,
      linkTokens: new LinkTokens(world.clock),
      oauthClient:
        options.oauthClient ??
        createOAuthClient({
          authorize: `${nowhere}/authorize`,
          token: `${nowhere}/token`,
          revoke: `${nowhere}/revoke`,
        }),
      delay: options.delay ?? (() => 0),
    }
    return {
      operation: (method, target) =>
        readLinkCall(method, target)?.operation ?? managementOperation(method, target),
      answer: async (request) => {
        const call = readLinkCall(request.method, request.target)
        if (!call) return answerManagement(world, switches, request)
        const answer = withWayOut(await answerLinkCall(linkWorld, call, request), options.wayOut?.())
        return answer.status === 200 ? { ...answer, body: disguise(answer.body, switches) } : answer
      },
      shownHeader: (name, value) =>
        shownManagementHeader(world, name, value) ?? shownLinkHeader(world, name, value) ?? value,
      ...(options.follow && { follow: options.follow }),
    }
  }
  const server = await startServer(makeService, options.port)
  server.fail(switches.failures)
  return {
    ...world,
    ...server,
    apiUrl: `${server.url}/{environment}/{region}`,
    users,
    set: (changed) => {
      switches = { ...switches, ...changed }
      if (changed.failures) server.fail(changed.failures)
    },
  }
}

/** Which key or token a header holds; undefined when it holds none. */
function shownLinkHeader({ apiKeys, teamTokens }: World, name: string, value: string): string | undefined {
  if (name === 'x-vital-api-key') {
    return Object.entries(apiKeys).find(([, key]) => key === value)?.[0] ?? 'unknown'
  }
  if (name !== 'authorization') return undefined
  return teamTokens.has(value.replace(/^Bearer /i, '')) ? 'team token' : 'unknown'
}
