import { hosts, type JunctionEnvironment, splitEnvironment } from '../junction/environments.ts'
import { shellWord } from '../output/shell.ts'
import type { Loop } from './loop.ts'
import type { CommandView, EnvironmentView } from './view.ts'

/** The slug that Acme Fit goes by in the demo: it plays WHOOP. */
export const demoProvider = 'whoop_v2'

/** Arguments with which doctor looks at everything that the demo has. */
export const doctorArguments = `doctor ${demoProvider} --create-user --ask-provider`

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

/** The byoo.yaml of one environment of the demo. */
export function demoConfig(environment: JunctionEnvironment, demo: DemoAddresses): string {
  // JSON is YAML.
  return JSON.stringify({
    routes: [{ url: demo.routeUrl, environment, target: demo.target }],
    org: demo.org,
    teams: { [environment]: demo.team },
    credentials: [
      {
        provider: demoProvider,
        in: [environment],
        client_id: demo.clientId,
        client_secret: { env: 'BYOO_CLIENT_SECRET' },
      },
    ],
  })
}

/**
 * Environment variables with which every command works on the demo in one environment. BYOO_CONFIG has one
 * route, and there is no BYOO_ENVIRONMENT: `byoo serve` would take that for a second description of its route.
 */
export function demoVariables(environment: JunctionEnvironment, demo: DemoAddresses): Record<string, string> {
  return {
    BYOO_MANAGEMENT_URL: demo.managementUrl,
    BYOO_API_URL: demo.apiUrl,
    JUNCTION_MANAGEMENT_KEY: demo.managementKey,
    BYOO_CLIENT_SECRET: demo.clientSecret,
    BYOO_CONFIG: demoConfig(environment, demo),
  }
}

/** What a shell may have already, and what would then come before the demo's byoo.yaml, or beside it. */
const others = [
  'JUNCTION_API_KEY',
  ...['ORG', 'TEAM', 'ENVIRONMENT', 'REGION', 'TARGET', 'PATH', 'URL', 'PROVIDERS', 'PROVIDER'].map(
    (name) => `BYOO_${name}`,
  ),
]

/** Lines for a POSIX shell that set the variables, and no others, for every command after them. */
export function exportLines(variables: Readonly<Record<string, string>>): string {
  const exports = Object.entries(variables).map(([name, value]) => `export ${name}=${shellWord(value)}`)
  return [`unset ${others.join(' ')}`, ...exports, ''].join('\n')
}

/** What a person pastes into a shell to have those lines; `byoo` is how byoo was started. */
export function shellLine(byoo: string, environment: JunctionEnvironment): string {
  return `eval "$(${byoo} demo --env ${environment})"`
}

/** The harmless ones first. */
export const demoEnvironments = ['sandbox/us', 'sandbox/eu', 'production/us', 'production/eu'] as const

/** What is worth trying in a shell that has the variables. */
export function demoCommands(byoo: string): readonly CommandView[] {
  const commands = [
    [`link ${demoProvider} --wait`, 'makes a link to open in a browser, and waits for the user'],
    [`credentials show ${demoProvider}`, 'shows what Junction holds'],
    ['verify', 'sends the forwarder every kind of query'],
    [doctorArguments, 'compares all places'],
  ] as const
  return commands.map(([words, does]) => ({ command: `${byoo} ${words}`, does }))
}

/** What the page says of an environment. */
export function describeEnvironment(
  loop: Loop,
  byoo: string,
  environment: JunctionEnvironment,
): EnvironmentView {
  const addresses = addressesOf(loop, environment)
  return {
    environment,
    host: hosts[environment],
    redirectUri: addresses.routeUrl.replace('{provider}', demoProvider),
    target: addresses.target.replace('{provider}', demoProvider),
    shellLine: shellLine(byoo, environment),
    commands: demoCommands(byoo),
    variables: demoVariables(environment, addresses),
  }
}

/** Where the demo's parts are, and what opens them, for an environment. */
export function addressesOf(
  { junction, forwarder, provider }: Loop,
  environment: JunctionEnvironment,
): DemoAddresses {
  const route = forwarder.routes.find((one) => one.environment === environment)
  const redirectUri = forwarder.redirectUri(environment, demoProvider)
  const client = [...provider.clients.values()].find((one) => one.redirect_uris.includes(redirectUri))
  if (!route || !client) throw new Error(`the demo has no ${environment}`)
  return {
    managementUrl: junction.url,
    apiUrl: junction.apiUrl,
    managementKey: junction.keys.organisation,
    org: junction.org,
    team: junction.teams[splitEnvironment(environment).region].id,
    routeUrl: route.url,
    target: route.target,
    clientId: client.client_id,
    clientSecret: client.client_secret,
  }
}
