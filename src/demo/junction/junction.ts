import { type BackLink, notPlayed, withBackLink } from '../answer.ts'
import { type Service, startServer } from '../server.ts'
import type { Clock } from '../timeline.ts'
import { answerLinkCall, type LinkOperation, readLinkCall } from './link.ts'
import { answerManagementCall, type ManagementOperation, readManagementCall } from './management.ts'
import { createOAuthClient, type OAuthClient } from './oauth-client.ts'
import { createState, type JunctionState } from './state.ts'

export type JunctionOperation = ManagementOperation | LinkOperation

/** Where the simulated Junction starts from. */
export interface JunctionOptions extends Pick<Service, 'follow' | 'handle' | 'port'> {
  readonly clock?: Clock
  /** The provider of all slugs; unless given, none that can be reached. */
  readonly oauthClient?: OAuthClient
  /** Milliseconds that a link token has aged by the time the user comes back, beside those that have passed. */
  readonly delay?: () => number
  /** On its error pages. */
  readonly backLink?: (() => BackLink) | undefined
}

/** Junction on loopback: the management API, and the link API of all environments. */
export interface SimulatedJunction extends Readonly<JunctionState> {
  /** The base of the link API, with `{environment}` and `{region}`. */
  readonly apiUrl: string
  close(): Promise<void>
}

const nowhere = 'https://acme-fit.invalid/oauth'
const unreachable = {
  authorize: `${nowhere}/authorize`,
  token: `${nowhere}/token`,
  revoke: `${nowhere}/revoke`,
}

/** Starts Junction; it listens on loopback only. */
export async function startJunction(options: JunctionOptions = {}): Promise<SimulatedJunction> {
  const { clock, delay, backLink, oauthClient = createOAuthClient(unreachable), ...service } = options
  const state = createState(oauthClient, clock, delay)
  const server = await startServer({
    ...service,
    answer: async (request) => {
      const { method, target } = request
      const linkCall = readLinkCall(method, target)
      if (linkCall) return withBackLink(await answerLinkCall(state, linkCall, request), backLink?.())
      const managementCall = readManagementCall(method, target)
      return managementCall ? answerManagementCall(state, managementCall, request) : notPlayed
    },
  })
  state.url = server.url
  return { ...state, apiUrl: `${server.url}/{environment}/{region}`, close: server.close }
}

/** Which call of Junction's a request is. */
export function junctionOperation(method: string, target: string): JunctionOperation | undefined {
  return (readLinkCall(method, target) ?? readManagementCall(method, target))?.operation
}
