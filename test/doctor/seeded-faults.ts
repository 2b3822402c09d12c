import type { JunctionOperation } from '../../src/demo/junction/junction.ts'
import type { Finding } from '../../src/doctor/findings.ts'
import { ByooError } from '../../src/errors.ts'
import { connectTarget } from '../../src/junction/environments.ts'
import { createHttp } from '../../src/junction/http.ts'
import { checkManagementKey, keyKind } from '../../src/junction/keys.ts'
import { createManagement } from '../../src/junction/management.ts'
import { type Asked, type Reply, redirect, refuse } from '../verify/callback-server.ts'
import {
  type DoctorWorld,
  productionHost,
  productionRoute,
  rightAnswer,
  routesYaml,
  sandboxHost,
  sandboxRoute,
} from './world.ts'

/** One thing that goes wrong for people, and what the doctor must say about it. */
export interface SeededFault {
  readonly title: string
  apply(world: DoctorWorld): void | Promise<void>
  /** Ids of findings that failed, or after "note" are worth a look, each once; nothing else may be found. */
  readonly expects: readonly string[]
  /** What the message of one of them says. */
  readonly says?: string
}

const whoop = ['production/us', 'whoop_v2'] as const

/** Junction holds another redirect URI. */
function override(
  title: string,
  change: (url: string, world: DoctorWorld) => string | null,
  says: string,
  expects = 'override-differs',
) {
  return {
    title,
    apply: (world: DoctorWorld) =>
      world.change(...whoop, {
        redirect_url_override: change(world.record(...whoop).redirect_url_override ?? '', world),
      }),
    expects: [expects],
    says,
  }
}

/** Production is served by something that changes the right answer. */
function endpoint(
  title: string,
  change: (right: Reply, asked: Asked) => Reply | string | 'reset',
  ...expects: string[]
) {
  return {
    title,
    apply: (world: DoctorWorld) =>
      world.production.answer((asked) => {
        const right = rightAnswer(asked, 'production')
        return right.status === 307 ? change(right, asked) : right
      }),
    expects,
  }
}

/** … that changes the query. */
function rewriting(title: string, change: (query: string) => string, ...expects: string[]) {
  const target = (provider: string) => connectTarget('production/us').replace('{provider}', provider)
  return endpoint(title, (_, { provider, query }) => redirect(target(provider) + change(query)), ...expects)
}

/** The forwarder of production is configured for somewhere else. */
function forwarding(title: string, place: string, ...expects: string[]) {
  return {
    title,
    apply: (world: DoctorWorld) =>
      world.production.forward(routesYaml(productionRoute(world.production.port, place))),
    expects,
  }
}

function certificate(
  title: string,
  issue: (world: DoctorWorld) => Promise<{ cert: string; key: string }>,
  expects: string,
) {
  return {
    title,
    apply: async (world: DoctorWorld) => world.production.certify(await issue(world)),
    expects: [expects],
  }
}

/** Junction's management API answers something else, and always. */
function answering(title: string, operation: JunctionOperation, status: number, ...expects: string[]) {
  return {
    title,
    apply: ({ junction }: DoctorWorld) =>
      junction.set({ failures: [{ type: 'status', status, operation, times: 100 }] }),
    expects,
  }
}

/** A link that Junction makes is not as it should be. */
function link(title: string, alter: DoctorWorld['alterLink'], expects: string, says: string) {
  return {
    title,
    apply: (world: DoctorWorld) => {
      world.options = { ...world.options, createUser: true }
      world.alterLink = alter
    },
    expects: [expects],
    says,
  }
}

/** A link token claims something else. */
function linkToken(title: string, claims: object, says: string) {
  return {
    title,
    apply: (world: DoctorWorld) => {
      world.options = { ...world.options, createUser: true }
      world.alterToken = (token) => withClaims(token, claims)
    },
    expects: ['link-token-mismatch'],
    says,
  }
}

