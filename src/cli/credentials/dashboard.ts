import type { Provider } from '../../junction/providers.ts'
import { numbered } from '../../output/layout.ts'
import type { Place } from '../workspace/selection.ts'

/** What to click and paste, for plans without the management API. */
export interface DashboardData {
  readonly dashboard: true
  readonly provider: string
  readonly environment: string
  readonly region: string
  readonly client_id: string | null
  readonly redirect_url_override: string
  readonly steps: readonly string[]
}

export function dashboardData(
  { slug, name, activation, details }: Provider,
  { environment, region }: Place,
  clientId: string | undefined,
  redirectUrl: string,
): DashboardData {
  const needed = details.filter(({ required }) => required).map((detail) => detail.name)
  return {
    dashboard: true,
    provider: slug,
    environment,
    region,
    client_id: clientId ?? null,
    redirect_url_override: redirectUrl,
    steps: [
      `Open the Junction dashboard and choose your team in ${region}, then the ${environment} environment.`,
      'Choose "Config" on the left, then "Custom Credentials".',
      `Find ${name} and press "Setup".`,
      `Paste into "OAuth Client ID": ${clientId ?? 'the client id of your application'}`,
      'Paste into "OAuth Client Secret": the client secret, without white space around it',
      `Paste into "Redirect URL Override": ${redirectUrl}`,
      ...(needed.length > 0 ? [`Fill in what else ${name} needs: ${needed.join(', ')}`] : []),
      `Register the same redirect URI at ${name}: ${redirectUrl}`,
      ...activation.map((step) => `At ${name}: ${step}`),
    ],
  }
}

export function dashboardText({ steps }: DashboardData): string {
  return numbered(steps)
}
