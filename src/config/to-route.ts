import { connectTarget } from '../junction/environments.ts'
import type { ConfiguredRoute } from './config.ts'
import type { RouteInput } from './route-schema.ts'
import { readUrlTemplate } from './url.ts'

export const defaultPath = '/oauth_callback/{provider}'

/** The route that a validated input describes. */
export function toRoute(input: RouteInput & { primary?: boolean | undefined }): ConfiguredRoute {
  const { url, path, provider, providers, environment, target } = input
  const read = url === undefined ? undefined : readUrlTemplate(url)
  return {
    url,
    host: read?.hostname,
    path: read?.path ?? path ?? defaultPath,
    provider,
    providers,
    environment,
    primary: input.primary ?? false,
    target: target ?? (environment ? connectTarget(environment) : ''),
  }
}
