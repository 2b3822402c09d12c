import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Config } from '../../src/config/config.ts'
import { readYamlConfig } from '../../src/config/read-yaml-config.ts'
import { compileRoutes, findDestination } from '../../src/forwarder/routes.ts'
import { isLoopback } from '../../src/url.ts'
import { createRandom } from '../e2e/fuzz/random.ts'

const whole = `# callbacks
routes:
  - url: https://oauth.example.com/oauth_callback/{provider}
    environment: production/us
    providers: [strava, google_health]
  - { url: "https://oauth-sandbox.example.com/oauth_callback/{provider}", environment: sandbox/us }
  - url: https://oauth.example.com/wearables/{provider}
    target: https://wearables.example.com/api/v1/oauth/{provider}/callback
site_verification:
  /google0123456789abcdef.html: "google-site-verification: google0123456789abcdef.html"
org: 11111111-1111-4111-8111-111111111111
teams: { production/us: 22222222-2222-4222-8222-222222222222 }
credentials:
  - provider: google_health
    environments: [production/us]
    client_id: "12345"
    client_secret: { file: ./secrets/strava }
    details: { project_number: "123456789012", service_account_email: x@y.iam.gserviceaccount.com }
`

const tokens = [
  '\n',
  '  ',
  '- ',
  ': ',
  '[',
  ']',
  '{',
  '}',
  '&a ',
  '*a',
  '<<: *name',
  '!!binary ',
  '? ',
  '"',
  "'",
  '|\n',
  '>-\n',
  '#',
  '---\n',
  '...\n',
  '%YAML 1.1\n',
  '__proto__',
  'constructor',
  'null',
  '~',
  '.nan',
  '1e999',
  '\t',
  '\0',
  '\r',
  '\ufeff',
  '\u2028',
  '\ud800',
  '\u202e',
  '"\\x1b]0;x\\a"',
  'http://',
  'https://evil.example/{provider}',
  '@',
  '\\',
  '?x',
  '{provider}',
  '🏃',
]

/** The same text, harmed in up to eight places. */
const harmed = fc.integer({ min: 0, max: 2 ** 31 - 1 }).map((seed) => {
  const random = createRandom(seed)
  let text = whole
  for (let count = random.integer(9); count > 0; count -= 1) {
    const start = random.integer(text.length + 1)
    const end = start + random.pick([0, 0, 1, 5, 50, 400])
    const inserted = random.pick([random.pick(tokens), random.bytes(3), '', text.slice(end, end + 60)])
    text = text.slice(0, start) + inserted + text.slice(end)
  }
  return text
})

/** What no fault may hold: it would drive the terminal, or begin a line of its own. */
const obeyed = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u

function read(text: string): Config | undefined {
  const { config, faults } = readYamlConfig('byoo.yaml', text, 'management')
  for (const fault of faults) {
    expect(fault).toMatch(/^byoo\.yaml:/)
    expect(fault).not.toMatch(obeyed)
  }
  return faults.length === 0 ? config : undefined
}

function checkTargets({ routes, siteVerification }: Config): void {
  for (const route of routes) {
    const table = compileRoutes({ routes: [route], siteVerification }, [])
    const path = route.path.replace('{provider}', route.providers?.[0] ?? 'strava')
    const { location = '' } = findDestination(table, table.paths, path) ?? {}
    const { protocol, hostname, username, password, search, hash } = new URL(location)
    expect(protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))).toBe(true)
    expect([username, password, search, hash]).toEqual(['', '', '', ''])
  }
}

