import { realpathSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import type { Credential, SecretReference } from '../../config/config.ts'
import { replaceReferences } from '../../config/detail-references.ts'
import { usageError } from '../../errors.ts'
import { cleanSecret, type Reading, readReferredFile, readSecretFile, secretFolders } from '../read-secret.ts'
import type { Workspace } from './workspace.ts'

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
  what = 'the client secret',
): Promise<FoundSecret | undefined> {
  const { context } = session
  const { clientSecretFile } = workspace.given
  // Of the two variables the one with the secret itself wins.
  if (clientSecretFile && (clientSecretFile.source.startsWith('--') || !context.env[variable])) {
    const { value: path } = clientSecretFile
    const source = path === '-' ? 'stdin' : path
    return { value: await readSecretFile(path, what, session), source }
  }
  const secret = context.env[variable]
  if (secret !== undefined && secret !== '') {
    const value = cleanSecret(secret, `${what} in ${variable}`)
    session.hide(value)
    return { value, source: variable }
  }
  if (!reference) return undefined
  return { value: resolveReference(reference, what, session, workspace), source: nameOf(reference) }
}

/** Reads what a reference in byoo.yaml points to: never a pipe or a device, since the file may be a stranger's. */
export function resolveReference(
  reference: SecretReference,
  what: string,
  session: Reading,
  { file }: Workspace,
): string {
  const value =
    'file' in reference
      ? readReferredFile(resolve(file?.folder ?? '.', reference.file), reference.file, what, session)
      : readVariable(reference.env, what, session.context.env)
  session.hide(value)
  return value
}

function readVariable(name: string, what: string, env: Reading['context']['env']): string {
  const raw = env[name]
  if (raw) return cleanSecret(raw, `${what} in ${name}`)
  throw usageError(
    `${what} is to come from ${name}, which is not set`,
    `set ${name}, or use --client-secret-file`,
  )
}

/** The file or variable of a reference. */
export function nameOf(reference: SecretReference): string {
  return 'file' in reference ? reference.file : reference.env
}

/**
 * The references of a credential that a write would use and that lead out of the folder of byoo.yaml: a file that came
 * from somebody else could send any secret of this machine. Each as a sentence that names it.
 */
export function foreignReferences(
  { file, given }: Workspace,
  { configured, sendsSecret }: { readonly configured: Credential | undefined; readonly sendsSecret: boolean },
  env: Reading['context']['env'],
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
