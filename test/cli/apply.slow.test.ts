import { describe, expect, test } from 'vitest'
import { spawnByoo } from '../run.ts'
import { startDeclaredWorld } from './declared-world.ts'

const applied = ['apply', '--yes', '--skip-verify']
// Four lists, two teams, two lists again, and a write and a look for each of four records.
const requests = 16

describe.each([
  ['before Junction does it', false],
  ['after Junction did it, before its answer', true],
])('killed at any request, %s', (_, takesEffect) => {
  test.each(Array.from({ length: requests }, (_, index) => index + 1))('request %i', async (number) => {
    const world = await startDeclaredWorld()
    world.declare(['strava', 'polar'], ['sandbox/us', 'sandbox/eu'])
    const answered = number > 1 ? [{ type: 'slow', milliseconds: 0, times: number - 1 } as const] : []
    world.simulator.set({ failures: [...answered, { type: 'silence', takesEffect, times: requests }] })
    const byoo = spawnByoo(applied, { env: world.env, directory: world.folder })
    await world.simulator.arrival(number)
    byoo.child.kill('SIGKILL')
    expect(await byoo.exited).toBe('SIGKILL')
    world.simulator.set({ failures: [] })

    const held = () =>
      (['sandbox/us', 'sandbox/eu'] as const).flatMap(
        (environment) => world.simulator.store.records[environment],
      )
    const there = held().length
    world.simulator.requests.length = 0
    const again = await world.here(applied)
    const writes = world.simulator.requests.filter(({ operation }) => operation === 'set')
    expect(writes).toHaveLength(4 - there)
    expect([again.code, again.stdout]).toEqual([
      0,
      expect.stringMatching(/0 failed, 0 not tried|nothing to write/),
    ])
    expect((await world.here(['diff'])).code).toBe(0)
    for (const environment of ['sandbox/us', 'sandbox/eu'] as const) {
      const held = world.simulator.store.records[environment]
      expect(held.map(({ source, client_id }) => [source, client_id]).sort()).toEqual([
        ['polar', 'id-of-polar'],
        ['strava', 'id-of-strava'],
      ])
      expect(held.every(({ client_secret_hash }) => client_secret_hash)).toBe(true)
    }
  })
})
