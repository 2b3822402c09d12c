import { realpathSync, statSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import type { Credential, SecretReference } from '../../config/config.ts'
import { replaceReferences } from '../../config/detail-references.ts'
import type { Sourced } from '../../config/options.ts'
import {
  decodeText,
  explainRead,
  readFileOrPipe,
  readRegularFile,
  readStream,
  secretBound,
} from '../../config/read-file.ts'
import { usageError } from '../../errors.ts'
import { secretFault } from '../../junction/keys.ts'
import { shellLine } from '../../output/shell.ts'
import type { Session } from '../session.ts'
import type { Workspace } from './workspace.ts'

const variable = 'BYOO_CLIENT_SECRET'

/** Where containers keep their secrets: as good as the folder of byoo.yaml. */
const secretFolders: readonly string[] = ['/run/secrets', '/var/run/secrets']

/** The client secret: from the option, the environment, byoo.yaml's reference; undefined when none of them has it. */
export async function findClientSecret(
  session: Session,
  workspace: Workspace,
  reference: SecretReference | undefined,
  what = 'the client secret',
): Promise<Sourced | undefined> {
  const secret = session.context.env[variable]
  const { clientSecretFile } = workspace.given
  // Of the two variables the one with the secret itself wins.
  if (clientSecretFile && (clientSecretFile.source.startsWith('--') || !secret)) {
    const { value: path } = clientSecretFile
    return { value: await readSecretFile(path, what, session), source: path === '-' ? 'stdin' : path }
  }
  if (secret) return { value: cleanSecret(secret, `${what} in ${variable}`, session), source: variable }
  if (!reference) return undefined
  const source = 'file' in reference ? reference.file : reference.env
  return { value: resolveReference(reference, what, session, workspace), source }
}

/** Reads what a reference in byoo.yaml points to: never a pipe or a device, since the file may be a stranger's. */
export function resolveReference(
  reference: SecretReference,
  what: string,
  session: Session,
  { file }: Workspace,
): string {
  if ('file' in reference) {
    const path = resolve(file?.folder ?? '.', reference.file)
    warnReadable(path, reference.file, session)
    return cleanSecret(readReferred(path, reference.file, what), sourceOf(reference.file, what), session)
  }
  const { env: name } = reference
  const raw = session.context.env[name]
  if (raw) return cleanSecret(raw, `${what} in ${name}`, session)
  throw usageError(
    `${what} is to come from ${name}, which is not set`,
    `set ${name}, or use --client-secret-file`,
  )
}

function readReferred(path: string, shown: string, what: string): string {
  try {
    return decodeText(readRegularFile(path, secretBound))
  } catch (error) {
    return unreadable(shown, what, error)
  }
}

/** Reads a secret from a path of the command line, or from stdin with `-`; `what` names it in messages. */
export async function readSecretFile(path: string, what: string, session: Session): Promise<string> {
  if (path !== '-') warnReadable(resolve(session.context.directory, path), path, session)
  return cleanSecret(await readInput(path, what, session), sourceOf(path, what), session)
}

/** The text of a path of the command line, which may be a pipe, or of stdin with `-`. */
export async function readInput(path: string, what: string, { context }: Session): Promise<string> {
  if (path === '-' && context.stdinIsTerminal()) {
    throw usageError(
      `${what} cannot be read from stdin, which is a terminal: it would be shown`,
      'pipe it in, or leave the option out to be asked for it',
    )
  }
  const reading =
    path === '-'
      ? readStream(context.stdin(), secretBound)
      : readFileOrPipe(resolve(context.directory, path), secretBound)
  return reading.then(decodeText).catch((error) => unreadable(path, what, error))
}

function unreadable(path: string, what: string, error: unknown): never {
  const from = path === '-' ? 'stdin' : JSON.stringify(path)
  throw usageError(`${what} cannot be read from ${from}: ${explainRead(error)}`)
}

/** What `what` is called where it is read from a path, or from stdin with `-`. */
export function sourceOf(path: string, what: string): string {
  return path === '-' ? `${what} from stdin` : `${what} in ${JSON.stringify(path)}`
}

/**
 * A secret as it was meant: exactly one trailing newline is taken off. Any other white space at its ends, and any
 * newline or control character inside, is refused with its place, never with the text.
 */
export function cleanSecret(raw: string, source: string, { hide }: Pick<Session, 'hide'>): string {
  const secret = raw.replace(/\r?\n$/, '')
  const fault = secretFault(secret)
  if (fault) throw usageError(`${source} ${fault}`, 'give it again, exactly as the provider shows it')
  hide(secret)
  return secret
}

/** What makes a secret look as if more was copied than the secret, or undefined. */
export function secretDoubt(secret: string): string | undefined {
  if (/^[A-Z][A-Z0-9_]*=[^=]/.test(secret)) return 'looks like a whole NAME=value line'
  return /^(['"`]).+\1$/.test(secret) ? 'stands in quotes' : undefined
}

/** Says when everybody on this machine can read a secret; containers have secrets of their own. */
function warnReadable(file: string, shown: string, { context, warn }: Session): void {
  const stat = statSync(file, { throwIfNoEntry: false })
  if (context.platform === 'win32' || !stat?.isFile() || (stat.mode & 0o004) === 0) return
  if (secretFolders.some((folder) => file.startsWith(`${folder}/`))) return
  warn(`others on this machine can read ${shown}. Run: ${shellLine(['chmod', '600', shown])}`)
}

/**
 * The references of a credential that a write would use and that lead out of the folder of byoo.yaml: a file that came
 * from somebody else could send any secret of this machine. Each as a sentence that names it.
 */
export function foreignReferences(
  { file, given }: Workspace,
  { configured, sendsSecret }: { readonly configured: Credential | undefined; readonly sendsSecret: boolean },
  env: Session['context']['env'],
): string[] {
  if (!file || !configured) return []
  const found: string[] = []
  const look = (reference: SecretReference, what: string) => {
    if ('env' in reference) found.push(`${what} comes from the variable ${reference.env}`)
    else if (!isInside(resolve(file.folder, reference.file), [file.folder, ...secretFolders])) {
      found.push(`${what} comes from ${reference.file}, outside the folder of ${file.name}`)
    }
  }
  const { clientSecret, details } = configured
  if (clientSecret && sendsSecret && !given.clientSecretFile && !env[variable]) {
    look(clientSecret, 'client_secret')
  }
  if (details && !given.detailsFile) {
    replaceReferences(details, (reference, path) => look(reference, ['details', ...path].join('.')))
  }
  return found
}

/** Does a path lead into one of the folders, when all symbolic links are followed? What is not there leads nowhere. */
function isInside(path: string, folders: readonly string[]): boolean {
  const real = realPath(path)
  return folders.some((folder) => !/^\.\.(?:\/|\\|$)|^(?:\/|\w:)/.test(relative(realPath(folder), real)))
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