/** The provider answers an authorization request this way. */
function provider(title: string, answer: ReturnType<DoctorWorld['provider']>) {
  return {
    title,
    apply: (world: DoctorWorld) => {
      world.options = { ...world.options, createUser: true, askProvider: true }
      world.provider = () => answer
    },
    expects: ['provider-refuses'],
  }
}

/** Another line in byoo.yaml, or other words in one. */
function file(title: string, change: (yaml: string, world: DoctorWorld) => string, ...expects: string[]) {
  return {
    title,
    apply: (world: DoctorWorld) => {
      world.yaml = change(world.yaml, world)
    },
    expects,
  }
}

const form = (query: string) => {
  const text = new URLSearchParams(Buffer.from(query, 'latin1').toString('utf8')).toString()
  return text === '' ? '' : `?${text}`
}
const firstOfEach = (query: string) => {
  const parts = query.replace(/^\?/, '').split('&')
  const names = parts.map((part) => part.split('=', 1)[0])
  return query === '' ? '' : `?${parts.filter((_, index) => names.indexOf(names[index]) === index).join('&')}`
}
const html = (body: string): Reply => ({ status: 200, headers: [['Content-Type', 'text/html']], body })

function withClaims(token: string, changes: object): string {
  const [header, payload = '', signature] = token.split('.')
  const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), ...changes }
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.')
}

