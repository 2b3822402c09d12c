import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { SecretReference } from '../../config/config.ts'
import { explainRead } from '../../config/explain-read.ts'
import { ByooError, usageError } from '../../errors.ts'
import { askSecret, secretFault } from '../prompt.ts'
import type { Session } from '../session.ts'
import type { Workspace } from './workspace.ts'

/** What reading a secret needs: where to read, and to hide what was read from all output. */
type Reading = Pick<Session, 'context' | 'hide'>

/** In octets; whatever is longer is not a secret but the wrong file. */
const longest = 65_536

/** A secret and where it came from. */
export interface FoundSecret {
  readonly value: string
  readonly source: string
}

const variable = 'BYOO_CLIENT_SECRET'

/** The client secret: from the option, the environment, byoo.yaml's reference; undefined when none of them has it. */
export async function findClientSecret(
  session: Reading,
  workspace: Workspace,
  reference: SecretReference | undefined,
): Promise<FoundSecret | undefined> {
  const { context } = session
  const what = 'the client secret'
  const { clientSecretFile } = workspace.given
  // Of the two variables the one with the secret itself wins.
  if (clientSecretFile && (clientSecretFile.source.startsWith('--') || !context.env[variable])) {
    const { value: path } = clientSecretFile
    const source = path === '-' ? 'stdin' : path
    return { value: await readSecretFile(path, what, context.directory, session), source }
  }
  const secret = context.env[variable]
  if (secret !== undefined && secret !== '') {
    const value = cleanSecret(secret, `${what} in ${variable}`)
    session.hide(value)
    return { value, source: variable }
  }
  if (!reference) return undefined
  return { value: await resolveReference(reference, what, session, workspace), source: nameOf(reference) }
}

/** The client secret, asked for when nothing else has it. */
export async function requireClientSecret(
  session: Session,
  workspace: Workspace,
  reference: SecretReference | undefined,
): Promise<FoundSecret> {
  const found = await findClientSecret(session, workspace, reference)
  if (found) return found
  const value = await askSecret('Client secret', session)
  if (value === undefined) {
    throw usageError(
      'the client secret cannot be asked for: there is no terminal',
      'use --client-secret-file <path>, or --client-secret-file - and pipe it in, or set BYOO_CLIENT_SECRET',
    )
  }
  session.hide(value)
  return { value, source: 'the prompt' }
}

/** Reads what a reference in byoo.yaml points to. */
export async function resolveReference(
  reference: SecretReference,
  what: string,
  session: Reading,
  { file }: Workspace,
): Promise<string> {
  if ('file' in reference) return readSecretFile(reference.file, what, file?.folder ?? '.', session)
  const raw = session.context.env[reference.env]
  if (raw === undefined || raw === '') {
    throw usageError(
      `${what} is to come from ${reference.env}, which is not set`,
      `set ${reference.env}, or use --client-secret-file`,
    )
  }
  const value = cleanSecret(raw, `${what} in ${reference.env}`)
  session.hide(value)
  return value
}

function nameOf(reference: SecretReference): string {
  return 'file' in reference ? reference.file : reference.env
}

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

/** Reads a secret from a file, or from stdin with `-`; `what` names it in messages. */
export async function readSecretFile(
  path: string,
  what: string,
  folder: string,
  session: Reading,
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
  session: Pick<Session, 'context'>,
): Promise<string> {
  const { context } = session
  const source = sourceOf(path, what)
  if (path === '-') {
    if (!context.stdinIsTerminal()) return decoded(await buffer(context.stdin()), source)
    throw usageError(
      `${what} cannot be read from stdin, which is a terminal: it would be shown`,
      'pipe it in, or leave the option out to be asked for it',
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
    throw usageError(`${source} is not UTF-8 text`, 'save it as plain UTF-8 text')
  }
}

function tooLong(source: string): ByooError {
  return new ByooError('usage', `${source} is longer than 64 KiB: it is the wrong file`)
}
