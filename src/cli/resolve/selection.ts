import { callbackUrl, narrowRoutes, routeEnvironments, servedEnvironments } from '../../config/callback.ts'
import type { ConfiguredRoute, Credential } from '../../config/config.ts'
import type { Sourced } from '../../config/options.ts'
import { ByooError, usageError } from '../../errors.ts'
import {
  type JunctionEnvironment,
  junctionEnvironments,
  splitEnvironment,
} from '../../junction/environments.ts'
import { retypedCommand, type Workspace } from './workspace.ts'

/** The environment that options, byoo.yaml and login leave; several are an error that lists them. */
export function selectEnvironment(workspace: Workspace, provider?: string): JunctionEnvironment {
  const { environments: left = junctionEnvironments, file, login, argv } = workspace
  if (left.length === 1 && left[0]) return left[0]
  const inFile = environmentsOf(workspace, provider)
  const known = inFile.filter((environment) => left.includes(environment))
  if (known.length === 1 && known[0]) return known[0]
  if (known.length === 0 && login?.environment && left.includes(login.environment)) return login.environment
  const only = inFile.length === 0 ? '' : `${file?.name} has only ${inFile.join(' and ')}, and `
  const why =
    known.length > 0
      ? `${file?.name} leaves more than one environment`
      : `${only}there is no default for the environment`
  const commands = (known.length > 0 ? known : left).map((environment) =>
    retypedCommand(argv, { '--environment': environment }),
  )
  throw usageError(`${why}: choose one`, commands.join('\n'))
}

/** The environments in byoo.yaml; with a provider, where a route takes its callbacks, if there is such a route. */
function environmentsOf({ file }: Workspace, provider: string | undefined): JunctionEnvironment[] {
  if (!file) return []
  const { routes, teams, credentials } = file.config
  const ofCredentials = credentials
    .filter((credential) => provider === undefined || credential.provider === provider)
    .flatMap(({ environments }) => environments)
  const ofRoutes =
    provider === undefined ? routes.flatMap(routeEnvironments) : servedEnvironments(routes, provider)
  const used = [...new Set([...ofRoutes, ...ofCredentials])]
  return used.length > 0 ? used : junctionEnvironments.filter((environment) => teams[environment])
}

/** The routes that take the callbacks of a provider. */
function routesOf(
  { file }: Workspace,
  environment: JunctionEnvironment | undefined,
  provider: string,
): readonly ConfiguredRoute[] {
  return narrowRoutes(file?.config.routes ?? [], environment ? [environment] : [], provider)
}

/** The same, but only the primary one when there is one. */
export function routesFor(...where: Parameters<typeof routesOf>): readonly ConfiguredRoute[] {
  const routes = routesOf(...where)
  const primary = routes.filter((route) => route.primary)
  return primary.length > 0 ? primary : routes
}

/** The route that takes the callbacks of a provider at this URL, whether it is the primary one or not. */
export function servingRoute(
  workspace: Workspace,
  environment: JunctionEnvironment,
  provider: string,
  url: string,
): ConfiguredRoute | undefined {
  return routesOf(workspace, environment, provider).find((route) => callbackUrl(route, provider) === url)
}

/** What byoo.yaml says that Junction should hold. */
export function selectCredential(
  workspace: Workspace,
  environment: JunctionEnvironment,
  provider: string,
): Credential | undefined {
  return workspace.file?.config.credentials.find(
    (credential) => credential.provider === provider && credential.environments.includes(environment),
  )
}

/** An id by precedence: option or variable, byoo.yaml, login. */
export function sourced(
  { given, file, login }: Workspace,
  name: 'org' | 'team',
  fromFile: string | undefined,
): Sourced | undefined {
  if (given[name]) return given[name]
  if (fromFile) return { value: fromFile, source: file?.name ?? '' }
  const stored = login?.[name]
  return stored ? { value: stored, source: 'byoo login' } : undefined
}

/** The organisation, if it is known. */
export function findOrganisation(workspace: Workspace): string | undefined {
  return sourced(workspace, 'org', workspace.file?.config.org)?.value
}

/** The organisation, or an error that says how to name it. */
export function selectOrganisation(workspace: Workspace): string {
  return findOrganisation(workspace) ?? unknownId(workspace, 'the organisation', 'org', 'org: <uuid>')
}

function unknownId({ file }: Workspace, what: string, name: 'org' | 'team', yaml: string): never {
  throw usageError(
    `${what} is not known`,
    `add --${name} <uuid>, set BYOO_${name.toUpperCase()}, or write "${yaml}" into ${file?.name ?? 'byoo.yaml'};\nthe Junction dashboard shows it`,
  )
}

/** The team of an environment, if it is known. */
export function findTeam(
  workspace: Workspace,
  environment: JunctionEnvironment | undefined,
): string | undefined {
  return sourced(workspace, 'team', environment && workspace.file?.config.teams[environment])?.value
}

/** The team of an environment, or an error that says how to name it. */
export function selectTeam(workspace: Workspace, environment: JunctionEnvironment | undefined): string {
  const { region } = environment ? splitEnvironment(environment) : { region: 'us' }
  const what = `the team${environment ? ` of ${environment}` : ''}`
  return (
    findTeam(workspace, environment) ?? unknownId(workspace, what, 'team', `teams: { ${region}: <uuid> }`)
  )
}

/** Collects what a command needs, so that all that is missing is one error and not one in each run. */
export interface Needs {
  /** What this gives; undefined when it fails, which is told by `all`. */
  read<Value>(read: () => Value): Value | undefined
  /** Has something been missing so far? */
  readonly missing: boolean
  /** What was read, or the one error. */
  all<Found extends object>(found: Found): { readonly [Key in keyof Found]: NonNullable<Found[Key]> }
}

export function createNeeds(): Needs {
  const faults: ByooError[] = []
  return {
    read: (read) => {
      try {
        return read()
      } catch (error) {
        if (!(error instanceof ByooError)) throw error
        faults.push(error)
        return undefined
      }
    },
    get missing() {
      return faults.length > 0
    },
    all: (found) => {
      const [fault, another] = faults
      if (another) {
        const lines = faults.flatMap(({ message, hint = '' }) => [
          `  ${message.replaceAll('\n', '\n  ')}`,
          hint.replace(/^/gm, '    '),
        ])
        throw usageError([`${faults.length} things are missing:`, ...lines].join('\n'))
      }
      if (fault) throw fault
      return found as { [Key in keyof typeof found]: NonNullable<(typeof found)[Key]> }
    },
  }
}
