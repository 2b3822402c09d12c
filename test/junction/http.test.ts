import { describe, expect, test } from 'vitest'
import * as z from 'zod/mini'
import { version } from '../../src/version.ts'
import type { ErrorShape, Failure } from '../fault-injection.ts'
import { freePort } from '../ports.ts'
import { type CallName, calls, failureOf, type Started, start, startHttp } from './start.ts'

test('a request says what it is, and the key travels in its header', async () => {
  const started = await start()
  await calls.set(started)
  expect(started.simulator.requests[0]).toMatchObject({
    method: 'POST',
    headers: {
      'x-management-key': 'organisation',
      'user-agent': `byoo/${version}`,
      accept: 'application/json',
      'content-type': 'application/json',
    },
  })
})

describe('a failed answer', () => {
  test.each<[status: number, code: string, mayHaveTakenEffect: boolean, requests: number]>([
    [400, 'refused', false, 1],
    [401, 'not_authenticated', false, 1],
    [403, 'not_allowed', false, 1],
    [404, 'not_found', false, 1],
    [409, 'refused', false, 1],
    [422, 'refused', false, 1],
    [429, 'unreachable', false, 3],
    [500, 'unreachable', true, 1],
    [502, 'unreachable', true, 1],
    [503, 'unreachable', true, 3],
  ])(
    '%i to a write is %s, may have taken effect: %s, after %i requests',
    async (status, code, mayHaveTakenEffect, requests) => {
      const started = await start({ failures: [{ type: 'status', status, times: 9 }] })
      const error = await failureOf(calls.set(started))
      expect(error).toMatchObject({
        code,
        status,
        mayHaveTakenEffect,
        requestId: `made-up-request-${requests}`,
      })
      expect(error.message).toContain(`could not set the credentials of strava: Junction answered ${status}`)
      expect(error.message).toContain('made-up failure')
      expect(error.message).toContain(`made-up-request-${requests}`)
      expect(error.hint).toMatch(/\w/)
      expect(started.simulator.requests).toHaveLength(requests)
    },
  )

  test.each([500, 503])('%i to a read changes nothing', async (status) => {
    const started = await start({ failures: [{ type: 'status', status, times: 9 }] })
    expect(await failureOf(calls.list(started))).toMatchObject({ mayHaveTakenEffect: false })
  })
})

describe('retries', () => {
  const failures: Record<string, Failure> = {
    '429': { type: 'status', status: 429 },
    '503': { type: 'status', status: 503 },
    'a reset before the effect': { type: 'reset', takesEffect: false },
    'a reset after the effect': { type: 'reset', takesEffect: true },
    'an answer cut off': { type: 'cut_off' },
  }
  const retried: CallName[] = ['list', 'prepare', 'set', 'delete']

  test.each(retried.flatMap((call) => Object.keys(failures).map((name) => [call, name] as const)))(
    '%s succeeds after %s',
    async (call, name) => {
      const started = await start({ failures: [{ ...(failures[name] as Failure), times: 2 }] })
      await expect(calls[call](started)).resolves.toBeDefined()
      expect(started.simulator.requests).toHaveLength(3)
      expect(started.waits).toHaveLength(2)
      expect(started.waits[0]).toBeGreaterThanOrEqual(250)
      expect(started.waits[0]).toBeLessThanOrEqual(500)
      expect(started.waits[1]).toBeGreaterThanOrEqual(500)
      expect(started.waits[1]).toBeLessThanOrEqual(1000)
    },
  )

  test.each(Object.keys(failures))('a token is not asked for again after %s', async (name) => {
    const started = await start({ failures: [failures[name] as Failure] })
    const error = await failureOf(calls.token(started))
    expect(error.mayHaveTakenEffect).toBe(name !== '429')
    expect(started.simulator.requests).toHaveLength(1)
  })

  test.each<[retryAfter: string, least: number, most: number]>([
    ['7', 7000, 7500],
    ['60', 60_000, 60_500],
    ['soon', 250, 500],
  ])('Retry-After: %s waits %i to %i ms', async (retryAfter, least, most) => {
    const started = await start({ failures: [{ type: 'status', status: 429, retryAfter }] })
    await calls.list(started)
    expect(started.waits).toHaveLength(1)
    expect(started.waits[0]).toBeGreaterThanOrEqual(least)
    expect(started.waits[0]).toBeLessThanOrEqual(most)
  })

  test('Retry-After as a date waits until then', async () => {
    const retryAfter = new Date(Date.now() + 30_000).toUTCString()
    const started = await start({ failures: [{ type: 'status', status: 503, retryAfter }] })
    await calls.list(started)
    expect(started.waits[0]).toBeGreaterThan(20_000)
    expect(started.waits[0]).toBeLessThanOrEqual(30_500)
  })

  test.each(['61', '86400', 'Fri, 31 Dec 2100 23:59:59 GMT'])(
    'Retry-After: %s is too long to wait, and the message says how long',
    async (retryAfter) => {
      const started = await start({ failures: [{ type: 'status', status: 429, retryAfter }] })
      const error = await failureOf(calls.list(started))
      expect(error.hint).toMatch(/^wait \d+ seconds, then try again$/)
      expect(started.simulator.requests).toHaveLength(1)
    },
  )
})

