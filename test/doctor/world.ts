import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readYamlConfig } from '../../src/config/read-yaml-config.ts'
import { createOAuthClient } from '../../src/demo/junction/oauth-client.ts'
import type { StoredCredential } from '../../src/demo/junction/state.ts'
import { type Examination, type Listener, runDoctor } from '../../src/doctor/doctor.ts'
import type { Services } from '../../src/doctor/facts.ts'
import type { Report } from '../../src/doctor/report.ts'
import { connectTarget, type JunctionEnvironment } from '../../src/junction/environments.ts'
import { createHttp } from '../../src/junction/http.ts'
import { createLink, type Link } from '../../src/junction/link.ts'
import { createManagement } from '../../src/junction/management.ts'
import { createRateLimiter } from '../../src/verify/rate-limiter.ts'
import { verify } from '../../src/verify/verify.ts'
import { type Authority, createAuthority } from '../certificate.ts'
import { noFaults } from '../fault-injection.ts'
import { redirect, refuse } from '../verify/callback-server.ts'
import { type JunctionDouble, startJunction } from '../world.ts'
import { type Front, startFront } from './front.ts'

export const productionHost = 'oauth.example.test'
export const sandboxHost = 'oauth-sandbox.example.test'

/** Everything that a set-up consists of, on loopback and healthy; each fault changes something of it. */
export interface DoctorWorld {
  readonly authority: Authority
  readonly junction: JunctionDouble
  readonly production: Front
  readonly sandbox: Front
  /** The text of byoo.yaml; may be changed. */
  yaml: string
  /** What the doctor is given; may be changed. */
  services: Services
  options: Pick<Examination, 'provider' | 'environments' | 'user' | 'createUser' | 'askProvider'>
  /** The provider's answer to an authorization request, by its query. */
  provider: (query: URLSearchParams) => {
    readonly status: number
    readonly headers: object
    readonly body: string
  }
  /** Authorization requests that arrived. */
  readonly asked: string[]
  /** Changes what Junction holds. */
  change(environment: JunctionEnvironment, provider: string, fields: Partial<StoredCredential>): void
  record(environment: JunctionEnvironment, provider: string): StoredCredential
  remove(environment: JunctionEnvironment, provider: string): void
  /** Change the links that Junction makes, and their tokens. */
  alterLink: (oauthUrl: string) => string
  alterToken: (token: string) => string
  run(listener?: Listener): Promise<Report>
  /** Makes everything healthy again. */
  reset(): Promise<void>
  close(): Promise<void>
}

