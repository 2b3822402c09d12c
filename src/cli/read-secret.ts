import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  decodeText,
  explainRead,
  readFileOrPipe,
  readRegularFile,
  readStream,
  secretBound,
} from '../config/read-file.ts'
import { ByooError, usageError } from '../errors.ts'
import { secretFault } from '../junction/keys.ts'
import { shellLine } from '../output/shell.ts'
import type { Session } from './session.ts'

/** Where containers keep their secrets: as good as the folder of byoo.yaml. */
export const secretFolders: readonly string[] = ['/run/secrets', '/var/run/secrets']

/** What reading a secret needs: where to read, and to hide what was read from all output. */
export type Reading = Pick<Session, 'context' | 'hide' | 'warn'>

/**
 * A secret as it was meant: exactly one trailing newline is taken off. Any other white space at its ends, and any
 * newline or control character inside, is refused with its place, never with the text.
 */
export function cleanSecret(raw: string, source: string): string {
  const secret = raw.replace(/\r?\n$/, '')
  const fault = secretFault(secret)
  if (fault) {
    throw usageError(`${source} ${fault}`, 'give it again, exactly as the provider shows it')
  }
  return secret
}

/** Reads a secret from a path of the command line, or from stdin with `-`; `what` names it in messages. */
export async function readSecretFile(path: string, what: string, session: Reading): Promise<string> {
  if (path !== '-') warnReadable(resolve(session.context.directory, path), path, session)
  const secret = cleanSecret(await readInput(path, what, session), sourceOf(path, what))
  session.hide(secret)
  return secret
}

/** The text of a path of the command line, which may be a pipe, or of stdin with `-`. */
export async function readInput(
  path: string,
  what: string,
  { context }: Pick<Session, 'context'>,
): Promise<string> {
  const stdin = path === '-'
  if (stdin && context.stdinIsTerminal()) {
    throw usageError(
      `${what} cannot be read from stdin, which is a terminal: it would be shown`,
      'pipe it in, or leave the option out to be asked for it',
    )
  }
  const reading = stdin
    ? readStream(context.stdin(), secretBound)
    : readFileOrPipe(resolve(context.directory, path), secretBound)
  const bytes = await reading.catch((error) => unreadable(what, stdin ? 'stdin' : path, error))
  return decoded(bytes, sourceOf(path, what))
}

function unreadable(what: string, path: string, error: unknown): never {
  throw new ByooError('usage', `${what} cannot be read from ${JSON.stringify(path)}: ${explainRead(error)}`, {
    cause: error,
  })
}

function sourceOf(path: string, what: string): string {
  return path === '-' ? `${what} from stdin` : `${what} in ${JSON.stringify(path)}`
}

function decoded(bytes: Buffer, source: string): string {
  try {
    return decodeText(bytes)
  } catch (error) {
    throw usageError(`${source} ${explainRead(error)}`)
  }
}

/** Reads a secret from a file that is a file: the path may be a stranger's. */
export function readReferredFile(file: string, shown: string, what: string, session: Reading): string {
  const source = sourceOf(shown, what)
  warnReadable(file, shown, session)
  try {
    return cleanSecret(decoded(readRegularFile(file, secretBound), source), source)
  } catch (error) {
    throw error instanceof ByooError ? error : unreadable(what, shown, error)
  }
}

/** What makes a secret look as if more was copied than the secret, or undefined. */
export function secretDoubt(secret: string): string | undefined {
  if (/^[A-Z][A-Z0-9_]*=[^=]/.test(secret)) return 'looks like a whole NAME=value line'
  return /^(['"`]).+\1$/.test(secret) ? 'stands in quotes' : undefined
}

/** Says when everybody on this machine can read a secret; containers have secrets of their own. */
function warnReadable(file: string, shown: string, { context, warn }: Reading): void {
  const stat = statSync(file, { throwIfNoEntry: false })
  if (context.platform === 'win32' || !stat?.isFile() || (stat.mode & 0o004) === 0) return
  if (secretFolders.some((folder) => file.startsWith(`${folder}/`))) return
  warn(`others on this machine can read ${shown}. Run: ${shellLine(['chmod', '600', shown])}`)
}
