import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { isPrivateAddress } from '../../src/doctor/checks/endpoint.ts'
import type { Progress } from '../../src/doctor/doctor.ts'
import { type Finding, noSubject } from '../../src/doctor/findings.ts'
import { ByooError } from '../../src/errors.ts'
import { createHttp } from '../../src/junction/http.ts'
import { createManagement } from '../../src/junction/management.ts'
import { refuse, rightAnswer, startCallbackServer } from '../verify/callback-server.ts'
import {
  type DoctorWorld,
  productionHost,
  productionRoute,
  routesYaml,
  sandboxRoute,
  startDoctorWorld,
} from './world.ts'

let world: DoctorWorld

beforeAll(async () => {
  world = await startDoctorWorld()
})
afterAll(() => world.close())
afterEach(() => world.reset())

const of = (findings: readonly Finding[], check: string) =>
  findings.filter((finding) => finding.check === check)
const ids = (findings: readonly Finding[]) => findings.map(({ id }) => id)

test('a healthy set-up: every check passes, and nothing is left behind', async () => {
  world.options = { createUser: true, askProvider: true }
  const report = await world.run()
  expect(report.findings.filter(({ status }) => status === 'failed' || status === 'note')).toEqual([])
  expect(report.passed).toBe(true)
  expect(world.junction.users['production/us']).toEqual([])
  expect(world.junction.users['sandbox/us']).toEqual([])
})

describe('which route and provider', () => {
  const verified = (findings: readonly Finding[]) =>
    of(findings, 'verify').map(({ subject: { provider, environment } }) => `${environment} ${provider}`)

  test('the one that is named, where a route takes it', async () => {
    world.options = { provider: 'google_health' }
    const { findings } = await world.run()
    expect(verified(findings)).toEqual(['production/us google_health'])
    expect(of(findings, 'override')).toHaveLength(1)
  })

  test('those of the environment that is named', async () => {
    world.options = { environments: ['sandbox/us'] }
    expect(verified((await world.run()).findings)).toEqual(['sandbox/us whoop_v2'])
  })

  test("without a list those of byoo.yaml's credentials, else those that Junction holds", async () => {
    const withoutList = (yaml: string) => yaml.replace(/, providers: \[[^\]]*\]/g, '')
    world.yaml = withoutList(world.yaml)
    expect(verified((await world.run()).findings)).toEqual([
      'production/us null',
      'production/us google_health',
      'sandbox/us whoop_v2',
    ])
    world.yaml = world.yaml.slice(0, world.yaml.indexOf('credentials:'))
    world.remove('production/us', 'whoop_v2')
    expect(verified((await world.run()).findings)).toEqual([
      'production/us google_health',
      'sandbox/us whoop_v2',
    ])
  })

  test('when nothing says which, the endpoint is looked at all the same', async () => {
    world.yaml = routesYaml(sandboxRoute(world.sandbox.port).replace(', providers: [whoop_v2]', ''))
    await world.sandbox.forward(world.yaml)
    world.junction.store.records['sandbox/us'].length = 0
    const { findings } = await world.run()
    expect(ids(findings.filter(({ status }) => status === 'note'))).toEqual(['routes-without-provider'])
    expect(ids(of(findings, 'verify'))).toEqual(['passed'])
  })

  test('no such route is an error, and nothing is asked', async () => {
    world.options = { provider: 'oura', environments: ['production/us', 'sandbox/us'] }
    await expect(world.run()).rejects.toMatchObject({
      code: 'usage',
      message: 'byoo.yaml has no route of production/us or sandbox/us that accepts oura',
    })
    expect(world.junction.requests).toEqual([])
  })

  test('a route to somewhere else: file and endpoint, and nothing of Junction', async () => {
    const target = 'https://wearables.example.com/api/v1/oauth/{provider}/callback'
    const route = productionRoute(world.production.port, `target: "${target}"`)
    world.yaml = routesYaml(route.replace(', providers: [whoop_v2, google_health]', ''))
    await world.production.forward(world.yaml)
    const { findings, passed, summary } = await world.run()
    expect(findings.map(({ check, status }) => [check, status])).toEqual(
      ['file', 'verify'].map((check) => [check, 'passed']),
    )
    expect([passed, summary]).toEqual([true, 'Nothing wrong found.'])
    expect(world.junction.requests).toEqual([])
  })

  test('a route with a provider of its own', async () => {
    const route = `  - { url: "https://oauth-sandbox.example.test:${world.sandbox.port}/callback", provider: whoop_v2, environment: sandbox/us }`
    world.yaml = world.yaml.replace(sandboxRoute(world.sandbox.port), route)
    await world.sandbox.forward(routesYaml(route))
    world.options = { environments: ['sandbox/us'] }
    const { findings } = await world.run()
    expect(ids(findings.filter(({ status }) => status === 'failed'))).toEqual(['override-differs'])
    expect(of(findings, 'override')[0]?.expected).toMatch(/\/callback$/)
  })

  test('two routes on one host: what its certificate lacks is told once', async () => {
    const second = productionRoute(world.production.port).replace('oauth_callback', 'new_callback')
    const first = productionRoute(world.production.port, 'environment: production/us, primary: true')
    world.yaml = world.yaml.replace(productionRoute(world.production.port), `${first}\n${second}`)
    await world.production.forward(routesYaml(first, second))
    world.options = { environments: ['production/us'] }
    const { findings } = await world.run()
    expect(of(findings, 'verify')).toHaveLength(4)
    expect(ids(of(findings, 'override'))).toEqual(['passed', 'passed'])
    await world.production.certify(await world.authority.issue(productionHost, -90, -1))
    const verified = of((await world.run()).findings, 'verify')
    expect(ids(verified)).toEqual(['certificate-expired', 'skipped', 'skipped', 'skipped'])
    await world.production.certify(await world.authority.issue(productionHost, -85, 5))
    const soon = of((await world.run()).findings, 'verify')
    expect(ids(soon).filter((id) => id !== 'passed')).toEqual(['certificate-expires-soon'])
  })
})