/** What goes wrong for people; `doctor` has to find each of them, alone and together. */
export const seededFaults: readonly SeededFault[] = [
  override('a space after the override', (url) => `${url} `, 'white space after it'),
  override('a line break after the override', (url) => `${url}\n`, 'white space after it'),
  override('an invisible space in the override', (url) => url.replace('//', '//\u200b'), 'white space in it'),
  override('a slash more at the end', (url) => `${url}/`, 'an extra slash at the end'),
  override(
    'http instead of https',
    (url) => url.replace('https', 'http'),
    'begins with http: instead of https:',
  ),
  override('www before the host', (url) => url.replace('//', '//www.'), 'an extra "www." before the host'),
  override('upper case in the path', (url) => url.replace('whoop', 'Whoop'), 'has "W" instead of "w"'),
  override('the port is missing', (url) => url.replace(/:\d+/, ''), 'lacks the port'),
  override(
    'another path',
    (url) => url.replace('oauth_callback', 'oauth/callback'),
    'has the path /oauth/callback/whoop_v2 instead of',
  ),
  override(
    'an older domain',
    (url) => url.replace(productionHost, 'old.example.test'),
    'has the host old.example.test instead of',
  ),
  override(
    'an address of an earlier set-up',
    () => 'https://old.example.test/callbacks/whoop',
    'is another URL',
  ),
  override('a query in the override', (url) => `${url}?from=junction`, 'a query or fragment'),
  override(
    "another provider's URL",
    (url) => url.replace('whoop_v2', 'google_health'),
    'is the URL of google_health',
  ),
  override(
    "Junction's own address",
    () => connectTarget('production/us').replace('{provider}', 'whoop_v2'),
    "is Junction's own callback",
  ),
  override(
    "the sandbox's URL in production",
    (_, world) => world.record('sandbox/us', 'whoop_v2').redirect_url_override ?? '',
    'is the URL of the route to sandbox/us',
  ),
  override('no override', () => null, 'no redirect URL override', 'override-missing'),
  {
    title: 'the URL of the route that is to go',
    apply: async (world) => {
      const older = productionRoute(world.production.port).replace('oauth_callback', 'old_callback')
      const primary = productionRoute(world.production.port, 'environment: production/us, primary: true')
      await world.production.forward(routesYaml(primary, older))
      world.yaml = world.yaml.replace(productionRoute(world.production.port), `${primary}\n${older}`)
      const url = world.record(...whoop).redirect_url_override ?? ''
      world.change(...whoop, { redirect_url_override: url.replace('oauth_callback', 'old_callback') })
    },
    expects: ['override-differs'],
    says: 'is the URL of a route that is not the primary one',
  },

  {
    title: 'no client id',
    apply: (world) => world.change(...whoop, { client_id: null }),
    expects: ['credentials-incomplete'],
    says: 'has no client id',
  },
  {
    title: 'a space after the client id',
    apply: (world) => world.change(...whoop, { client_id: 'made-up-whoop-production ' }),
    expects: ['client-id-differs'],
    says: 'has white space around it',
  },
  file(
    'byoo.yaml has another client id',
    (yaml) => yaml.replace('made-up-google-production', 'made-up-google-other'),
    'client-id-differs',
  ),
  {
    title: 'no client secret',
    apply: (world) => world.change('production/us', 'google_health', { client_secret_hash: null }),
    expects: ['credentials-incomplete'],
    says: 'has no client secret',
  },
  {
    title: 'no credentials',
    apply: (world) => world.remove('production/us', 'google_health'),
    expects: ['credentials-missing'],
  },
  {
    title: 'a provider that nobody has set up yet',
    apply: (world) => {
      world.options = { ...world.options, createUser: true, askProvider: true }
      world.yaml = world.yaml.replace(/ {2}- provider: google_health[\s\S]*$/, '')
      world.remove('production/us', 'google_health')
    },
    expects: ['note credentials-not-set-up'],
    says: 'google_health is not set up yet in production/us',
  },
  {
    title: 'no details',
    apply: (world) => world.change('production/us', 'google_health', { details: null }),
    expects: ['credentials-incomplete'],
    says: 'has no details.project_number, no details.service_account_email',
  },
  {
    title: 'details of another project',
    apply: (world) =>
      world.change('production/us', 'google_health', {
        details: {
          ...world.record('production/us', 'google_health').details,
          project_number: '999999999999',
        },
      }),
    expects: ['details-differ'],
  },
  {
    title: "the sandbox's credentials in production",
    apply: (world) => world.change(...whoop, { client_id: 'made-up-whoop-sandbox' }),
    expects: ['client-id-differs', 'note environments-same-client-id'],
  },
  {
    title: 'one application for both environments',
    apply: (world) => {
      world.yaml = world.yaml.replace('made-up-whoop-sandbox', 'made-up-whoop-production')
      world.change('sandbox/us', 'whoop_v2', { client_id: 'made-up-whoop-production' })
    },
    expects: ['note environments-same-client-id'],
  },
  {
    title: 'production moved to a new domain, the sandbox forgotten',
    apply: (world) =>
      world.change('sandbox/us', 'whoop_v2', {
        redirect_url_override: 'https://old.example.test/oauth_callback/whoop_v2',
        updated_at: '2020-01-01T00:00:00.000Z',
      }),
    expects: ['override-differs'],
  },

  file(
    'a team of the other region',
    (yaml, { junction }) =>
      yaml.replace(`production/us: ${junction.teams.us.id}`, `production/us: ${junction.teams.eu.id}`),
    'team-mismatch',
  ),
  file(
    'a team that does not exist',
    (yaml, { junction }) =>
      yaml.replace(
        `production/us: ${junction.teams.us.id}`,
        'production/us: 99999999-9999-4999-8999-999999999999',
      ),
    'management-key-without-access',
    'team-not-found',
  ),
  {
    title: 'a revoked management key',
    apply: (world) => useKey(world, 'mg_made-up-revoked-key'),
    expects: ['management-key-invalid'],
  },
  answering('a key without a role in the team', 'list', 403, 'management-key-without-access'),
  answering('Junction fails', 'list', 500, 'junction-unreachable'),
  answering('an organisation that Junction does not know', 'list', 404, 'junction-unexpected'),
  answering('a login page in front of Junction', 'list', 302, 'junction-unexpected'),
  {
    title: 'a team key where a management key is needed',
    apply: (world) => {
      world.services = {
        ...world.services,
        management: failureOf(() => checkManagementKey('pk_us_made-up', 'JUNCTION_MANAGEMENT_KEY')),
      }
    },
    expects: ['management-key-invalid'],
  },
  {
    title: 'a management key where a team key is needed',
    apply: (world) => {
      world.services = {
        ...world.services,
        apiKey: { kind: keyKind('mg_made-up'), source: 'JUNCTION_API_KEY' },
      }
    },
    expects: ['api-key-wrong-kind'],
  },
  {
    title: 'a team key of another region',
    apply: (world) => {
      world.services = {
        ...world.services,
        apiKey: { kind: keyKind('pk_eu_made-up'), source: 'JUNCTION_API_KEY' },
      }
    },
    expects: ['note api-key-other-environment'],
  },

  {
    title: 'the forwarder is down',
    apply: (world) => world.production.takeDown(),
    expects: ['no-connection'],
  },
  forwarding('the forwarder of the other region', 'environment: production/eu', 'wrong-environment'),
  forwarding('the forwarder of the other environment', 'environment: sandbox/us', 'wrong-environment'),
  forwarding(
    'the forwarder of the other environment and region',
    'environment: sandbox/eu',
    'wrong-environment',
  ),
  forwarding(
    "Junction's older host",
    'target: "https://api.tryvital.io/v2/link/connect/{provider}"',
    'note older-host',
  ),
  forwarding(
    'a target that is not Junction',
    'target: "https://junction.example.test/v2/link/connect/{provider}"',
    'wrong-host',
  ),
  forwarding(
    'a target with another path',
    'target: "https://api.us.junction.com/link/connect/{provider}"',
    'wrong-target',
  ),
  rewriting('%2B becomes +', (query) => query.replaceAll('%2B', '+'), 'query-decoded'),
  rewriting('+ becomes %20', (query) => query.replaceAll('+', '%20'), 'query-re-encoded'),
  rewriting('%7E becomes ~', (query) => query.replaceAll('%7E', '~'), 'note query-decoded'),
  rewriting('; becomes &', (query) => query.replaceAll(';', '&'), 'parameters-changed'),
  rewriting('the query is written again as a form', form, 'query-re-encoded'),
  rewriting('a ? is added', (query) => query || '?', 'question-mark-changed'),
  rewriting('a bare ? is dropped', (query) => (query === '?' ? '' : query), 'note question-mark-changed'),
  rewriting('repeated parameters are dropped', firstOfEach, 'parameters-lost'),
  rewriting('the query is lost', () => '', 'query-lost'),
  endpoint(
    '301 instead of 307',
    (right) => ({ ...right, status: 301, headers: right.headers.slice(0, 1) }),
    'cacheable',
    'note wrong-status',
  ),
  endpoint(
    '308 instead of 307',
    (right) => ({ ...right, status: 308, headers: right.headers.slice(0, 1) }),
    'cacheable',
    'note wrong-status',
  ),
  endpoint('302 instead of 307', (right) => ({ ...right, status: 302 }), 'note wrong-status'),
  endpoint('redirects to a slash first', (_, { path, query }) => redirect(`${path}/${query}`), 'extra-hop'),
  endpoint(
    'redirects to www first',
    (_, { host, path, query }) => redirect(`https://www.${host}${path}${query}`),
    'extra-hop',
  ),
  endpoint(
    'long callbacks are refused',
    (right, { query }) => (query.length > 2000 ? refuse(414) : right),
    'refuses-long',
  ),
  endpoint('a log-in in front', () => refuse(401), 'refuses-callbacks'),
  endpoint('a page that redirects', () => html('<meta http-equiv="refresh" content="0">'), 'no-redirect'),
  endpoint(
    'a cache may keep the code',
    (right) => ({ ...right, headers: [...right.headers.slice(0, 1), ['Cache-Control', 'max-age=60']] }),
    'cacheable',
  ),
  endpoint(
    'all providers are sent to one',
    (_, { query }) => redirect(connectTarget('production/us').replace('{provider}', 'oura') + query),
    'wrong-provider',
  ),

  certificate(
    'an expired certificate',
    ({ authority }) => authority.issue(productionHost, -90, -1),
    'certificate-expired',
  ),
  certificate(
    'a certificate of tomorrow',
    ({ authority }) => authority.issue(productionHost, 1, 90),
    'certificate-not-yet-valid',
  ),
  certificate(
    'a certificate for another name',
    ({ authority }) => authority.issue(sandboxHost, -1, 90),
    'certificate-other-name',
  ),
  certificate(
    'five days left',
    ({ authority }) => authority.issue(productionHost, -85, 5),
    'note certificate-expires-soon',
  ),
  {
    title: 'a certificate that nobody trusts',
    apply: async (world) => {
      const { createCertificate } = await import('../certificate.ts')
      await world.production.certify(await createCertificate(productionHost))
    },
    expects: ['certificate-untrusted'],
  },
  {
    title: 'the name does not resolve',
    apply: (world) => {
      const address = ({ host }: { host: string }) => (host === productionHost ? 'nowhere' : '127.0.0.1')
      world.services = { ...world.services, verify: { ...world.services.verify, address } }
    },
    expects: ['unresolvable'],
  },
  {
    title: 'the name leads into a private network',
    apply: (world) => {
      world.services = { ...world.services, verify: { ...world.services.verify, isPrivate: () => true } }
    },
    expects: ['note address-private'],
  },

  {
    title: 'google_health is prepared for the other region',
    apply: ({ junction }) => {
      const value = 'https://api.eu.tryvital.io/v2/link/connect/google_health'
      const step = { type: 'redirect_uri', key: null, value, description: null }
      const body = JSON.stringify({ status: 'preparations_required', preparation_steps: [step] })
      junction.set({ failures: [{ type: 'malformed', operation: 'prepare', times: 100, body }] })
    },
    expects: ['prepare-other-target'],
    says: 'which belongs to production/eu',
  },

  link(
    "the link's redirect URI differs",
    (url) => url.replace(/(redirect_uri=[^&]*)/, '$1%2F'),
    'link-differs',
    'an extra slash at the end',
  ),
  link(
    "the link's client id differs",
    (url) => url.replace('client_id=', 'client_id=not-'),
    'link-differs',
    'the client id in the link is not',
  ),
  link('the link has two client ids', (url) => `${url}&client_id=other`, 'link-differs', 'more than once'),
  link(
    'the link names no redirect URI',
    (url) => url.replace(/redirect_uri=[^&]*&?/, ''),
    'note link-redirect-uri-missing',
    'has no redirect URI',
  ),
  {
    title: "no credentials: the link carries Junction's own",
    apply: (world) => {
      world.options = { ...world.options, createUser: true }
      world.remove('production/us', 'google_health')
    },
    expects: ['credentials-missing', 'link-differs'],
  },
  {
    title: 'no override: the link names the address of Junction',
    apply: (world) => {
      world.options = { ...world.options, createUser: true }
      world.change(...whoop, { redirect_url_override: null })
    },
    expects: ['link-differs', 'override-missing'],
  },
  linkToken(
    'the link token is of another region',
    { aud: 'https://api.eu.tryvital.io' },
    'for production/eu, not for production/us',
  ),
  linkToken(
    'the link token is of another team',
    { team_id: '99999999-9999-4999-8999-999999999999' },
    'another team',
  ),
  {
    title: 'the sandbox holds no more users',
    apply: (world) => {
      world.options = { ...world.options, createUser: true }
      world.junction.set({
        failures: [{ type: 'status', status: 400, operation: 'create_user', times: 100 }],
      })
    },
    expects: ['link-refused'],
  },
  {
    title: 'the user that was made cannot be removed',
    apply: (world) => {
      world.options = { ...world.options, createUser: true }
      world.junction.set({
        failures: [{ type: 'status', status: 500, operation: 'delete_user', times: 100 }],
      })
    },
    expects: ['user-not-deleted'],
  },
  provider('the provider answers 400', {
    status: 400,
    headers: {},
    body: '<title>Bad Request</title>',
  }),
  provider('the provider shows a page about the redirect URI', {
    status: 200,
    headers: { 'content-type': 'text/html' },
    body: '<h1>Error</h1><p>The <b>redirect_uri</b> does not match a registered one.</p>',
  }),
  provider('the provider redirects to its error page', {
    status: 302,
    headers: { location: 'https://accounts.example.test/signin/oauth/error?authError=redirect_uri_mismatch' },
    body: '',
  }),

  file(
    'a misspelt key in byoo.yaml',
    (yaml) => yaml.replace('environment: ', 'enviroment: '),
    'file-invalid',
  ),
  file('byoo.yaml is no YAML', (yaml) => `${yaml}  - [`, 'file-invalid'),
  {
    title: 'two routes, neither primary',
    apply: async (world) => {
      const second = sandboxRoute(world.sandbox.port).replace('oauth_callback', 'new_callback')
      await world.sandbox.forward(routesYaml(sandboxRoute(world.sandbox.port), second))
      world.yaml = world.yaml.replace(
        sandboxRoute(world.sandbox.port),
        `${sandboxRoute(world.sandbox.port)}\n${second}`,
      )
    },
    expects: ['note routes-primary-missing'],
  },
  {
    title: 'a port that Withings does not allow',
    apply: async (world) => {
      const route = sandboxRoute(world.sandbox.port).replace('whoop_v2', 'whoop_v2, withings')
      await world.sandbox.forward(routesYaml(route))
      world.yaml = world.yaml.replace(sandboxRoute(world.sandbox.port), route)
      const url = world.record('sandbox/us', 'whoop_v2').redirect_url_override ?? ''
      world.junction.store.set('sandbox/us', {
        team_id: world.junction.teams.us.id,
        provider: 'withings',
        client_id: 'made-up-withings',
        client_secret: 'made-up-client-secret',
        redirect_url_override: url.replace('whoop_v2', 'withings'),
      })
    },
    expects: ['redirect-uri-not-allowed'],
  },
]

