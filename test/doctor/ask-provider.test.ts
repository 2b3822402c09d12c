import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { judgeProvider } from '../../src/doctor/checks/ask-provider.ts'
import type { Exchange } from '../../src/verify/probe.ts'
import { type DoctorWorld, startDoctorWorld } from './world.ts'

const uri = 'https://oauth.example.com/oauth_callback/strava'

function answered(status: number, headers: readonly [string, string][], body = ''): Exchange {
  return { answer: { status, reason: '', headers, body, bodyFault: undefined } }
}

describe('what an answer of the provider says of the redirect URI', () => {
  test.each<[string, Exchange, string]>([
    [
      'an error that comes back on it',
      answered(302, [['Location', `${uri}?error=invalid_scope`]]),
      'accepts',
    ],
    ['an error in the fragment', answered(303, [['location', `${uri}#error=x`]]), 'accepts'],
    ['a redirect to a log-in', answered(302, [['Location', '/login?next=%2Fauthorize']]), 'undecided'],
    ['a log-in page', answered(200, [], '<form>Log in</form>'), 'undecided'],
    ['a longer address', answered(302, [['Location', `${uri}2?code=x`]]), 'undecided'],
    [
      'an error on a page of its own',
      answered(302, [['Location', '/oauth?error=invalid_request']]),
      'refuses',
    ],
    ['a 400', answered(400, [], '<title>Bad Request</title>'), 'refuses'],
    ['a 401', answered(401, [], '{"error":"invalid_client"}'), 'refuses'],
    ['a 403: perhaps a firewall', answered(403, []), 'undecided'],
    ['a 404', answered(404, [], '<title>Not Found</title>'), 'undecided'],
    ['a 405', answered(405, []), 'undecided'],
    ['a 406', answered(406, [], '<form>Are you a robot?</form>'), 'undecided'],
    ['a 410', answered(410, []), 'undecided'],
    ['a 451', answered(451, []), 'undecided'],
    ['a 403 about the redirect URI', answered(403, [], 'The redirect URI is not allowed'), 'refuses'],
    ['a 404 about the redirect URI', answered(404, [], '{"error":"redirect_uri_mismatch"}'), 'refuses'],
    ['too many requests', answered(429, []), 'undecided'],
    ['a failure', answered(503, [], 'redirect_uri mismatch'), 'undecided'],
    ['a page about a mismatch', answered(200, [], 'Error: redirect_uri_mismatch'), 'refuses'],
    [
      'an invalid redirect URI',
      answered(200, [], '<p>Invalid parameter: <i>redirect_uri</i></p>'),
      'refuses',
    ],
    [
      'a page that only mentions it',
      answered(200, [], '<input name="redirect_uri"><p>Log in</p>'),
      'undecided',
    ],
    [
      "Google's error page",
      answered(302, [['Location', 'https://accounts.google.com/signin/oauth/error?authError=x']]),
      'refuses',
    ],
    ['an error page of its own', answered(302, [['Location', '/error?type=invalid_redirect']]), 'refuses'],
    ['no Location', answered(302, []), 'undecided'],
    ['no answer', { failure: 'no-answer' }, 'undecided'],
  ])('%s', (_, exchange, verdict) => {
    expect(judgeProvider(exchange, uri)).toMatchObject({ verdict })
  })

  test('control characters of a page do not get through', () => {
    const { words } = judgeProvider(answered(400, [], '<title>Bad\u001b[2J\u202e</title>'), uri)
    expect(words).toBe('it answers 400 ("Bad\\x1b[2J\\u202e")')
  })
})

test.each(['<', '<title', '<title>', 'mismatch', 'invalid ', 'redirect_uri '])(
  'a page of nothing but %j is judged at once',
  (piece) => {
    const body = piece.repeat(65_536 / piece.length)
    const before = process.cpuUsage()
    const { words } = judgeProvider(
      { answer: { status: 200, reason: 'OK', headers: [], body, bodyFault: undefined } },
      uri,
    )
    // In microseconds; some of these took seconds.
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000)
    expect(words.length).toBeLessThan(200)
  },
)