describe('keys and teams', () => {
  test('what is the same everywhere is told once', async () => {
    world.services = { ...world.services, management: { ...useKey('mg_made-up-revoked-key') } }
    const { findings } = await world.run()
    const keys = of(findings, 'key')
    expect(ids(keys)).toEqual(['management-key-invalid'])
    expect(keys[0]?.subject).toEqual(noSubject)
    expect(new Set(of(findings, 'override').map(({ message }) => message))).toEqual(
      new Set(['the management key is not valid']),
    )
  })

  test('a key that may see one place only', async () => {
    const { junction } = world
    world.yaml = world.yaml
      .replace('environment: sandbox/us', 'environment: sandbox/eu')
      .replaceAll('sandbox/us', 'sandbox/eu')
      .replace(`sandbox/eu: ${junction.teams.us.id}`, `sandbox/eu: ${junction.teams.eu.id}`)
    await world.sandbox.forward(routesYaml(sandboxRoute(world.sandbox.port, 'environment: sandbox/eu')))
    world.services = { ...world.services, management: useKey(junction.keys.team) }
    const { findings } = await world.run()
    const failed = findings.filter(({ status }) => status === 'failed')
    expect(failed.map(({ id, subject }) => [id, subject.environment])).toEqual([
      ['management-key-without-access', 'sandbox/eu'],
    ])
    expect(of(findings, 'team').map(({ id, subject }) => [id, subject.environment])).toEqual([
      ['passed', 'production/us'],
      ['skipped', 'sandbox/eu'],
    ])
  })

  test('without a key nothing is asked of Junction, and each check says why', async () => {
    world.services = {
      ...world.services,
      management: new ByooError('not_authenticated', 'there is no management key'),
      link: () => {
        throw new ByooError('not_authenticated', "there is no key for Junction's Link API")
      },
    }
    world.options = { createUser: true, askProvider: true }
    const { findings, passed, summary, records } = await world.run()
    expect([passed, records]).toEqual([true, []])
    expect(summary).toBe(
      'Nothing wrong found. Not checked: keys, teams, client ids, redirect URL overrides, the client secret, scopes, the provider itself.',
    )
    expect(world.junction.requests).toEqual([])
    const skipped = findings.filter(({ status }) => status === 'skipped')
    const checks = new Set(skipped.map(({ check }) => check))
    expect(checks).toEqual(
      new Set(['key', 'team', 'credentials', 'override', 'prepare', 'link', 'ask-provider']),
    )
    for (const { message } of skipped) expect(message).toMatch(/there is no (management )?key/)
  })

  test('a team that is not known is asked for, and its records are found without it', async () => {
    world.yaml = world.yaml.replace(/^teams: .*\n/m, '')
    const { findings } = await world.run()
    expect(of(findings, 'team')[0]).toMatchObject({
      id: 'skipped',
      message: 'the team of production/us is not known',
      advice: 'Add --team <uuid>, or write "teams: { us: <uuid> }" into byoo.yaml.',
    })
    expect(ids(of(findings, 'override'))).toEqual(['passed', 'passed', 'passed'])
  })

  test('a team that does not exist is the reason why it holds no credentials', async () => {
    world.options = { environments: ['sandbox/us'] }
    world.remove('sandbox/us', 'whoop_v2')
    world.junction.set({ failures: [{ type: 'status', status: 404, operation: 'team', times: 10 }] })
    const { findings } = await world.run()
    expect(ids(of(findings, 'team'))).toEqual(['team-not-found'])
    expect(of(findings, 'credentials')).toMatchObject([
      { id: 'skipped', message: 'the team is not the right one' },
    ])
  })

  test('several teams have credentials, and none is named', async () => {
    world.yaml = world.yaml.replace(/^teams: .*\n/m, '')
    const record = { ...world.record('sandbox/us', 'whoop_v2'), id: '44444444-4444-4444-8444-444444444444' }
    world.junction.store.records['sandbox/us'].push({ ...record, team_id: world.junction.teams.eu.id })
    const { findings } = await world.run()
    expect(
      of(findings, 'override').find(({ subject }) => subject.environment === 'sandbox/us'),
    ).toMatchObject({
      id: 'skipped',
      message: 'several teams have credentials of whoop_v2 in sandbox/us',
    })
  })

  function useKey(key: string) {
    const http = createHttp({ env: {}, timeout: 5000, wait: async () => undefined })
    const { url, org } = world.junction
    return { client: createManagement(http, { key, url }), org }
  }
})

