import * as z from 'zod/mini'
import { ByooError } from '../../errors.ts'
import { setCredentialsRequest } from '../../junction/management.ts'
import { findProvider } from '../../junction/providers.ts'
import { redacted } from '../../junction/redact.ts'
import type { Style } from '../../output/style.ts'
import { type Call, defineCommand, option } from '../command.ts'
import { connect } from '../connection/connection.ts'
import { type DashboardData, dashboardData, dashboardText } from '../credentials/dashboard.ts'
import { type DryRunData, dryRunData, dryRunText } from '../credentials/dry-run.ts'
import { verifyBeforeWrite } from '../credentials/verify-before-write.ts'
import { confirmWrite, lookAround, type Target, writeRecord } from '../credentials/write-credentials.ts'
import { writeOptions } from '../credentials/write-options.ts'
import { type WrittenData, writtenData, writtenText } from '../credentials/written-data.ts'
import { findClientSecret, requireClientSecret } from '../input/client-secret.ts'
import { askText } from '../input/prompt.ts'
import { findDetails } from '../input/provider-details.ts'
import type { Session } from '../session.ts'
import { chooseRedirectUrl } from '../workspace/redirect-url.ts'
import { selectCredential, selectOrganisation, selectPlace, selectTeam } from '../workspace/selection.ts'
import { targetOptions } from '../workspace/target-options.ts'
import { openWorkspace } from '../workspace/workspace.ts'

export type SetCredentialsData = WrittenData | DryRunData | DashboardData

const clientIdSchema = z.string().check(
  z.check((context) => {
    const fault = clientIdFault(context.value)
    if (fault) context.issues.push({ code: 'custom', input: context.value, message: fault })
  }),
)

const options = {
  ...targetOptions,
  clientId: option('--client-id <id>', 'of your OAuth application (default: from byoo.yaml)', clientIdSchema),
  redirectUrl: option(
    '--redirect-url <url>',
    "the redirect URI registered at the provider (default: the route's)",
  ),
  ...writeOptions,
}

/** `byoo set-credentials` */
export const command = defineCommand({
  description:
    'Sets client id, client secret, details and redirect URL override of a provider in one write, reads them ' +
    'back, and says what is left to do. With a byoo.yaml only the secret is needed.',
  examples: [
    'byoo set-credentials strava',
    'byoo set-credentials strava --client-id 12345 \\\n    --client-secret-file - < secret.txt',
  ],
  operands: [['<provider>', "the provider's slug; see byoo providers"]],
  options,
  run,
  text,
})

/** Sets client id, secret, details and redirect URL override of a provider in one write. */
async function run(call: Call<typeof options>): Promise<SetCredentialsData> {
  const {
    session,
    options,
    given,
    operands: [slug = ''],
  } = call
  const provider = findProvider(slug)
  const workspace = await openWorkspace(call)
  const place = selectPlace(session, workspace, provider.slug)
  const configured = selectCredential(workspace, place, provider.slug)
  const redirectUrl = chooseRedirectUrl(session, workspace, place, provider.slug, options.redirectUrl)
  const clientId = options.clientId ?? configured?.clientId
  if (options.dashboard) return dashboardData(provider, place, clientId, redirectUrl)

  const org = selectOrganisation(workspace)
  const team = selectTeam(workspace, place)
  const target: Target = { workspace, provider, org, team, place }
  const common = { team_id: team, provider: provider.slug, redirect_url_override: redirectUrl }
  if (options.dryRun) {
    const secret = await findClientSecret(session, workspace, given, configured?.clientSecret)
    const details = await findDetails(session, workspace, provider, given, configured, undefined)
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
  const details = await findDetails(session, workspace, provider, given, configured, situation.before)
  const client_id = clientId ?? (await askClientId(session))
  const secret = await requireClientSecret(session, workspace, given, configured?.clientSecret)
  const record = { ...common, client_id, client_secret: secret.value, details }
  await verifyBeforeWrite(session, workspace, place, provider.slug, redirectUrl, options.skipVerify)
  await confirmWrite(session, connection, target, situation, record, secret, options.yes)
  const after = await writeRecord(session, connection, target, situation.before, record)
  return writtenData(workspace, provider, place, situation.before, after)
}

function text(data: SetCredentialsData, style: Style): string {
  if ('dashboard' in data) return dashboardText(data)
  return 'dry_run' in data ? dryRunText(data, style) : writtenText(data, style)
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
