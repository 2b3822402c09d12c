import { type GivenOptions, givenOptions } from '../../config/given-options.ts'
import { ByooError } from '../../errors.ts'
import { setCredentialsRequest } from '../../junction/management.ts'
import { findProvider } from '../../junction/providers.ts'
import { redacted } from '../../junction/redact.ts'
import type { Style } from '../../output/style.ts'
import { connect } from '../connection/connection.ts'
import { type DashboardData, dashboardData, dashboardText } from '../credentials/dashboard.ts'
import { type DryRunData, dryRunData, dryRunText } from '../credentials/dry-run.ts'
import { verifyBeforeWrite } from '../credentials/verify-before-write.ts'
import { confirmWrite, lookAround, type Target, writeRecord } from '../credentials/write-credentials.ts'
import { type WrittenData, writtenData, writtenText } from '../credentials/written-data.ts'
import { findClientSecret, requireClientSecret } from '../input/client-secret.ts'
import { askText } from '../input/prompt.ts'
import { findDetails } from '../input/provider-details.ts'
import type { Session } from '../session.ts'
import { chooseRedirectUrl } from '../workspace/redirect-url.ts'
import { selectCredential, selectOrganisation, selectPlace, selectTeam } from '../workspace/selection.ts'
import { openWorkspace } from '../workspace/workspace.ts'

export type SetCredentialsData = WrittenData | DryRunData | DashboardData

/** Sets client id, secret, details and redirect URL override of a provider in one write. */
export async function run(session: Session, slug: string): Promise<SetCredentialsData> {
  const provider = findProvider(slug)
  const { flags, context } = session
  const given = givenOptions(['clientId', 'redirectUrl'], flags, context.env)
  const workspace = await openWorkspace(session)
  const place = selectPlace(session, workspace, provider.slug)
  const configured = selectCredential(workspace, place, provider.slug)
  const redirectUrl = chooseRedirectUrl(session, workspace, place, provider.slug, given.redirectUrl?.value)
  const clientId = checkedClientId(given) ?? configured?.clientId
  if (flags.dashboard === true) return dashboardData(provider, place, clientId, redirectUrl)

  const org = selectOrganisation(workspace)
  const team = selectTeam(workspace, place)
  const target: Target = { workspace, provider, org, team, place }
  const common = { team_id: team, provider: provider.slug, redirect_url_override: redirectUrl }
  if (flags.dryRun === true) {
    const secret = await findClientSecret(session, workspace, configured?.clientSecret)
    const details = await findDetails(session, workspace, provider, configured, undefined)
    if (!secret) session.notice('The client secret would be asked for.')
    const record = {
      ...common,
      client_id: clientId ?? '<asked for>',
      client_secret: secret?.value ?? redacted,
      details,
    }
    return dryRunData(
      session,
      setCredentialsRequest({ key: '', url: workspace.managementUrl }, { org, ...place }, record),
    )
  }

  const connection = connect(session, workspace)
  const situation = await lookAround(session, connection, target)
  const details = await findDetails(session, workspace, provider, configured, situation.before)
  const client_id = clientId ?? (await askClientId(session))
  const secret = await requireClientSecret(session, workspace, configured?.clientSecret)
  const record = { ...common, client_id, client_secret: secret.value, details }
  await verifyBeforeWrite(session, workspace, place, provider.slug, redirectUrl)
  await confirmWrite(session, connection, target, situation, record, secret)
  const after = await writeRecord(session, connection, target, situation.before, record)
  return writtenData(workspace, provider, place, situation.before, after)
}

export function text(data: SetCredentialsData, style: Style): string {
  if ('dashboard' in data) return dashboardText(data)
  return 'dry_run' in data ? dryRunText(data, style) : writtenText(data, style)
}

function checkedClientId({ clientId }: GivenOptions<'clientId'>): string | undefined {
  if (clientId && clientIdFault(clientId.value)) {
    throw new ByooError('usage', `${clientId.source}: ${clientIdFault(clientId.value)}`, {
      hint: 'copy it again from the provider',
    })
  }
  return clientId?.value
}

function clientIdFault(text: string): string | undefined {
  if (text === '') return 'must not be empty'
  return /^[\x21-\x7e]+$/.test(text) ? undefined : 'must be printable ASCII without white space'
}

async function askClientId(session: Session): Promise<string> {
  const answer = await askText('Client id', session, { fault: clientIdFault })
  if (answer !== undefined) return answer
  throw new ByooError('usage', 'the client id is not known, and there is no terminal to ask on', {
    hint: 'add --client-id <id>, or write it into byoo.yaml',
  })
}
