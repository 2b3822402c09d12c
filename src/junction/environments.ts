/** Junction's four environment × region combinations and the host of each ("Use the correct Junction endpoint"). */
export const hosts = {
  'production/us': 'https://api.us.junction.com',
  'production/eu': 'https://api.eu.junction.com',
  'sandbox/us': 'https://api.sandbox.us.junction.com',
  'sandbox/eu': 'https://api.sandbox.eu.junction.com',
} as const

export const environments = ['production', 'sandbox'] as const
export const regions = ['us', 'eu'] as const

export type Environment = (typeof environments)[number]
export type Region = (typeof regions)[number]

/** The URL template of Junction's OAuth callback, `GET /v2/link/connect/{provider}`. */
export function connectTarget(environment: Environment, region: Region): string {
  return `${hosts[`${environment}/${region}`]}/v2/link/connect/{provider}`
}