/** Faults that do not hide each other, for the pairs. */
export const independentFaults: readonly string[] = [
  'a space after the override',
  'no client secret',
  'byoo.yaml has another client id',
  'production moved to a new domain, the sandbox forgotten',
  '%2B becomes +',
  'five days left',
  'the name leads into a private network',
  'google_health is prepared for the other region',
  'a team key of another region',
  'two routes, neither primary',
]

function useKey(world: DoctorWorld, key: string): void {
  const http = createHttp({ env: {}, timeout: 5000, wait: async () => undefined })
  const { url, org } = world.junction
  world.services = { ...world.services, management: { client: createManagement(http, { key, url }), org } }
}

function failureOf(check: () => void): ByooError {
  try {
    check()
  } catch (error) {
    if (error instanceof ByooError) return error
  }
  throw new Error('it did not fail')
}

/** What the doctor says is wrong, or worth a look, after these faults of a healthy set-up. */
export async function foundAfter(world: DoctorWorld, ...faults: readonly SeededFault[]): Promise<Finding[]> {
  await world.reset()
  for (const fault of faults) await fault.apply(world)
  const { findings } = await world.run()
  return findings.filter(({ status }) => status === 'failed' || status === 'note')
}

/** Each once, sorted. */
export function idsOf(findings: readonly Finding[]): string[] {
  return [...new Set(findings.map(({ id, status }) => (status === 'note' ? `note ${id}` : id)))].sort()
}
