import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { FindingData } from '../../../src/cli/doctor/doctor-data.ts'
import { showDoctorProgress } from '../../../src/cli/doctor/doctor-progress.ts'
import { doctorText } from '../../../src/cli/doctor/doctor-text.ts'
import type { Session } from '../../../src/cli/session.ts'
import type { Task } from '../../../src/doctor/doctor.ts'
import type { Subject } from '../../../src/doctor/finding.ts'
import { createStyle } from '../../../src/output/style.ts'

const place = {
  route: 'https://oauth.example.com/oauth_callback/{provider}',
  environment: 'sandbox',
  region: 'us',
}
const subject = { ...place, provider: 'strava' }
const url = 'https://oauth.example.com/oauth_callback/strava'

const nothing = { subject, advice: null, command: null, expected: null, received: null }
const findings: FindingData[] = [
  { ...nothing, id: 'verify-passed', check: 'verify', status: 'passed', message: '30 cases passed' },
  { ...nothing, id: 'credentials-present', check: 'credentials', status: 'passed', message: 'all there' },
  { ...nothing, id: 'link-skipped', check: 'link', status: 'skipped', message: 'a link needs a user' },
  {
    ...nothing,
    id: 'override-trailing-slash',
    check: 'override',
    status: 'failed',
    message: `Junction has "${url}/", which has a slash more at the end`,
    advice: 'Set it to the URL of the route again; Junction needs the secret once more.',
    command: 'byoo set-redirect strava --environment sandbox --region us',
    expected: url,
    received: `${url}/`,
  },
  {
    ...nothing,
    id: 'tls-expires-soon',
    check: 'tls',
    status: 'note',
    subject: { ...place, provider: null },
    message: 'the certificate of oauth.example.com is valid until 2026-11-25, 4 days from now',
    advice: 'Renew it, and see why it was not renewed by itself.',
  },
  {
    ...nothing,
    id: 'person-register',
    check: 'person',
    status: 'person',
    message: `at Strava, this redirect URI must be registered: ${url}`,
  },
]
const data = {
  passed: false,
  summary: 'Logins may fail: Junction has another redirect URI.',
  reached: true,
  counts: { failed: 1, note: 1, person: 1, skipped: 1, passed: 2 },
  findings,
}

