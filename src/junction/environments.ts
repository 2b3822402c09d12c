/** The host of each of Junction's environments ("Use the correct Junction endpoint"). */
export const hosts = {
  'production/us': 'https://api.us.junction.com',
  'production/eu': 'https://api.eu.junction.com',
  'sandbox/us': 'https://api.sandbox.us.junction.com',
  'sandbox/eu': 'https://api.sandbox.eu.junction.com',
} as const

/** The hosts from when Junction was called Vital; they still answer. */
export const olderHosts = {
  'production/us': 'https://api.tryvital.io',
  'production/eu': 'https://api.eu.tryvital.io',
  'sandbox/us': 'https://api.sandbox.tryvital.io',
  'sandbox/eu': 'https://api.sandbox.eu.tryvital.io',
} as const

/** The one host of the management API, whatever the environment. */
export const managementHost = 'https://api.management.junction.com'

/** One of Junction's environments, written with its region: `production/us`. The same everywhere people meet it. */
export type JunctionEnvironment = keyof typeof hosts
export const junctionEnvironments = Object.keys(hosts) as readonly JunctionEnvironment[]

/** Junction's own two words, as its API paths and its teams have them. */
export const environments = ['production', 'sandbox'] as const
export const regions = ['us', 'eu'] as const
export type Environment = (typeof environments)[number]
export type Region = (typeof regions)[number]

/** Junction's own two words for an environment: `production` and `us`. */
export function splitEnvironment(name: JunctionEnvironment) {
  const [environment, region] = name.split('/') as [Environment, Region]
  return { environment, region } as const
}

/** Reads an environment as people write it, or says what is wrong and what to write; the text is not repeated. */
export function parseEnvironment(text: string): { environment?: JunctionEnvironment; fault?: string } {
  const environment = junctionEnvironments.find((name) => name === text)
  if (environment) return { environment }
  const words = text.toLowerCase().split(/[^a-z]+/)
  // `prod`, `EU`, `eu/sandbox` and `production us` say at least a part of it.
  const says = (part: string) =>
    words.some((word) => word === part || (word.length > 2 && part.startsWith(word)))
  const fits = (name: string) => name.split('/').filter(says).length
  const best = Math.max(...junctionEnvironments.map(fits))
  const choices = junctionEnvironments.filter((name) => fits(name) === best)
  return { fault: `must be an environment with its region: write ${choices.join(' or ')}` }
}

/** The URL template of Junction's OAuth callback, `GET /v2/link/connect/{provider}`. */
export function connectTarget(environment: JunctionEnvironment): string {
  return `${hosts[environment]}/v2/link/connect/{provider}`
}

/** The environment that an API host, today's or an older one, belongs to. */
export function environmentOfHost(hostname: string): JunctionEnvironment | undefined {
  const origin = `https://${hostname.toLowerCase()}`
  return junctionEnvironments.find((name) => hosts[name] === origin || olderHosts[name] === origin)
}

/** Is this one of Junction's own API hosts? A stored key is sent to no other. */
export function isJunctionHost(hostname: string): boolean {
  return environmentOfHost(hostname) !== undefined || `https://${hostname.toLowerCase()}` === managementHost
}

/** Puts an environment into a URL template such as `http://127.0.0.1:8080/{environment}/{region}`. */
export function fillTemplate(template: string, environment: JunctionEnvironment): string {
  const parts = splitEnvironment(environment)
  return template
    .replaceAll('{environment}', parts.environment)
    .replaceAll('{region}', parts.region)
    .replace(/\/+$/, '')
}

export function isProduction(environment: JunctionEnvironment): boolean {
  return splitEnvironment(environment).environment === 'production'
}
