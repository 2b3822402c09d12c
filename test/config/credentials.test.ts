import { describe, expect, test } from 'vitest'
import { readYamlConfig } from '../../src/config/read-yaml-config.ts'

const route =
  '{ url: "https://o.example/cb/{provider}", environment: production/us, providers: [strava, polar, google_health] }'
const org = '11111111-1111-4111-8111-111111111111'

/** A file with one route and these credentials, each on a line of its own from line 3. */
function withCredentials(...credentials: string[]): string {
  return [`routes: [${route}]`, 'credentials:', ...credentials.map((one) => `  - ${one}`)].join('\n')
}

async function faultsOf(text: string): Promise<string[]> {
  const { faults } = readYamlConfig('byoo.yaml', text, 'management')
  return faults.map((fault) => fault.replace(/^byoo\.yaml:/, ''))
}

describe('the management sections', () => {
  test('are read', async () => {
    const text = `routes: [${route}]
org: ${org}
teams: { production/us: 22222222-2222-4222-8222-222222222222 }
credentials:
  - provider: polar
    environments: [production/us]
    client_id: "12345"
    client_secret: { file: ./secrets/polar }
    details: { webhook_secret: { env: POLAR_WEBHOOK_SECRET } }
  - { provider: strava, environments: [production/us] }
`
    const { config, faults } = readYamlConfig('byoo.yaml', text, 'management')
    expect(faults).toEqual([])
    expect(config).toMatchObject({
      org,
      teams: { 'production/us': '22222222-2222-4222-8222-222222222222' },
      credentials: [
        {
          provider: 'polar',
          environments: ['production/us'],
          redirectUrl: undefined,
          clientId: '12345',
          clientSecret: { file: './secrets/polar' },
          details: { webhook_secret: { env: 'POLAR_WEBHOOK_SECRET' } },
        },
        { provider: 'strava', clientId: undefined, clientSecret: undefined, details: undefined },
      ],
    })
  })

  test('report every fault, in the order of the file', async () => {
    const text = `routes: [${route}]
orgg: x
org: acme
teams:
  production/uk: ${org}
  sandbox/us: abc
credentials:
  - provider: stravva
    environments: [production/us]
`
    expect(await faultsOf(text)).toEqual([
      '2:1: orgg: is not a known key (did you mean "org"?); allowed here: routes, site_verification, org, teams, credentials',
      '3:1: org: must be the UUID of your organisation, as the Junction dashboard shows it',
      '5:3: teams["production/uk"]: is not a known key (did you mean "production/us"?); allowed here: us, eu, production/us, production/eu, sandbox/us, sandbox/eu',
      '6:3: teams["sandbox/us"]: must be the UUID of a team, as the Junction dashboard shows it',
      '8:5: credentials[0].provider: "stravva" is not a BYOO provider (did you mean "strava"?)',
    ])
  })

  test.each<[string, string[]]>([
    [
      '{ provider: strava, environments: [production/us], client_id: 12345 }',
      ['3:56: credentials[0].client_id: must be text: put it between quotes, or YAML reads it as a number'],
    ],
    [
      '{ provider: strava, environments: [] }',
      ['3:25: credentials[0].environments: must name at least one environment'],
    ],
    [
      '{ provider: strava, environments: [production/uk] }',
      [
        '3:40: credentials[0].environments[0]: must be an environment with its region: write production/us or production/eu',
      ],
    ],
    [
      '{ provider: oura, environments: [production/us] }',
      [
        '3:38: credentials[0].environments[0]: no route of production/us accepts oura: add one, name oura in its providers, or give the credential a redirect_url',
      ],
    ],
    [
      '{ provider: strava, environments: [production/us, production/us] }',
      [
        '3:55: credentials[0].environments[1]: credentials[0].environments[0] already says what strava has in production/us',
      ],
    ],
    [
      '{ provider: strava, environments: [production/us], clientid: x }',
      [
        '3:56: credentials[0].clientid: is not a known key (did you mean "client_id"?); allowed here: provider, environments, redirect_url, client_id, client_secret, details',
      ],
    ],
    [
      '{ provider: strava, environments: [production/us], client_secret: { env: "not a name" } }',
      ["3:73: credentials[0].client_secret.env: must be a variable's name: letters, digits and _"],
    ],
    [
      '{ provider: strava, environments: [production/us], client_secret: { file: "-" } }',
      ['3:73: credentials[0].client_secret.file: must be a path'],
    ],
    [
      '{ provider: strava, environments: [production/us], details: { a: b } }',
      ['3:56: credentials[0].details: must be left out: strava takes none'],
    ],
    [
      '{ provider: google_health, environments: [production/us], details: { project_number: "a1" } }',
      [
        '3:63: credentials[0].details.service_account_email: is missing',
        '3:74: credentials[0].details.project_number: must be the digits of the project number, not its id',
      ],
    ],
    [
      '{ provider: google_health, environments: [production/us], details: { project_number: { env: N }, service_account_email: a@b.de } }',
      [
        '3:74: credentials[0].details.project_number: must be the digits of the project number, not its id',
        '3:74: credentials[0].details.project_number: is not a secret: write it here as it is',
      ],
    ],
  ])('refuse %s', async (credential, faults) => {
    expect(await faultsOf(withCredentials(credential))).toEqual(faults)
  })
})

