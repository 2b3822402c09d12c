import { expect, test } from 'vitest'
import { cases, forwardingCases, marker } from '../../src/verify/cases.ts'
import { createRateLimiter } from '../../src/verify/rate-limiter.ts'
import { hasPassed, summarise } from '../../src/verify/verification.ts'
import { verifyRequired } from '../../src/verify/verify.ts'
import { type Asked, junction, redirect, rightAnswer, startCallbackServer } from './callback-server.ts'
import { stopAfterTest, target, urlOf, verifyAnswer, verifyUrl } from './verify-answer.ts'

test('ids are unique and stable in shape, and every case says why', () => {
  const ids = cases.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const { id, title, why } of cases) {
    expect(id).toMatch(/^[a-z0-9][a-z0-9.-]*$/)
    expect(title).not.toBe('')
    expect(why).toMatch(/RFC \d+|WHATWG|Junction/)
  }
})

test('every made-up code says that it is one', () => {
  const coded = cases.flatMap(({ send }) => [...(send.query ?? '').matchAll(/(?:code|token)=([^&]*)/g)])
  expect(coded.length).toBeGreaterThan(10)
  for (const [, code] of coded) expect(code).toContain(marker)
  expect(forwardingCases.map(({ id }) => id)).toContain('code-and-state')
})

test('redirects are not followed, even when they lead back', async () => {
  const asked: string[] = []
  const { requests } = await verifyAnswer(({ target: sent, path, host }) => {
    asked.push(sent)
    return redirect(`http://${host}${path}/followed`)
  })
  expect(asked.length).toBeGreaterThan(30)
  expect(asked.length).toBeLessThanOrEqual(requests)
  expect(asked.filter((sent) => sent.includes('followed'))).toEqual([])
})

test('a path without provider: what is about providers does not apply', async () => {
  const { port } = stopAfterTest(await startCallbackServer(rightAnswer))
  const url = urlOf(port).replace('{provider}', 'strava')
  const { findings, cases: results } = await verifyUrl(url)
  expect(findings).toEqual([])
  const skipped = results.filter(({ verdict, note }) => verdict === 'not applicable' && /provider/.test(note))
  expect(skipped.map((result) => result.case.id)).toEqual([
    'other-provider',
    ...cases.filter(({ send }) => send.slug !== undefined).map(({ id }) => id),
  ])
})

test('verifyRequired asks the required cases only', async () => {
  const check = async (answer: (asked: Asked) => ReturnType<typeof rightAnswer>) => {
    const { port } = stopAfterTest(await startCallbackServer(answer))
    return verifyRequired(urlOf(port), target, 'strava', { limiter: createRateLimiter(1000, 8) })
  }
  const good = await check(rightAnswer)
  expect([hasPassed(good, false), good.findings]).toEqual([true, []])
  expect(new Set(good.cases.map((result) => result.case.group))).toEqual(new Set(['required']))
  const bad = await check(({ provider }) => redirect(junction + provider))
  expect([hasPassed(bad, false), bad.findings.map(({ id }) => id)]).toEqual([false, ['query-lost']])
  expect(summarise(bad)).toBe('Logins fail: the query is lost.')
})

test('at 20 requests a second a right endpoint takes five seconds, its verdict two', async () => {
  const verdicts: (string | undefined)[] = []
  const { requests } = await verifyAnswer(rightAnswer, {
    limiter: createRateLimiter(1000, 1),
    onProgress: ({ verdict }) => verdicts.push(verdict),
  })
  expect(requests).toBeLessThanOrEqual(5 * 20)
  const required = cases.filter(({ group }) => group === 'required')
  expect(required.length).toBeLessThanOrEqual(2 * 20)
  expect(verdicts.indexOf('Logins work through this endpoint.')).toBeLessThan(verdicts.length / 2)
  expect(verdicts).toContain('Logins work through this endpoint.')
  expect(verdicts.findIndex(Boolean)).toBeGreaterThanOrEqual(required.length - 1)
})

test('a rate limiter keeps to its rate and its concurrency', async () => {
  const limit = createRateLimiter(200, 3)
  let running = 0
  let most = 0
  const starts: number[] = []
  const work = async () => {
    starts.push(performance.now())
    running += 1
    most = Math.max(most, running)
    await new Promise((resolve) => setImmediate(resolve))
    running -= 1
  }
  await Promise.all(Array.from({ length: 21 }, () => limit(work)))
  expect(most).toBeLessThanOrEqual(3)
  // Twenty intervals of five milliseconds; timers may fire a little early.
  expect((starts.at(-1) ?? 0) - (starts[0] ?? 0)).toBeGreaterThan(90)
})