describe('without an answer', () => {
  test('nothing listens: nothing was sent', async () => {
    const { http, waits } = startHttp()
    const url = `http://127.0.0.1:${await freePort()}`
    const request = { method: 'POST', url, credentials: {}, body: {} } as const
    const error = await failureOf(http.send({ ...request, kind: 'write', action: 'write' }, z.unknown()))
    expect(error).toMatchObject({ code: 'unreachable', mayHaveTakenEffect: false, status: undefined })
    expect(error.message).toContain('nothing accepts connections there')
    expect(error.message).toContain('in 3 attempts')
    expect(error.hint).toBe('is byoo demo still running? Its addresses change with each start')
    expect(waits).toHaveLength(2)
  })

  test.each<[Failure, string]>([
    [{ type: 'reset', takesEffect: false, times: 9 }, 'the connection was cut off'],
    [{ type: 'reset', takesEffect: true, times: 9 }, 'the connection was cut off'],
    [{ type: 'cut_off', times: 9 }, 'the connection was cut off'],
  ])('%j leaves open whether a write took effect', async (failure, reason) => {
    const started = await start({ failures: [failure] })
    const error = await failureOf(calls.set(started))
    expect(error).toMatchObject({ code: 'unreachable', mayHaveTakenEffect: true })
    expect(error.message).toContain(reason)
    expect(started.simulator.requests).toHaveLength(3)
  })

  test('a reset leaves it open even when a later attempt is refused', async () => {
    const started = await start({
      failures: [
        { type: 'reset', takesEffect: true },
        { type: 'status', status: 409 },
      ],
    })
    expect(await failureOf(calls.set(started))).toMatchObject({ code: 'refused', mayHaveTakenEffect: true })
  })

  test('silence ends after the time-out, each attempt', async () => {
    const started = await start({ failures: [{ type: 'silence', times: 9 }] }, { timeout: 50 })
    const error = await failureOf(calls.set(started))
    expect(error).toMatchObject({ code: 'unreachable', mayHaveTakenEffect: true })
    expect(error.message).toContain('it took longer than 0.05 s')
    expect(started.simulator.requests).toHaveLength(3)
  })
})

