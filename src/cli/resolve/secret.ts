import type { SecretReference } from '../../config/config.ts'
import { usageError } from '../../errors.ts'
import { askSecret } from '../prompt.ts'
import { cleanSecret, type Reading, readSecretFile } from '../read-secret.ts'
import type { Session } from '../session.ts'
import { nameOf, resolveReference } from './references.ts'
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
): Promise<FoundSecret | undefined> {
  const { context } = session
  const what = 'the client secret'
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
