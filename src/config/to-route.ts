import { connectTarget } from '../junction/environments.ts'
import type { ConfiguredRoute } from './config.ts'
import type { RouteInput } from './route-schema.ts'
import { readUrlTemplate } from './url.ts'

export const defaultPath = '/oauth_callback/{provider}'

/** The route that a validated input describes. */
export function toRoute(input: RouteInput): ConfiguredRoute {
  const { url, path, provider, providers, environment, environments, otherwise, target } = input
  const read = url === undefined ? undefined : readUrlTemplate(url)
  return {
    url,
    host: read?.hostname,
    path: read?.path ?? path ?? defaultPath,
    provider,
    providers,
    environment,
    environments,
    otherwise,
    primary: input.primary ?? false,
    target: target ?? otherwise ?? (environment ? connectTarget(environment) : ''),
  }
}
