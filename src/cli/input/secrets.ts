import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { explainRead } from '../../config/explain-read.ts'
import { ByooError } from '../../errors.ts'
import type { Session } from '../session.ts'

/** In octets; whatever is longer is not a secret but the wrong file. */
const longest = 65_536

/**
 * A secret as it was meant: exactly one trailing newline is taken off. Any other white space at its ends, and any
 * newline or control character inside, is refused with its place, never with the text.
 */
export function cleanSecret(raw: string, source: string): string {
  const secret = raw.replace(/\r?\n$/, '')
  const fault = secretFault(secret)
  if (fault) {
    throw new ByooError('usage', `${source} ${fault}`, {
      hint: 'give it again, exactly as the provider shows it',
    })
  }
  return secret
}

/** What is wrong with a secret, or undefined. Characters count from 1. */
export function secretFault(secret: string): string | undefined {
  if (secret === '') return 'is empty'
  const characters = [...secret]
  const inner = characters.findIndex((character) => /\p{Cc}|[\u2028\u2029]/u.test(character))
  if (/^\s/.test(secret)) return 'must not start with white space: see character 1'
  if (/\s$/.test(secret)) return `must not end with white space: see character ${characters.length}`
  if (inner < 0) return undefined
  const what = /[\n\r\u2028\u2029]/.test(characters[inner] ?? '') ? 'a line break' : 'a control character'
  return `must not contain ${what}: see character ${inner + 1}`
}

/** Reads a secret from a file, or from stdin with `-`; `what` names it in messages. */
export async function readSecretFile(
  path: string,
  what: string,
  folder: string,
  session: Session,
): Promise<string> {
  const secret = cleanSecret(await readInput(path, what, folder, session), sourceOf(path, what))
  session.hide(secret)
  return secret
}

/** The text of a file, or of stdin with `-`. */
export async function readInput(
  path: string,
  what: string,
  folder: string,
  session: Session,
): Promise<string> {
  const { context } = session
  const source = sourceOf(path, what)
  if (path === '-') {
    if (!context.stdinIsTerminal()) return decoded(await buffer(context.stdin()), source)
    throw new ByooError(
      'usage',
      `${what} cannot be read from stdin, which is a terminal: it would be shown`,
      {
        hint: 'pipe it in, or leave the option out to be asked for it',
      },
    )
  }
  const file = resolve(folder, path)
  try {
    if (statSync(file).size > longest) throw tooLong(source)
    return decoded(readFileSync(file), source)
  } catch (error) {
    if (error instanceof ByooError) throw error
    const reason = explainRead((error as NodeJS.ErrnoException).code)
    throw new ByooError('usage', `${what} cannot be read from ${JSON.stringify(path)}: ${reason}`, {
      cause: error,
    })
  }
}

function sourceOf(path: string, what: string): string {
  return path === '-' ? `${what} from stdin` : `${what} in ${JSON.stringify(path)}`
}

function decoded(bytes: Buffer, source: string): string {
  if (bytes.length > longest) throw tooLong(source)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new ByooError('usage', `${source} is not UTF-8 text`, { hint: 'save it as plain UTF-8 text' })
  }
}

function tooLong(source: string): ByooError {
  return new ByooError('usage', `${source} is longer than 64 KiB: it is the wrong file`)
}
