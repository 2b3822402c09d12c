import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { givenOptions } from '../../src/config/options.ts'
import { readConfig, routeOptions } from '../../src/config/read-config.ts'

const choices =
  'Choose from production/us (api.us.junction.com), production/eu (api.eu.junction.com), ' +
  'sandbox/us (api.sandbox.us.junction.com), sandbox/eu (api.sandbox.eu.junction.com)'

async function faultsOf(text: string): Promise<readonly string[]> {
  const { faults } = await readConfig({ route: {}, file: undefined, text, directory: '/' })
  return faults.map((fault) => fault.replace(/^BYOO_CONFIG:/, ''))
}

async function faultsOfFlags(flags: Record<string, string>): Promise<readonly string[]> {
  const route = givenOptions(routeOptions, flags, {})
  const { faults } = await readConfig({ route, file: undefined, text: undefined, directory: '/nowhere' })
  return faults
}

const routeKeys = 'url, environment, target, provider, providers, environments, otherwise, primary'
const route = 'url: "https://o.example/cb/{provider}", environment: sandbox/us'
const one = `routes: [{ ${route} }]`
const withUrl = (url: string) => `routes: [{ url: ${JSON.stringify(url)}, environment: sandbox/us }]`
const withTarget = (target: string) =>
  `routes: [{ url: "https://o.example/cb/{provider}", target: ${JSON.stringify(target)} }]`
const two = (left: string, right: string) => `routes:
  - { ${left}, environment: sandbox/us }
  - { ${right}, environment: production/us }
`

