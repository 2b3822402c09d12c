import { describe, expect, test } from 'vitest'
import type { AttemptView } from '../../src/demo/attempt.ts'
import type { Piece } from '../../src/demo/differences.ts'
import { type ScenarioName, scenarioNames, scenarios } from '../../src/demo/scenarios.ts'
import type { Party } from '../../src/demo/timeline.ts'
import { hosts, type JunctionEnvironment } from '../../src/junction/environments.ts'
import { errorCodes } from '../../src/junction/error-codes.ts'
import { createEndpoint } from '../../src/verify/endpoint.ts'
import { createRateLimiter } from '../../src/verify/rate-limiter.ts'
import { verify } from '../../src/verify/verify.ts'
import { addUser } from '../world.ts'
import { driveDemo } from './start-demo.ts'
import { walk } from './walk.ts'

const environments = Object.keys(hosts) as JunctionEnvironment[]
const text = (pieces: readonly Piece[]) => pieces.map((piece) => piece.text).join('')
const changed = (pieces: readonly Piece[]) =>
  pieces.filter((piece) => piece.changed).map((piece) => piece.text)
const complaintsOf = ({ doctor }: AttemptView) => doctor.findings.filter(({ status }) => status === 'failed')

describe('a healthy attempt', () => {
  test.each(environments)('in %s connects, and shows every hop', async (environment) => {
    const { connect, demo } = await driveDemo()
    const { attempt, steps } = await connect(environment, null)
    expect(attempt).toMatchObject({
      number: 1,
      environment,
      outcome: 'connected',
      scenario: null,
      noticed: null,
      comparison: null,
      seen: { at: 'app', parameters: [['state', 'success']], explanation: null },
    })
    expect(attempt.hops.map(({ from, to, method, status }) => `${from} ${to} ${method} ${status}`)).toEqual([
      'app junction POST 200',
      'app junction POST 200',
      'app junction GET 200',
      'browser provider GET 200',
      'browser provider POST 303',
      'browser forwarder GET 307',
      'browser junction GET 307',
      'junction provider POST 200',
      'browser app GET 200',
    ])
    expect(attempt.hops.every(({ title }) => title !== '')).toBe(true)
    expect(attempt.hops.flatMap(({ target, location }) => changed([...target, ...(location ?? [])]))).toEqual(
      [],
    )
    expect(attempt.doctor).toMatchObject({ status: 'done', undetectable: null, reason: null })
    expect(attempt.doctor.passed).toBeGreaterThanOrEqual(7)
    expect(complaintsOf(attempt)).toEqual([])
    // The bytes that the page shows are those that the browser has sent and received.
    const walked = steps.map(({ url, location }) => [url.replace(/^http:\/\/[^/]+/, ''), location ?? null])
    const shown = attempt.hops
      .filter(({ from }) => from === 'browser')
      .map(({ target, location }) => [text(target), location && text(location)])
    expect(shown).toEqual(walked)
    const [user] = demo.loop.junction.users[environment]
    expect([...(user?.connections.values() ?? [])]).toMatchObject([
      { slug: 'whoop_v2', status: 'connected', error_details: null, external_user_id: /./ },
    ])
  })

  test('shows the requests as they were', async () => {
    const { connect, demo } = await driveDemo()
    const { id, attempt } = await connect('sandbox/us', null)
    const { junction, provider, forwarder } = demo.loop
    const [junctionHost, providerHost, forwarderHost] = [junction, provider, forwarder].map(
      ({ url }) => `Host: ${new URL(url).host}`,
    )
    const json = 'Content-Type: application/json'
    const form = expect.stringMatching(/^Content-Type: application\/x-www-form-urlencoded/)
    const key = `x-vital-api-key: ${junction.apiKeys['sandbox/us']}`
    const headers = attempt.hops.map((hop) => hop.headers.map(({ name, value }) => `${name}: ${text(value)}`))
    expect(headers).toEqual([
      [junctionHost, json, key],
      [junctionHost, json, key],
      [junctionHost, expect.stringMatching(/^x-vital-link-token: eyJ/)],
      [providerHost],
      [providerHost, form],
      [forwarderHost],
      [junctionHost],
      [
        providerHost,
        form,
        expect.stringMatching(
          /^Authorization: Basic base64\(made-up-client-sandbox-us-whoop_v2:made-up-secret-.*[^A]\)$/,
        ),
      ],
      [],
    ])
    const redirect_url = `${demo.url}/?attempt=${id}`
    const { userId: user_id } = attempt
    expect(attempt.hops.map(({ body }) => body)).toEqual([
      JSON.stringify({ client_user_id: `made-up-user-${id}` }),
      JSON.stringify({ user_id, provider: 'whoop_v2', redirect_url }),
      null,
      null,
      expect.stringContaining('transaction='),
      null,
      null,
      expect.stringMatching(/^grant_type=authorization_code&code=/),
      null,
    ])
  })
})

