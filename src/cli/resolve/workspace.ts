import { organisation, team } from '../../config/credential-schema.ts'
import { type FoundConfig, findConfig } from '../../config/find-config.ts'
import { type GivenOptions, readEnvironmentOptions, textSchema, wholeNumber } from '../../config/options.ts'
import { faultsError, usageError } from '../../errors.ts'
import { type JunctionEnvironment, managementHost } from '../../junction/environments.ts'
import { shellLine } from '../../output/shell.ts'
import { isLoopback, parseUrl } from '../../url.ts'
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

/** All that a command can draw on to find out what it works on, in the order of precedence. */
export interface Workspace {
  /** The command as typed. */
  readonly argv: readonly string[]
  readonly options: OptionValues<typeof targetOptions>
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

/** The command as typed with these options in place of any that it had, ready to paste into a shell. */
export function retypedCommand(argv: readonly string[], options: Readonly<Record<string, string>>): string {
  const kept: string[] = []
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? ''
    const [name = ''] = word.split('=', 1)
    const replaced = name in options || (name === '--region' && '--environment' in options)
    if (!replaced) kept.push(word)
    else if (!word.includes('=')) index++
  }
  return shellLine(['byoo', ...kept, ...Object.entries(options).flat()])
}

/** Another command about the same environment, ready to paste: options that came from flags are repeated. */
export function suggestedCommand(
  { given }: Workspace,
  environment: JunctionEnvironment | undefined,
  ...words: string[]
): string {
  const { config, org, team, managementUrl, apiUrl } = given
  const options = {
    config,
    ...(environment && { org, team, 'management-url': managementUrl, 'api-url': apiUrl }),
  }
  const repeated = Object.entries(options).flatMap(([name, option]) =>
    option?.source.startsWith('--') ? [`--${name}`, option.value] : [],
  )
  const chosen = environment ? ['--environment', environment] : []
  return shellLine(['byoo', ...words, ...chosen, ...repeated])
}
