import type { JunctionOperation } from '../../src/demo/junction/junction.ts'
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
  readonly id: string
  readonly title: string
  apply(world: DoctorWorld): void | Promise<void>
  /** Ids of findings that failed or are worth a note, each once; nothing else may be found. */
  readonly expects: readonly string[]
  /** What the message of one of them says. */
  readonly says?: string
}

const whoop = ['production/us', 'whoop_v2'] as const

/** Junction holds another redirect URI. */
function override(
  id: string,
  title: string,
  change: (url: string, world: DoctorWorld) => string | null,
  says: string,
  expects = 'override-differs',
) {
  return {
    id,
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
  id: string,
  title: string,
  change: (right: Reply, asked: Asked) => Reply | string | 'reset',
  ...expects: string[]
) {
  return {
    id,
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
function rewriting(id: string, title: string, change: (query: string) => string, ...expects: string[]) {
  const target = (provider: string) => connectTarget('production/us').replace('{provider}', provider)
  return endpoint(
    id,
    title,
    (_, { provider, query }) => redirect(target(provider) + change(query)),
    ...expects,
  )
}

/** The forwarder of production is configured for somewhere else. */
function forwarding(id: string, title: string, place: string, ...expects: string[]) {
  return {
    id,
    title,
    apply: (world: DoctorWorld) =>
      world.production.forward(routesYaml(productionRoute(world.production.port, place))),
    expects,
  }
}

function certificate(
  id: string,
  title: string,
  issue: (world: DoctorWorld) => Promise<{ cert: string; key: string }>,
  expects: string,
) {
  return {
    id,
    title,
    apply: async (world: DoctorWorld) => world.production.certify(await issue(world)),
    expects: [expects],
  }
}

/** Junction's management API answers something else, and always. */
function answering(
  id: string,
  title: string,
  operation: JunctionOperation,
  status: number,
  ...expects: string[]
) {
  return {
    id,
    title,
    apply: ({ junction }: DoctorWorld) =>
      junction.set({ failures: [{ type: 'status', status, operation, times: 100 }] }),
    expects,
  }
}

/** A link that Junction makes is not as it should be. */
function link(id: string, title: string, alter: DoctorWorld['alterLink'], expects: string, says: string) {
  return {
    id,
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
function linkToken(id: string, title: string, claims: object, says: string) {
  return {
    id,
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
function provider(id: string, title: string, answer: ReturnType<DoctorWorld['provider']>) {
  return {
    id,
    title,
    apply: (world: DoctorWorld) => {
      world.options = { ...world.options, createUser: true, askProvider: true }
      world.provider = () => answer
    },
    expects: ['provider-refuses'],
  }
}

/** Another line in byoo.yaml, or other words in one. */
function file(
  id: string,
  title: string,
  change: (yaml: string, world: DoctorWorld) => string,
  ...expects: string[]
) {
  return {
    id,
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
  override('override-space-after', 'a space after the override', (url) => `${url} `, 'white space after it'),
  override(
    'override-newline',
    'a line break after the override',
    (url) => `${url}\n`,
    'white space after it',
  ),
  override(
    'override-invisible',
    'an invisible space in the override',
    (url) => url.replace('//', '//\u200b'),
    'white space in it',
  ),
  override('override-slash', 'a slash more at the end', (url) => `${url}/`, 'an extra slash at the end'),
  override(
    'override-http',
    'http instead of https',
    (url) => url.replace('https', 'http'),
    'begins with http: instead of https:',
  ),
  override(
    'override-www',
    'www before the host',
    (url) => url.replace('//', '//www.'),
    'an extra "www." before the host',
  ),
  override(
    'override-case',
    'upper case in the path',
    (url) => url.replace('whoop', 'Whoop'),
    'has "W" instead of "w"',
  ),
  override('override-port', 'the port is missing', (url) => url.replace(/:\d+/, ''), 'lacks the port'),
  override(
    'override-path',
    'another path',
    (url) => url.replace('oauth_callback', 'oauth/callback'),
    'has the path /oauth/callback/whoop_v2 instead of',
  ),
  override(
    'override-host',
    'an older domain',
    (url) => url.replace(productionHost, 'old.example.test'),
    'has the host old.example.test instead of',
  ),
  override(
    'override-url',
    'an address of an earlier set-up',
    () => 'https://old.example.test/callbacks/whoop',
    'is another URL',
  ),
  override(
    'override-query',
    'a query in the override',
    (url) => `${url}?from=junction`,
    'a query or fragment',
  ),
  override(
    'override-provider',
    "another provider's URL",
    (url) => url.replace('whoop_v2', 'google_health'),
    'is the URL of google_health',
  ),
  override(
    'override-junction',
    "Junction's own address",
    () => connectTarget('production/us').replace('{provider}', 'whoop_v2'),
    "is Junction's own callback",
  ),
  override(
    'override-sandbox',
    "the sandbox's URL in production",
    (_, world) => world.record('sandbox/us', 'whoop_v2').redirect_url_override ?? '',
    'is the URL of the route to sandbox/us',
  ),
  override('override-none', 'no override', () => null, 'no redirect URL override', 'override-missing'),
  {
    id: 'override-other-route',
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
    id: 'client-id-none',
    title: 'no client id',
    apply: (world) => world.change(...whoop, { client_id: null }),
    expects: ['credentials-incomplete'],
    says: 'has no client id',
  },
  {
    id: 'client-id-space',
    title: 'a space after the client id',
    apply: (world) => world.change(...whoop, { client_id: 'made-up-whoop-production ' }),
    expects: ['client-id-differs'],
    says: 'has white space around it',
  },
  file(
    'client-id-other',
    'byoo.yaml has another client id',
    (yaml) => yaml.replace('made-up-google-production', 'made-up-google-other'),
    'client-id-differs',
  ),
  {
    id: 'secret-none',
    title: 'no client secret',
    apply: (world) => world.change('production/us', 'google_health', { client_secret_hash: null }),
    expects: ['credentials-incomplete'],
    says: 'has no client secret',
  },
  {
    id: 'record-none',
    title: 'no credentials',
    apply: (world) => world.remove('production/us', 'google_health'),
    expects: ['credentials-missing'],
  },
  {
    id: 'not-set-up',
    title: 'a provider that nobody has set up yet',
    apply: (world) => {
      world.options = { ...world.options, createUser: true, askProvider: true }
      world.yaml = world.yaml.replace(/ {2}- provider: google_health[\s\S]*$/, '')
      world.remove('production/us', 'google_health')
    },
    expects: ['credentials-not-set-up'],
    says: 'google_health is not set up yet in production/us',
  },
  {
    id: 'details-none',
    title: 'no details',
    apply: (world) => world.change('production/us', 'google_health', { details: null }),
    expects: ['credentials-incomplete'],
    says: 'has no details.project_number, no details.service_account_email',
  },
  {
    id: 'details-other',
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
    id: 'sandbox-credentials',
    title: "the sandbox's credentials in production",
    apply: (world) => world.change(...whoop, { client_id: 'made-up-whoop-sandbox' }),
    expects: ['client-id-differs', 'environments-same-client-id'],
  },
  {
    id: 'same-application',
    title: 'one application for both environments',
    apply: (world) => {
      world.yaml = world.yaml.replace('made-up-whoop-sandbox', 'made-up-whoop-production')
      world.change('sandbox/us', 'whoop_v2', { client_id: 'made-up-whoop-production' })
    },
    expects: ['environments-same-client-id'],
  },
  {
    id: 'sandbox-forgotten',
    title: 'production moved to a new domain, the sandbox forgotten',
    apply: (world) =>
      world.change('sandbox/us', 'whoop_v2', {
        redirect_url_override: 'https://old.example.test/oauth_callback/whoop_v2',
        updated_at: '2020-01-01T00:00:00.000Z',
      }),
    expects: ['override-differs'],
  },

  file(
    'team-region',
    'a team of the other region',
    (yaml, { junction }) =>
      yaml.replace(`production/us: ${junction.teams.us.id}`, `production/us: ${junction.teams.eu.id}`),
    'team-mismatch',
  ),
  file(
    'team-unknown',
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
    id: 'key-revoked',
    title: 'a revoked management key',
    apply: (world) => useKey(world, 'mg_made-up-revoked-key'),
    expects: ['management-key-invalid'],
  },
  answering('key-role', 'a key without a role in the team', 'list', 403, 'management-key-without-access'),
  answering('junction-fails', 'Junction fails', 'list', 500, 'junction-unreachable'),
  answering(
    'junction-refuses',
    'an organisation that Junction does not know',
    'list',
    404,
    'junction-unexpected',
  ),
  answering('junction-redirects', 'a login page in front of Junction', 'list', 302, 'junction-unexpected'),
  {
    id: 'key-kind',
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
    id: 'api-key-kind',
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
    id: 'api-key-place',
    title: 'a team key of another region',
    apply: (world) => {
      world.services = {
        ...world.services,
        apiKey: { kind: keyKind('pk_eu_made-up'), source: 'JUNCTION_API_KEY' },
      }
    },
    expects: ['api-key-other-environment'],
  },

  {
    id: 'forwarder-down',
    title: 'the forwarder is down',
    apply: (world) => world.production.takeDown(),
    expects: ['no-connection'],
  },
  forwarding(
    'wrong-region',
    'the forwarder of the other region',
    'environment: production/eu',
    'wrong-environment',
  ),
  forwarding(
    'wrong-environment',
    'the forwarder of the other environment',
    'environment: sandbox/us',
    'wrong-environment',
  ),
  forwarding(
    'wrong-place',
    'the forwarder of the other environment and region',
    'environment: sandbox/eu',
    'wrong-environment',
  ),
  forwarding(
    'older-host',
    "Junction's older host",
    'target: "https://api.tryvital.io/v2/link/connect/{provider}"',
    'older-host',
  ),
  forwarding(
    'other-host',
    'a target that is not Junction',
    'target: "https://junction.example.test/v2/link/connect/{provider}"',
    'wrong-host',
  ),
  forwarding(
    'target-path',
    'a target with another path',
    'target: "https://api.us.junction.com/link/connect/{provider}"',
    'wrong-target',
  ),
  rewriting('plus-decoded', '%2B becomes +', (query) => query.replaceAll('%2B', '+'), 'query-decoded'),
  rewriting('plus-to-space', '+ becomes %20', (query) => query.replaceAll('+', '%20'), 'query-re-encoded'),
  rewriting('tilde-decoded', '%7E becomes ~', (query) => query.replaceAll('%7E', '~'), 'query-decoded'),
  rewriting('semicolon', '; becomes &', (query) => query.replaceAll(';', '&'), 'parameters-changed'),
  rewriting('form', 'the query is written again as a form', form, 'query-re-encoded'),
  rewriting('question-mark-added', 'a ? is added', (query) => query || '?', 'question-mark-changed'),
  rewriting(
    'question-mark-dropped',
    'a bare ? is dropped',
    (query) => (query === '?' ? '' : query),
    'question-mark-changed',
  ),
  rewriting('duplicates', 'repeated parameters are dropped', firstOfEach, 'parameters-lost'),
  rewriting('query-lost', 'the query is lost', () => '', 'query-lost'),
  endpoint(
    'status-301',
    '301 instead of 307',
    (right) => ({ ...right, status: 301, headers: right.headers.slice(0, 1) }),
    'cacheable',
    'wrong-status',
  ),
  endpoint(
    'status-308',
    '308 instead of 307',
    (right) => ({ ...right, status: 308, headers: right.headers.slice(0, 1) }),
    'cacheable',
    'wrong-status',
  ),
  endpoint('status-302', '302 instead of 307', (right) => ({ ...right, status: 302 }), 'wrong-status'),
  endpoint(
    'slash-first',
    'redirects to a slash first',
    (_, { path, query }) => redirect(`${path}/${query}`),
    'extra-hop',
  ),
  endpoint(
    'www-first',
    'redirects to www first',
    (_, { host, path, query }) => redirect(`https://www.${host}${path}${query}`),
    'extra-hop',
  ),
  endpoint(
    'long-refused',
    'long callbacks are refused',
    (right, { query }) => (query.length > 2000 ? refuse(414) : right),
    'refuses-long',
  ),
  endpoint('log-in', 'a log-in in front', () => refuse(401), 'refuses-callbacks'),
  endpoint(
    'page',
    'a page that redirects',
    () => html('<meta http-equiv="refresh" content="0">'),
    'no-redirect',
  ),
  endpoint(
    'cacheable',
    'a cache may keep the code',
    (right) => ({ ...right, headers: [...right.headers.slice(0, 1), ['Cache-Control', 'max-age=60']] }),
    'cacheable',
  ),
  endpoint(
    'one-provider',
    'all providers are sent to one',
    (_, { query }) => redirect(connectTarget('production/us').replace('{provider}', 'oura') + query),
    'wrong-provider',
  ),

  certificate(
    'certificate-expired',
    'an expired certificate',
    ({ authority }) => authority.issue(productionHost, -90, -1),
    'certificate-expired',
  ),
  certificate(
    'certificate-early',
    'a certificate of tomorrow',
    ({ authority }) => authority.issue(productionHost, 1, 90),
    'certificate-not-yet-valid',
  ),
  certificate(
    'certificate-name',
    'a certificate for another name',
    ({ authority }) => authority.issue(sandboxHost, -1, 90),
    'certificate-other-name',
  ),
  certificate(
    'certificate-days',
    'five days left',
    ({ authority }) => authority.issue(productionHost, -85, 5),
    'certificate-expires-soon',
  ),
  {
    id: 'certificate-authority',
    title: 'a certificate that nobody trusts',
    apply: async (world) => {
      const { createCertificate } = await import('../certificate.ts')
      await world.production.certify(await createCertificate(productionHost))
    },
    expects: ['certificate-untrusted'],
  },
  {
    id: 'name-unknown',
    title: 'the name does not resolve',
    apply: (world) => {
      const address = ({ host }: { host: string }) => (host === productionHost ? 'nowhere' : '127.0.0.1')
      world.services = { ...world.services, verify: { ...world.services.verify, address } }
    },
    expects: ['unresolvable'],
  },
  {
    id: 'name-private',
    title: 'the name leads into a private network',
    apply: (world) => {
      world.services = { ...world.services, verify: { ...world.services.verify, isPrivate: () => true } }
    },
    expects: ['address-private'],
  },

  {
    id: 'prepare-region',
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
    'link-redirect-uri',
    "the link's redirect URI differs",
    (url) => url.replace(/(redirect_uri=[^&]*)/, '$1%2F'),
    'link-differs',
    'an extra slash at the end',
  ),
  link(
    'link-client-id',
    "the link's client id differs",
    (url) => url.replace('client_id=', 'client_id=not-'),
    'link-differs',
    'the client id in the link is not',
  ),
  link(
    'link-twice',
    'the link has two client ids',
    (url) => `${url}&client_id=other`,
    'link-differs',
    'more than once',
  ),
  link(
    'link-nothing',
    'the link names no redirect URI',
    (url) => url.replace(/redirect_uri=[^&]*&?/, ''),
    'link-redirect-uri-missing',
    'has no redirect URI',
  ),
  {
    id: 'link-without-record',
    title: "no credentials: the link carries Junction's own",
    apply: (world) => {
      world.options = { ...world.options, createUser: true }
      world.remove('production/us', 'google_health')
    },
    expects: ['credentials-missing', 'link-differs'],
  },
  {
    id: 'link-without-override',
    title: 'no override: the link names the address of Junction',
    apply: (world) => {
      world.options = { ...world.options, createUser: true }
      world.change(...whoop, { redirect_url_override: null })
    },
    expects: ['link-differs', 'override-missing'],
  },
  linkToken(
    'link-audience',
    'the link token is of another region',
    { aud: 'https://api.eu.tryvital.io' },
    'for production/eu, not for production/us',
  ),
  linkToken(
    'link-team',
    'the link token is of another team',
    { team_id: '99999999-9999-4999-8999-999999999999' },
    'another team',
  ),
  {
    id: 'link-users',
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
    id: 'link-user-kept',
    title: 'the user that was made cannot be removed',
    apply: (world) => {
      world.options = { ...world.options, createUser: true }
      world.junction.set({
        failures: [{ type: 'status', status: 500, operation: 'delete_user', times: 100 }],
      })
    },
    expects: ['user-not-deleted'],
  },
  provider('provider-page', 'the provider answers 400', {
    status: 400,
    headers: {},
    body: '<title>Bad Request</title>',
  }),
  provider('provider-mismatch', 'the provider shows a page about the redirect URI', {
    status: 200,
    headers: { 'content-type': 'text/html' },
    body: '<h1>Error</h1><p>The <b>redirect_uri</b> does not match a registered one.</p>',
  }),
  provider('provider-error-page', 'the provider redirects to its error page', {
    status: 302,
    headers: { location: 'https://accounts.example.test/signin/oauth/error?authError=redirect_uri_mismatch' },
    body: '',
  }),

  file(
    'file-key',
    'a misspelt key in byoo.yaml',
    (yaml) => yaml.replace('environment: ', 'enviroment: '),
    'file-invalid',
  ),
  file('file-syntax', 'byoo.yaml is no YAML', (yaml) => `${yaml}  - [`, 'file-invalid'),
  {
    id: 'no-primary',
    title: 'two routes, neither primary',
    apply: async (world) => {
      const second = sandboxRoute(world.sandbox.port).replace('oauth_callback', 'new_callback')
      await world.sandbox.forward(routesYaml(sandboxRoute(world.sandbox.port), second))
      world.yaml = world.yaml.replace(
        sandboxRoute(world.sandbox.port),
        `${sandboxRoute(world.sandbox.port)}\n${second}`,
      )
    },
    expects: ['routes-primary-missing'],
  },
  {
    id: 'withings-port',
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

/** Faults with which logins go on: worth a look, but nothing fails. */
export const harmlessFaults: readonly string[] = [
  'not-set-up',
  'api-key-place',
  'same-application',
  'older-host',
  'tilde-decoded',
  'question-mark-dropped',
  'status-302',
  'certificate-days',
  'name-private',
  'link-nothing',
  'no-primary',
]

/** Faults that do not hide each other, for the pairs. */
export const independentFaults: readonly string[] = [
  'override-space-after',
  'secret-none',
  'client-id-other',
  'sandbox-forgotten',
  'plus-decoded',
  'certificate-days',
  'name-private',
  'prepare-region',
  'api-key-place',
  'no-primary',
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