interface Expected {
  readonly outcome: AttemptView['outcome']
  /** Where the user ends up. */
  readonly seenAt: Party
  readonly noticedBy: Party
  readonly errorType?: string
  /** What differs, as it should be and as it is. */
  readonly differs?: readonly [string[], string[]]
  /** What doctor says, unless it cannot know. */
  readonly doctor?: RegExp
}

const refused = { outcome: 'stuck on an error page', seenAt: 'provider', noticedBy: 'provider' } as const
const lost = { outcome: 'stuck on an error page', seenAt: 'junction', noticedBy: 'junction' } as const
const failed = { outcome: 'failed', seenAt: 'app', noticedBy: 'provider' } as const

const expected: Record<ScenarioName, Expected> = {
  wrong_override: {
    ...refused,
    differs: [['_'], ['/']],
    doctor: /has the path \/sandbox\/us\/oauth\/callback\/whoop_v2 instead of/,
  },
  trailing_slash: { ...refused, differs: [[], ['/']], doctor: /extra slash at the end/ },
  wrong_scheme: { ...refused, differs: [['http'], ['https']], doctor: /begins with https: instead of http:/ },
  reencoding_forwarder: {
    ...failed,
    errorType: 'provider_credential_error',
    // Those next to each other are one piece.
    differs: [
      expect.arrayContaining([expect.stringContaining('%2B')]),
      expect.arrayContaining([expect.stringContaining('+')]),
    ],
    doctor: /decodeURIComponent, then encodeURI/,
  },
  wrong_region: {
    ...lost,
    differs: [['us'], ['eu']],
    doctor: /\/sandbox\/eu\/v2\/link\/connect\/whoop_v2/,
  },
  wrong_environment: {
    ...lost,
    differs: [['sandbox'], ['production']],
    doctor: /\/production\/us\/v2\/link\/connect\/whoop_v2/,
  },
  expired_link_token: { ...failed, noticedBy: 'junction', errorType: 'token_expired' },
  used_code: { ...failed, errorType: 'provider_credential_error' },
  wrong_secret: { ...failed, errorType: 'provider_credential_error' },
  denied_consent: { ...failed, errorType: 'user_cancelled' },
}