describe('the result', () => {
  test('at 40 columns: only addresses and commands, which are to be copied, are longer than a line', () => {
    const text = doctorText(data, createStyle(false, 40))
    expect(text).toMatchInlineSnapshot(`
      "Passed
        sandbox/us strava
          verify  credentials

      Not looked at
        link: a link needs a user

      What only a person can do or see
        strava
        - at Strava, this redirect URI must be
          registered:
          https://oauth.example.com/oauth_callback/strava

      sandbox/us strava
        FAILED  override-trailing-slash
          Junction has
          "https://oauth.example.com/oauth_callback/strava/",
          which has a slash more at the end
          expected  …lback/strava
          received  …lback/strava/
                                 ^
          Set it to the URL of the route
          again; Junction needs the secret
          once more.
          $ byoo set-redirect strava --environment sandbox --region us

      sandbox/us
        note  tls-expires-soon
          the certificate of oauth.example.com
          is valid until 2026-11-25, 4 days
          from now
          Renew it, and see why it was not
          renewed by itself.

      1 failed, 1 worth a look, 2 passed, 1
      not looked at
      Logins may fail: Junction has another
      redirect URI.
      "
    `)
    const long = text.split('\n').filter((line) => line.length > 40)
    for (const line of long) expect(line.trim()).toMatch(/^\$ byoo |^"?https:\/\/\S+$/)
  })

  test('how many days a certificate has left is shown when all is well, too', () => {
    const message = 'the certificate of oauth.example.com is valid until 2027-02-25, 96 days from now'
    const subject = { ...place, provider: null }
    const valid: FindingData = {
      ...nothing,
      subject,
      id: 'tls-valid',
      check: 'tls',
      status: 'passed',
      message,
    }
    const text = doctorText({ ...data, findings: [valid] }, createStyle(false, 80))
    expect(text).toMatch(/^Passed\n {2}sandbox\/us {2}tls\n {4}the certificate of/)
    expect(text.replace(/\s+/g, ' ')).toContain(message)
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  test('what is wrong stands last, the totals below it; no colour is needed to read it', () => {
    const plain = doctorText(data, createStyle(false, 80))
    const coloured = doctorText(data, createStyle(true, 80))
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(plain)
    expect(plain.match(/^\S.*$/gm)).toEqual([
      'Passed',
      'Not looked at',
      'What only a person can do or see',
      'sandbox/us strava',
      'sandbox/us',
      '1 failed, 1 worth a look, 2 passed, 1 not looked at',
      'Logins may fail: Junction has another redirect URI.',
    ])
  })
})

describe('the list on a terminal', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  function show(changes: object = {}) {
    let written = ''
    const stderr = new Writable({
      write: (chunk, _, done) => {
        written += chunk
        done()
      },
    })
    const context = { stderr, stderrIsTerminal: true, columns: 40, ...changes }
    const manners = { quiet: false, verbose: false }
    const session = { context, manners, errorStyle: createStyle(false, undefined) } as unknown as Session
    const progress = showDoctorProgress(session)
    const picture = () => {
      written = ''
      vi.advanceTimersByTime(100)
      return (written.split('\u001b[J').at(-1) ?? '').split('\n').slice(0, -1)
    }
    return { progress, picture, written: () => written }
  }
  const at = (provider: string): Subject => ({ ...place, environment: 'sandbox', region: 'us', provider })
  const task = (provider: string, check: Task['check'], state: Task['state']): Task => ({
    subject: at(provider),
    check,
    state,
  })

  test('shows how far each provider is, and never wraps', () => {
    const { progress, picture } = show()
    progress.onTask?.(task('strava', 'verify', 'waiting'))
    progress.onTask?.(task('strava', 'credentials', 'done'))
    progress.onTask?.(task('my_fitness_pal_v2', 'verify', 'running'))
    expect(picture()).toEqual(['  \\ 1/2  sandbox/us strava', '  \\ 0/1  sandbox/us my_fitness_pal_v2: '])
    progress.onTask?.(task('strava', 'verify', 'done'))
    progress.onFinding?.({
      ...nothing,
      id: 'override-missing',
      check: 'override',
      status: 'failed',
      subject: at('my_fitness_pal_v2'),
      message: '',
      advice: '',
      command: '',
      expected: undefined,
      received: undefined,
    })
    progress.onTask?.(task('my_fitness_pal_v2', 'verify', 'done'))
    expect(picture()).toEqual(['  ok     sandbox/us strava', '  FAILED sandbox/us my_fitness_pal_v2'])
  })

  test('fits into a small terminal: what is done and well goes first', () => {
    const { progress, picture } = show()
    for (let number = 0; number < 40; number += 1) {
      progress.onTask?.(task(`provider_${number}`, 'verify', number < 38 ? 'done' : 'running'))
    }
    const lines = picture()
    expect(lines).toHaveLength(16)
    expect(lines.slice(-3)).toEqual([
      '  \\ 0/1  sandbox/us provider_38: verify',
      '  \\ 0/1  sandbox/us provider_39: verify',
      '         and 25 more',
    ])
  })

  test('goes away for a warning, and in the end', () => {
    const { progress, picture, written } = show()
    progress.onTask?.(task('strava', 'verify', 'running'))
    picture()
    const said: string[] = []
    progress.aside(() => said.push(written()))
    expect(said[0]?.endsWith('\u001b[1A\r\u001b[J')).toBe(true)
    picture()
    progress.close()
    expect(written().endsWith('\u001b[1A\r\u001b[J')).toBe(true)
    expect(picture()).toEqual([])
  })

  test.each([{ stderrIsTerminal: false }, { columns: undefined }])('is not shown with %j', (changes) => {
    const { progress, picture } = show(changes)
    progress.onTask?.(task('strava', 'verify', 'running'))
    expect(picture()).toEqual([])
    progress.close()
  })
})