describe('a byoo.yaml', () => {
  test('harmed anywhere, is read or explained, and sends nobody to where it should not', () => {
    let accepted = 0
    fc.assert(
      fc.property(harmed, (text) => {
        const config = read(text)
        if (!config) return
        accepted += 1
        checkTargets(config)
      }),
      { numRuns: 2000 },
    )
    expect(accepted).toBeGreaterThan(100)
  })

  test('of any text at all is explained', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 200 }),
          fc.array(fc.constantFrom(...tokens), { maxLength: 40 }).map((parts) => parts.join('')),
        ),
        (text) => {
          read(text)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test.each([
    ['lists in lists', '['.repeat(20_000), '1:1: is nested too deeply'],
    ['closed lists in lists', `a: ${'['.repeat(3000)}${']'.repeat(3000)}`, '1:1: is nested too deeply'],
    ['lists in lists, line by line', '- '.repeat(5000), '1:1: is nested too deeply'],
    [
      'mappings in mappings',
      Array.from({ length: 1000 }, (_, index) => `${' '.repeat(index)}a:`).join('\n'),
      '1:1: is nested too deeply',
    ],
    [
      'aliases of aliases of aliases',
      ['x', ...'abcdefgh']
        .map((name, index, names) => `${name}: &${name} [${`*${names[index - 1]},`.repeat(9)}]`)
        .join('\n')
        .replace(/\*undefined/g, 'y'),
      '2:8: aliases (*…) are not read: write the value out',
    ],
    [
      'a path without end',
      `routes: [{ url: "https://a.example/{provider}${'/x'.repeat(9000)}", environment: sandbox/us }]`,
      'must have at most 2000 characters',
    ],
    ['a key without end', `${'x'.repeat(100_000)}: 1`, 'The : indicator must be at most 1024 chars'],
  ])('with %s is explained', (_, text, fault) => {
    const { faults } = readYamlConfig('byoo.yaml', text, 'forwarder')
    expect(faults[0]).toContain(fault)
    expect(faults).toHaveLength(1)
  })
})

test('of many faults the first 100 are listed, and the rest is counted', () => {
  const unknown = Array.from({ length: 15_000 }, (_, index) => `k${index}:`).join('\n')
  const { faults } = readYamlConfig('byoo.yaml', unknown, 'forwarder')
  expect([faults.length, faults[0], faults[100]]).toEqual([
    101,
    expect.stringContaining('byoo.yaml:1:1: k0: is not a known key'),
    'byoo.yaml: and 14900 more',
  ])
})

describe('a target', () => {
  const pieces =
    'https:// http:// HTTPS: // / \\ @ : ? # . .. {provider} %2f %40 a.example evil.example 127.0.0.1 127.1 [::1] ' +
    '[::ffff:127.0.0.1] localhost localhost.evil.example 0x7f.1 2130706433 443 ８ \u3002'
  const part = fc.constantFrom(...pieces.split(' '), ' ', '\t')
  const template = fc.oneof(
    fc.array(part, { maxLength: 8 }).map((parts) => parts.join('')),
    fc.array(part, { maxLength: 4 }).map((parts) => `https://t.example/${parts.join('')}{provider}`),
    fc.array(part, { maxLength: 4 }).map((parts) => `http://127.0.0.1${parts.join('')}/{provider}`),
  )
  const slug = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,10}$/)
  const query = fc.oneof(
    fc.constantFrom('', '?', '?//evil.example', '?@evil.example/', '?\\evil'),
    fc.string({ unit: 'grapheme-ascii' }).map((text) => `?${text.replace(/[^!-~]/g, '')}`),
  )

  test('that is accepted is https or loopback, and no slug or query leads to another host', () => {
    let accepted = 0
    fc.assert(
      fc.property(template, slug, query, (target, name, text) => {
        const yaml = `routes: [{ url: "https://o.example/cb/{provider}", target: ${JSON.stringify(target)} }]`
        const config = read(yaml)
        if (!config) return
        accepted += 1
        checkTargets(config)
        const table = compileRoutes(config, [])
        const destination = findDestination(table, table.paths, `/cb/${name}`)
        const location = new URL(`${destination?.location}${text}`)
        expect(location.origin).toBe(new URL(target.replace('{provider}', 'x')).origin)
        expect(location.username + location.password).toBe('')
      }),
      { numRuns: 6000 },
    )
    expect(accepted).toBeGreaterThan(200)
  })
})
