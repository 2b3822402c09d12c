import { type Answer, type WayOut, withWayOut } from '../answer.ts'
import type { Failure, ProviderOperation } from '../fault-injection.ts'
import { type ReceivedRequest, type RecordedRequest, type Service, startServer } from '../server.ts'
import { type Clock, createClock } from '../timeline.ts'
import { answerAuthorize, answerDecision, type ProviderBreaks } from './authorize.ts'
import { ProviderStore, type RegisteredClient } from './store.ts'
import { answerProfile, answerRevoke, answerToken } from './token.ts'

/** Where the provider starts from. */
export interface ProviderOptions {
  readonly clock?: Clock
  readonly breaks?: () => ProviderBreaks
  readonly follow?: Service<ProviderOperation>['follow']
  /** Out of its error pages. */
  readonly wayOut?: (() => WayOut) | undefined
}

/** Acme Fit, an OAuth provider on loopback that stands in for every other. */
export interface ProviderSimulator {
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
  /** In order of arrival; they hold client secrets. */
  readonly requests: RecordedRequest<ProviderOperation>[]
  /** Registers a client, or changes it. */
  register(client: RegisteredClient): void
  /** Replaces what goes wrong from now on. */
  fail(failures: readonly Failure[]): void
  close(): Promise<void>
}

/** Printable ASCII without a quotation mark or a fragment: it ends up in a header. */
const webAddress = /^https?:\/\/[\x21\x24-\x7e]+$/

const operations: Readonly<Record<string, ProviderOperation>> = {
  'GET /oauth/authorize': 'authorize',
  'POST /oauth/decision': 'decision',
  'POST /oauth/token': 'exchange',
  'POST /oauth/revoke': 'revoke',
  'GET /profile': 'profile',
}

/** Starts the provider; it listens on loopback only. */
export async function startProvider(options: ProviderOptions = {}): Promise<ProviderSimulator> {
  const store = new ProviderStore(options.clock ?? createClock())
  const breaks = options.breaks ?? (() => ({ used_code: false, denied_consent: false }))
  const operation = (method: string, target: string) => operations[`${method} ${target.split('?')[0]}`]
  const server = await startServer<ProviderOperation>((url) => ({
    operation,
    answer: (request) =>
      withWayOut(
        answerProvider(store, url, operation(request.method, request.target), request, breaks()),
        options.wayOut?.(),
      ),
    shownHeader: (name, value) => (name === 'authorization' ? `${value.split(' ')[0]} …` : value),
    ...(options.follow && { follow: options.follow }),
  }))
  const at = (path: string) => `${server.url}${path}`
  return {
    url: server.url,
    endpoints: {
      authorize: at('/oauth/authorize'),
      token: at('/oauth/token'),
      revoke: at('/oauth/revoke'),
      profile: at('/profile'),
    },
    store,
    clients: store.clients,
    requests: server.requests,
    register: (client) => {
      for (const uri of client.redirect_uris) {
        if (!webAddress.test(uri)) throw new Error(`${JSON.stringify(uri)} is no redirect URI`)
      }
      store.clients.set(client.client_id, client)
    },
    fail: server.fail,
    close: server.close,
  }
}

function answerProvider(
  store: ProviderStore,
  issuer: string,
  operation: ProviderOperation | undefined,
  request: ReceivedRequest,
  breaks: ProviderBreaks,
): Answer {
  switch (operation) {
    case 'authorize':
      return answerAuthorize(store, issuer, request.target, breaks)
    case 'decision':
      return answerDecision(store, issuer, new URLSearchParams(request.text), breaks)
    case 'exchange':
      return answerToken(store, request)
    case 'revoke':
      return answerRevoke(store, request)
    case 'profile':
      return answerProfile(store, request.headers.authorization)
    case undefined:
      return { status: 404, body: { error: 'not_found' } }
  }
}