describe('asking', () => {
  let world: DoctorWorld
  beforeAll(async () => {
    world = await startDoctorWorld()
  })
  afterAll(() => world.close())
  afterEach(() => world.reset())

  test('the link token stays here, wherever it stands; all else is as in the link', async () => {
    const links: string[] = []
    world.options = {
      provider: 'whoop_v2',
      environments: ['sandbox/us'],
      createUser: true,
      askProvider: true,
    }
    world.alterLink = (url) => {
      const state = new URL(url).searchParams.get('state')
      links.push(`${url}&again=${state}&%73tate=${state}&scope=a+b%2Fc~%7E`)
      return links.at(-1) ?? ''
    }
    await world.run()
    expect(world.asked).toHaveLength(1)
    expect(world.asked[0]).not.toContain('eyJ')
    const made = (links[0] ?? '').replace(/eyJ[\w.-]+/g, 'byoo-made-up-state')
    const { pathname, search } = new URL(made)
    expect(world.asked[0]).toBe(pathname + search)
  })

  test('no provider is asked without --ask-provider, and none over plain http elsewhere', async () => {
    world.options = { createUser: true }
    await world.run()
    world.options = { createUser: true, askProvider: true }
    world.alterLink = (url) => url.replace(/http:\/\/127\.0\.0\.1:\d+/, 'http://provider.example')
    const { findings } = await world.run()
    expect(world.asked).toEqual([])
    const messages = findings.filter(({ check }) => check === 'ask-provider').map(({ message }) => message)
    expect(new Set(messages)).toEqual(new Set(['provider.example does not use https']))
  })

  test('a redirect URI that is not that of the route is not one to register', async () => {
    world.options = { provider: 'google_health', createUser: true, askProvider: true }
    const advised = async () =>
      (await world.run()).findings
        .filter(({ id }) => id === 'provider-refuses')
        .map(({ advice, command }) => [advice, command])
    const first =
      'The link has another redirect URI than the route: correct the override first, then ask again.'
    const record = world.record('production/us', 'google_health')
    const right = record.redirect_url_override
    record.redirect_url_override = `${right}/`
    const place = '--environment production/us'
    expect(await advised()).toEqual([[first, `byoo set-redirect google_health ${place}`]])
    world.remove('production/us', 'google_health')
    expect(await advised()).toEqual([[first, `byoo set-credentials google_health ${place}`]])
    await world.reset()
    world.options = { provider: 'google_health', createUser: true, askProvider: true }
    world.provider = () => ({ status: 400, headers: {}, body: '' })
    expect(await advised()).toEqual([
      [
        `Register ${right} there, exactly as it is, for the application of this client id.`,
        `byoo prepare google_health ${place}`,
      ],
    ])
  })

  test('before the override is changed the provider is asked about the URL of the route, too', async () => {
    world.options = { provider: 'google_health', createUser: true, askProvider: true }
    const record = world.record('production/us', 'google_health')
    const right = record.redirect_url_override ?? ''
    const old = right.replace('oauth.example.test', 'old.example.test')
    const answers = async (...registered: string[]) => {
      record.redirect_url_override = old
      world.provider = (query) => {
        const uri = query.get('redirect_uri') ?? ''
        return registered.includes(uri)
          ? { status: 302, headers: { location: `${uri}?error=invalid_scope` }, body: '' }
          : { status: 400, headers: {}, body: '' }
      }
      const { findings } = await world.run()
      return findings.filter(({ check }) => check === 'ask-provider').map(({ id, advice }) => [id, advice])
    }
    const first =
      'The link has another redirect URI than the route: correct the override first, then ask again.'
    const register = `Register ${right} there before you change the override.`
    expect(await answers(old, right)).toEqual([
      ['passed', null],
      ['passed', null],
    ])
    expect(world.asked).toHaveLength(2)
    expect(await answers(old)).toEqual([
      ['passed', null],
      ['provider-refuses', register],
    ])
    expect(await answers(right)).toEqual([
      ['provider-refuses', first],
      ['passed', null],
    ])
    expect(await answers()).toEqual([
      ['provider-refuses', first],
      ['provider-refuses', register],
    ])
  })

  test('redirects are not followed', async () => {
    let followed = 0
    const elsewhere = createServer((_, response) => {
      followed += 1
      response.end()
    })
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
    const { port } = elsewhere.address() as AddressInfo
    world.options = { createUser: true, askProvider: true }
    world.provider = () => ({
      status: 302,
      headers: { location: `http://127.0.0.1:${port}/login` },
      body: '',
    })
    const { findings } = await world.run()
    elsewhere.close()
    expect(followed).toBe(0)
    const verdicts = findings.filter(({ check }) => check === 'ask-provider').map(({ id }) => id)
    expect(new Set(verdicts)).toEqual(new Set(['provider-undecided']))
  })
})