describe('a secret in clear', () => {
  const madeUp = 'made-up-0123456789'

  test.each([
    [
      `{ provider: strava, environments: [production/us], client_secret: ${madeUp} }`,
      'must say where the secret is kept',
    ],
    [
      `{ provider: polar, environments: [production/us], details: { webhook_secret: ${madeUp} } }`,
      'is a secret: say where',
    ],
    [`{ provider: strava, environments: [production/us], client_id: mg_${madeUp} }`, 'looks like a secret'],
    [
      `{ provider: strava, environments: [production/us], client_id: sk_us_${madeUp} }`,
      'looks like a secret',
    ],
    [
      `{ provider: strava, environments: [production/us], client_id: GOCSPX-${madeUp} }`,
      'looks like a secret',
    ],
    [
      `{ provider: strava, environments: [production/us], client_secret: { env: ${madeUp} } }`,
      "must be a variable's name",
    ],
    [`{ provider: mg_${madeUp}, environments: [mg_${madeUp}] }`, 'looks like a secret'],
    [`{ provider: mg_${madeUp}, environments: [production/us] }`, 'looks like a secret'],
    [`{ provider: strava, environments: [production/us], mg_${madeUp}: x }`, 'is not a known key'],
    [
      `{ provider: strava, environments: [production/us], details: { mg_${madeUp}: x } }`,
      'looks like a secret',
    ],
    [
      `{ provider: strava, environments: [production/us], client_id: "Bearer ${madeUp}" }`,
      'looks like a secret',
    ],
    [
      `{ provider: strava, environments: [production/us], client_id: "Basic ${madeUp}" }`,
      'looks like a secret',
    ],
    [
      `{ provider: strava, environments: [production/us], client_id: "-----BEGIN PRIVATE KEY-----${madeUp}" }`,
      'looks like a secret',
    ],
    [
      `{ provider: strava, environments: [production/us], client_id: eyJhbGciOiJub25lIn0.bWFkZS11cA.${madeUp} }`,
      'looks like',
    ],
  ])('is a fault that does not repeat it: %s', async (credential, message) => {
    const faults = await faultsOf(withCredentials(credential))
    expect(faults.join('\n')).toContain(message)
    expect(faults.join('\n')).not.toContain(madeUp)
  })

  test('is not repeated by a fault of the syntax', async () => {
    for (const text of [`a: b: ${madeUp}`, `a: *${madeUp}`, `a: "${madeUp}`, `- ${madeUp}\na: b`]) {
      const faults = await faultsOf(text)
      expect(faults.length).toBeGreaterThan(0)
      expect(faults.join('\n')).not.toContain(madeUp)
    }
  })
})

test('an unknown provider is named beside the other faults of its credential', async () => {
  const credentials = '[{ provider: lab_x, client_id: "a b" }, { provider: lab_y, client_secret: x }]'
  const faults = await faultsOf(`routes: [${route}]\ncredentials: ${credentials}`)
  for (const name of ['lab_x', 'lab_y'])
    expect(faults.join('\n')).toContain(`"${name}" is not a BYOO provider`)
})

test('a fault of a credential hides none of the route with its number', async () => {
  const [first, ...others] = await faultsOf(`routes: [${route}, ${route}]\ncredentials: [{ provider: "?" }]`)
  expect(first).toContain('routes[1].url: overlaps routes[0].url')
  expect(others).toEqual([expect.stringContaining('credentials[0].provider: must be a provider slug')])
})

test('two primary routes of one environment and region contradict each other', async () => {
  const primary = (host: string, providers: string) =>
    `  - { url: "https://${host}.example/cb/{provider}", environment: production/us, primary: true, providers: [${providers}] }`
  expect(await faultsOf(['routes:', primary('a', 'strava'), primary('b', 'oura')].join('\n'))).toEqual([])
  expect(
    await faultsOf(['routes:', primary('a', 'strava'), primary('b', 'oura, strava')].join('\n')),
  ).toEqual(['3:75: routes[1].primary: is set on routes[0] too, for the same environment'])
})

describe('teams', () => {
  const [one, other] = [org, '22222222-2222-4222-8222-222222222222']

  test.each([
    [`{ eu: ${one} }`, { 'production/eu': one, 'sandbox/eu': one }],
    [`{ eu: ${one}, sandbox/eu: ${other} }`, { 'production/eu': one, 'sandbox/eu': other }],
    [`{ production/us: ${one} }`, { 'production/us': one }],
  ])('%s belong to environments', (teams, found) => {
    const { config, faults } = readYamlConfig('byoo.yaml', `teams: ${teams}`, 'management')
    expect([faults, config.teams]).toEqual([[], found])
  })
})

