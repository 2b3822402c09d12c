import { accepts, callbackUrl } from '../../config/callback.ts'
import type { ConfiguredRoute, Credential } from '../../config/config.ts'
import { ByooError } from '../../errors.ts'
import { type Combination, type Environment, hosts, type Region } from '../../junction/environments.ts'
import { commandLine } from '../command-line.ts'
import type { Session } from '../session.ts'
import type { Workspace } from './workspace.ts'

/** One of an organisation's four stores. */
export interface Place {
  readonly environment: Environment
  readonly region: Region
}

/** The environment and region that options, byoo.yaml and login leave; several are an error that lists them. */
export function selectPlace(session: Session, workspace: Workspace, provider?: string): Place {
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
  throw new ByooError('usage', `${why}: choose one`, {
    hint: choices
      .map((choice) => {
        const place = placeOf(choice)
        return commandLine(session.argv, { '--environment': place.environment, '--region': place.region })
      })
      .join('\n'),
  })
}

function onlyKnown(workspace: Workspace, provider: string | undefined): string {
  const known = combinationsOf(workspace, provider)
  return known.length === 0 ? '' : `${workspace.file?.name} speaks of ${known.join(' and ')} only, and `
}

/** What byoo.yaml speaks of; with a provider, where a route takes its callbacks, if there is such a route. */
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

/** The route whose URL Junction should hold for a provider; undefined when byoo.yaml has none. */
export function selectRoute(
  session: Session,
  workspace: Workspace,
  place: Place,
  provider: string,
): ConfiguredRoute | undefined {
  const routes = (workspace.file?.config.routes ?? []).filter(
    (route) =>
      route.environment === place.environment && route.region === place.region && accepts(route, provider),
  )
  const primary = routes.filter((route) => route.primary)
  const left = primary.length > 0 ? primary : routes
  if (left.length <= 1) return left[0]
  const urls = left.map((route) => callbackUrl(route, provider))
  const commands = session.argv.includes('set-credentials')
    ? urls.map((url) => commandLine(session.argv, { '--redirect-url': url }))
    : session.argv.includes('set-redirect')
      ? urls.map((url) => commandLine([...session.argv, url], {}))
      : urls
  throw new ByooError(
    'usage',
    `${workspace.file?.name} has ${left.length} routes of ${place.environment}/${place.region} for ${provider}: put "primary: true" on the one that Junction should hold, or choose one`,
    { hint: commands.join('\n') },
  )
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
  throw new ByooError('usage', 'the organisation is not known', {
    hint: `add --org <uuid>, set BYOO_ORG, or write "org: <uuid>" into ${file?.name ?? 'byoo.yaml'};\nthe Junction dashboard shows it`,
  })
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
  throw new ByooError('usage', `the team of ${combination} is not known`, {
    hint: `add --team <uuid>, set BYOO_TEAM, or write "teams: { ${combination}: <uuid> }" into ${workspace.file?.name ?? 'byoo.yaml'};\nthe Junction dashboard shows it`,
  })
}
