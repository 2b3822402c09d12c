import { type FoundConfig, findConfig } from '../../config/find-config.ts'
import type { GivenOptions } from '../../config/options.ts'
import { ByooError } from '../../errors.ts'
import { managementHost } from '../../junction/environments.ts'
import type { Call } from '../command.ts'
import type { StoredLogin } from './login-store.ts'
import { storedLogin } from './management-key.ts'
import type { TargetOptions, targetOptions } from './target-options.ts'

/** All that a command can draw on to find out what it works on, in the order of precedence. */
export interface Workspace {
  /** The command as typed. */
  readonly argv: readonly string[]
  readonly options: TargetOptions
  /** Where the options come from. */
  readonly given: GivenOptions<string>
  readonly file: FoundConfig | undefined
  readonly login: StoredLogin | undefined
  /** Base URL of the management API. */
  readonly managementUrl: string
}

/** Reads options, byoo.yaml and the stored login. A faulty byoo.yaml fails with every fault. */
export async function openWorkspace(call: Call<typeof targetOptions>): Promise<Workspace> {
  const workspace = await readWorkspace(call)
  const { file } = workspace
  if (file && file.faults.length > 0) {
    const count = file.faults.length === 1 ? 'a fault' : `${file.faults.length} faults`
    throw new ByooError('configuration', [`${file.name} has ${count}:`, ...file.faults].join('\n  '))
  }
  return workspace
}

/** The same, for who looks at the faults of byoo.yaml. */
export async function readWorkspace({
  session,
  options,
  given,
}: Call<typeof targetOptions>): Promise<Workspace> {
  const { env, directory } = session.context
  const file = await findConfig(options.config, env.BYOO_CONFIG, directory)
  if (file?.ignored) session.notice(`${file.ignored} is not read, because BYOO_CONFIG is set`)
  const managementUrl = options.managementUrl ?? managementHost
  return { argv: session.argv, options, given, file, login: storedLogin(session), managementUrl }
}