test('a credential is for every environment with a route for its provider, unless it says which', () => {
  const text = `routes:
  - { url: "https://a.example/{provider}/cb", environment: sandbox/eu }
  - { url: "https://b.example/cb/{provider}", environment: production/us, providers: [strava] }
  - { url: "https://c.example/cb/{provider}", target: "https://t.example/{provider}" }
credentials: [{ provider: strava }, { provider: oura }, { provider: polar, environments: [sandbox/eu] }]
`
  const { config, faults } = readYamlConfig('byoo.yaml', text, 'management')
  expect(faults).toEqual([])
  expect(config.credentials.map(({ environments }) => environments)).toEqual([
    ['sandbox/eu', 'production/us'],
    ['sandbox/eu'],
    ['sandbox/eu'],
  ])
})

describe('a key of an earlier spelling gets the line of today:', () => {
  const old = (lines: string) => `routes:\n  - url: https://o.example/cb/{provider}\n${lines}`
  test.each<[string, string[]]>([
    [
      old('    environment: production\n    region: eu'),
      [
        '3:5: routes[0].environment: must be an environment with its region: write production/us or production/eu',
        '4:5: routes[0].region: is a part of the environment: write "environment: production/eu"',
      ],
    ],
    [
      old('    environment: production/us\n    region: us'),
      ['4:5: routes[0].region: is a part of the environment: write "environment: production/us"'],
    ],
    [
      withCredentials('{ provider: strava, in: [production/us, sandbox/us] }'),
      ['3:25: credentials[0].in: is called environments: write "environments: [production/us, sandbox/us]"'],
    ],
    [
      withCredentials('{ provider: strava, in: nonsense }'),
      ['3:25: credentials[0].in: is called environments: write "environments: [production/us]"'],
    ],
  ])('%s', async (text, faults) => {
    expect(await faultsOf(text)).toEqual(faults)
  })
})

describe('redirect_url', () => {
  test.each([
    '{ provider: oura, environments: [production/us], redirect_url: junction }',
    '{ provider: strava, redirect_url: junction }',
    '{ provider: oura, environments: [sandbox/us], redirect_url: https://app.example.com/oura }',
    '{ provider: google_health, environments: [sandbox/us], redirect_url: junction }',
  ])('is accepted, with or without a route: %s', async (credential) => {
    expect(await faultsOf(withCredentials(credential))).toEqual([])
  })

  test('is kept', () => {
    const text = 'credentials: [{ provider: oura, environments: [sandbox/us], redirect_url: junction }]'
    const { config, faults } = readYamlConfig('byoo.yaml', text, 'management')
    expect([faults, config.credentials[0]?.redirectUrl]).toEqual([[], 'junction'])
  })

  const notJunction = `must be a URL, or "junction" for Junction's own callback`
  test.each<[string, string]>([
    [
      'provider: oura, redirect_url: junction',
      'needs "environments: [production/us, …]", since no route accepts oura',
    ],
    [
      'provider: google_health, redirect_url: junction',
      '.redirect_url: google_health in production needs a redirect URI of your own: leave this out, or write a URL',
    ],
    ['provider: strava, redirect_url: Junction', `.redirect_url: ${notJunction}`],
    [
      'provider: strava, redirect_url: http://a.example/x',
      '.redirect_url: must use https: plain http is allowed to loopback only; write "https://a.example/x"',
    ],
    [
      'provider: strava, redirect_url: "https://a.example/{provider}"',
      '.redirect_url: must name the provider in place of {provider}; write "https://a.example/strava"',
    ],
    [
      'provider: oura',
      '.provider: no route accepts oura: add one, name oura in its providers, or give the credential a redirect_url',
    ],
  ])('is a fault: %s', async (credential, fault) => {
    const [first, ...more] = await faultsOf(withCredentials(`{ ${credential} }`))
    expect([first?.replace(/^3:\d+: credentials\[0\](: )?/, ''), more]).toEqual([fault, []])
  })
})

describe('a route of another environment', () => {
  test('does not accept a credential', async () => {
    const sandbox = route.replace('production/us', 'sandbox/us')
    const text = `routes: [${sandbox}]\ncredentials: [{ provider: strava, environments: [production/us] }]`
    expect(await faultsOf(text)).toEqual([
      '2:50: credentials[0].environments[0]: no route of production/us accepts strava: add one, name strava in its providers, or give the credential a redirect_url',
    ])
  })

  test('is not to blame when it is broken', async () => {
    const broken = route.replace('https:', 'http:')
    for (const environments of ['', ', environments: [production/us]']) {
      const text = `routes: [${broken}]\ncredentials: [{ provider: strava${environments} }]`
      expect(await faultsOf(text)).toEqual([expect.stringContaining('routes[0].url: must use https')])
    }
  })
})

test('without a route the other sections are still read', async () => {
  expect(await faultsOf(`org: ${org}\nteams: { us: ${org} }`)).toEqual([])
})
