import type { Combination } from '../junction/environments.ts'
import { shellWord } from '../output/shell.ts'

/** The slug that Acme Fit goes by in the demo: it plays WHOOP. */
export const demoProvider = 'whoop_v2'

/** What the variables are made of. */
export interface DemoAddresses {
  readonly managementUrl: string
  /** With `{environment}` and `{region}`. */
  readonly apiUrl: string
  readonly managementKey: string
  readonly org: string
  /** Of the region. */
  readonly team: string
  /** URL of the forwarder's route, with `{provider}`. */
  readonly routeUrl: string
  /** Where the route sends users on to, with `{provider}`. */
  readonly target: string
  readonly clientId: string
  readonly clientSecret: string
}

/** The byoo.yaml of one environment and region of the demo. */
export function demoConfig(combination: Combination, demo: DemoAddresses): string {
  const [environment, region] = combination.split('/')
  // JSON is YAML.
  return JSON.stringify({
    routes: [{ url: demo.routeUrl, environment, region, target: demo.target }],
    org: demo.org,
    teams: { [combination]: demo.team },
    credentials: [
      {
        provider: demoProvider,
        in: [combination],
        client_id: demo.clientId,
        client_secret: { env: 'BYOO_CLIENT_SECRET' },
      },
    ],
  })
}

/**
 * Environment variables with which every command works on the demo in one environment and region. BYOO_CONFIG has one
 * route, and there is no BYOO_ENVIRONMENT: `byoo serve` would take that for a second description of its route.
 */
export function demoVariables(combination: Combination, demo: DemoAddresses): Record<string, string> {
  return {
    BYOO_MANAGEMENT_URL: demo.managementUrl,
    BYOO_API_URL: demo.apiUrl,
    JUNCTION_MANAGEMENT_KEY: demo.managementKey,
    BYOO_CLIENT_SECRET: demo.clientSecret,
    BYOO_CONFIG: demoConfig(combination, demo),
  }
}

/** What a shell may have already, and what would then come before the demo's byoo.yaml, or beside it. */
const others = [
  'JUNCTION_API_KEY',
  ...['ORG', 'TEAM', 'ENVIRONMENT', 'REGION', 'TARGET', 'PATH', 'URL', 'PROVIDERS', 'PROVIDER'].map(
    (name) => `BYOO_${name}`,
  ),
]

/** One line for a POSIX shell that sets the variables, and no others, for every command after it. */
export function exportLine(variables: Readonly<Record<string, string>>): string {
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${shellWord(value)}`)
  return `unset ${others.join(' ')}; export ${assignments.join(' ')}`
}
