import { onTestFinished } from 'vitest'
import { ByooError } from '../../src/errors.ts'
import { createHttp, type Exchange, type HttpOptions } from '../../src/junction/http.ts'
import { createManagement, type Store } from '../../src/junction/management.ts'
import type { FaultInjection } from '../fault-injection.ts'
import { startJunction } from '../world.ts'

/** Answers at once, and with it says how long would have been waited. */
export function recordWaits() {
  const waits: number[] = []
  return { waits, wait: async (milliseconds: number) => waits.push(milliseconds) }
}

/** A simulator and a client of it, both closed when the test is over. */
export async function start(faults: Partial<FaultInjection> = {}, options: Partial<HttpOptions> = {}) {
  const simulator = await startJunction({ faults })
  const { waits, wait } = recordWaits()
  const exchanges: Exchange[] = []
  const http = createHttp({
    env: {},
    timeout: 10_000,
    wait,
    onExchange: (exchange) => exchanges.push(exchange),
    ...options,
  })
  onTestFinished(async () => {
    await http.close()
    await simulator.close()
  })
  const place: Store = { org: simulator.org, environment: 'sandbox/us' }
  const strava = {
    team_id: simulator.teams.us.id,
    provider: 'strava',
    client_id: '12345',
    client_secret: 'made-up-secret',
    redirect_url_override: 'https://oauth.example.com/oauth_callback/strava',
  }
  const access = { key: simulator.keys.organisation, url: simulator.url }
  const management = createManagement(http, access)
  return { simulator, http, management, access, place, strava, waits, exchanges }
}

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
