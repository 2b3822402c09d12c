import { createHash, randomBytes } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { OAuthClient } from '../../src/demo/junction/oauth-client.ts'
import { listen } from '../../src/forwarder/listen.ts'

/** Seconds that a state lives. */
const stateLife = 900

/** What it remembers of a state; there is no session in the browser. */
interface OAuthState {
  readonly user_id: string
  readonly provider: string
  readonly redirect_uri: string | undefined
  readonly verifier: string
  /** In milliseconds since 1970. */
  readonly expires: number
}

/** What an installation is configured with for each provider. */
export interface Configured {
  readonly client_id: string
  readonly client_secret: string
  readonly redirect_uri: string
}

/** A server shaped like Open Wearables' OAuth routes. */
export interface OpenWearables {
  readonly url: string
  /** What it was asked, exactly. */
  readonly targets: readonly string[]
  readonly connections: readonly { readonly user_id: string; readonly provider: string }[]
  configure(configured: Configured): void
  close(): Promise<void>
}

/** Starts it; `oauthClient` talks to the provider. */
export async function startOpenWearables(oauthClient: OAuthClient): Promise<OpenWearables> {
  const states = new Map<string, OAuthState>()
  const targets: string[] = []
  const connections: { user_id: string; provider: string }[] = []
  let configured: Configured | undefined

  const authorize = (provider: string, query: URLSearchParams) => {
    const { client_id, redirect_uri } = settings()
    const state = randomBytes(32).toString('base64url')
    const verifier = randomBytes(43).toString('base64url')
    states.set(state, {
      user_id: query.get('user_id') ?? '',
      provider,
      redirect_uri: query.get('redirect_uri') ?? undefined,
      verifier,
      expires: Date.now() + stateLife * 1000,
    })
    const code_challenge = createHash('sha256').update(verifier).digest('base64url')
    const parameters = { response_type: 'code', client_id, redirect_uri, scope: 'read:activity', state }
    const pkce = { code_challenge, code_challenge_method: 'S256' }
    const authorization_url = `${oauthClient.authorizeUrl}?${new URLSearchParams({ ...parameters, ...pkce })}`
    return { authorization_url, state }
  }
  const callback = async (provider: string, target: string): Promise<string> => {
    const query = new URL(target, 'http://open-wearables.invalid').searchParams
    const failed = (message: string) => `/api/v1/oauth/error?${new URLSearchParams({ message })}`
    if (query.has('error')) return failed(query.get('error') ?? '')
    const state = query.get('state') ?? ''
    const known = states.get(state)
    states.delete(state)
    if (!known || known.provider !== provider || known.expires <= Date.now()) return failed('invalid_state')
    const grant = await oauthClient.exchange({
      ...settings(),
      code: query.get('code') ?? '',
      code_verifier: known.verifier,
      state,
      query: target.slice(target.indexOf('?') + 1),
    })
    if ('error' in grant) return failed(grant.error)
    connections.push({ user_id: known.user_id, provider })
    return known.redirect_uri ?? `/api/v1/oauth/success?provider=${provider}`
  }
  const settings = () => {
    if (!configured) throw new Error('nothing is configured')
    return configured
  }

  const server = createServer(async (request, response) => {
    const target = request.url ?? ''
    targets.push(target)
    const { pathname, searchParams } = new URL(target, 'http://open-wearables.invalid')
    const [, provider = '', action] =
      /^\/api\/v1\/oauth\/([a-z]+)\/(authorize|callback)$/.exec(pathname) ?? []
    if (action === 'authorize') json(response, 200, authorize(provider, searchParams))
    else if (action === 'callback') {
      response.writeHead(303, { location: await callback(provider, target) }).end()
    } else if (pathname === '/api/v1/oauth/success') json(response, 200, { success: true })
    else if (pathname === '/api/v1/oauth/error') {
      json(response, 200, { success: false, message: searchParams.get('message') })
    } else json(response, 404, { detail: 'Not Found' })
  })
  const url = `http://${await listen(server, 0, '127.0.0.1')}`
  return {
    url,
    targets,
    connections,
    configure: (changed) => {
      configured = changed
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
