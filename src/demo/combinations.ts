import { type Combination, type Environment, hosts, type Region } from '../junction/environments.ts'
import type { Simulator } from '../simulator/simulator.ts'
import { doctorCommand } from './examine.ts'
import { type DemoAddresses, demoProvider, demoVariables, exportLine } from './variables.ts'
import type { CombinationView } from './view.ts'

/** The harmless ones first. */
export const demoCombinations = ['sandbox/us', 'sandbox/eu', 'production/us', 'production/eu'] as const

/** What is worth trying in a shell that has the variables. */
export const demoCommands = [
  {
    command: `byoo link ${demoProvider} --wait`,
    does: 'makes a link to open in a browser, and waits for the user',
  },
  { command: `byoo credentials show ${demoProvider}`, does: 'shows what Junction holds' },
  { command: 'byoo verify', does: 'sends the forwarder every kind of query' },
  { command: doctorCommand, does: 'compares all places' },
] as const

/** What the page says of an environment and region. */
export function describeCombination(simulator: Simulator, combination: Combination): CombinationView {
  const [environment, region] = combination.split('/') as [Environment, Region]
  const addresses = addressesOf(simulator, combination)
  return {
    combination,
    environment,
    region,
    host: hosts[combination],
    redirectUri: addresses.routeUrl.replace('{provider}', demoProvider),
    target: addresses.target.replace('{provider}', demoProvider),
    shellLine: exportLine(demoVariables(combination, addresses)),
    commands: demoCommands,
  }
}

/** Where the demo's parts are, and what opens them, for an environment and region. */
export function addressesOf(
  { junction, forwarder, provider }: Simulator,
  combination: Combination,
): DemoAddresses {
  const [environment, region] = combination.split('/') as [Environment, Region]
  const route = forwarder.routes.find((one) => one.environment === environment && one.region === region)
  const redirectUri = forwarder.redirectUri(combination, demoProvider)
  const client = [...provider.clients.values()].find((one) => one.redirect_uris.includes(redirectUri))
  if (!route || !client) throw new Error(`the simulator has no ${combination}`)
  return {
    managementUrl: junction.url,
    apiUrl: junction.apiUrl,
    managementKey: junction.keys.organisation,
    org: junction.org,
    team: junction.teams[region].id,
    routeUrl: route.url,
    target: route.target,
    clientId: client.client_id,
    clientSecret: client.client_secret,
  }
}
