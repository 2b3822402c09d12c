import { organisation, team } from '../../config/credential-schema.ts'
import { type FoundConfig, findConfig } from '../../config/find-config.ts'
import { type GivenOptions, readEnvironmentOptions, textSchema, wholeNumber } from '../../config/options.ts'
import { isLoopback, parseUrl } from '../../config/url.ts'
import { faultsError, usageError } from '../../errors.ts'
import { type JunctionEnvironment, managementHost } from '../../junction/environments.ts'
import { type Call, type OptionValues, option } from '../command.ts'
import { hiddenFlags, targetFlags } from '../global-flags.ts'
import { type StoredLogin, storedLogin } from './management-key.ts'

const apiUrl = textSchema(
  (text) => (isApiUrl(text) ? undefined : 'must be an https URL, or plain http to a loopback address'),
  String,
)

/** The options that choose what a command works on. */
export const targetOptions = {
  config: option(...targetFlags.config),
  environment: option(...targetFlags.environment),
  region: option(...targetFlags.region),
  org: option(...targetFlags.org, organisation),
  team: option(...targetFlags.team, team),
  timeout: option(...targetFlags.timeout, wholeNumber(1, 9999), 30),
  managementUrl: option(...hiddenFlags.managementUrl, apiUrl),
  apiUrl: option(...hiddenFlags.apiUrl, apiUrl),
}

/** What a command works on, as flags and variables say. */
export type TargetOptions = OptionValues<typeof targetOptions>

/** All that a command can draw on to find out what it works on, in the order of precedence. */
export interface Workspace {
  /** The command as typed. */
  readonly argv: readonly string[]
  readonly options: TargetOptions
  /** Where the options come from. */
  readonly given: GivenOptions<string>
  /** Those that the options leave; undefined when they name none. */
  readonly environments: readonly JunctionEnvironment[] | undefined
  readonly file: FoundConfig | undefined
  readonly login: StoredLogin | undefined
  /** Base URL of the management API. */
  readonly managementUrl: string
}

/** Reads options, byoo.yaml and the stored login. A faulty byoo.yaml fails with every fault. */
export async function openWorkspace(call: Call<typeof targetOptions>): Promise<Workspace> {
  const workspace = await readWorkspace(call)
  const { file } = workspace
  if (file && file.faults.length > 0) throw faultsError(file.name, file.faults)
  return workspace
}

/** The same, for who looks at the faults of byoo.yaml. */
export async function readWorkspace({
  session,
  options,
  given,
}: Call<typeof targetOptions>): Promise<Workspace> {
  const environments = chooseEnvironments(given)
  const { env, directory } = session.context
  const file = await findConfig(options.config, env.BYOO_CONFIG, directory)
  if (file?.ignored) session.notice(`${file.ignored} is not read, because BYOO_CONFIG is set`)
  const { managementUrl = managementHost } = options
  return {
    argv: session.argv,
    options,
    given,
    environments,
    file,
    login: storedLogin(session),
    managementUrl,
  }
}

/** The environments that the options leave; undefined when they name none. Fails when they contradict each other. */
export function chooseEnvironments(given: GivenOptions<string>): readonly JunctionEnvironment[] | undefined {
  const { environments, faults } = readEnvironmentOptions(given)
  if (faults.length > 0) throw usageError(faults.join('\n'))
  return environments
}

function isApiUrl(text: string): boolean {
  const url = parseUrl(text.replace('{environment}', 'environment').replace('{region}', 'region'))
  if (!url || /\s/.test(text) || url.username || url.password || url.search || url.hash) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
}
