import { resolve } from 'node:path'
import { ByooError, usageError } from '../errors.ts'
import { explainBoundedRead, readFileOrPipe, readRegularFile, readStream } from './read-bounded.ts'
import { secretFault } from './secret-fault.ts'
import type { Session } from './session.ts'

/** What reading a secret needs: where to read, and to hide what was read from all output. */
export type Reading = Pick<Session, 'context' | 'hide'>

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
  const source = sourceOf(path, what)
  if (path === '-') {
    if (!context.stdinIsTerminal()) {
      return decoded(
        await readStream(context.stdin()).catch((error) => unreadable(what, 'stdin', error)),
        source,
      )
    }
    throw usageError(
      `${what} cannot be read from stdin, which is a terminal: it would be shown`,
      'pipe it in, or leave the option out to be asked for it',
    )
  }
  const file = resolve(context.directory, path)
  return decoded(await readFileOrPipe(file).catch((error) => unreadable(what, path, error)), source)
}

function unreadable(what: string, path: string, error: unknown): never {
  const reason = explainBoundedRead(error)
  throw new ByooError('usage', `${what} cannot be read from ${JSON.stringify(path)}: ${reason}`, {
    cause: error,
  })
}

function sourceOf(path: string, what: string): string {
  return path === '-' ? `${what} from stdin` : `${what} in ${JSON.stringify(path)}`
}

function decoded(bytes: Buffer, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw usageError(`${source} is not UTF-8 text`, 'save it as plain UTF-8 text')
  }
}

/** Reads a secret from a file that is a file: the path may be a stranger's. */
export function readReferredFile(file: string, shown: string, what: string): string {
  const source = sourceOf(shown, what)
  try {
    return cleanSecret(decoded(readRegularFile(file), source), source)
  } catch (error) {
    throw error instanceof ByooError ? error : unreadable(what, shown, error)
  }
}
