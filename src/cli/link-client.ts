import { ByooError } from '../errors.ts'
import { fillTemplate, hosts, type JunctionEnvironment } from '../junction/environments.ts'
import type { Http } from '../junction/http.ts'
import { checkManagementKey, checkTeamKey, teamKeyPrefix } from '../junction/keys.ts'
import { createLink, type Link, type LinkAccess } from '../junction/link.ts'
import { createManagement, type Management } from '../junction/management.ts'
import { isCustomHost, openHttp, warnCustomHost } from './api-client.ts'
import { findManagementKey, type ManagementKey, requireManagementKey } from './resolve/management-key.ts'
import { findOrganisation, selectOrganisation, selectTeam } from './resolve/selection.ts'
import type { Workspace } from './resolve/workspace.ts'
import type { Session } from './session.ts'

/** A way to Junction's Link API in one environment. */
export interface LinkClient {
  /** A client that is authorised for the next minute at least. */
  link(): Promise<Link>
  /** One that Ctrl-C does not cancel, for what must be finished. */
  lastingLink(): Promise<Link>
  /** The management API, when there is a way to it, or why there is none. */
  readonly management: { readonly client: Management; readonly org: string } | { readonly none: string }
}

const variable = 'JUNCTION_API_KEY'

/** Milliseconds before its end at which a short-lived token is replaced. */
const margin = 60_000

/**
 * Checks the keys and makes the clients; nothing is sent yet. The team's API key is used when it is given; else the
 * management key gets short-lived tokens of the team.
 */
export function connectLink(
  session: Session,
  workspace: Workspace,
  environment: JunctionEnvironment,
): LinkClient {
  const url = linkUrl(workspace, environment)
  const teamKey = session.context.env[variable]
  return teamKey
    ? connectWithTeamKey(session, workspace, environment, url, teamKey)
    : connectWithManagementKey(session, workspace, environment, url)
}

/** Base URL of the Link API of an environment. */
function linkUrl({ options }: Workspace, environment: JunctionEnvironment): string {
  const template = options.apiUrl
  return template === undefined ? hosts[environment] : fillTemplate(template, environment)
}

function connectWithTeamKey(
  session: Session,
  workspace: Workspace,
  environment: JunctionEnvironment,
  url: string,
  teamKey: string,
): LinkClient {
  session.hide(teamKey)
  checkTeamKey(teamKey, variable, environment)
  const { managementUrl } = workspace
  const management = findManagement(session, workspace, url)
  warnCustomHost(session, 'client' in management ? [url, managementUrl] : [url])
  const access = { url, credentials: { 'x-vital-api-key': teamKey } }
  const link = createLink(openHttp(session, workspace), access)
  const lastingLink = createLink(openHttp(session, workspace, { interruptible: false }), access)
  return { link: async () => link, lastingLink: async () => lastingLink, management }
}

/** With a team's API key the management API is welcome, but not needed. */
function findManagement(session: Session, workspace: Workspace, url: string): LinkClient['management'] {
  const { login, managementUrl } = workspace
  const key = findManagementKey(session, isCustomHost(managementUrl) ? undefined : login)
  if (!key) return { none: 'there is no management key' }
  checkManagementKey(key.value, key.source)
  if (isCustomHost(url) !== isCustomHost(managementUrl)) {
    return { none: 'the management API and the Link API are not of the same Junction' }
  }
  const org = findOrganisation(workspace)
  if (org === undefined) return { none: 'the organisation is not known' }
  const access = { key: key.value, url: managementUrl }
  return { client: createManagement(openHttp(session, workspace), access), org }
}

function connectWithManagementKey(
  session: Session,
  workspace: Workspace,
  environment: JunctionEnvironment,
  url: string,
): LinkClient {
  const { managementUrl } = workspace
  const key = requireKey(session, workspace, environment, url)
  const org = selectOrganisation(workspace)
  const team = selectTeam(workspace, environment)
  warnCustomHost(session, [url, managementUrl])
  let token: { readonly value: string; readonly until: number } | undefined
  const createAccess = async (http: Http): Promise<LinkAccess> => {
    if (token === undefined || token.until <= Date.now()) {
      const management = createManagement(http, { key: key.value, url: managementUrl })
      const asked = Date.now()
      const { access_token, expires_in } = await management.createTeamToken(org, team, environment)
      session.hide(access_token)
      const life = expires_in * 1000
      token = { value: access_token, until: asked + life - Math.min(margin, life / 2) }
    }
    return { url, credentials: { Authorization: `Bearer ${token.value}` } }
  }
  const http = openHttp(session, workspace)
  const lasting = openHttp(session, workspace, { interruptible: false })
  return {
    link: async () => createLink(http, await createAccess(http)),
    lastingLink: async () => createLink(lasting, await createAccess(lasting)),
    management: { client: createManagement(http, { key: key.value, url: managementUrl }), org },
  }
}

/** A stored login goes to Junction only, and so does a token that was got with it. */
function requireKey(
  session: Session,
  { login, managementUrl }: Workspace,
  environment: JunctionEnvironment,
  url: string,
): ManagementKey {
  if (!findManagementKey(session, login)) {
    throw new ByooError('not_authenticated', "there is no key for Junction's Link API", {
      hint: `set ${variable} to the team API key of ${environment}, which starts with "${teamKeyPrefix(environment)}";\nor run byoo login with a management key, which gets a short-lived token`,
    })
  }
  const key = requireManagementKey(session, login, isCustomHost(url) ? url : managementUrl)
  if (isCustomHost(url) === isCustomHost(managementUrl)) return key
  const [here, there] = [new URL(managementUrl).host, new URL(url).host]
  throw new ByooError(
    'usage',
    `the management API would be at ${here} and the Link API at ${there}: only one of them is Junction's`,
    { hint: 'give --management-url and --api-url together, or neither' },
  )
}
