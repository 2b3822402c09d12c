import { onTestFinished } from 'vitest'
import type { JunctionOperation } from '../../src/demo/junction/junction.ts'
import type { SimulatedConnection, SimulatedUser } from '../../src/demo/junction/users.ts'
import { emptyFolder, runHere, type Setting } from '../run.ts'
import { type DoubleOptions, type JunctionDouble, startJunction } from '../world.ts'
import { callback, madeUpSecret } from './run-byoo.ts'

/** A simulated Junction whose sandbox in the US holds credentials of strava. */
export interface LinkedWorld {
  readonly simulator: JunctionDouble
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  /** Runs byoo in this process. */
  here(argv: readonly string[], setting?: Setting): ReturnType<typeof runHere>
  /** The users of the sandbox in the US. */
  users(): SimulatedUser[]
  /** A user of the sandbox in the US, with these connections. */
  addUser(...connections: SimulatedConnection[]): string
  /** Resolves when this call arrives for the first time from now on. */
  asked(operation: JunctionOperation): Promise<void>
}

/** Starts Junction and describes the way to it in environment variables; the key is a management key alone. */
export async function startLinkedWorld(options: DoubleOptions = {}): Promise<LinkedWorld> {
  const simulator = await startJunction(options)
  onTestFinished(() => simulator.close())
  const folder = emptyFolder()
  const record = {
    team_id: simulator.teams.us.id,
    provider: 'strava',
    client_id: '12345',
    client_secret: madeUpSecret,
    redirect_url_override: callback,
  }
  simulator.store.set('sandbox/us', record)
  const env = {
    HOME: folder,
    JUNCTION_MANAGEMENT_KEY: simulator.keys.organisation,
    BYOO_MANAGEMENT_URL: simulator.url,
    BYOO_API_URL: simulator.apiUrl,
    BYOO_ORG: simulator.org,
    BYOO_TEAM: simulator.teams.us.id,
    BYOO_ENVIRONMENT: 'sandbox',
    BYOO_REGION: 'us',
  }
  const users = () => simulator.users.list('sandbox/us')
  return {
    simulator,
    folder,
    env,
    here: (argv, setting = {}) =>
      runHere(argv, { directory: folder, ...setting, env: { ...env, ...setting.env } }),
    users,
    addUser: (...connections) => {
      const user = simulator.users.create('sandbox/us', {
        team_id: simulator.teams.us.id,
        client_user_id: 'made-up',
        created_on: '2026-11-20T12:00:00.000Z',
      })
      for (const connection of connections) user.connections.set(connection.slug, connection)
      return user.user_id
    },
    asked: async (operation) => {
      for (let number = simulator.requests.length + 1; ; number += 1) {
        if ((await simulator.arrival(number)).operation === operation) return
      }
    },
  }
}

/** A connection that works, or does not for the reason given. */
export function connection(
  slug: string,
  error?: string,
  at = '2026-11-20T12:00:00.000Z',
): SimulatedConnection {
  return {
    slug,
    created_on: at,
    status: error === undefined ? 'connected' : 'error',
    external_user_id: 'made-up@example.com',
    error: error === undefined ? undefined : { type: error, message: 'made-up reason', at },
    tokens: undefined,
  }
}