describe('a YAML text', () => {
  test.each([
    [one],
    [`${one}\norg: not one\nteams: []\ncredentials: [{ provider: nobody }]`],
    [`routes: [{ ${route}, primary: true, providers: [strava, acme_fit] }]`],
    [withUrl('https://o.example/oauth/{provider}/back')],
    [withUrl('https://o.example:8443/cb/{provider}')],
    [withUrl('http://localhost:8080/cb/{provider}')],
    [withUrl('http://[::1]/cb/{provider}')],
    ['routes: [{ url: "https://o.example/{provider}", providers: [strava], environment: sandbox/us }]'],
    ['routes: [{ url: "https://o.example/x", provider: strava, environment: sandbox/us }]'],
    ['routes: [{ url: "https://o.example/x", provider: strava, target: "https://t.example/y" }]'],
    [withTarget('https://t.example/api/v1/oauth/{provider}/callback')],
    [withTarget('http://127.0.0.1:3000/{provider}')],
    [`routes: [{ ${route}, target: "http://127.0.0.1:3000/{provider}" }]`],
    [two('url: "https://a.example/cb/{provider}"', 'url: "https://b.example/cb/{provider}"')],
    [two('url: "https://a.example/a/{provider}"', 'url: "https://a.example/b/{provider}"')],
    [
      two(
        'url: "https://a.example/cb/{provider}", providers: [strava]',
        'url: "https://a.example/cb/{provider}", providers: [oura]',
      ),
    ],
    [two('url: "https://a.example/x/{provider}"', 'url: "https://a.example/x/Y", provider: oura')],
    [`${one}\nsite_verification: { /google0123.html: "x" }`],
    [`${one}\nsite_verification: { /a: "${'x'.repeat(1000)}" }`],
  ])('is accepted: %s', async (text) => {
    expect(await faultsOf(text)).toEqual([])
  })

  const slugRule = 'must be a provider slug: lower-case letters, digits, "_" and "-", at most 64'
  const neither = `needs an environment or a target; there is no default. ${choices}`
  test.each([
    ['# only a comment', [' is empty']],
    ['routes', [' must hold the YAML text itself; for a file use --config <file>']],
    [
      one.replace('[', '\\n  - '),
      [' has \\n as two characters instead of line breaks: in a shell, write "$(cat byoo.yaml)"'],
    ],
    ['# mine\\nroutes:\\n  - url: x', [expect.stringContaining('has \\n as two characters')]],
    [
      `${one}\nsite_verification:\n  /a: google-site-verification: a`,
      ['3:7: has ": " inside a text: put the text between quotes'],
    ],
    [
      `${one}\nsite_verification: { /a: google-site-verification: a }`,
      ['2:26: has ": " inside a text: put the text between quotes'],
    ],
    ['a: &a {}\nb: { <<: *a }', ['2:6: merge keys (<<) are not read: write the keys out']],
    [`${one}\n---\n${one}`, ['2:1: a second document begins here: one is all there may be']],
    // Not what is looked for: a list in the other notation, and line breaks that are there.
    ['routes: [- a]', [expect.anything(), expect.stringContaining('Block collections'), expect.anything()]],
    [`${one}\nx: "a\\n- b"`, [expect.stringContaining('2:1: x: is not a known key')]],
    ['a: &a {}\nb: *a', ['2:4: aliases (*…) are not read: write the value out']],
    [
      `routes: [{ ${route}, providers: strava }]`,
      ['1:77: routes[0].providers: must be a list: put it between [ and ]'],
    ],
    ['[1]', ['1:1: must be a mapping']],
    ['{}', [' has no routes, so there is nothing to forward: add one']],
    ['org: x', [' has no routes, so there is nothing to forward: add one']],
    ['routes: []', ['1:1: routes: must have at least one route']],
    ['routes: 1', ['1:1: routes: must be a list']],
    ['routes: [1]', ['1:10: routes[0]: must be a mapping', `1:10: routes[0]: ${neither}`]],
    ['routes: [', ['1:10: Flow sequence in block collection must be sufficiently indented and end with a ]']],
    [`${one}\nroutes: []`, ['2:1: Map keys must be unique']],
    [
      `${one}\nsite_verifcation: {}`,
      [
        '2:1: site_verifcation: is not a known key (did you mean "site_verification"?); allowed here: routes, site_verification, org, teams, credentials',
      ],
    ],
    [
      `routes: [{ ${route}, colour: red }]`,
      [`1:77: routes[0].colour: is not a known key; allowed here: ${routeKeys}`],
    ],
    [
      'routes:\n  - url: "https://o.example/cb/{provider}"\n    region: us',
      [
        `2:5: routes[0]: ${neither}`,
        '3:5: routes[0].region: is a part of the environment: write "environment: <production or sandbox>/<us or eu>"',
      ],
    ],
    [
      'routes:\n  - url: "https://o.example/cb/{provider}"\n    environment: sandbox',
      ['3:5: routes[0].environment: must be an environment with its region: write sandbox/us or sandbox/eu'],
    ],
    ['routes:\n  - url: "https://o.example/cb/{provider}"', [`2:5: routes[0]: ${neither}`]],
    [
      'routes:\n  - url: "https://o.example/cb/{provider}"\n    environment: Prod/EU',
      ['3:5: routes[0].environment: must be an environment with its region: write production/eu'],
    ],
    ['routes: [{ environment: sandbox/us }]', ['1:10: routes[0].url: is missing']],
    [
      `routes: [{ ${route}, target: "https://t.example/{provider}" }]`,
      [
        '1:77: routes[0].target: cannot be combined with environment unless it is a loopback address: choose one',
      ],
    ],
    [
      `routes: [{ ${route}, provider: strava, providers: [oura] }]`,
      [
        '1:12: routes[0].url: must not contain {provider} when provider is given',
        '1:95: routes[0].providers: cannot be combined with provider: choose one',
      ],
    ],
    [`routes: [{ ${route}, providers: [] }]`, ['1:77: routes[0].providers: must name at least one provider']],
    [`routes: [{ ${route}, providers: [Strava] }]`, [`1:89: routes[0].providers[0]: ${slugRule}`]],
    [
      `routes: [{ ${route}, provider: 5 }]`,
      [
        '1:12: routes[0].url: must not contain {provider} when provider is given',
        '1:77: routes[0].provider: must be text: put it between quotes, or YAML reads it as a number',
      ],
    ],
    [
      two('url: "https://a.example/cb/{provider}"', 'url: "https://A.example:8443/cb/{provider}"'),
      [
        '3:7: routes[1].url: must be written the way a browser sends it; write "https://a.example:8443/cb/{provider}"',
      ],
    ],
    [
      two('url: "https://a.example/cb/{provider}"', 'url: "https://a.example:8443/cb/{provider}"'),
      ['3:7: routes[1].url: overlaps routes[0].url: a request could belong to both'],
    ],
    [
      two('url: "https://a.example/cb/{provider}"', 'url: "https://a.example/cb/oura", provider: oura'),
      ['3:7: routes[1].url: overlaps routes[0].url: a request could belong to both'],
    ],
    [
      two('url: "https://a.example/{provider}/b"', 'url: "https://a.example/a/{provider}"'),
      ['3:7: routes[1].url: overlaps routes[0].url: a request could belong to both'],
    ],
    [
      two(
        'url: "https://a.example/cb/{provider}", providers: [strava, oura]',
        'url: "https://a.example/cb/{provider}", providers: [oura]',
      ),
      ['3:7: routes[1].url: overlaps routes[0].url: a request could belong to both'],
    ],
    [
      withUrl('https://o.example/{provider}'),
      ['1:12: routes[0].url: also takes /health, where the forwarder tells its health: choose another path'],
    ],
    [
      `${one}\nsite_verification:\n  /readyz: x\n  /cb/strava: x\n  proof: x\n  /a b: x\n  /{provider}: x\n  /long: ${'x'.repeat(1001)}\n  /list: []`,
      [
        '3:3: site_verification["/readyz"]: also takes /readyz, where the forwarder tells its health: choose another path',
        '4:3: site_verification["/cb/strava"]: overlaps routes[0].url: a request could belong to both',
        '5:3: site_verification.proof: must start with "/"',
        '6:3: site_verification["/a b"]: must not contain white space, control or non-ASCII characters',
        '7:3: site_verification["/{provider}"]: must be an exact path, without {provider}',
        '8:3: site_verification["/long"]: must have a text of at most 1000 bytes',
        '9:3: site_verification["/list"]: must be text',
      ],
    ],
  ] as [string, string[]][])('is refused: %s', async (text, faults) => {
    expect(await faultsOf(text)).toEqual(faults)
  })

  test.each([
    ['o.example/cb/{provider}', 'must be an absolute https URL'],
    ['ftp://o.example/cb/{provider}', 'must be an absolute https URL'],
    ['https:///cb/{provider}', 'must be an absolute https URL'],
    ['https://o.example:99999/cb/{provider}', 'must be an absolute https URL'],
    ['http://o.example/cb/{provider}', 'must use https: plain http is allowed to loopback only'],
    ['http://127.0.0.1.evil.example/cb/{provider}', 'must use https: plain http is allowed to loopback only'],
    [
      'https://user:pass@o.example/cb/{provider}',
      'must not contain credentials; write "https://o.example/cb/{provider}"',
    ],
    [
      'https://o.example/cb/{provider}?a=b',
      'must not contain a query (?…): provider portals refuse it; write "https://o.example/cb/{provider}"',
    ],
    [
      'https://o.example/cb/{provider}#a',
      'must not contain a fragment (#…); write "https://o.example/cb/{provider}"',
    ],
    [
      ' https://o.example/cb/{provider}',
      'must be written the way a browser sends it; write "https://o.example/cb/{provider}"',
    ],
    [
      'https://o.example/cb/{provider} ',
      'must not contain white space, control or non-ASCII characters; write "https://o.example/cb/{provider}"',
    ],
    [
      'https://o.example:443/cb/{provider}',
      'must be written the way a browser sends it; write "https://o.example/cb/{provider}"',
    ],
    [
      'https://o.example/a/../cb/{provider}',
      'must be written the way a browser sends it; write "https://o.example/cb/{provider}"',
    ],
    [
      'https://bücher.example/cb/{provider}',
      'must be written the way a browser sends it; write "https://xn--bcher-kva.example/cb/{provider}"',
    ],
    ['https://{provider}.example/cb/{provider}', 'must have {provider} in its path, not in its host'],
    [
      'https://o.example./cb/{provider}',
      'must not end its host with a dot; write "https://o.example/cb/{provider}"',
    ],
    [
      'https://o.example.:8443/cb/{provider}',
      'must not end its host with a dot; write "https://o.example:8443/cb/{provider}"',
    ],
    ['https://o.example/{provider}/{provider}', 'must contain {provider} only once'],
    ['https://o.example/cb-{provider}', 'must have {provider} as a whole path segment, not "cb-{provider}"'],
    ['https://o.example/{slug}', 'must have {provider} as a whole path segment, not "{slug}"'],
  ])('has a fault in a URL and in a target: %s', async (url, fault) => {
    expect(await faultsOf(withUrl(url))).toContain(`1:12: routes[0].url: ${fault}`)
    expect(await faultsOf(withTarget(url))).toContain(`1:52: routes[0].target: ${fault}`)
  })

  test('has a target without {provider}', async () => {
    expect(await faultsOf(withTarget('https://t.example/x'))).toEqual([
      '1:52: routes[0].target: must contain {provider}, or the route must name its provider',
    ])
  })
})

