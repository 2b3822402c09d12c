import { textSchema } from '../../config/options.ts'
import { checkFile, type Examination, type Listener, runDoctor } from '../../doctor/doctor.ts'
import type { ManagementService, Services } from '../../doctor/facts.ts'
import { createReport } from '../../doctor/report.ts'
import { groupOf, problemText, reportText } from '../../doctor/report-text.ts'
import { environmentsOf } from '../../doctor/targets.ts'
import { ByooError, usageError } from '../../errors.ts'
import { keyKind } from '../../junction/keys.ts'
import { findProvider } from '../../junction/providers.ts'
import { connect } from '../api-client.ts'
import { type Call, defineCommand, flag, option } from '../command.ts'
import { requireUserId } from '../connection.ts'
import { connectLink } from '../link-client.ts'
import { findTeam, selectOrganisation } from '../resolve/selection.ts'
import {
  readWorkspace,
  retypedCommand,
  suggestedCommand,
  targetOptions,
  type Workspace,
} from '../resolve/workspace.ts'
import type { Session } from '../session.ts'
import { caFile, noticeProxies, readAuthorities } from './verify.ts'

const onlyFile = textSchema((text) => (text === 'file' ? undefined : 'must be file'), String)

const options = {
  ...targetOptions,
  user: option('--user <uuid>', "look at a real link, for this user (Junction's id)"),
  createUser: flag('--create-user', 'create a user to look at a real link, and delete it again'),
  askProvider: flag('--ask-provider', 'ask the provider whether it knows the redirect URI'),
  only: option('--only <check>', 'check only the file: needs no key and no network', onlyFile),
  caFile,
}
type DoctorCall = Call<typeof options>

/** `byoo doctor` */
export const command = defineCommand({
  description:
    'Checks every route and provider of byoo.yaml at once: the file, the keys, the team, the live endpoint and its ' +
    'certificate (as byoo verify does), the credentials and the redirect URL override in Junction. Each finding says ' +
    'what to do. Changes nothing; without a key it says what it could not check.',
  examples: ['byoo doctor', 'byoo doctor strava --create-user --ask-provider', 'byoo doctor --only file'],
  operands: [['[provider]', "the provider's slug (default: all of byoo.yaml)"]],
  options,
  footer:
    'Checks: file, key, team, routes, verify, credentials, override, prepare, link,\n' +
    'ask-provider, manual. byoo explain takes the id of a finding. The exit code is 7\n' +
    'when one failed, 6 when nothing answered, and with --only file 2 when the file\n' +
    'has faults. When stdout is no terminal, what is wrong is shown as soon as it is\n' +
    'found.',
  run,
  text: ({ report, fileOnly, told }, style, { verbose }) =>
    // Each fault on a line of its own, as compilers do, so that editors and CI can show it in place.
    fileOnly
      ? report.findings.map(({ message }) => `${message}\n`).join('')
      : reportText(report, style, { verbose, told }),
  quiet: ({ report }) => `${report.summary}\n`,
  json: ({ report }) => report,
  exitCode: ({ report: { passed, interrupted, reached }, fileOnly }) => {
    if (interrupted) return 130
    if (passed) return 0
    if (fileOnly) return 2
    return reached === false ? 6 : 7
  },
})

/** Checks byoo.yaml, Junction and the live endpoints; `told` when what is wrong was shown as it was found. */
async function run(call: DoctorCall) {
  const { session, options, operands } = call
  const workspace = await readWorkspace(call)
  const { file } = workspace
  if (!file || file.unreadable !== undefined) {
    const first = file && options.config === undefined ? 'correct it' : 'write one with: byoo init'
    throw usageError(
      file?.unreadable ?? 'there is no byoo.yaml, so there is nothing to check',
      `${first}, or name ${file ? 'another' : 'one'} with --config <file>`,
    )
  }
  const scope = { environments: workspace.environments, provider: readProvider(workspace, operands[0]) }
  if (options.only) {
    const found = checkFile(file, (_, ...words) => suggestedCommand(workspace, undefined, ...words))
    return { report: createReport(found, null), fileOnly: true, told: false }
  }
  const examination = { file, ...scope, ...readPermissions(call, workspace, scope) }
  const services = await makeServices(call, workspace)
  noticeProxies(session)
  const told = !session.context.stdoutIsTerminal && !session.output.json && !session.output.quiet
  const running = runDoctor(examination, services, listen(session, told))
  return { report: await session.uninterrupted(running), fileOnly: false, told }
}

