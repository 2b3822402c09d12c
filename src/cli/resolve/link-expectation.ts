import { callbackUrl, junctionCallback, ownRedirectUri } from '../../config/callback.ts'
import { ByooError } from '../../errors.ts'
import { decisionOf } from '../../forwarder/shared-route.ts'
import type { JunctionEnvironment } from '../../junction/environments.ts'
import type { Credential } from '../../junction/management.ts'
import {
  checkStoredOverride,
  expectLink,
  type LinkCheck,
  type LinkExpectation,
} from '../../junction/oauth-link.ts'
import type { OauthProvider } from '../../junction/providers.ts'
import type { LinkClient } from '../link-client.ts'
import { readList } from '../record.ts'
import type { Session } from '../session.ts'
import { findTeam, routesFor, selectCredential, servingRoute } from './selection.ts'
import { suggestedCommand, type Workspace } from './workspace.ts'

/** Where links are made. */
export interface LinkSite {
  readonly session: Session
  readonly workspace: Workspace
  readonly environment: JunctionEnvironment
  readonly connection: LinkClient
}

/** What a link of this provider should hold, and how what Junction holds compares with byoo.yaml. */
export async function findExpectation(
  site: LinkSite,
  { slug: provider, name, byoo }: OauthProvider,
  link: { readonly team: string | undefined; readonly redirectUri: string | undefined },
): Promise<{ readonly expectation: LinkExpectation; readonly override: readonly LinkCheck[] }> {
  const { workspace, environment } = site
  const team = findTeam(workspace, environment)
  if (!byoo) {
    const otherwise = `not compared: Junction connects ${name} with its own application`
    const expectation = { environment, redirect_uri: undefined, client_id: undefined, otherwise, team }
    return { expectation, override: [] }
  }
  const { record, unknown } = await storedRecord(site, provider, team ?? link.team)
  const credential = selectCredential(workspace, environment, provider)
  const own = credential?.redirectUrl === junctionCallback
  const url = own
    ? ownRedirectUri(environment, provider, link.redirectUri)
    : (credential?.redirectUrl ?? routeUrl(site, provider))
  const file = workspace.file?.name ?? 'byoo.yaml'
  const set = suggestedCommand(workspace, environment, 'set-credentials', provider)
  const change = record ? suggestedCommand(workspace, environment, 'set-redirect', provider) : set
  const sources = {
    record,
    unknown,
    configured: { redirect_uri: url, client_id: credential?.clientId, own },
    file,
  }
  const expected = expectLink(sources, (id, source) => {
    const command = id === 'redirect_uri' ? change : set
    return source === 'junction'
      ? `set it again with: ${command}; if the link stays the same, ask Junction's support`
      : `set the right one with: ${command}`
  })
  const route = servingRoute(workspace, environment, provider, link.redirectUri ?? url ?? '')
  const decide = route && decisionOf(route)
  const override = checkStoredOverride(sources, change)
  return { expectation: { environment, ...expected, team, decide }, override }
}

async function storedRecord(
  { session, connection, environment }: LinkSite,
  provider: string,
  team: string | undefined,
): Promise<{ readonly record?: Credential | undefined; readonly unknown?: string }> {
  const { management } = connection
  if ('none' in management) return { unknown: management.none }
  try {
    const filter = { team_id: team, provider }
    const listing = readList(management.client.listCredentials({ org: management.org, environment }, filter))
    const { records, endless } = await session.progress('Asking Junction what it holds', listing)
    if (endless && records.length === 0) throw endless
    if (endless) session.notice(`${endless.message}; ${endless.hint}`)
    const [record, another] = records.filter(({ team_id }) => team === undefined || team_id === team)
    if (another) return { unknown: 'several teams have credentials of it, and yours is not known' }
    return { record }
  } catch (error) {
    if (!(error instanceof ByooError) || session.signal.aborted) throw error
    session.notice(`${error.message}: the link is compared with byoo.yaml instead.`)
    return { unknown: 'Junction did not say what it holds' }
  }
}

/** The redirect URI of the route; undefined when there is none, or several of which none is primary. */
function routeUrl({ workspace, environment }: LinkSite, provider: string): string | undefined {
  const [route, another] = routesFor(workspace, environment, provider)
  return route?.url === undefined || another ? undefined : callbackUrl(route, provider)
}
