import { type FoundConfig, findConfig } from '../../config/find-config.ts'
import { ByooError } from '../../errors.ts'
import { managementHost } from '../../junction/environments.ts'
import type { Session } from '../session.ts'
import type { StoredLogin } from './login-store.ts'
import { storedLogin } from './management-key.ts'
import { readTargetOptions, type TargetOptions } from './target-options.ts'

/** All that a command can draw on to find out what it works on, in the order of precedence. */
export interface Workspace {
  readonly options: TargetOptions
  readonly file: FoundConfig | undefined
  readonly login: StoredLogin | undefined
  /** Base URL of the management API. */
  readonly managementUrl: string
}

/** Reads options, byoo.yaml and the stored login. A faulty byoo.yaml fails with every fault. */
export async function openWorkspace(session: Session): Promise<Workspace> {
  const workspace = await readWorkspace(session)
  const { file } = workspace
  if (file && file.faults.length > 0) {
    const count = file.faults.length === 1 ? 'a fault' : `${file.faults.length} faults`
    throw new ByooError('configuration', [`${file.name} has ${count}:`, ...file.faults].join('\n  '))
  }
  return workspace
}

/** The same, for who looks at the faults of byoo.yaml. */
export async function readWorkspace(session: Session): Promise<Workspace> {
  const options = readTargetOptions(session)
  const { env, directory } = session.context
  const file = await findConfig(options.values.config, env.BYOO_CONFIG, directory)
  const managementUrl = options.values.managementUrl ?? managementHost
  return { options, file, login: storedLogin(session), managementUrl }
}
