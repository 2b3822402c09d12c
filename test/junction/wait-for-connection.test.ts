import { describe, expect, test } from 'vitest'
import { ByooError } from '../../src/errors.ts'
import type { UserConnection } from '../../src/junction/link.ts'
import { judge, waitForConnection } from '../../src/junction/wait-for-connection.ts'

const connected: UserConnection = {
  slug: 'strava',
  name: 'Strava',
  status: 'connected',
  created_on: '2026-11-20T12:00:00+00:00',
}
const failed: UserConnection = {
  ...connected,
  status: 'error',
  error_type: 'token_refresh_failed',
  errored_at: '2026-11-20T13:00:00+00:00',
}

describe('judge', () => {
  test.each([
    ['nothing, then nothing', undefined, undefined, undefined],
    ['nothing, then connected', undefined, connected, 'connected'],
    ['nothing, then an error', undefined, failed, 'failed'],
    ['nothing, then a status that is new', undefined, { ...connected, status: 'pending' }, undefined],
    ['connected as before', connected, connected, undefined],
    ['connected, then gone', connected, undefined, undefined],
    ['connected, then again', connected, { ...connected, created_on: '2026-11-21' }, 'connected'],
    ['connected, then an error', connected, failed, 'failed'],
    ['an error as before', failed, failed, undefined],
    ['an error, then another', failed, { ...failed, errored_at: '2026-11-21' }, 'failed'],
    ['an error, then connected', failed, connected, 'connected'],
  ])('%s', (_name, before, now, verdict) => {
    expect(judge(before, now)).toBe(verdict)
  })
})

/** A clock that goes on only while somebody waits. */
function start(looks: readonly (UserConnection | Error | undefined)[]) {
  let time = 0
  const pauses: number[] = []
  const look = async () => {
    const found = looks[pauses.length]
    if (found instanceof Error) throw found
    return found
  }
  const pause = async (milliseconds: number) => {
    pauses.push(milliseconds)
    time += milliseconds
  }
  return {
    pauses,
    waiting: waitForConnection(look, undefined, pause, () => time),
  }
}

const away = new ByooError('unreachable', 'made up')

describe('waitForConnection', () => {
  test('looks at once', async () => {
    const { pauses, waiting } = start([connected])
    expect(await waiting).toEqual({ status: 'connected', connection: connected })
    expect(pauses).toEqual([])
  })

  test('looks every three seconds', async () => {
    const { pauses, waiting } = start([undefined, undefined, failed])
    expect(await waiting).toMatchObject({ status: 'failed' })
    expect(pauses).toEqual([3000, 3000])
  })

  test('gives up when the link is dead, to the millisecond', async () => {
    const { pauses, waiting } = start([])
    expect(await waiting).toEqual({ status: 'timed_out' })
    expect(pauses.reduce((sum, pause) => sum + pause, 0)).toBe(3_600_000)
  })

  test('does not mind that Junction is away for a moment', async () => {
    const { waiting } = start([away, away, away, away, undefined, away, away, away, away, connected])
    expect(await waiting).toMatchObject({ status: 'connected' })
  })

  test.each([
    ['it stays away', [away, away, away, away, away, connected], away],
    ['the key is refused', [new ByooError('not_authenticated', 'no'), connected], undefined],
    ['the user is gone', [new ByooError('not_found', 'no'), connected], undefined],
    ['it is interrupted', [new ByooError('interrupted', 'no'), connected], undefined],
  ])('ends when %s', async (_name, looks, error) => {
    await expect(start(looks).waiting).rejects.toBe(error ?? looks[0])
  })
})
