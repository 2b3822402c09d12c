import { ByooError, usageError } from '../errors.ts'
import { fillTemplate, hosts, type JunctionEnvironment } from '../junction/environments.ts'
import type { Http } from '../junction/http.ts'
import { checkManagementKey, checkTeamKey, teamKeyPrefix } from '../junction/keys.ts'
import { createLink, type Link } from '../junction/link.ts'
import { createManagement, type Management } from '../junction/management.ts'
import { isCustomHost, openHttp, warnCustomHost } from './api-client.ts'
import { findManagementKey, requireManagementKey } from './resolve/management-key.ts'
import { createNeeds, findOrganisation, selectOrganisation, selectTeam } from './resolve/selection.ts'
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
  const { managementUrl, options } = workspace
  const url = options.apiUrl === undefined ? hosts[environment] : fillTemplate(options.apiUrl, environment)
  const http = openHttp(session, workspace)
  const lasting = openHttp(session, workspace, { interruptible: false })
  const teamKey = session.context.env[variable]
  if (teamKey) {
    session.hide(teamKey)
    checkTeamKey(teamKey, variable, environment)
    const management = findManagement(session, workspace, url, http)
    warnCustomHost(session, 'client' in management ? [url, managementUrl] : [url])
    const access = { url, credentials: { 'x-vital-api-key': teamKey } }
    const [link, lastingLink] = [createLink(http, access), createLink(lasting, access)]
    return { link: async () => link, lastingLink: async () => lastingLink, management }
  }
  const needs = createNeeds()
  const { key, org, team } = needs.all({
    key: needs.read(() => requireKey(session, workspace, environment, url)),
    org: needs.read(() => selectOrganisation(workspace)),
    team: needs.read(() => selectTeam(workspace, environment)),
  })
  const access = { key, url: managementUrl }
  warnCustomHost(session, [url, managementUrl])
  let token: { readonly value: string; readonly until: number } | undefined
  const authorised = async (through: Http): Promise<Link> => {
    if (token === undefined || token.until <= Date.now()) {
      const asked = Date.now()
      const creating = createManagement(through, access).createTeamToken(org, team, environment)
      const { access_token: value, expires_in } = await creating
      session.hide(value)
      const life = expires_in * 1000
      token = { value, until: asked + life - Math.min(margin, life / 2) }
    }
    return createLink(through, { url, credentials: { Authorization: `Bearer ${token.value}` } })
  }
  return {
    link: () => authorised(http),
    lastingLink: () => authorised(lasting),
    management: { client: createManagement(http, access), org },
  }
}

/** With a team's API key the management API is welcome, but not needed. */
function findManagement(
  session: Session,
  workspace: Workspace,
  url: string,
  http: Http,
): LinkClient['management'] {
  const { login, managementUrl } = workspace
  const key = findManagementKey(session, isCustomHost(managementUrl) ? undefined : login)
  if (!key) return { none: 'there is no management key' }
  checkManagementKey(key.value, key.source)
  if (isCustomHost(url) !== isCustomHost(managementUrl)) {
    return { none: 'the management API and the Link API are not of the same Junction' }
  }
  const org = findOrganisation(workspace)
  if (org === undefined) return { none: 'the organisation is not known' }
  return { client: createManagement(http, { key: key.value, url: managementUrl }), org }
}

/** A stored login goes to Junction only, and so does a token that was got with it. */
function requireKey(
  session: Session,
  { login, managementUrl }: Workspace,
  environment: JunctionEnvironment,
  url: string,
): string {
  if (!findManagementKey(session, login)) {
    throw new ByooError('not_authenticated', "there is no key for Junction's Link API", {
      hint: `set ${variable} to the team API key of ${environment}, which starts with "${teamKeyPrefix(environment)}";\nor run byoo login with a management key, which gets a short-lived token`,
    })
  }
  const { value } = requireManagementKey(session, login, isCustomHost(url) ? url : managementUrl)
  if (isCustomHost(url) === isCustomHost(managementUrl)) return value
  const [here, there] = [new URL(managementUrl).host, new URL(url).host]
  throw usageError(
    `the management API would be at ${here} and the Link API at ${there}: only one of them is Junction's`,
    'give --management-url and --api-url together, or neither',
  )
}