describe('each scenario', () => {
  test.each(scenarioNames)('%s: what the user sees, who notices, what doctor says', async (name) => {
    const { connect, demo } = await driveDemo()
    const { attempt, steps } = await connect('sandbox/us', name)
    const { outcome, seenAt, noticedBy, errorType, differs = null, doctor } = expected[name]
    const broken = scenarios.find(({ id }) => id === name)

    expect(attempt).toMatchObject({ outcome, title: broken?.title, scenario: { id: name } })
    expect(attempt.seen?.at).toBe(seenAt)
    const backLink = `<a href="${demo.url}">Back to the demo</a>`
    expect(steps.at(-1)?.body.includes(backLink)).toBe(outcome === 'stuck on an error page')
    expect(Object.fromEntries(attempt.seen?.parameters ?? []).error_type).toBe(errorType)
    const known = errorCodes.find(({ code }) => code === errorType)
    expect(attempt.seen?.explanation ?? undefined).toEqual(known)

    expect(attempt.noticed).toEqual({ by: noticedBy, text: broken?.noticed })
    expect(attempt.hops.flatMap(({ to, fault }) => (fault === null ? [] : [to]))).toEqual([noticedBy])

    expect(
      attempt.comparison && [
        changed(attempt.comparison.expected.bytes),
        changed(attempt.comparison.received.bytes),
      ],
    ).toEqual(differs)
    // Where the bytes change, and everywhere after that.
    const marked = attempt.hops.flatMap(({ to, target, location }) => [
      ...(changed(target).length > 0 ? [`${to}: target`] : []),
      ...(changed(location ?? []).length > 0 ? [`${to}: location`] : []),
    ])
    const expectedMarks =
      seenAt === 'provider' ? ['provider: target'] : ['forwarder: location', 'junction: target']
    expect(marked).toEqual(differs === null ? [] : expectedMarks)

    expect(attempt.doctor).toMatchObject({ status: 'done', undetectable: broken?.undetectable ?? null })
    expect(attempt.doctor.findings.filter(({ status }) => status === 'note')).toEqual([])
    const complaints = complaintsOf(attempt)
    if (doctor) {
      expect(complaints.some(({ message }) => doctor.test(message))).toBe(true)
      expect(complaints.every(({ advice, command }) => advice !== null && command !== null)).toBe(true)
      expect(broken?.undetectable).toBeUndefined()
    } else {
      expect(complaints).toEqual([])
      expect(broken?.undetectable).toMatch(/byoo doctor (cannot see|has nothing to find)/)
    }

    const mended = await connect('sandbox/us', null)
    expect([mended.attempt.outcome, complaintsOf(mended.attempt)]).toEqual(['connected', []])
  })

  test.each([
    ['wrong_region', '/production/us/'],
    ['wrong_environment', '/sandbox/eu/'],
  ] as const)('%s misleads from production/eu to %s, where Junction says why', async (name, place) => {
    const { connect } = await driveDemo()
    const { steps } = await connect('production/eu', name)
    const last = steps.at(-1)
    expect([last?.status, last?.url]).toEqual([
      400,
      expect.stringContaining(`${place}v2/link/connect/whoop_v2?`),
    ])
    expect(last?.body).toContain('<code>invalid_token</code>')
  })

  test('wrong_secret shows that the client authentication ends with a line break', async () => {
    const { connect } = await driveDemo()
    const { attempt } = await connect('production/eu', 'wrong_secret')
    const marked = attempt.hops.flatMap((hop) =>
      hop.headers
        .filter(({ value }) => changed(value).length > 0)
        .map((header) => ({ to: hop.to, ...header })),
    )
    expect(marked).toEqual([
      {
        to: 'provider',
        name: 'Authorization',
        value: [
          {
            text: expect.stringMatching(
              /^Basic base64\(made-up-client-production-eu-whoop_v2:made-up-secret-/,
            ),
            changed: false,
          },
          { text: '%0A', changed: true },
          { text: ')', changed: false },
        ],
      },
    ])
  })
})

describe('attempts', () => {
  test('are under way until the user is back, and explained by what happened, not by the scenario', async () => {
    const { begin, look, lookAtEnd, demo } = await driveDemo()
    const { id, url } = await begin('sandbox/eu', 'wrong_secret')
    expect(await look(id)).toMatchObject({ outcome: 'under way', seen: null, doctor: { status: 'later' } })
    await walk(url, 'deny')
    expect(await lookAtEnd(id)).toMatchObject({
      outcome: 'failed',
      seen: { explanation: { code: 'user_cancelled' } },
      noticed: { by: 'provider', text: 'The user denied the request.' },
      doctor: { status: 'done' },
    })
    expect(demo.loop.scenario).toBe('wrong_secret')
  })

  test('are given up when another one starts, and their users are removed: the sandbox holds 50', async () => {
    const { begin, look, describe: read, demo } = await driveDemo()
    const first = await begin('sandbox/us', null)
    for (let number = 2; number <= 60; number += 1) await begin('sandbox/us', null)
    expect(demo.loop.junction.users['sandbox/us']).toHaveLength(1)
    const { attempts } = await read()
    expect(attempts.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, index) => 60 - index))
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['under way', ...Array(19).fill('replaced')])
    await expect(look(first.id)).rejects.toThrow('404')
  })

  test('that cannot begin are forgotten, and the page says why', async () => {
    const { begin, connect, describe: read, demo } = await driveDemo()
    const { junction } = demo.loop
    for (let number = 1; number <= 50; number += 1) addUser(junction, `made-up-user-${number}`)
    const { status, error } = await begin('sandbox/us', null)
    expect([status, error]).toEqual([
      502,
      expect.stringContaining('The sandbox holds 50 users: delete one first.'),
    ])
    expect((await read()).attempts).toEqual([])
    expect((await connect('sandbox/eu', null)).attempt).toMatchObject({ number: 1, outcome: 'connected' })
    junction.users['sandbox/us'].length = 49
    expect((await connect('sandbox/us', null)).attempt.outcome).toBe('connected')
  })

  test('that fail after their user was made leave no user behind', async () => {
    const { begin, describe: read, demo } = await driveDemo()
    const { junction } = demo.loop
    // Junction has no application of its own at WHOOP: there is a link token, and no link.
    junction.store.records['sandbox/us'].length = 0
    expect((await begin('sandbox/us', null)).url).toBeUndefined()
    expect((await read()).attempts).toEqual([])
    expect(junction.users['sandbox/us']).toEqual([])
  })

  test('keep their result when another one starts', async () => {
    const { connect, look, demo } = await driveDemo()
    const first = await connect('sandbox/us', 'trailing_slash')
    await connect('production/eu', null)
    // The timeline keeps the latest only.
    ;(demo.loop.hops as unknown[]).length = 0
    expect(await look(first.id)).toEqual(first.attempt)
  })

  test('show nothing of what else talks to the demo', async () => {
    const { begin, connect, demo } = await driveDemo()
    await begin('sandbox/eu', null)
    const route = demo.loop.forwarder.routes['sandbox/us']
    const endpoint = createEndpoint(route.url, { template: route.target }, ['whoop_v2', 'oura'])
    const [{ attempt }] = await Promise.all([
      connect('sandbox/us', null),
      verify(endpoint, { limiter: createRateLimiter(1000, 4) }),
    ])
    expect(attempt.hops).toHaveLength(9)
  })
})
