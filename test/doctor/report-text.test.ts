import { describe, expect, test } from 'vitest'
import {
  type Finding,
  fail,
  findingOf,
  noSubject,
  note,
  pass,
  type Subject,
  skip,
} from '../../src/doctor/findings.ts'
import { createReport } from '../../src/doctor/report.ts'
import { reportText } from '../../src/doctor/report-text.ts'
import { createStyle } from '../../src/output/style.ts'

const host: Subject = {
  route: 'https://oauth.example.com/oauth_callback/{provider}',
  provider: null,
  environment: 'sandbox/us',
}
const subject: Subject = { ...host, provider: 'strava' }
const url = 'https://oauth.example.com/oauth_callback/strava'
const now = Date.parse('2026-11-25T12:00:00Z')

const right: Finding[] = [
  findingOf('verify', host, pass('30 cases passed, and the certificate is valid until 2027-02-25')),
  findingOf('credentials', subject, pass('all there')),
  findingOf('link', subject, skip('there is no key')),
  findingOf(
    'manual',
    subject,
    note('manual-registration', `at Strava, this redirect URI must be registered: ${url}`),
  ),
]
const wrong: Finding[] = [
  ...right,
  findingOf('verify', host, note('address-private', 'oauth.example.com leads to 10.0.0.1 from here')),
  findingOf(
    'override',
    subject,
    fail('override-differs', `Junction has "${url}/", which has an extra slash at the end`, {
      command: 'byoo set-redirect strava --environment sandbox/us',
      expected: url,
      received: `${url}/`,
    }),
  ),
]
const record = {
  environment: 'sandbox/us',
  provider: 'strava',
  updated_at: '2026-11-20T10:00:00Z',
  command: 'byoo link strava --wait --environment sandbox/us',
} as const
const shown = (findings: readonly Finding[], columns = 80, options: object = {}) =>
  reportText(createReport(findings, true, [record]), createStyle(false, columns), { now, ...options })

describe('the report for people', () => {
  test('at 40 columns: only addresses and commands, which are to be copied, are longer than a line', () => {
    const text = shown(wrong, 40)
    expect(text).toMatchInlineSnapshot(`
      "Logins may fail: Junction has
      "https://oauth.example.com/oauth_callback/strava/",
      which has an extra slash at the end.

      sandbox/us strava
        FAILED  override-differs
          Junction has
          "https://oauth.example.com/oauth_callback/strava/",
          which has an extra slash at the end
          Set it to the URL of the route
          again; Junction needs the secret
          once more.
          $ byoo set-redirect strava --environment sandbox/us
          expected  …lback/strava
          received  …lback/strava/
                                 ^

      sandbox/us
        note  address-private
          oauth.example.com leads to 10.0.0.1
          from here
          Check from outside that the name
          resolves to a public address there.

      Not checked
        link: there is no key

      To check by hand
        strava
        - at Strava, this redirect URI must be
          registered:
          https://oauth.example.com/oauth_callback/strava
          Compare it with the portal.

      1 failed, 1 to look at, 2 passed, 1 not
      checked (--verbose shows all)
      If users cannot log in, read
      docs/when-logins-fail.md
      "
    `)
    const long = text.split('\n').filter((line) => line.length > 40)
    for (const line of long) expect(line.trim()).toMatch(/^\$ byoo |^"?https:\/\/\S+$/)
  })

  test('nothing is wrong: when the record last changed, and the command that proves the rest', () => {
    expect(shown(right)).toMatchInlineSnapshot(`
      "Nothing wrong found. Not checked: the client secret, scopes, the provider
      itself.

      Junction's records last changed
        sandbox/us strava: 2026-11-20 (5 days ago)
        Only a login proves that the client secret is right:
        $ byoo link strava --wait --environment sandbox/us

      Not checked
        link: there is no key

      To check by hand
        strava
        - at Strava, this redirect URI must be registered:
          https://oauth.example.com/oauth_callback/strava
          Compare it with the portal.

      2 passed, 1 not checked (--verbose shows all)
      "
    `)
  })

  test('what passed is shown with --verbose, and how long a certificate is still valid', () => {
    const text = shown(right, 80, { verbose: true })
    expect(text).toContain('Passed\n  sandbox/us: verify\n')
    expect(text.replace(/\s+/g, ' ')).toContain('is valid until 2027-02-25')
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  test('the verdict is first, then what is wrong; no colour is needed to read it', () => {
    const plain = shown(wrong)
    const coloured = reportText(createReport(wrong, true, [record]), createStyle(true, 80), { now })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(plain)
    expect(plain.match(/^\S.*$/gm)).toEqual([
      'Logins may fail: Junction has',
      `"${url}/", which has an extra slash at`,
      'the end.',
      'sandbox/us strava',
      'sandbox/us',
      'Not checked',
      'To check by hand',
      '1 failed, 1 to look at, 2 passed, 1 not checked (--verbose shows all)',
      'If users cannot log in, read docs/when-logins-fail.md',
    ])
  })

  test.each([
    ['2026-11-25T11:59:30Z', 'just now'],
    ['2026-11-25T11:59:00Z', '1 minute ago'],
    ['2026-11-25T09:00:00Z', '3 hours ago'],
    ['2026-11-24T12:00:00Z', '1 day ago'],
    ['not a time', 'unknown'],
  ])('%s: %s', (updated_at, age) => {
    const report = createReport([findingOf('file', noSubject, pass(''))], true, [{ ...record, updated_at }])
    expect(reportText(report, createStyle(false, 80), { now })).toContain(`(${age})`)
  })

  test('of many records the first four commands are shown', () => {
    const report = createReport([], true, Array(10).fill(record))
    const text = reportText(report, createStyle(false, 80), { now })
    expect(text.match(/\$ byoo link/g)).toHaveLength(4)
    expect(text).toContain('and 6 more')
  })
})