describe('what a link is compared with', () => {
  const linked = async () => of((await world.run()).findings, 'link')

  test('what Junction holds, be it right or wrong', async () => {
    world.options = { environments: ['sandbox/us'], createUser: true }
    const message =
      'the redirect URI in the link is the one that Junction holds, and the client id in the link is the one that Junction holds'
    expect(await linked()).toMatchObject([{ id: 'passed', message }])
    world.change('sandbox/us', 'whoop_v2', { redirect_url_override: 'https://wrong.example.test/' })
    expect(await linked()).toMatchObject([{ id: 'passed', message }])
  })

  test('without credentials what byoo.yaml says', async () => {
    world.options = { provider: 'google_health', createUser: true }
    world.remove('production/us', 'google_health')
    const [redirectUri, clientId] = await linked()
    expect(redirectUri).toMatchObject({
      id: 'link-differs',
      message: expect.stringMatching(
        /^the redirect URI in the link is not the one in byoo\.yaml, since Junction holds none: "/,
      ),
      advice: 'Set client id, secret and redirect URI: without them Junction uses an application of its own.',
    })
    expect(clientId).toMatchObject({
      id: 'link-differs',
      message: expect.stringMatching(/^the client id in the link is not the one in byoo\.yaml/),
    })
  })

  test('a client id that neither says is not called right', async () => {
    world.options = { environments: ['sandbox/us'], createUser: true }
    world.yaml = world.yaml.slice(0, world.yaml.indexOf('credentials:'))
    world.services = {
      ...world.services,
      management: new ByooError('not_authenticated', 'there is no management key'),
    }
    expect(await linked()).toMatchObject([
      { id: 'passed', message: 'the redirect URI in the link is the one in byoo.yaml' },
      { id: 'skipped', message: 'not compared: it is not known what Junction holds, and byoo.yaml has none' },
    ])
  })
})

