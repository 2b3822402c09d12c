import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type JunctionEnvironment, junctionEnvironments } from '../../src/junction/environments.ts'
import { type ProviderSlug, providers } from '../../src/junction/providers.ts'
import { startForwarder } from '../forwarder/start-forwarder.ts'
import { type DoubleOptions, startWorld, type World } from '../world.ts'

/** A simulated Junction beside a byoo.yaml that describes what it should hold. */
export interface DeclaredWorld extends World {
  /** Writes byoo.yaml: these providers in these environments, each with a secret of its own from a file. */
  declare(
    slugs: readonly ProviderSlug[],
    environments?: readonly JunctionEnvironment[],
    change?: (credential: Record<string, unknown>) => Record<string, unknown>,
  ): void
  /** The URL of the route of an environment. */
  routeUrl(environment: JunctionEnvironment): string
}

export const allSlugs = providers.map(({ slug }) => slug)

/** Details that a provider needs; secrets come from variables. */
const detailsOf: Partial<Record<ProviderSlug, object>> = {
  fitbit: {
    fitbit: {
      workout_verify_token: { env: 'MADE_UP_TOKEN' },
      sleep_verify_token: { env: 'MADE_UP_TOKEN' },
      body_verify_token: { env: 'MADE_UP_TOKEN' },
    },
  },
  polar: { webhook_secret: { env: 'MADE_UP_TOKEN' } },
  google_fit: { data_scopes: ['one'] },
  google_health: { project_number: '123456789012', service_account_email: 'x@y.iam.gserviceaccount.com' },
  my_fitness_pal_v2: { client: 'acme' },
}

export const madeUpToken = 'made-up-token-0123456789'

/** Real forwarders answer at the routes of the environments in `live`; at the others nothing does. */
export async function startDeclaredWorld({
  live = [],
  ...options
}: DoubleOptions & { readonly live?: readonly JunctionEnvironment[] } = {}): Promise<DeclaredWorld> {
  const world = await startWorld(options)
  const origin = live.length > 0 ? await startLiveRoutes(live) : ''
  const routeUrl = (environment: JunctionEnvironment) =>
    live.includes(environment)
      ? `${origin}/${environment}/oauth_callback/{provider}`
      : `https://${environment.replace('/', '.')}.example.com/oauth_callback/{provider}`
  const { folder, simulator } = world
  const env = {
    HOME: folder,
    JUNCTION_MANAGEMENT_KEY: simulator.keys.organisation,
    BYOO_MANAGEMENT_URL: simulator.url,
    MADE_UP_TOKEN: madeUpToken,
  }
  return {
    ...world,
    env,
    routeUrl,
    here: (argv, setting = {}) =>
      world.here(argv, { ...setting, env: { ...noTarget, ...env, ...setting.env } }),
    declare: (slugs, environments = junctionEnvironments, change = (credential) => credential) => {
      for (const slug of slugs) writeFileSync(join(folder, slug), `made-up-secret-of-${slug}\n`)
      const file = {
        routes: junctionEnvironments.map((environment) => ({ url: routeUrl(environment), environment })),
        org: simulator.org,
        teams: { us: simulator.teams.us.id, eu: simulator.teams.eu.id },
        credentials: slugs.map((provider) =>
          change({
            provider,
            environments,
            client_id: `id-of-${provider}`,
            client_secret: { file: `./${provider}` },
            ...(detailsOf[provider] && { details: detailsOf[provider] }),
          }),
        ),
      }
      writeFileSync(join(folder, 'byoo.yaml'), JSON.stringify(file))
    },
  }
}

/** The origin of a forwarder of these environments. */
async function startLiveRoutes(environments: readonly JunctionEnvironment[]): Promise<string> {
  const routes = environments.map((environment) => ({
    url: `https://made-up.example/${environment}/oauth_callback/{provider}`,
    environment,
  }))
  const forwarder = await startForwarder(JSON.stringify({ routes }))
  onTestFinished(() => void forwarder.stop(1000))
  return `http://127.0.0.1:${forwarder.port}`
}

/** What startWorld says of one environment and team. */
const noTarget = { BYOO_ORG: '', BYOO_TEAM: '', BYOO_ENVIRONMENT: '' }
