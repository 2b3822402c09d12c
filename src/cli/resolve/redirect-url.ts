import { accepts, callbackUrl, junctionCallback, narrowRoutes } from '../../config/callback.ts'
import { junctionCallbackFault } from '../../config/credential-schema.ts'
import { checkRedirectUrl, withoutCredentials } from '../../config/url.ts'
import { usageError } from '../../errors.ts'
import type { JunctionEnvironment } from '../../junction/environments.ts'
import { isLoopback } from '../../url.ts'
import { routesFor, selectCredential, servingRoute } from './selection.ts'
import type { Workspace } from './workspace.ts'

/** What an option or operand says about the redirect URI. */
interface RedirectChoice {
  readonly given: string | undefined
  /** May it be one that no route of byoo.yaml serves? */
  readonly unserved: boolean
  /** The command that chooses a URL. */
  suggest(url: string): string
}

/**
 * The redirect URI as given, else the credential's own, else the URL of the route; checked in any case. `junction` for
 * Junction's own callback; undefined when nothing says it.
 */
export function findRedirectUrl(
  workspace: Workspace,
  environment: JunctionEnvironment | undefined,
  provider: string,
  { given, unserved, suggest }: RedirectChoice,
): string | undefined {
  const { file, managementUrl } = workspace
  const configured = environment && selectCredential(workspace, environment, provider)?.redirectUrl
  const said = given ?? configured
  if (said === junctionCallback) {
    const fault = environment && junctionCallbackFault(provider, [environment])
    if (fault) throw usageError(`"${junctionCallback}" does not do: ${fault}`)
    return said
  }
  const urls =
    said === undefined
      ? routesFor(workspace, environment, provider).map((route) => callbackUrl(route, provider))
      : [said]
  if (urls.length > 1) {
    throw usageError(
      `${file?.name} has ${urls.length} routes of ${environment} for ${provider}: put "primary: true" on the one that Junction should hold, or choose one`,
      urls.map(suggest).join('\n'),
    )
  }
  const [url] = urls
  if (url === undefined) return undefined
  const { faults, corrected } = checkRedirectUrl(url, isLoopback(new URL(managementUrl).hostname), provider)
  if (faults.length > 0) {
    const shown = JSON.stringify(withoutCredentials(url).slice(0, 255))
    throw usageError(`${shown} ${faults.join('; ')}`, corrected && `write ${JSON.stringify(corrected)}`)
  }
  if (said !== configured && environment && !unserved) requireServed(workspace, environment, provider, url)
  return url
}

/** The redirect URI, or an error that says how to name it. `how` names the option or operand that takes it. */
export function chooseRedirectUrl(
  workspace: Workspace,
  environment: JunctionEnvironment | undefined,
  provider: string,
  choice: RedirectChoice & { readonly how: string },
): string {
  const { file } = workspace
  const url = findRedirectUrl(workspace, environment, provider, choice)
  if (url !== undefined) return url
  const why = file ? `${file.name} has no route` : 'there is no byoo.yaml with a route'
  const route = file ? `add a route to ${file.name}` : 'run byoo init'
  throw usageError(
    `the redirect URI is not known: ${why}${environment ? ` of ${environment}` : ''} that accepts ${provider}`,
    `${choice.how}, or ${route}`,
  )
}

/** Users who arrive at a URL that no route serves see an error page instead of Junction. */
function requireServed(
  workspace: Workspace,
  environment: JunctionEnvironment,
  provider: string,
  url: string,
): void {
  const { file } = workspace
  const routes = narrowRoutes(file?.config.routes ?? [], [environment])
  if (routes.length === 0 || servingRoute(workspace, environment, provider, url)) return
  const served = routes
    .filter((route) => route.url !== undefined && accepts(route, provider))
    .map((route) => `it serves ${callbackUrl(route, provider)}\n`)
  throw usageError(
    `no route of ${file?.name} for ${environment} serves ${url}: users of ${provider} would end on an error page`,
    `${served.join('')}add a route for it, or add --unserved when something else serves it`,
  )
}
