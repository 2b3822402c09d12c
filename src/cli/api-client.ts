import type { Sourced } from '../config/options.ts'
import { isJunctionHost } from '../junction/environments.ts'
import { createHttp, type Http } from '../junction/http.ts'
import { createManagement, type Management, type ManagementAccess } from '../junction/management.ts'
import { isLoopback } from '../url.ts'
import { requireManagementKey } from './resolve/management-key.ts'
import { createNeeds, selectOrganisation } from './resolve/selection.ts'
import type { Workspace } from './resolve/workspace.ts'
import type { Session } from './session.ts'

/** A way to Junction's management API, and the key that opens it. */
export interface ApiClient {
  readonly management: Management
  readonly access: ManagementAccess
  readonly key: Sourced
}

/** Checks the key and makes the client; nothing is sent yet. */
export function connect(session: Session, workspace: Workspace): ApiClient {
  const { login, managementUrl } = workspace
  const key = requireManagementKey(session, login, managementUrl)
  warnCustomHost(session, [managementUrl])
  const access = { key: key.value, url: managementUrl }
  return { management: createManagement(openHttp(session, workspace), access), access, key }
}

/** A client, and the organisation to use it for; both are named when both are missing. */
export function connectOrganisation(
  session: Session,
  workspace: Workspace,
): ApiClient & { readonly org: string } {
  const needs = createNeeds()
  const { org, client } = needs.all({
    org: needs.read(() => selectOrganisation(workspace)),
    client: needs.read(() => connect(session, workspace)),
  })
  return { ...client, org }
}

/** An HTTP client as the options say; Ctrl-C cancels its requests unless told otherwise. */
export function openHttp(
  session: Session,
  { options }: Pick<Workspace, 'options'>,
  { interruptible = true, onStatus }: { interruptible?: boolean; onStatus?: (status: number) => void } = {},
): Http {
  return createHttp({
    env: session.context.env,
    timeout: options.timeout * 1000,
    signal: interruptible ? session.signal : undefined,
    wait: session.context.wait,
    trace: (line) => session.trace(line),
    onStatus,
  })
}

/** Is this not one of Junction's own APIs? Only keys that were given explicitly go there. */
export function isCustomHost(url: string): boolean {
  return !isJunctionHost(new URL(url).hostname)
}

/** Says on stderr, whatever the options, when results do not come from Junction. */
export function warnCustomHost(session: Session, urls: readonly string[]): void {
  const found = new Map(urls.filter(isCustomHost).map((url) => [new URL(url).host, new URL(url).hostname]))
  if (found.size === 0) return
  const hosts = [...found.keys()].join(' and ')
  if ([...found.values()].every(isLoopback)) {
    session.warn(`this talks to the demo at ${hosts}, not to Junction`)
  } else session.warn(`this does not come from Junction but from ${hosts}`)
}
