import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'
import { listen } from '../../src/forwarder/listen.ts'

/** A client of the certified provider. */
export interface CertifiedClient {
  readonly client_id: string
  readonly client_secret: string
  readonly redirect_uris: string[]
}

/** A certified OAuth server on loopback. */
export interface CertifiedProvider {
  /** `http://127.0.0.1:<port>`, its issuer identifier. */
  readonly issuer: string
  /** Codes in the order in which they were issued. */
  readonly codes: readonly string[]
  close(): Promise<void>
}

/** Starts oidc-provider with its own pages for log-in and consent, which take any name. */
export async function startCertifiedProvider(client: CertifiedClient): Promise<CertifiedProvider> {
  const server = createServer()
  const issuer = `http://${await listen(server, 0, '127.0.0.1')}`
  const provider = new Provider(issuer, {
    clients: [{ ...client, response_types: ['code'], grant_types: ['authorization_code'] }],
    scopes: ['offline', 'read:activity', 'read:sleep'],
    pkce: { required: () => true },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    ttl: { AuthorizationCode: 30, AccessToken: 60, Session: 60, Grant: 60, Interaction: 60 },
    features: { revocation: { enabled: true } },
  })
  const codes: string[] = []
  // Its codes are base64url. This is the method of its model that makes them; everything else is as it comes.
  Object.assign(provider.AuthorizationCode.prototype, {
    generateTokenId: () => {
      const code = `4/made-up+${randomBytes(24).toString('base64')}&~ =%2B;`
      codes.push(code)
      return code
    },
  })
  server.on('request', provider.callback())
  return {
    issuer,
    codes,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
