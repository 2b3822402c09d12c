import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { startForwarder } from '../forwarder/start-forwarder.ts'
import { emptyFolder, runHere, type Setting } from '../run.ts'
import { type JunctionDouble, startJunction } from '../world.ts'

/** What `byoo doctor` looks at, as a person has it. */
export interface SetUp {
  readonly junction: JunctionDouble
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  /** The redirect URI of strava. */
  readonly url: string
  here(argv: readonly string[], setting?: Setting): ReturnType<typeof runHere>
}

/** A healthy set-up of strava in the sandbox: a forwarder, a Junction, and a byoo.yaml. */
export async function startSetUp(more = ''): Promise<SetUp> {
  const junction = await startJunction()
  onTestFinished(() => junction.close())
  const forwarder = await startForwarder(
    'routes: [{ url: "https://oauth.example.com/oauth_callback/{provider}", environment: sandbox/us }]',
  )
  onTestFinished(() => void forwarder.stop(1000))
  const folder = emptyFolder()
  const template = `http://127.0.0.1:${forwarder.port}/oauth_callback/{provider}`
  const url = template.replace('{provider}', 'strava')
  writeFileSync(
    join(folder, 'byoo.yaml'),
    `routes:
  - { url: "${template}", environment: sandbox/us, providers: [strava] }
${more}org: ${junction.org}
teams: { sandbox/us: ${junction.teams.us.id}, production/us: ${junction.teams.us.id} }
credentials: [{ provider: strava, environments: [sandbox/us], client_id: "12345" }]
`,
  )
  junction.store.set('sandbox/us', {
    team_id: junction.teams.us.id,
    provider: 'strava',
    client_id: '12345',
    client_secret: 'made-up-client-secret',
    redirect_url_override: url,
  })
  const env = {
    HOME: folder,
    BYOO_RATE: '1000',
    BYOO_MANAGEMENT_URL: junction.url,
    BYOO_API_URL: junction.apiUrl,
    JUNCTION_MANAGEMENT_KEY: junction.keys.organisation,
  }
  const here = (argv: readonly string[], setting: Setting = {}) =>
    runHere(['doctor', ...argv], { directory: folder, ...setting, env: { ...env, ...setting.env } })
  return { junction, folder, env, url, here }
}

/** Junction holds another redirect URI. */
export function breakOverride({ junction }: SetUp, change: (url: string) => string): void {
  const [record] = junction.store.records['sandbox/us']
  if (record) record.redirect_url_override = change(record.redirect_url_override ?? '')
}
