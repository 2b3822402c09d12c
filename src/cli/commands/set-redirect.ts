import type { GivenOptions } from '../../config/options.ts'
import { ByooError } from '../../errors.ts'
import { setCredentialsRequest } from '../../junction/management.ts'
import { findProvider } from '../../junction/providers.ts'
import { redacted } from '../../junction/redact.ts'
import type { Style } from '../../output/style.ts'
import { type Call, defineCommand, flag } from '../command.ts'
import { connect } from '../connection/connection.ts'
import { type DashboardData, dashboardData, dashboardText } from '../credentials/dashboard.ts'
import { type DryRunData, dryRunData, dryRunText } from '../credentials/dry-run.ts'
import { verifyBeforeWrite } from '../credentials/verify-before-write.ts'
import { confirmWrite, lookAround, type Target, writeRecord } from '../credentials/write-credentials.ts'
import { writeOptions } from '../credentials/write-options.ts'
import { type WrittenData, writtenData, writtenText } from '../credentials/written-data.ts'
import { findClientSecret, requireClientSecret } from '../input/client-secret.ts'
import { findDetails } from '../input/provider-details.ts'
import { followUp } from '../workspace/follow-up.ts'
import { chooseRedirectUrl } from '../workspace/redirect-url.ts'
import {
  type Place,
  selectCredential,
  selectOrganisation,
  selectPlace,
  selectTeam,
} from '../workspace/selection.ts'
import { targetOptions } from '../workspace/target-options.ts'
import { openWorkspace } from '../workspace/workspace.ts'

export type SetRedirectData = WrittenData | DryRunData | DashboardData

const options = {
  ...targetOptions,
  keepSecret: flag(
    '--keep-secret',
    'send no secret, and check that the old one is still there (sandbox only)',
  ),
  ...writeOptions,
}

/** `byoo set-redirect` */
export const command = defineCommand({
  description:
    'Changes the redirect URL override and sends the rest again as it is. Junction cannot return the secret, so ' +
    'it is needed once more.',
  examples: [
    'byoo set-redirect strava --client-secret-file ./secrets/strava',
    'byoo set-redirect strava https://oauth.example.com/oauth_callback/strava',
  ],
  operands: [
    ['<provider>', "the provider's slug; see byoo providers"],
    ['[url]', "the redirect URI registered at the provider (default: the route's)"],
  ],
  options,
  run,
  text,
})

/** Changes the redirect URL override and sends the rest of the record again. */
async function run(call: Call<typeof options>): Promise<SetRedirectData> {
  const {
    session,
    options,
    given,
    operands: [slug = '', url],
  } = call
  const provider = findProvider(slug)
  const workspace = await openWorkspace(call)
  const place = selectPlace(session, workspace, provider.slug)
  const configured = selectCredential(workspace, place, provider.slug)
  const redirectUrl = chooseRedirectUrl(session, workspace, place, provider.slug, url)
  if (options.dashboard) return dashboardData(provider, place, configured?.clientId, redirectUrl)

  const { keepSecret } = options
  if (keepSecret) checkKeepSecret(place, given)
  const org = selectOrganisation(workspace)
  const team = selectTeam(workspace, place)
  const target: Target = { workspace, provider, org, team, place }
  const common = { team_id: team, provider: provider.slug, redirect_url_override: redirectUrl }
  if (options.dryRun) {
    const secret = keepSecret
      ? undefined
      : await findClientSecret(session, workspace, given, configured?.clientSecret)
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
  const details = await findDetails(
    session,
    workspace,
    provider,
    given,
    given.detailsFile || !before.details ? configured : undefined,
    before,
  )
  const secret =
    keepSecret || !before.client_id
      ? undefined
      : await requireClientSecret(session, workspace, given, configured?.clientSecret)
  const record = { ...common, client_id: before.client_id, client_secret: secret?.value, details }
  await verifyBeforeWrite(session, workspace, place, provider.slug, redirectUrl, options.skipVerify)
  await confirmWrite(session, connection, target, situation, record, secret, options.yes)
  const after = await writeRecord(session, connection, target, before, record)
  return writtenData(workspace, provider, place, before, after)
}

function text(data: SetRedirectData, style: Style): string {
  if ('dashboard' in data) return dashboardText(data)
  return 'dry_run' in data ? dryRunText(data, style) : writtenText(data, style)
}

function checkKeepSecret({ environment }: Place, { clientSecretFile }: GivenOptions<string>): void {
  if (environment === 'production') {
    throw new ByooError(
      'usage',
      '"--keep-secret" is for the sandbox only: nobody documents whether Junction keeps what is not sent',
      { hint: 'give the secret again, so that no user is locked out of logging in' },
    )
  }
  if (clientSecretFile?.source.startsWith('--')) {
    throw new ByooError('usage', '"--keep-secret" and "--client-secret-file" contradict each other', {
      hint: 'choose one of the two',
    })
  }
}
