import { ByooError } from '../../errors.ts'
import { isJunctionHost } from '../../junction/environments.ts'
import { checkManagementKey } from '../../junction/keys.ts'
import type { Session } from '../session.ts'
import { findLoginPath, readLogin, type StoredLogin } from './login-store.ts'

/** A management key and where it came from. */
export interface ManagementKey {
  readonly value: string
  readonly source: string
}

/** The variable of a management key; it outranks the stored login. */
export const managementKeyVariable = 'JUNCTION_MANAGEMENT_KEY'

/** The stored login, its key hidden from all output. */
export function storedLogin(session: Session): StoredLogin | undefined {
  const login = readLogin(session.context, session.warn)
  if (login) session.hide(login.management_key)
  return login
}

/** The key given in the environment, else the stored one; undefined when there is neither. */
export function findManagementKey(
  session: Session,
  login: StoredLogin | undefined,
): ManagementKey | undefined {
  const given = session.context.env[managementKeyVariable]
  if (given) {
    session.hide(given)
    return { value: given, source: managementKeyVariable }
  }
  return login && { value: login.management_key, source: findLoginPath(session.context) ?? 'byoo login' }
}

/**
 * The key to send to `managementUrl`, checked by its prefix. A stored key is never sent to a host that is not
 * Junction's.
 */
export function requireManagementKey(
  session: Session,
  login: StoredLogin | undefined,
  managementUrl: string,
): ManagementKey {
  const { host, hostname } = new URL(managementUrl)
  const elsewhere = !isJunctionHost(hostname)
  const key = findManagementKey(session, elsewhere ? undefined : login)
  if (key) {
    checkManagementKey(key.value, key.source)
    return key
  }
  if (elsewhere) {
    const message = login
      ? `a stored login is not sent to ${host}, which is not Junction`
      : `there is no management key for ${host}`
    throw new ByooError('not_authenticated', message, {
      hint: `set ${managementKeyVariable} to a key for that host`,
    })
  }
  throw new ByooError('not_authenticated', 'there is no management key', {
    hint: `run byoo login, or set ${managementKeyVariable}; without a plan that has the API use --dashboard`,
  })
}

/** A key that can be recognised and not used. */
export function masked(key: string): string {
  const shown = key.length >= 20 ? key.slice(-4) : ''
  return `${key.startsWith('mg_') ? 'mg_' : ''}…${shown}`
}