export async function startDoctorWorld(): Promise<DoctorWorld> {
  const authority = await createAuthority()
  const certificates = {
    production: await authority.issue(productionHost, -1, 300),
    sandbox: await authority.issue(sandboxHost, -1, 300),
  }
  const asked: string[] = []
  const providerServer = createServer((request, response) => {
    asked.push(request.url ?? '')
    const { status, headers, body } = world.provider(
      new URL(request.url ?? '', 'http://provider').searchParams,
    )
    response.writeHead(status, { ...headers }).end(body)
  })
  await new Promise<void>((resolve) => providerServer.listen(0, '127.0.0.1', resolve))
  const providerUrl = `http://127.0.0.1:${(providerServer.address() as AddressInfo).port}`
  const junction = await startJunction({
    oauthClient: createOAuthClient({
      authorize: `${providerUrl}/authorize`,
      token: `${providerUrl}/token`,
    }),
  })
  const production = await startFront(
    certificates.production,
    (port) => routesYaml(productionRoute(port)),
    (asked) => rightAnswer(asked, 'production'),
  )
  const sandbox = await startFront(
    certificates.sandbox,
    (port) => routesYaml(sandboxRoute(port)),
    (asked) => rightAnswer(asked, 'sandbox'),
  )
  const fronts = { [productionHost]: production, [sandboxHost]: sandbox }
  const urlOf = (host: keyof typeof fronts, provider: string) =>
    `https://${host}:${fronts[host]?.port}/oauth_callback/${provider}`
  const http = createHttp({ env: {}, timeout: 5000, wait: async () => undefined })
  const access = { key: junction.keys.organisation, url: junction.url }
  const registered = [
    urlOf(productionHost, 'whoop_v2'),
    urlOf(productionHost, 'google_health'),
    urlOf(sandboxHost, 'whoop_v2'),
  ]

  const healthyYaml = [
    'routes:',
    productionRoute(production.port),
    sandboxRoute(sandbox.port),
    `org: ${junction.org}`,
    `teams: { production/us: ${junction.teams.us.id}, sandbox/us: ${junction.teams.us.id} }`,
    'credentials:',
    '  - { provider: whoop_v2, environments: [production/us], client_id: made-up-whoop-production }',
    '  - { provider: whoop_v2, environments: [sandbox/us], client_id: made-up-whoop-sandbox }',
    '  - provider: google_health',
    '    environments: [production/us]',
    '    client_id: made-up-google-production',
    `    details: { project_number: "${googleDetails.project_number}", service_account_email: ${googleDetails.service_account_email} }`,
    '',
  ].join('\n')

  const realTokens = new Map<string, string>()
  const linkOf = (environment: JunctionEnvironment): Link => {
    const link = createLink(http, {
      url: `${junction.url}/${environment}`,
      credentials: { 'x-vital-api-key': junction.apiKeys[environment] },
    })
    return {
      ...link,
      createLinkToken: async (input) => {
        const made = await link.createLinkToken(input)
        const link_token = world.alterToken(made.link_token)
        realTokens.set(link_token, made.link_token)
        return { ...made, link_token }
      },
      oauthLink: async (provider, token) => {
        const { oauth_url } = await link.oauthLink(provider, realTokens.get(token) ?? token)
        return { oauth_url: world.alterLink(oauth_url) }
      },
    }
  }
  /** A front that answers as at first is asked once for all tests: hundreds of TLS handshakes less. */
  const verified = new Map<string, ReturnType<typeof verify>>()
  const verifyOnce: typeof verify = (endpoint, options = {}) => {
    const front = Object.entries(fronts).find(([host]) => host === endpoint.host)?.[1]
    if (!front?.isUnchanged()) return verify(endpoint, options)
    const { cases, limiter: _, signal: __, ...settings } = options
    const key = JSON.stringify([endpoint, cases?.map(({ id }) => id), settings])
    const known = verified.get(key) ?? verify(endpoint, options)
    verified.set(key, known)
    known.catch(() => verified.delete(key))
    return known
  }
  let latest: { readonly yaml: string; readonly file: ReturnType<typeof readYamlConfig> } | undefined
  const read = (yaml: string) => {
    latest = latest?.yaml === yaml ? latest : { yaml, file: readYamlConfig('byoo.yaml', yaml, 'management') }
    return latest.file
  }
  const healthyServices: Services = {
    management: { client: createManagement(http, access), org: junction.org },
    teamOf: (environment) => read(world.yaml).config.teams[environment],
    link: (environment) => {
      const link = linkOf(environment)
      return { link: async () => link, lastingLink: async () => link }
    },
    command: (environment, ...words) =>
      ['byoo', ...words, ...(environment ? ['--environment', environment] : [])].join(' '),
    verify: {
      run: verifyOnce,
      limiter: () => createRateLimiter(100_000, 16),
      timeout: 5000,
      authorities: authority.pem,
      address: () => '127.0.0.1',
      isPrivate: () => false,
    },
  }

  const world: DoctorWorld = {
    authority,
    junction,
    production,
    sandbox,
    yaml: healthyYaml,
    services: healthyServices,
    options: {},
    provider: () => ({ status: 500, headers: {}, body: '' }),
    asked,
    change: (environment, provider, fields) => {
      Object.assign(world.record(environment, provider), fields)
    },
    record: (environment, provider) => {
      const found = junction.store.records[environment].find(({ source }) => source === provider)
      if (!found) throw new Error(`there is no record of ${provider}`)
      return found
    },
    remove: (environment, provider) => {
      const records = junction.store.records[environment]
      records.splice(records.indexOf(world.record(environment, provider)), 1)
    },
    alterLink: (oauthUrl) => oauthUrl,
    alterToken: (token) => token,
    run: (listener) => {
      const file = { name: 'byoo.yaml', ...read(world.yaml) }
      return runDoctor({ file, ...world.options }, world.services, listener)
    },
    reset: async () => {
      junction.set(noFaults)
      junction.requests.length = 0
      asked.length = 0
      for (const environment of ['production/us', 'sandbox/us', 'production/eu', 'sandbox/eu'] as const) {
        junction.store.records[environment].length = 0
        junction.users[environment].length = 0
      }
      const set = (environment: JunctionEnvironment, provider: string, fields: object) =>
        junction.store.set(environment, {
          team_id: junction.teams.us.id,
          provider,
          client_secret: 'made-up-client-secret',
          ...fields,
        })
      set('production/us', 'whoop_v2', {
        client_id: 'made-up-whoop-production',
        redirect_url_override: urlOf(productionHost, 'whoop_v2'),
      })
      set('production/us', 'google_health', {
        client_id: 'made-up-google-production',
        redirect_url_override: urlOf(productionHost, 'google_health'),
        details: { ...googleDetails },
      })
      set('sandbox/us', 'whoop_v2', {
        client_id: 'made-up-whoop-sandbox',
        redirect_url_override: urlOf(sandboxHost, 'whoop_v2'),
      })
      world.yaml = healthyYaml
      world.services = healthyServices
      world.options = {}
      world.alterLink = (oauthUrl) => oauthUrl
      world.alterToken = (token) => token
      // Knows the redirect URI, and has another complaint, which it makes there (RFC 6749 §4.1.2.1).
      world.provider = (query) => {
        const redirectUri = query.get('redirect_uri') ?? ''
        return registered.includes(redirectUri)
          ? { status: 302, headers: { location: `${redirectUri}?error=invalid_scope&state=x` }, body: '' }
          : { status: 400, headers: {}, body: '<title>Unknown redirect URI</title>' }
      }
      await Promise.all([production.reset(), sandbox.reset()])
    },
    close: async () => {
      await Promise.all([
        http.close(),
        junction.close(),
        production.close(),
        sandbox.close(),
        new Promise((resolve) => {
          providerServer.close(resolve)
          providerServer.closeAllConnections()
        }),
      ])
    },
  }
  await world.reset()
  return world
}

export const googleDetails = {
  project_number: '123456789012',
  service_account_email: 'made-up@made-up-project.iam.gserviceaccount.com',
}

export function productionRoute(port: number, place = 'environment: production/us'): string {
  return `  - { url: "https://${productionHost}:${port}/oauth_callback/{provider}", ${place}, providers: [whoop_v2, google_health] }`
}

export function sandboxRoute(port: number, place = 'environment: sandbox/us'): string {
  return `  - { url: "https://${sandboxHost}:${port}/oauth_callback/{provider}", ${place}, providers: [whoop_v2] }`
}

export function routesYaml(...routes: string[]): string {
  return `routes:\n${routes.join('\n')}\n`
}

/** What a server other than the forwarder has to answer. */
export function rightAnswer(
  { provider, query, method, target }: { provider: string; query: string; method: string; target: string },
  environment: 'production' | 'sandbox',
) {
  if (target.includes('#')) return refuse(400)
  if (!/^[a-z][a-z0-9_]*$/.test(provider)) return refuse(404)
  if (method !== 'GET' && method !== 'HEAD') return refuse(405)
  return redirect(connectTarget(`${environment}/us`).replace('{provider}', provider) + query)
}