describe('an abort', () => {
  test.each<[CallName, boolean]>([
    ['list', false],
    ['set', true],
    ['delete', true],
    ['token', true],
  ])('during %s ends it at once, may have taken effect: %s', async (call, mayHaveTakenEffect) => {
    const controller = new AbortController()
    const started = await start({ failures: [{ type: 'silence' }] }, { signal: controller.signal })
    const failing = failureOf(calls[call](started))
    await started.simulator.arrival(1)
    controller.abort()
    expect(await failing).toMatchObject({ code: 'interrupted', mayHaveTakenEffect })
    expect(started.simulator.requests).toHaveLength(1)
  })

  test('before the request sends nothing', async () => {
    const started = await start({}, { signal: AbortSignal.abort() })
    expect(await failureOf(calls.set(started))).toMatchObject({
      code: 'interrupted',
      mayHaveTakenEffect: false,
    })
    expect(started.simulator.requests).toEqual([])
  })

  test('while waiting for a retry', async () => {
    const controller = new AbortController()
    const trace = (line: string) => {
      if (line.startsWith('  waiting')) controller.abort()
    }
    const started = await start(
      { failures: [{ type: 'status', status: 503, retryAfter: '30' }] },
      { signal: controller.signal, trace, wait: undefined },
    )
    expect(await failureOf(calls.set(started))).toMatchObject({
      code: 'interrupted',
      mayHaveTakenEffect: true,
    })
    expect(started.simulator.requests).toHaveLength(1)
  })
})

test.each<[Failure, string]>([
  [{ type: 'malformed' }, 'with something that is not JSON'],
  [{ type: 'too_large' }, 'is larger than 2 MiB'],
])('an answer that cannot be used: %j', async (failure, expected) => {
  const started = await start({ failures: [failure] })
  const error = await failureOf(calls.set(started))
  expect(error).toMatchObject({ code: 'unexpected_answer', mayHaveTakenEffect: true })
  expect(error.message).toContain(expected)
  expect(started.simulator.requests).toHaveLength(1)
})

describe('where requests may go', () => {
  test.each([
    'http://api.management.junction.com',
    'http://10.0.0.1',
    'ftp://127.0.0.1',
    'https://name:word@api.management.junction.com',
    'api.management.junction.com',
    '',
  ])('not to %j', async (url) => {
    const { http } = startHttp()
    const request = { method: 'GET', url, credentials: {}, kind: 'read', action: 'read' } as const
    const error = await failureOf(http.send(request, z.unknown()))
    expect(error).toMatchObject({ code: 'configuration', mayHaveTakenEffect: false })
    expect(error.message).not.toContain('word')
  })
})

describe('what --verbose shows', () => {
  const unspeakable = (started: Started, text: string) =>
    [started.access.key, 'made-up-secret', 'made-up-team-token'].filter((secret) => text.includes(secret))

  test('each attempt, without key, secret and token', async () => {
    const started = await start({ failures: [{ type: 'status', status: 503, retryAfter: '1' }] })
    await calls.set(started)
    await calls.token(started)
    const url = `${started.access.url}v1/org/${started.place.org}`
    expect(started.traced.map((line) => line.replace(/ {.*|[\d.]+ m?s/g, ''))).toEqual([
      `> POST ${url}/team_custom_credentials/sandbox/us`,
      '< 503 made-up-request-1 ',
      '  waiting ',
      `> POST ${url}/team_custom_credentials/sandbox/us (attempt 2)`,
      '< 200 made-up-request-2  (attempt 2)',
      `> POST ${url}/team/${started.strava.team_id}/create_api_access_token`,
      '< 200 made-up-request-3 ',
    ])
    expect(started.traced[0]).toContain('"client_id":"12345","client_secret":"[redacted]"')
    expect(unspeakable(started, started.traced.join())).toEqual([])
  })

  test.each<ErrorShape>(['string', 'list', 'object', 'html'])(
    'not even when the answer repeats them, in a body of the shape %s',
    async (shape) => {
      const started = await start()
      const text = `you sent made-up-secret with ${started.access.key}`
      started.simulator.set({ failures: [{ type: 'status', status: 422, shape, text }] })
      const error = await failureOf(calls.set(started))
      expect(error.message).toContain('you sent [redacted] with [redacted]')
      expect(unspeakable(started, `${error.stack} ${started.traced}`)).toEqual([])
    },
  )

  test('why there was no answer', async () => {
    const started = await start({ failures: [{ type: 'silence' }] }, { timeout: 50 })
    await failureOf(calls.token(started))
    expect(started.traced[1]).toBe('< BYOO_TIMEOUT')
  })
})
