import type { SecretReference } from '../../config/config.ts'
import type { GivenOptions } from '../../config/options.ts'
import { ByooError } from '../../errors.ts'
import type { Session } from '../session.ts'
import type { Workspace } from '../workspace/workspace.ts'
import { askSecret } from './prompt.ts'
import { cleanSecret, readSecretFile } from './secrets.ts'

/** The options that name files to read, and where they come from. */
export type GivenFiles = GivenOptions<'clientSecretFile' | 'detailsFile'>

/** A secret and where it came from. */
export interface FoundSecret {
  readonly value: string
  readonly source: string
}

const variable = 'BYOO_CLIENT_SECRET'

/** The client secret: from the option, the environment, byoo.yaml's reference; undefined when none of them has it. */
export async function findClientSecret(
  session: Session,
  workspace: Workspace,
  given: GivenFiles,
  reference: SecretReference | undefined,
): Promise<FoundSecret | undefined> {
  const { context } = session
  const what = 'the client secret'
  const { clientSecretFile } = given
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
  return { value: await resolveReference(reference, what, session, workspace), source: sourceOf(reference) }
}

/** The client secret, asked for when nothing else has it. */
export async function requireClientSecret(
  session: Session,
  workspace: Workspace,
  given: GivenFiles,
  reference: SecretReference | undefined,
): Promise<FoundSecret> {
  const found = await findClientSecret(session, workspace, given, reference)
  if (found) return found
  const value = await askSecret('Client secret', session)
  if (value === undefined) {
    throw new ByooError('usage', 'the client secret cannot be asked for: there is no terminal', {
      hint: 'use --client-secret-file <path>, or --client-secret-file - and pipe it in, or set BYOO_CLIENT_SECRET',
    })
  }
  session.hide(value)
  return { value, source: 'the prompt' }
}

/** Reads what a reference in byoo.yaml points to. */
export async function resolveReference(
  reference: SecretReference,
  what: string,
  session: Session,
  { file }: Workspace,
): Promise<string> {
  if ('file' in reference) return readSecretFile(reference.file, what, file?.folder ?? '.', session)
  const raw = session.context.env[reference.env]
  if (raw === undefined || raw === '') {
    throw new ByooError('usage', `${what} is to come from ${reference.env}, which is not set`, {
      hint: `set ${reference.env}, or use --client-secret-file`,
    })
  }
  const value = cleanSecret(raw, `${what} in ${reference.env}`)
  session.hide(value)
  return value
}

function sourceOf(reference: SecretReference): string {
  return 'file' in reference ? reference.file : reference.env
}
