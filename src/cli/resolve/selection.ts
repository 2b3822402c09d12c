import { accepts } from '../../config/callback.ts'
import type { ConfiguredRoute, Credential } from '../../config/config.ts'
import { usageError } from '../../errors.ts'
import { type Combination, type Environment, hosts, type Region } from '../../junction/environments.ts'
import { retypedCommand } from './suggested-command.ts'
import type { Workspace } from './workspace.ts'

/** One of an organisation's four stores. */
export interface Place {
  readonly environment: Environment
  readonly region: Region
}

/** The environment and region that options, byoo.yaml and login leave; several are an error that lists them. */
export function selectPlace(workspace: Workspace, provider?: string): Place {
  const { environment, region } = workspace.options
  if (environment && region) return { environment, region }
  const fits = (combination: string) =>
    (!environment || combination.startsWith(`${environment}/`)) &&
    (!region || combination.endsWith(`/${region}`))

  const known = combinationsOf(workspace, provider).filter(fits)
  if (known.length === 1 && known[0]) return placeOf(known[0])
  if (known.length === 0) {
    const kept = `${environment ?? workspace.login?.environment}/${region ?? workspace.login?.region}`
    if (kept in hosts) return placeOf(kept as Combination)
  }
  const choices = known.length > 0 ? known : (Object.keys(hosts) as Combination[]).filter(fits)
  const missing = [environment ? '' : 'environment', region ? '' : 'region'].filter(Boolean).join(' and ')
  const why =
    known.length > 0
      ? `${workspace.file?.name} leaves more than one ${missing}`
      : `${onlyKnown(workspace, provider)}there is no default for ${missing}`
  const commands = choices.map((choice) => {
    const { environment, region } = placeOf(choice)
    return retypedCommand(workspace.argv, { '--environment': environment, '--region': region })
  })
  throw usageError(`${why}: choose one`, commands.join('\n'))
}

function onlyKnown(workspace: Workspace, provider: string | undefined): string {
  const known = combinationsOf(workspace, provider)
  return known.length === 0 ? '' : `${workspace.file?.name} has only ${known.join(' and ')}, and `
}

/** The environments in byoo.yaml; with a provider, where a route takes its callbacks, if there is such a route. */
function combinationsOf({ file }: Workspace, provider: string | undefined): Combination[] {
  if (!file) return []
  const { routes, teams } = file.config
  const ofRoutes = routes
    .filter((route) => provider === undefined || accepts(route, provider))
    .map(({ environment, region }) => `${environment}/${region}`)
  const ofTeams = provider !== undefined && ofRoutes.length > 0 ? [] : Object.keys(teams)
  return [...new Set([...ofRoutes, ...ofTeams])].filter((name): name is Combination => name in hosts)
}

function placeOf(combination: Combination): Place {
  const [environment, region] = combination.split('/')
  return { environment: environment as Environment, region: region as Region }
}

/** The routes that take the callbacks of a provider; only the primary one when there is one. */
export function routesFor(
  { file }: Workspace,
  { environment, region }: Place,
  provider: string,
): readonly ConfiguredRoute[] {
  const routes = (file?.config.routes ?? []).filter(
    (route) => route.environment === environment && route.region === region && accepts(route, provider),
  )
  const primary = routes.filter((route) => route.primary)
  return primary.length > 0 ? primary : routes
}

/** What byoo.yaml says that Junction should hold. */
export function selectCredential(
  workspace: Workspace,
  place: Place,
  provider: string,
): Credential | undefined {
  return workspace.file?.config.credentials.find(
    (credential) =>
      credential.provider === provider && credential.in.includes(`${place.environment}/${place.region}`),
  )
}

/** The organisation, if it is known. */
export function findOrganisation({ options, file, login }: Workspace): string | undefined {
  return options.org ?? file?.config.org ?? login?.org
}

/** The organisation, or an error that says how to name it. */
export function selectOrganisation(workspace: Workspace): string {
  const { file } = workspace
  const org = findOrganisation(workspace)
  if (org) return org
  throw usageError(
    'the organisation is not known',
    `add --org <uuid>, set BYOO_ORG, or write "org: <uuid>" into ${file?.name ?? 'byoo.yaml'};\nthe Junction dashboard shows it`,
  )
}

/** The team of a place, if it is known. */
export function findTeam(
  { options, file, login }: Workspace,
  { environment, region }: Place,
): string | undefined {
  return options.team ?? file?.config.teams[`${environment}/${region}`] ?? login?.team
}

/** The team of a place, or an error that says how to name it. */
export function selectTeam(workspace: Workspace, place: Place): string {
  const team = findTeam(workspace, place)
  if (team) return team
  const combination = `${place.environment}/${place.region}`
  throw usageError(
    `the team of ${combination} is not known`,
    `add --team <uuid>, set BYOO_TEAM, or write "teams: { ${combination}: <uuid> }" into ${workspace.file?.name ?? 'byoo.yaml'};\nthe Junction dashboard shows it`,
  )
}
