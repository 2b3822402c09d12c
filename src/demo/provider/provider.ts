import { type Answer, type BackLink, notPlayed, withBackLink } from '../answer.ts'
import type { ScenarioName } from '../scenarios.ts'
import { type ReceivedRequest, type Service, startServer } from '../server.ts'
import { type Clock, createClock } from '../timeline.ts'
import { answerAuthorize, answerDecision } from './authorize.ts'
import { ProviderStore, type RegisteredClient } from './store.ts'
import { answerProfile, answerRevoke, answerToken } from './token.ts'

/** Where the provider starts from. */
export interface ProviderOptions extends Pick<Service, 'follow'> {
  readonly clock?: Clock
  /** What is played. */
  readonly scenario?: () => ScenarioName | undefined
  /** On its error pages. */
  readonly backLink?: (() => BackLink) | undefined
}

/** Acme Fit, an OAuth provider on loopback that stands in for every other. */
export interface SimulatedProvider {
  /** `http://127.0.0.1:<port>`, also its issuer identifier (RFC 9207). */
  readonly url: string
  readonly endpoints: {
    readonly authorize: string
    readonly token: string
    readonly revoke: string
    /** Answers who holds an access token. */
    readonly profile: string
  }
  readonly store: ProviderStore
  readonly clients: ReadonlyMap<string, RegisteredClient>
  /** Registers a client, or changes it. */
  register(client: RegisteredClient): void
  close(): Promise<void>
}

/** Printable ASCII without a quotation mark or a fragment: it ends up in a header. */
const webAddress = /^https?:\/\/[\x21\x24-\x7e]+$/

/** Starts the provider; it listens on loopback only. */
export async function startProvider(options: ProviderOptions = {}): Promise<SimulatedProvider> {
  const store = new ProviderStore(options.clock ?? createClock())
  const scenario = options.scenario ?? (() => undefined)
  const calls: Readonly<Record<string, (request: ReceivedRequest) => Answer>> = {
    'GET /oauth/authorize': ({ target }) => answerAuthorize(store, server.url, target, scenario()),
    'POST /oauth/decision': ({ text }) =>
      answerDecision(store, server.url, new URLSearchParams(text), scenario()),
    'POST /oauth/token': (request) => answerToken(store, request),
    'POST /oauth/revoke': (request) => answerRevoke(store, request),
    'GET /profile': ({ headers }) => answerProfile(store, headers.authorization),
  }
  const server = await startServer({
    follow: options.follow,
    answer: (request) => {
      const call = calls[`${request.method} ${request.target.split('?')[0]}`]
      return withBackLink(call?.(request) ?? notPlayed, options.backLink?.())
    },
  })
  const at = (path: string) => `${server.url}${path}`
  return {
    ...server,
    endpoints: {
      authorize: at('/oauth/authorize'),
      token: at('/oauth/token'),
      revoke: at('/oauth/revoke'),
      profile: at('/profile'),
    },
    store,
    clients: store.clients,
    register: (client) => {
      for (const uri of client.redirect_uris) {
        if (!webAddress.test(uri)) throw new Error(`${JSON.stringify(uri)} is not a redirect URI`)
      }
      store.clients.set(client.client_id, client)
    },
  }
}
