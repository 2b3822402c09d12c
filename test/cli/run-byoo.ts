import { onTestFinished } from 'vitest'
import { emptyFolder, type Outcome, runHere, type Setting } from '../run.ts'
import { type JunctionDouble, startJunction } from '../world.ts'

/** A simulated Junction with everything that is needed to work in its sandbox in the US. */
export interface World {
  readonly simulator: JunctionDouble
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  /** Runs byoo in this process. */
  here(argv: readonly string[], setting?: Setting): Promise<Outcome>
}

/** Starts a simulator and describes the way to it in environment variables. */
export async function startWorld(): Promise<World> {
  const simulator = await startJunction()
  onTestFinished(() => simulator.close())
  const folder = emptyFolder()
  const env = {
    HOME: folder,
    JUNCTION_MANAGEMENT_KEY: simulator.keys.organisation,
    BYOO_MANAGEMENT_URL: simulator.url,
    BYOO_ORG: simulator.org,
    BYOO_TEAM: simulator.teams.us.id,
    BYOO_ENVIRONMENT: 'sandbox',
    BYOO_REGION: 'us',
  }
  const here = (argv: readonly string[], setting: Setting = {}) =>
    runHere(argv, { directory: folder, ...setting, env: { ...env, ...setting.env } })
  return { simulator, folder, env, here }
}

/** A client secret that says what it is. */
export const madeUpSecret = 'made-up-client-secret-0123456789'
/** A redirect URI for strava. */
export const callback = 'https://oauth.example.com/oauth_callback/strava'
/** Sets strava's credentials; the secret comes from stdin. */
export const setStrava = [
  'set-credentials',
  'strava',
  '--client-id',
  '12345',
  '--redirect-url',
  callback,
  '--client-secret-file',
  '-',
]
