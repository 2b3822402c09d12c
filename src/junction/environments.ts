/** Junction's four environment × region combinations and the host of each ("Use the correct Junction endpoint"). */
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

/** The one host of the management API, whatever the environment and region. */
export const managementHost = 'https://api.management.junction.com'

export const environments = ['production', 'sandbox'] as const
export const regions = ['us', 'eu'] as const

export type Environment = (typeof environments)[number]
export type Region = (typeof regions)[number]
/** An environment and a region, as in `production/us`. */
export type Combination = keyof typeof hosts

/** The URL template of Junction's OAuth callback, `GET /v2/link/connect/{provider}`. */
export function connectTarget(environment: Environment, region: Region): string {
  return `${hosts[`${environment}/${region}`]}/v2/link/connect/{provider}`
}

/** The environment and region that an API host, today's or an older one, belongs to. */
export function combinationOf(hostname: string): Combination | undefined {
  const origin = `https://${hostname.toLowerCase()}`
  for (const family of [hosts, olderHosts]) {
    for (const [combination, host] of Object.entries(family)) {
      if (host === origin) return combination as Combination
    }
  }
  return undefined
}

/** Is this one of Junction's own API hosts? A stored key is sent to no other. */
export function isJunctionHost(hostname: string): boolean {
  return combinationOf(hostname) !== undefined || `https://${hostname.toLowerCase()}` === managementHost
}

/** Puts environment and region into a URL template such as `http://127.0.0.1:8080/{environment}/{region}`. */
export function fillTemplate(template: string, environment: Environment, region: Region): string {
  return template.replaceAll('{environment}', environment).replaceAll('{region}', region).replace(/\/+$/, '')
}
