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
    in: [production/us]
    client_id: "12345"
    client_secret: { file: ./secrets/polar }
    details: { webhook_secret: { env: POLAR_WEBHOOK_SECRET } }
  - { provider: strava, in: [production/us] }
`
    const { config, faults } = readYamlConfig('byoo.yaml', text, 'management')
    expect(faults).toEqual([])
    expect(config).toMatchObject({
      org,
      teams: { 'production/us': '22222222-2222-4222-8222-222222222222' },
      credentials: [
        {
          provider: 'polar',
          in: ['production/us'],
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
    in: [production/us]
`
    expect(await faultsOf(text)).toEqual([
      '2:1: orgg: is not a known key (did you mean "org"?)',
      '3:1: org: must be the UUID of your organisation, as the Junction dashboard shows it',
      '5:3: teams["production/uk"]: is not a known key (did you mean "production/us"?)',
      '6:3: teams["sandbox/us"]: must be the UUID of a team, as the Junction dashboard shows it',
      '8:5: credentials[0].provider: "stravva" is not a BYOO provider (did you mean "strava"?)',
      '9:10: credentials[0].in[0]: no route of production/us accepts stravva: add one, or name stravva in its providers',
    ])
  })

  test.each<[string, string[]]>([
    [
      '{ provider: strava, in: [production/us], client_id: 12345 }',
      ['3:46: credentials[0].client_id: must be text: put it between quotes, or YAML reads it as a number'],
    ],
    ['{ provider: strava, in: [] }', ['3:25: credentials[0].in: must name at least one environment']],
    [
      '{ provider: strava, in: [production/uk] }',
      [
        '3:30: credentials[0].in[0]: must be an environment with its region: write production/us or production/eu',
      ],
    ],
    [
      '{ provider: oura, in: [production/us] }',
      [
        '3:28: credentials[0].in[0]: no route of production/us accepts oura: add one, or name oura in its providers',
      ],
    ],
    [
      '{ provider: strava, in: [production/us, production/us] }',
      ['3:45: credentials[0].in[1]: credentials[0].in[0] already says what strava has in production/us'],
    ],
    [
      '{ provider: strava, in: [production/us], clientid: x }',
      ['3:46: credentials[0].clientid: is not a known key (did you mean "client_id"?)'],
    ],
    [
      '{ provider: strava, in: [production/us], client_secret: { env: "not a name" } }',
      ["3:63: credentials[0].client_secret.env: must be a variable's name: letters, digits and _"],
    ],
    [
      '{ provider: strava, in: [production/us], client_secret: { file: "-" } }',
      ['3:63: credentials[0].client_secret.file: must be a path'],
    ],
    [
      '{ provider: strava, in: [production/us], details: { a: b } }',
      ['3:46: credentials[0].details: must be left out: strava takes none'],
    ],
    [
      '{ provider: google_health, in: [production/us], details: { project_number: "a1" } }',
      [
        '3:53: credentials[0].details.service_account_email: is missing',
        '3:64: credentials[0].details.project_number: must be the digits of the project number, not its id',
      ],
    ],
    [
      '{ provider: google_health, in: [production/us], details: { project_number: { env: N }, service_account_email: a@b.de } }',
      [
        '3:64: credentials[0].details.project_number: must be the digits of the project number, not its id',
        '3:64: credentials[0].details.project_number: is not a secret: write it here as it is',
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
      `{ provider: strava, in: [production/us], client_secret: ${madeUp} }`,
      'must say where the secret is kept',
    ],
    [
      `{ provider: polar, in: [production/us], details: { webhook_secret: ${madeUp} } }`,
      'is a secret: say where',
    ],
    [`{ provider: strava, in: [production/us], client_id: mg_${madeUp} }`, 'looks like a secret'],
    [`{ provider: strava, in: [production/us], client_id: sk_us_${madeUp} }`, 'looks like a secret'],
    [`{ provider: strava, in: [production/us], client_id: GOCSPX-${madeUp} }`, 'looks like a secret'],
    [
      `{ provider: strava, in: [production/us], client_secret: { env: ${madeUp} } }`,
      "must be a variable's name",
    ],
    [`{ provider: mg_${madeUp}, in: [mg_${madeUp}] }`, 'looks like a secret'],
    [`{ provider: strava, in: [production/us], mg_${madeUp}: x }`, 'is not a known key'],
    [
      `{ provider: strava, in: [production/us], client_id: eyJhbGciOiJub25lIn0.bWFkZS11cA.${madeUp} }`,
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

test('two primary routes of one environment and region contradict each other', async () => {
  const primary = (host: string, providers: string) =>
    `  - { url: "https://${host}.example/cb/{provider}", environment: production/us, primary: true, providers: [${providers}] }`
  expect(await faultsOf(['routes:', primary('a', 'strava'), primary('b', 'oura')].join('\n'))).toEqual([])
  expect(
    await faultsOf(['routes:', primary('a', 'strava'), primary('b', 'oura, strava')].join('\n')),
  ).toEqual(['3:75: routes[1].primary: is set on routes[0] too, for the same environment'])
})
