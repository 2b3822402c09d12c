import { randomUUID } from 'node:crypto'
import { onTestFinished } from 'vitest'
import type { OAuthClient } from '../../src/demo/junction/oauth-client.ts'
import { type JunctionDouble, startJunction } from '../world.ts'
import { Browser, type Person, type Visit } from './browser.ts'
import { type CertifiedProvider, startCertifiedProvider } from './certified-provider.ts'
import { createStandardClient } from './standard-client.ts'

/** Where users land. */
export const app = 'https://app.example.com/connected'

/** What users arrive at when the provider sends them back. */
export interface Front {
  /** Redirect URI of whoop_v2. */
  readonly redirect_uri: string
  /** The certificate to trust. */
  readonly ca?: string
}

/** A certified server as the provider, a certified client in Junction, and something of ours between them. */
export interface CertifiedLoop {
  readonly redirect_uri: string
  readonly junction: JunctionDouble
  readonly provider: CertifiedProvider
  readonly browser: Browser
  /** Changes what Junction holds. */
  setOverride(uri: string): void
  /** A link for a new user. */
  createLink(): Promise<{ readonly oauth_url: string; readonly link_token: string }>
}

const client = { client_id: 'made-up-client', client_secret: 'made-up-secret with+reserved/&=%' }

/** Starts a loop; `startFront` is told where users go on to. It all ends with the test. */
export async function startCertifiedLoop(
  startFront: (target: string) => Promise<Front>,
): Promise<CertifiedLoop> {
  let oauthClient: OAuthClient | undefined
  const found = () => {
    if (!oauthClient) throw new Error('the provider is not there yet')
    return oauthClient
  }
  const junction = await startJunction({
    oauthClient: {
      get authorizeUrl() {
        return found().authorizeUrl
      },
      exchange: (exchange) => found().exchange(exchange),
    },
  })
  onTestFinished(() => junction.close())
  const api = `${junction.url}/sandbox/us/v2`
  const { redirect_uri, ca } = await startFront(`${api}/link/connect/{provider}`)
  const provider = await startCertifiedProvider({ ...client, redirect_uris: [redirect_uri] })
  onTestFinished(() => provider.close())
  oauthClient = await createStandardClient(provider.issuer)

  const setOverride = (redirect_url_override: string) => {
    const of = { team_id: junction.teams.us.id, provider: 'whoop_v2' }
    junction.store.set('sandbox/us', { ...of, ...client, redirect_url_override })
  }
  setOverride(redirect_uri)
  const post = async (path: string, body: object) => {
    const headers = { 'x-vital-api-key': junction.apiKeys['sandbox/us'] }
    const answer = await fetch(`${api}/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    return (await answer.json()) as Record<string, string>
  }
  const createLink = async () => {
    const { user_id } = await post('user', { client_user_id: randomUUID() })
    const { link_token = '' } = await post('link/token', { user_id, redirect_url: app })
    const headers = { 'x-vital-link-token': link_token }
    const answer = await fetch(`${api}/link/provider/oauth/whoop_v2`, { headers })
    const { oauth_url } = (await answer.json()) as { oauth_url: string }
    return { oauth_url, link_token }
  }
  return { redirect_uri, junction, provider, browser: new Browser(ca), setOverride, createLink }
}

/** Logs in and agrees. */
export const agrees: Person = ({ body }) => {
  if (body.includes('name="login"')) return { fields: { login: 'made-up', password: 'made-up' } }
  return body.includes('value="consent"') ? { fields: {} } : undefined
}

/** Logs in and says no. */
export const refuses: Person = (visit) => {
  if (!visit.body.includes('value="consent"')) return agrees(visit)
  return { link: `${visit.url}/abort` }
}

/** What the app learns when the user lands there. */
export function outcome(visits: readonly Visit[]): Record<string, string> | undefined {
  const { location } = visits.at(-1) ?? {}
  return location?.startsWith(app) ? Object.fromEntries(new URL(location).searchParams) : undefined
}
