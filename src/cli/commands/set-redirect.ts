import { givenOptions } from '../../config/given-options.ts'
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
import { findDetails } from '../input/provider-details.ts'
import type { Session } from '../session.ts'
import { followUp } from '../workspace/follow-up.ts'
import { chooseRedirectUrl } from '../workspace/redirect-url.ts'
import {
  type Place,
  selectCredential,
  selectOrganisation,
  selectPlace,
  selectTeam,
} from '../workspace/selection.ts'
import { openWorkspace } from '../workspace/workspace.ts'

export type SetRedirectData = WrittenData | DryRunData | DashboardData

/** Changes the redirect URL override and sends the rest of the record again. */
export async function run(session: Session, slug: string, url: string | undefined): Promise<SetRedirectData> {
  const provider = findProvider(slug)
  const { flags } = session
  const workspace = await openWorkspace(session)
  const place = selectPlace(session, workspace, provider.slug)
  const configured = selectCredential(workspace, place, provider.slug)
  const redirectUrl = chooseRedirectUrl(session, workspace, place, provider.slug, url)
  if (flags.dashboard === true) return dashboardData(provider, place, configured?.clientId, redirectUrl)

  const keepSecret = flags.keepSecret === true
  if (keepSecret) checkKeepSecret(session, place)
  const org = selectOrganisation(workspace)
  const team = selectTeam(workspace, place)
  const target: Target = { workspace, provider, org, team, place }
  const common = { team_id: team, provider: provider.slug, redirect_url_override: redirectUrl }
  if (flags.dryRun === true) {
    const secret = keepSecret
      ? undefined
      : await findClientSecret(session, workspace, configured?.clientSecret)
    session.notice('Client id and details would be sent again as Junction has them.')
    const record = {
      ...common,
      client_id: '<as it is>',
      client_secret: keepSecret ? undefined : (secret?.value ?? redacted),
    }
    return dryRunData(
      session,
      setCredentialsRequest({ key: '', url: workspace.managementUrl }, { org, ...place }, record),
    )
  }

  const connection = connect(session, workspace)
  const situation = await lookAround(session, connection, target)
  const { before } = situation
  if (!before) {
    const command = followUp(workspace, place, 'set-credentials', provider.slug)
    throw new ByooError(
      'not_found',
      `Junction has no credentials of ${provider.slug} in ${place.environment}/${place.region}`,
      { hint: `set them first:\n${command}` },
    )
  }
  const given = givenOptions(['detailsFile'], flags, session.context.env)
  const details = await findDetails(
    session,
    workspace,
    provider,
    given.detailsFile || !before.details ? configured : undefined,
    before,
  )
  const secret =
    keepSecret || !before.client_id
      ? undefined
      : await requireClientSecret(session, workspace, configured?.clientSecret)
  const record = { ...common, client_id: before.client_id, client_secret: secret?.value, details }
  await verifyBeforeWrite(session, workspace, place, provider.slug, redirectUrl)
  await confirmWrite(session, connection, target, situation, record, secret)
  const after = await writeRecord(session, connection, target, before, record)
  return writtenData(workspace, provider, place, before, after)
}

export function text(data: SetRedirectData, style: Style): string {
  if ('dashboard' in data) return dashboardText(data)
  return 'dry_run' in data ? dryRunText(data, style) : writtenText(data, style)
}

function checkKeepSecret({ flags }: Session, { environment }: Place): void {
  if (environment === 'production') {
    throw new ByooError(
      'usage',
      '"--keep-secret" is for the sandbox only: nobody documents whether Junction keeps what is not sent',
      { hint: 'give the secret again, so that no user is locked out of logging in' },
    )
  }
  if (flags.clientSecretFile !== undefined) {
    throw new ByooError('usage', '"--keep-secret" and "--client-secret-file" contradict each other', {
      hint: 'choose one of the two',
    })
  }
}