describe("a credential with Junction's own callback", () => {
  test('needs no override: none is right, and one is told', async () => {
    const credential = 'environments: [sandbox/us], client_id: made-up-whoop-sandbox'
    world.yaml = world.yaml.replace(credential, `${credential}, redirect_url: junction`)
    world.options = { environments: ['sandbox/us'] }
    const overrides = async () =>
      of((await world.run()).findings, 'override').map(({ id, message }) => [id, message])
    const held = expect.stringMatching(/^Junction has the override ".*", and byoo.yaml says "redirect_url: j/)
    expect(await overrides()).toEqual([['override-differs', held]])
    world.change('sandbox/us', 'whoop_v2', { redirect_url_override: null })
    expect(await overrides()).toEqual([['passed', expect.stringContaining('there is no override')]])
    world.options = { environments: ['sandbox/us'], createUser: true }
    expect((await world.run()).counts.failed).toBe(0)
  })

  test('is told by a link under either name of its host, and under no other', async () => {
    const credential = 'environments: [sandbox/us], client_id: made-up-whoop-sandbox'
    world.yaml = world.yaml.replace(credential, `${credential}, redirect_url: junction`)
    world.change('sandbox/us', 'whoop_v2', { redirect_url_override: null })
    world.options = { environments: ['sandbox/us'], createUser: true, askProvider: true }
    const named = async (host: string) => {
      const redirectUri = encodeURIComponent(`https://${host}/v2/link/connect/whoop_v2`)
      world.alterLink = (url) => url.replace(/redirect_uri=[^&]*/, `redirect_uri=${redirectUri}`)
      return ids(of((await world.run()).findings, 'link'))
    }
    expect(await named('api.sandbox.us.junction.com')).toEqual(['passed'])
    world.asked.length = 0
    expect(await named('api.sandbox.tryvital.io')).toEqual(['passed'])
    // There is no other redirect URI to ask about.
    expect(world.asked).toHaveLength(1)
    expect(await named('api.us.junction.com')).toEqual(['link-differs'])
    expect(await named('127.0.0.1/production/us')).toEqual(['link-differs'])
  })
})

test("a redirect URI in google_fit's details that was left behind is told", async () => {
  const credential =
    '  - { provider: google_fit, environments: [sandbox/us], redirect_url: junction, client_id: x, details: { data_scopes: [one] } }'
  world.yaml = `${world.yaml}${credential}\n`
  const redirect_uri = 'https://old.example.test/google_fit'
  const details = { redirect_uri, data_scopes: ['one'] }
  const fields = { team_id: world.junction.teams.us.id, provider: 'google_fit', client_id: 'x', details }
  world.junction.store.set('sandbox/us', { ...fields, client_secret: 'x' })
  world.options = { provider: 'google_fit' }
  const found = async () => of((await world.run()).findings, 'credentials')
  expect(await found()).toMatchObject([
    { id: 'details-differ', message: expect.stringMatching(/: redirect_uri$/) },
  ])
  details.redirect_uri = 'https://api.sandbox.us.junction.com/v2/link/connect/google_fit'
  expect(ids(await found())).toEqual(['passed'])
})

describe('a credential whose redirect URI no route serves', () => {
  /** A byoo.yaml whose one credential of production is this, beside the route of the sandbox or none. */
  const declare = (redirectUrl: string, ...routes: string[]) => {
    const at = world.yaml.indexOf('org:')
    const credentials = `credentials: [{ provider: whoop_v2, environments: [production/us], client_id: made-up-whoop-production, redirect_url: "${redirectUrl}" }]\n`
    const ids = world.yaml.slice(at, world.yaml.indexOf('credentials:'))
    world.yaml = (routes.length > 0 ? routesYaml(...routes) : '') + ids + credentials
  }
  const found = async (subject: string) =>
    (await world.run()).findings.filter(({ subject: { route } }) => route === subject)

  test('is looked at like any other: its endpoint, its record, its link', async () => {
    const url = `https://${productionHost}:${world.production.port}/oauth_callback/whoop_v2`
    for (const routes of [[], [sandboxRoute(world.sandbox.port)]]) {
      declare(url, ...routes)
      world.options = { environments: ['production/us'], createUser: true }
      const findings = await found(url)
      const seen = findings.map(({ check, id }) => `${check} ${id}`)
      expect(seen).toContain('verify passed')
      expect(seen).toContain('override passed')
      expect(seen).toContain('link passed')
      expect(findings.filter(({ status }) => status === 'failed')).toEqual([])
    }
    world.production.answer(() => refuse(500))
    expect((await found(url)).map(({ check, status }) => `${check} ${status}`)).toContain('verify failed')
  })

  test('is judged for each environment that uses it, and can be right for one of them at most', async () => {
    const url = `https://${productionHost}:${world.production.port}/oauth_callback/whoop_v2`
    const naming = (place: string) => {
      const start = `[${place}/us], client_id: made-up-whoop-${place}`
      world.yaml = world.yaml.replace(start, `${start}, redirect_url: "${url}"`)
    }
    const judged = async () => {
      const { findings } = await world.run()
      return [...of(findings, 'routes'), ...of(findings, 'verify')]
    }
    world.options = { provider: 'whoop_v2' }
    const several = {
      id: 'redirect-uri-of-several',
      message: `${url} is the redirect URI of whoop_v2 in production/us and of whoop_v2 in sandbox/us, and no shared route serves all of them: one at most can be right`,
    }
    const wrong = {
      id: 'wrong-environment',
      subject: { route: url, provider: 'whoop_v2', environment: 'sandbox/us' },
      command: `byoo verify ${url} --provider whoop_v2 --environment sandbox/us`,
    }
    naming('sandbox')
    world.yaml = world.yaml.replace(`${sandboxRoute(world.sandbox.port)}\n`, '')
    expect(await judged()).toMatchObject([several, { id: 'passed' }, wrong])
    naming('production')
    world.yaml = world.yaml.replace(/^routes:\n.*\n/, '').replace(/ {2}- provider: google_health[\s\S]*$/, '')
    expect(await judged()).toMatchObject([several, { id: 'passed' }, wrong])
  })

  test("of Junction's own callback nothing is sent there, and the record is looked at", async () => {
    declare('junction')
    const url = 'https://api.us.junction.com/v2/link/connect/whoop_v2'
    const seen = (await found(url)).map(({ check, id }) => `${check} ${id}`)
    expect(seen).toContain('credentials passed')
    expect(seen).toContain('override override-differs')
    expect(seen.filter((one) => one.startsWith('verify'))).toEqual([])
  })
})

describe('a shared route', () => {
  test('is looked at for each environment that is asked about', async () => {
    const route = sandboxRoute(
      world.sandbox.port,
      'environments: [production/us, sandbox/us], otherwise: "https://app.example.test/{provider}"',
    )
    world.yaml =
      routesYaml(route) +
      world.yaml.slice(world.yaml.indexOf('org:')).replace(/ {2}- provider: google_health[\s\S]*$/, '')
    const seen = async () =>
      of((await world.run()).findings, 'credentials').map(({ subject }) => subject.environment)
    expect(await seen()).toEqual(['production/us', 'sandbox/us'])
    world.options = { environments: ['sandbox/us'] }
    expect(await seen()).toEqual(['sandbox/us'])
  })

  test('is asked where it sends the callback of a real link', async () => {
    const url = `https://${productionHost}:${world.production.port}/oauth_callback/whoop_v2`
    const place =
      'provider: whoop_v2, environments: [production/us], otherwise: "https://app.example.test/oauth"'
    const route = `  - { url: "${url}", ${place} }`
    world.yaml =
      routesYaml(route) +
      world.yaml
        .slice(world.yaml.indexOf('org:'))
        .replace(/ {2}- \{ provider: whoop_v2, environments: \[sandbox.*\n/, '')
        .replace(/ {2}- provider: google_health[\s\S]*$/, '')
    world.options = { createUser: true, provider: 'whoop_v2' }
    const linked = async () => of((await world.run()).findings, 'link')
    expect(ids(await linked())).toEqual(['passed'])
    world.alterLink = (oauthUrl) => oauthUrl.replace(/&state=[^&]*/, '&state=a-state-of-another-kind')
    expect(await linked()).toMatchObject([
      {
        id: 'link-goes-to-app',
        message: 'the shared route sends its callback to its otherwise, not to production/us',
      },
    ])
    world.alterLink = (oauthUrl) => oauthUrl.replace(/&state=[^&]*/, '')
    expect((await linked())[0]?.message).toMatch(/, since the link has no state$/)
  })
})

describe('the way to the endpoint', () => {
  test.each([
    ['10.0.0.1', true],
    ['192.168.1.1', true],
    ['fe80::1', true],
    ['172.16.0.1', true],
    ['100.64.0.1', true],
    ['127.0.0.1', true],
    ['::1', true],
    ['::ffff:10.0.0.1', true],
    ['203.0.113.7', false],
    ['2001:db8::1', false],
    ['172.32.0.1', false],
  ])('%s: private is %s', (address, isPrivate) => {
    expect(isPrivateAddress(address)).toBe(isPrivate)
  })

  test('a port that does not speak TLS', async () => {
    const plain = await startCallbackServer(rightAnswer)
    world.yaml = world.yaml.replace(`:${world.sandbox.port}/`, `:${plain.port}/`)
    world.options = { environments: ['sandbox/us'] }
    const { findings } = await world.run()
    await plain.close()
    expect(ids(of(findings, 'verify'))).toEqual(['tls-failed'])
  })

  test('the first differing byte of what verify found', async () => {
    world.options = { provider: 'whoop_v2', environments: ['production/us'] }
    world.production.answer(({ provider, query }) => ({
      status: 307,
      headers: [
        [
          'Location',
          `https://api.us.junction.com/v2/link/connect/${provider}${query.replaceAll('%2B', '+')}`,
        ],
        ['Cache-Control', 'no-store'],
      ],
      body: '',
    }))
    const [finding] = of((await world.run()).findings, 'verify')
    expect(finding).toMatchObject({
      id: 'query-decoded',
      message: 'The query is decoded: %2B becomes + (the query differs from byte 3 on)',
      expected: '?a=%2B&b=+&c=%20',
      received: '?a=+&b=+&c=%20',
      command: `byoo verify https://oauth.example.test:${world.production.port}/oauth_callback/whoop_v2`,
    })
  })
})

describe('while it goes on', () => {
  test('each finding is told once, as it comes; each check is counted', async () => {
    const told: Finding[] = []
    const counts: number[] = []
    let last: Progress | undefined
    const report = await world.run({
      onFinding: (finding) => told.push(finding),
      onProgress: (progress) => {
        last = progress
        counts.push(progress.done)
      },
    })
    expect(new Set(told)).toEqual(new Set(report.findings))
    expect(told).toHaveLength(report.findings.length)
    expect(last?.total).toBeGreaterThan(10)
    expect(counts).toEqual(Array.from({ length: last?.total ?? 0 }, (_, index) => index + 1))
  })

  test('a user that is gone already needs no removal', async () => {
    world.options = { createUser: true }
    world.junction.set({ failures: [{ type: 'status', status: 404, operation: 'delete_user', times: 10 }] })
    const { passed } = await world.run()
    expect(passed).toBe(true)
  })

  test('one user for all providers of a place', async () => {
    world.options = { createUser: true }
    await world.run()
    const created = world.junction.requests.filter(({ operation }) => operation === 'create_user')
    expect(created).toHaveLength(2)
    const lists = world.junction.requests.filter(({ operation }) => operation === 'list')
    expect(lists).toHaveLength(2)
  })
})