/** Shows how many checks are done and what has failed, and after Ctrl-C how to delete the users that were created. */
function listen(session: Session, tells: boolean): Listener {
  const { signal, style } = session
  let failed = 0
  const deletions: string[] = []
  const sayDeleting = (commands: readonly string[]) => {
    session.notice(
      ['Deleting the users that were created; Ctrl-C again leaves them, for', ...commands].join('\n'),
    )
  }
  signal.addEventListener('abort', () => deletions.length > 0 && sayDeleting(deletions), { once: true })
  return {
    onFinding: (finding) => {
      if (finding.status === 'failed') failed += 1
      if (!tells || (finding.status !== 'failed' && finding.status !== 'note')) return
      session.present(`${problemText(finding, style)}\n\n`)
    },
    onProgress: ({ done, total, check, subject }) => {
      const failures = failed === 0 ? '' : `, ${failed} failed`
      session.status(`${done} of ${total} checks${failures}: ${groupOf(subject)}, ${check}`)
    },
    onUser: ({ command }) => {
      deletions.push(command)
      if (signal.aborted) sayDeleting([command])
    },
  }
}

/** A provider of Junction's, or one that a route to somewhere else names. */
function readProvider({ file }: Workspace, operand: string | undefined): string | undefined {
  if (operand === undefined) return undefined
  const named = file?.config.routes.some(
    ({ environment, environments, provider, providers }) =>
      environment === undefined && !environments && (provider === operand || providers?.includes(operand)),
  )
  return named ? operand : findProvider(operand).slug
}

function readPermissions(
  { session, options: { createUser, askProvider }, given: { user: given } }: DoctorCall,
  { file }: Workspace,
  scope: Pick<Examination, 'environments' | 'provider'>,
): Pick<Examination, 'user' | 'createUser' | 'askProvider'> {
  const user = given && requireUserId(given.value, given.source)
  if (given && createUser) {
    throw usageError(`${given.source} and --create-user contradict each other`, 'choose one of the two')
  }
  const environments = file ? environmentsOf(file.config, scope) : []
  if (given && environments.length > 1) {
    throw usageError(
      `a user belongs to one environment, and there are ${environments.join(' and ')}: choose one`,
      environments.map((name) => retypedCommand(session.argv, { '--environment': name })).join('\n'),
    )
  }
  return { user, createUser, askProvider }
}

async function makeServices(
  { session, options: { timeout }, given }: DoctorCall,
  workspace: Workspace,
): Promise<Services> {
  const { signal, context } = session
  const apiKey = context.env.JUNCTION_API_KEY
  return {
    management: findManagement(session, workspace),
    teamOf: (environment) => findTeam(workspace, environment),
    link: (environment) => connectLink(session, workspace, environment),
    apiKey: apiKey ? { kind: keyKind(apiKey), source: 'JUNCTION_API_KEY' } : undefined,
    command: (environment, ...words) => suggestedCommand(workspace, environment, ...words),
    verify: {
      timeout: given.timeout && timeout * 1000,
      authorities: await readAuthorities(given.caFile, context.directory),
    },
    signal,
  }
}

/** The management API, or why it cannot be asked: that is a finding, not a failure of the command. */
function findManagement(session: Session, workspace: Workspace): ManagementService | ByooError {
  try {
    return { client: connect(session, workspace).management, org: selectOrganisation(workspace) }
  } catch (error) {
    if (error instanceof ByooError) return error
    throw error
  }
}
