import { type Answer, notPlayed } from '../answer.ts'
import type { ScenarioName } from '../scenarios.ts'
import { type ReceivedRequest, type Service, startServer } from '../server.ts'
import { type Clock, createClock } from '../timeline.ts'
import { answerAuthorize, answerDecision } from './authorize.ts'
import { answerRevoke, answerToken } from './token.ts'

/** An OAuth client as it is registered at the provider. */
export interface RegisteredClient {
  readonly client_id: string
  readonly client_secret: string
  /** Compared byte for byte (RFC 6749 §3.1.2.3, RFC 9700 §4.1.3). */
  readonly redirect_uris: readonly string[]
  /** What users see. */
  readonly name?: string
}

/** A request for authorization that passed every check. */
export interface Authorization {
  readonly client: RegisteredClient
  readonly redirect_uri: string
  /** Exactly as it stood in the query; undefined when there was none. */
  readonly state: string | undefined
  readonly scope: string
  /** PKCE code challenge (S256). */
  readonly challenge: string | undefined
}

/** What a user agreed to. */
export interface ProviderGrant {
  readonly client_id: string
  readonly access_token: string
  readonly refresh_token: string
}

/** An authorization code. */
export interface IssuedCode extends Authorization {
  /** In milliseconds since 1970. */
  readonly expires: number
  used: boolean
  /** What came of it. */
  grant: ProviderGrant | undefined
}

/** What the provider answers from. */
export interface ProviderState {
  /** `http://127.0.0.1:<port>`, also its issuer identifier (RFC 9207); empty until it listens. */
  url: string
  readonly clients: Map<string, RegisteredClient>
  /** What each consent page asks, by its transaction; the answer is good once. */
  readonly pages: Map<string, Authorization>
  readonly codes: Map<string, IssuedCode>
  readonly grants: Set<ProviderGrant>
  readonly clock: Clock
  /** What is played. */
  readonly scenario: () => ScenarioName | undefined
}

/** Where the provider starts from. */
export interface ProviderOptions extends Pick<Service, 'follow' | 'backLink'> {
  readonly clock?: Clock
  readonly scenario?: ProviderState['scenario']
}

/** Acme Fit, an OAuth provider on loopback that stands in for every other. */
export interface SimulatedProvider extends Readonly<ProviderState> {
  readonly endpoints: { readonly authorize: string; readonly token: string; readonly revoke: string }
  /** Registers a client, or changes it. */
  register(client: RegisteredClient): void
  close(): Promise<void>
}

/** Printable ASCII without a quotation mark or a fragment: it ends up in a header. */
const webAddress = /^https?:\/\/[\x21\x24-\x7e]+$/

const calls: Readonly<Record<string, (provider: ProviderState, request: ReceivedRequest) => Answer>> = {
  'GET /oauth/authorize': answerAuthorize,
  'POST /oauth/decision': answerDecision,
  'POST /oauth/token': answerToken,
  'POST /oauth/revoke': answerRevoke,
}

/** Starts the provider; it listens on loopback only. */
export async function startProvider(options: ProviderOptions = {}): Promise<SimulatedProvider> {
  const { clock = createClock(), scenario = () => undefined, ...service } = options
  const state: ProviderState = {
    url: '',
    clients: new Map(),
    pages: new Map(),
    codes: new Map(),
    grants: new Set(),
    clock,
    scenario,
  }
  const server = await startServer({
    ...service,
    answer: (request) =>
      calls[`${request.method} ${request.target.split('?')[0]}`]?.(state, request) ?? notPlayed,
  })
  state.url = server.url
  const at = (path: string) => `${server.url}/oauth/${path}`
  return {
    ...state,
    endpoints: { authorize: at('authorize'), token: at('token'), revoke: at('revoke') },
    register: (client) => {
      for (const uri of client.redirect_uris) {
        if (!webAddress.test(uri)) throw new Error(`${JSON.stringify(uri)} is not a redirect URI`)
      }
      state.clients.set(client.client_id, client)
    },
    close: server.close,
  }
}
