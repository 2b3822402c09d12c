import { onTestFinished } from 'vitest'
import { ByooError } from '../../src/errors.ts'
import { createHttp, type HttpOptions } from '../../src/junction/http.ts'
import { createManagement, type Store } from '../../src/junction/management.ts'
import type { FaultInjection } from '../fault-injection.ts'
import { startJunction } from '../world.ts'

/** A client that waits no longer than it must, closed when the test is over, and what it did. */
export function startHttp(options: Partial<HttpOptions> = {}) {
  const traced: string[] = []
  const waits: number[] = []
  const http = createHttp({
    env: {},
    timeout: 10_000,
    wait: async (milliseconds) => waits.push(milliseconds),
    trace: (line) => traced.push(line),
    ...options,
  })
  onTestFinished(() => http.close())
  return { http, traced, waits }
}

/** A simulator, closed when the test is over, and a client of it. */
export async function start(faults: Partial<FaultInjection> = {}, options: Partial<HttpOptions> = {}) {
  const simulator = await startJunction({ faults })
  const { http, traced, waits } = startHttp(options)
  onTestFinished(() => simulator.close())
  const place: Store = { org: simulator.org, environment: 'sandbox/us' }
  const strava = {
    team_id: simulator.teams.us.id,
    provider: 'strava',
    client_id: '12345',
    client_secret: 'made-up-secret',
    redirect_url_override: 'https://oauth.example.com/oauth_callback/strava',
  }
  const access = { key: simulator.keys.organisation, url: `${simulator.url}/` }
  const management = createManagement(http, access)
  return { simulator, http, management, access, place, strava, waits, traced }
}

export type Started = Awaited<ReturnType<typeof start>>

/** One of each request to the management API; that of `prepare` is for Fitbit, which has steps. */
export const calls = {
  list: ({ management, place }: Started) => management.listCredentials(place),
  prepare: ({ management, place, strava }: Started) =>
    management.prepare(place, { team_id: strava.team_id, provider: 'fitbit' }),
  set: ({ management, place, strava }: Started) => management.setCredentials(place, strava),
  delete: ({ management, place }: Started) => management.deleteCredentials(place, [stranger]),
  team: ({ management, place, strava }: Started) => management.team(place.org, strava.team_id),
  token: ({ management, place, strava }: Started) =>
    management.createTeamToken(place.org, strava.team_id, 'sandbox/us'),
}
export type CallName = keyof typeof calls

/** An id that nothing has. */
export const stranger = '44444444-4444-4444-8444-444444444444'

/** The ByooError that a promise is rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<ByooError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof ByooError) return error
    throw error
  }
  throw new Error('it did not fail')
}