describe('a file', () => {
  const read = async (file: string | undefined, directory: string) =>
    (await readConfig({ route: {}, file, text: undefined, directory })).faults

  test('that is missing, a directory or empty', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'byoo-config-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    mkdirSync(join(directory, 'folder'))
    writeFileSync(join(directory, 'empty.yaml'), '')
    expect(await read('none.yaml', directory)).toEqual(['none.yaml: there is no such file'])
    expect(await read('folder', directory)).toEqual(['folder: is a directory, not a file'])
    expect(await read('empty.yaml', directory)).toEqual(['empty.yaml: is empty'])
    expect(await read(undefined, directory)).toEqual([
      expect.stringContaining('the route needs an environment'),
    ])
    mkdirSync(join(directory, 'byoo.yaml'))
    expect(await read(undefined, directory)).toEqual(['byoo.yaml: is a directory, not a file'])
  })
})

describe('flags', () => {
  test.each([
    [{}, [`the route needs an environment or a target; there is no default. ${choices}`]],
    [
      { environment: 'sandbox' },
      ['--environment: names no region; there is no default. Write sandbox/us or sandbox/eu'],
    ],
    [
      { region: 'us' },
      ['--region: needs --environment; there is no default. Write production/us or sandbox/us'],
    ],
    [
      { environment: 'prod/us' },
      ['--environment: must be an environment with its region: write production/us'],
    ],
    [
      { environment: 'sandbox/us', region: 'eu' },
      ['--environment is sandbox/us and --region is eu: leave out --region'],
    ],
    [
      { target: 'http://t.example/{provider}' },
      ['--target: must use https: plain http is allowed to loopback only'],
    ],
    [
      { environment: 'sandbox/us', target: 'https://t.example/{provider}' },
      ['--target: cannot be combined with environment unless it is a loopback address: choose one'],
    ],
    [
      { environment: 'sandbox/us', path: 'x' },
      ['--path: must start with "/"', '--path: must contain {provider}, or the route must name its provider'],
    ],
    [
      { environment: 'sandbox/us', path: '/x/{provider}?a' },
      ['--path: must not contain a query (?…): provider portals refuse it'],
    ],
    [
      { environment: 'sandbox/us', path: '/a/./{provider}' },
      ['--path: must be written the way a browser sends it: write "/a/{provider}"'],
    ],
    [
      { environment: 'sandbox/us', path: '/a/{provider}', url: 'https://o.example/b/{provider}' },
      ['--path: differs from the path of the URL: leave it out'],
    ],
    [
      { environment: 'sandbox/us', providers: 'strava, oura,' },
      ['--providers: has a comma too many: write strava,oura'],
    ],
    [{ environment: 'sandbox/us', providers: ' ,' }, ['--providers: is empty']],
    [
      { environment: 'sandbox/us', providers: 'strava,,oura' },
      ['--providers: has a comma too many: write strava,oura'],
    ],
  ] as [Record<string, string>, string[]][])('%o', async (flags, faults) => {
    expect(await faultsOfFlags(flags)).toEqual(faults)
  })
})
