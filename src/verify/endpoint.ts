import { ByooError } from '../errors.ts'
import { environmentOfState } from '../forwarder/shared-route.ts'
import { connectTarget, type JunctionEnvironment } from '../junction/environments.ts'
import { parseUrl } from '../url.ts'

export const placeholder = '{provider}'

/** What `Location` must be before the query; `template` may have `{provider}`. */
export interface Target {
  readonly template: string
  readonly environment?: JunctionEnvironment | undefined
  /** A redirect URI that is shared with an app: their logins go to Junction, and all others to `template`. */
  readonly environments?: readonly JunctionEnvironment[] | undefined
}

/** A callback endpoint, and where it must send users on to. */
export type Endpoint = ReturnType<typeof createEndpoint>

/** Takes an endpoint's URL apart; fails with `usage` when it is none. */
export function createEndpoint(
  url: string,
  target: Target,
  providers: readonly [provider: string, ...others: string[]],
) {
  const [, scheme = '', authority = '', path = ''] =
    /^(https?):\/\/([^/?#\\@\s]+)(\/[^\s?#]*)?$/i.exec(url) ?? []
  const origin = `${scheme}://${authority}`
  const parsed = parseUrl(origin)
  if (!parsed || /[^\x21-\x7e]/.test(url)) {
    throw new ByooError(
      'usage',
      `${JSON.stringify(url)} must be an absolute http or https URL, without query, fragment and credentials`,
    )
  }
  const secure = parsed.protocol === 'https:'
  const [provider] = providers
  return {
    /** As asked for, with `{provider}` if it has one. */
    url,
    secure,
    /** Without brackets, in lower case. */
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? (secure ? 443 : 80) : Number(parsed.port),
    /** For the `Host` header. */
    authority: parsed.host,
    /** Path of `url`, with `{provider}` if it has one. */
    path: path || '/',
    provider,
    /** Another provider, to see that the answer depends on it; undefined when there is none to ask about. */
    otherProvider: path.includes(placeholder) ? providers.find((slug) => slug !== provider) : undefined,
    target,
  }
}

/** The path of a provider's callback. */
export function callbackPath({ path }: Endpoint, slug: string): string {
  return path.replace(placeholder, () => slug)
}

/** What `Location` must be before this query; `{provider}` may stand in it. */
export function templateFor({ target }: Endpoint, query: string): string {
  const environment = target.environments && environmentOfState(query, new Set(target.environments))
  return environment ? connectTarget(environment) : target.template
}

/** `Location` without this query. */
export function targetBase(endpoint: Endpoint, slug: string, query = ''): string {
  return templateFor(endpoint, query).replace(placeholder, () => slug)
}
