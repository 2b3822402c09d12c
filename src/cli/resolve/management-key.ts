import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import * as z from 'zod/mini'
import type { Sourced } from '../../config/options.ts'
import { ReadFault, readRegularFile, secretBound } from '../../config/read-file.ts'
import { ByooError } from '../../errors.ts'
import { isJunctionHost, junctionEnvironments } from '../../junction/environments.ts'
import { parseJson } from '../../junction/json.ts'
import { checkManagementKey } from '../../junction/keys.ts'
import { plansInWords } from '../../junction/providers.ts'
import { shellLine } from '../../output/shell.ts'
import type { Context } from '../context.ts'
import type { Session } from '../session.ts'

/** The variable of a management key; it outranks the stored login. */
export const managementKeyVariable = 'JUNCTION_MANAGEMENT_KEY'

/** The key given in the environment, else the stored one; undefined when there is neither. */
export function findManagementKey(session: Session, login: StoredLogin | undefined): Sourced | undefined {
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
): Sourced {
  const { host, hostname } = new URL(managementUrl)
  const elsewhere = !isJunctionHost(hostname)
  const key = findManagementKey(session, elsewhere ? undefined : login)
  if (key) {
    checkManagementKey(key.value, key.source)
    return key
  }
  if (!elsewhere) {
    throw new ByooError('not_authenticated', 'there is no management key', {
      hint: `run byoo login, or set ${managementKeyVariable}.\n${plansInWords}:\nwithout it, byoo prepare <provider> --dashboard`,
    })
  }
  const message = login
    ? `a stored login is not sent to ${host}, which is not Junction`
    : `there is no management key for ${host}`
  const hint = `set ${managementKeyVariable} to a key for that host`
  throw new ByooError('not_authenticated', message, { hint })
}

/** A key that can be recognised and not used. */
export function masked(key: string): string {
  const shown = key.length >= 20 ? key.slice(-4) : ''
  return `${key.startsWith('mg_') ? 'mg_' : ''}…${shown}`
}

const loginSchema = z.object({
  management_key: z.string(),
  org: z.optional(z.string()),
  team: z.optional(z.string()),
  environment: z.optional(z.enum(junctionEnvironments)),
})

/** What `byoo login` keeps. */
export type StoredLogin = z.infer<typeof loginSchema>

/** `$XDG_CONFIG_HOME/byoo/credentials.json`; undefined when the environment names no home. */
function findLoginPath({ env, platform }: Context): string | undefined {
  const absolute = (path: string | undefined) => (path && isAbsolute(path) ? path : undefined)
  const folder =
    absolute(env.XDG_CONFIG_HOME) ??
    (platform === 'win32' ? absolute(env.APPDATA) : undefined) ??
    (absolute(env.HOME) ? join(env.HOME ?? '', '.config') : undefined)
  return folder && join(folder, 'byoo', 'credentials.json')
}

/** The path of the login, or an error that says what is missing. */
export function loginPath(context: Context): string {
  const path = findLoginPath(context)
  if (path) return path
  throw new ByooError(
    'configuration',
    'there is no place for a login: neither HOME nor XDG_CONFIG_HOME is set',
    { hint: 'set HOME, or give the key in JUNCTION_MANAGEMENT_KEY instead of logging in' },
  )
}

/** The stored login, if there is one, its key hidden from all output; warns when others could read it. */
export function storedLogin({ context, warn, hide }: Session): StoredLogin | undefined {
  const path = findLoginPath(context)
  if (path === undefined) return undefined
  let text: string
  try {
    text = readRegularFile(path, secretBound).toString('utf8')
    const { mode } = statSync(path)
    if (context.platform !== 'win32' && (mode & 0o077) !== 0) {
      const shown = (mode & 0o777).toString(8).padStart(4, '0')
      const command = shellLine(['chmod', '600', path])
      warn(`${path} has mode ${shown}: others on this machine may read your key. Run: ${command}`)
    }
  } catch (error) {
    if (isMissing(error)) return undefined
    throw failed(path, 'read', 'correct its owner and mode, or run: byoo logout', error)
  }
  const { data: login } = loginSchema.safeParse(parseJson(text).value)
  if (!login) {
    throw new ByooError('configuration', `${path} is not what byoo login writes`, {
      hint: 'run byoo logout, then byoo login',
    })
  }
  hide(login.management_key)
  return login
}

/** Writes the login for the owner's eyes only, all or nothing; gives its path. A link keeps leading where it leads. */
export function writeLogin(login: StoredLogin, context: Context): string {
  const path = loginPath(context)
  let draft: string | undefined
  try {
    makeFolder(dirname(path))
    chmodSync(dirname(path), 0o700)
    const file = targetOf(path)
    draft = join(dirname(file), `.credentials-${randomUUID()}.json`)
    const text = `${JSON.stringify(login, undefined, 2)}\n`
    writeFileSync(draft, text, { flag: 'wx', mode: 0o600, flush: true })
    renameSync(draft, file)
  } catch (error) {
    if (draft !== undefined) rmSync(draft, { force: true })
    const hint = 'set XDG_CONFIG_HOME to a folder of yours, or give the key in JUNCTION_MANAGEMENT_KEY'
    throw failed(path, 'written', hint, error)
  }
  return path
}

/** Like a recursive `mkdir`, which never ends where the system has folders that cannot be created, such as /proc. */
function makeFolder(path: string): void {
  if (dirname(path) !== path) makeFolder(dirname(path))
  const there = statSync(path, { throwIfNoEntry: false })
  if (there && !there.isDirectory()) throw new ReadFault(`${path} is not a folder`)
  if (!there) mkdirSync(path, 0o700)
}

/**
 * Where a symbolic link leads, even when there is no file yet; other paths are their own target. What is there must be
 * a file: for root, whatever is moved over /dev/null takes its place.
 */
function targetOf(path: string): string {
  // Fails for a circle of links.
  const there = statSync(path, { throwIfNoEntry: false })
  if (there && !there.isFile()) throw new ReadFault(`${path} is not a file`)
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()
  return isLink ? targetOf(resolve(dirname(path), readlinkSync(path))) : path
}

/** Deletes the stored login, where a link leads too; tells whether there was one. */
export function deleteLogin(context: Context): { readonly path: string; readonly deleted: boolean } {
  const path = loginPath(context)
  try {
    rmSync(targetOf(path))
    return { path, deleted: true }
  } catch (error) {
    if (isMissing(error)) return { path, deleted: false }
    throw failed(path, 'deleted', 'delete it by hand', error)
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}

function failed(path: string, what: string, hint: string, cause: unknown): ByooError {
  const { code = 'unknown error' } = cause as NodeJS.ErrnoException
  const reason = cause instanceof ReadFault ? `: ${cause.message}` : ` (${code})`
  return new ByooError('configuration', `${path} cannot be ${what}${reason}`, { cause, hint })
}
