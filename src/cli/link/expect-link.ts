import { callbackUrl } from '../../config/callback.ts'
import { ByooError } from '../../errors.ts'
import type { Expected, LinkExpectation } from '../../junction/link-checks.ts'
import type { Credential } from '../../junction/management.ts'
import type { OauthProvider } from '../../junction/providers.ts'
import { followUp } from '../workspace/follow-up.ts'
import { findTeam, selectCredential, selectRoute } from '../workspace/selection.ts'
import type { UserSite } from './temporary-user.ts'

/** What a link of this provider should hold: as Junction has stored it, else as byoo.yaml says. */
export async function expectLink(
  site: UserSite,
  { slug: provider, name, byoo }: OauthProvider,
  teamOfToken: string | undefined,
): Promise<LinkExpectation> {
  const { session, workspace, place } = site
  const team = findTeam(workspace, place)
  const combination = `${place.environment}/${place.region}` as const
  if (!byoo) {
    const otherwise = `not compared: Junction connects ${name} with its own application`
    return { combination, redirect_uri: undefined, client_id: undefined, otherwise, team }
  }
  const { record, none } = await storedRecord(site, provider, team ?? teamOfToken)
  const { url, clientId, file } = fromFile(site, provider)
  const set = followUp(workspace, place, 'set-credentials', provider)
  const change = record ? followUp(workspace, place, 'set-redirect', provider) : set
  const override = record?.redirect_url_override
  if (override !== undefined && url !== undefined && override !== url) {
    session.warn(
      `the override that Junction holds is not the URL of the route in ${file}, ${url}; if that is where callbacks go, run\n${change}`,
    )
  }
  const missing = none === undefined ? ', since Junction holds none' : ''
  const again = (command: string) => `store it again with: ${command}; if it stays so, ask Junction's support`
  return {
    combination,
    redirect_uri:
      expected(override, 'the override that Junction holds', again(change)) ??
      expected(url, `the URL of the route in ${file}${missing}`, `store the right one with: ${change}`),
    client_id:
      expected(record?.client_id, 'the one that Junction holds', again(set)) ??
      expected(clientId, `the one in ${file}${missing}`, `store the right one with: ${set}`),
    otherwise: `not compared: ${none ?? 'Junction holds none'}, and ${workspace.file ? `${file} does not say it` : 'there is no byoo.yaml'}`,
    team,
  }
}

function expected(value: string | undefined, source: string, advice: string): Expected | undefined {
  return value === undefined ? undefined : { value, source, advice }
}

async function storedRecord(
  { session, connection, place }: UserSite,
  provider: string,
  team: string | undefined,
): Promise<{ readonly record?: Credential | undefined; readonly none?: string }> {
  const { management } = connection
  if ('none' in management) return { none: management.none }
  try {
    const listing = management.client.listCredentials(
      { org: management.org, ...place },
      { team_id: team, provider },
    )
    const records = (await session.progress('Asking Junction what it holds', listing)).filter(
      ({ team_id }) => team === undefined || team_id === team,
    )
    if (records.length > 1) return { none: 'several teams have credentials of it, and yours is not known' }
    return { record: records[0] }
  } catch (error) {
    if (!(error instanceof ByooError) || session.signal.aborted) throw error
    session.notice(`${error.message}: the link is compared with byoo.yaml instead.`)
    return { none: 'Junction did not say what it holds' }
  }
}

function fromFile({ session, workspace, place }: UserSite, provider: string) {
  const clientId = selectCredential(workspace, place, provider)?.clientId
  const file = workspace.file?.name ?? 'byoo.yaml'
  try {
    const route = selectRoute(session, workspace, place, provider)
    return { url: route?.url === undefined ? undefined : callbackUrl(route, provider), clientId, file }
  } catch (error) {
    // Several routes, of which none is the primary one: there is nothing to compare with.
    if (error instanceof ByooError) return { url: undefined, clientId, file }
    throw error
  }
}
