import { type Examination, type Listener, runDoctor, type Task } from '../../doctor/doctor.ts'
import type { ManagementService, Services } from '../../doctor/facts.ts'
import type { Finding } from '../../doctor/findings.ts'
import type { Report } from '../../doctor/report.ts'
import { groupOf, reportText } from '../../doctor/report-text.ts'
import { environmentsOf, selectRoutes } from '../../doctor/targets.ts'
import { ByooError } from '../../errors.ts'
import { keyKind } from '../../junction/keys.ts'
import { findProvider } from '../../junction/providers.ts'
import { createRateLimiter } from '../../verify/rate-limiter.ts'
import { connect, isCustomHost } from '../api-client.ts'
import { type Call, defineCommand, flag, option } from '../command.ts'
import type { ExitCode } from '../exit-code.ts'
import { connectLink } from '../link-client.ts'
import { managementKeyVariable } from '../resolve/management-key.ts'
import { findTeam, selectOrganisation } from '../resolve/selection.ts'
import { retypedCommand, suggestedCommand } from '../resolve/suggested-command.ts'
import { requireUserId } from '../resolve/user-id.ts'
import { askingOptions, readAuthorities } from '../resolve/verify-options.ts'
import { readWorkspace, targetOptions, type Workspace } from '../resolve/workspace.ts'
import type { Session } from '../session.ts'
import { createStatusLine, type StatusLine } from '../status-line.ts'
import { noticeProxies } from './verify.ts'

const options = {
  ...targetOptions,
  user: option('--user <uuid>', "look at a real link, for this user (Junction's id)"),
  createUser: flag('--create-user', 'create a user to look at a real link, and delete it again'),
  askProvider: flag('--ask-provider', 'ask the provider whether it knows the redirect URI'),
  ...askingOptions,
}
type DoctorCall = Call<typeof options>

/** `byoo doctor` */
export const command = defineCommand({
  description:
    'Checks every route and provider of byoo.yaml at once: the file, the keys, the team, DNS, TLS, the live endpoint ' +
    '(as byoo verify does), the credentials and the redirect URL override in Junction. Each finding says what to ' +
    'do. Changes nothing; without a key it says what it could not check.',
  examples: ['byoo doctor', 'byoo doctor strava --create-user --ask-provider'],
  operands: [['[provider]', "the provider's slug (default: all of byoo.yaml)"]],
  options,
  footer:
    'Checks: file, key, team, routes, dns, tls, verify, credentials, override,\n' +
    'environments, prepare, link, ask-provider, manual. byoo explain takes the id of\n' +
    'a finding. The exit code is 7 when one failed, 6 when nothing answered.',
  run,
  text: (report, style, { verbose }) => reportText(report, style, { verbose }),
  quiet: ({ summary }) => `${summary}\n`,
  exitCode,
})

/** Checks byoo.yaml, Junction and the live endpoints. */
async function run(call: DoctorCall): Promise<Report> {
  const {
    session,
    operands: [operand],
  } = call
  const workspace = await readWorkspace(call)
  const { file } = workspace
  if (!file) {
    throw new ByooError('usage', 'there is no byoo.yaml, so there is nothing to check', {
      hint: 'write one with: byoo init, or name one with --config <file>',
    })
  }
  if (file.unreadable !== undefined) {
    throw new ByooError('usage', file.unreadable, {
      hint: 'write one with: byoo init, or name another with --config <file>',
    })
  }
  const scope = { environments: workspace.environments, provider: readProvider(workspace, operand) }
  const permissions = readPermissions(call, workspace, scope)
  noticeProxies(session)
  const line = createStatusLine(session)
  const { signal } = session
  const progress = showProgress(line)
  const notDeleted: string[] = []
  /** Commands that delete the users that were created. */
  const deletions: string[] = []
  const sayDeleting = (commands: readonly string[]) => {
    line.erase()
    session.notice(
      ['Deleting the users that were created; Ctrl-C again leaves them, for', ...commands].join('\n'),
    )
  }
  const listener: Listener = {
    ...progress,
    onFinding: (finding) => {
      progress.onFinding(finding)
      if (finding.id === 'user-not-deleted') notDeleted.push(`${finding.message}\n${finding.command}`)
    },
    onUser: ({ command }) => {
      deletions.push(command)
      if (signal.aborted) sayDeleting([command])
    },
  }
  signal.addEventListener('abort', () => deletions.length > 0 && sayDeleting(deletions), { once: true })
  try {
    const services = makeServices(call, workspace, line)
    return await session.uninterrupted(runDoctor({ file, ...scope, ...permissions }, services, listener))
  } catch (error) {
    if (!signal.aborted) throw error
    const hint = notDeleted.length === 0 ? undefined : notDeleted.join('\n')
    throw new ByooError('interrupted', 'interrupted', { hint })
  } finally {
    line.erase()
  }
}

/** How many checks are done, what has failed, and which was begun last. */
function showProgress(line: StatusLine) {
  const counts = { waiting: 0, running: 0, done: 0 }
  let failed = 0
  let last = ''
  return {
    onTask: ({ state, check, subject }: Task) => {
      counts[state] += 1
      if (state === 'running') last = `${groupOf(subject)}, ${check}`
      const failures = failed === 0 ? '' : `, ${failed} failed`
      if (state !== 'waiting') line.show(`${counts.done} of ${counts.waiting} checks${failures}: ${last}`)
    },
    onFinding: ({ status }: Finding) => {
      if (status === 'failed') failed += 1
    },
  }
}

function exitCode({ passed, reached }: Report): ExitCode {
  if (passed) return 0
  return reached === false ? 6 : 7
}

/** A provider of Junction's, or one that a route to somewhere else names. */
function readProvider({ file }: Workspace, operand: string | undefined): string | undefined {
  if (operand === undefined) return undefined
  const named = file?.config.routes.some(
    ({ environment, provider, providers }) =>
      environment === undefined && (provider === operand || providers?.includes(operand)),
  )
  return named ? operand : findProvider(operand).slug
}

function readPermissions(
  { session, options, given: from }: DoctorCall,
  { file }: Workspace,
  scope: Pick<Examination, 'environments' | 'provider'>,
): Pick<Examination, 'user' | 'createUser' | 'askProvider'> {
  const { user: given } = from
  const user = given && requireUserId(given.value, given.source)
  const { createUser, askProvider } = options
  if (given && createUser) {
    throw new ByooError('usage', `${given.source} and --create-user contradict each other`, {
      hint: 'choose one of the two',
    })
  }
  const environments = file ? environmentsOf(selectRoutes(file.config, scope)) : []
  if (given && environments.length > 1) {
    const known = environments.join(' and ')
    throw new ByooError('usage', `a user belongs to one environment, and there are ${known}: choose one`, {
      hint: environments
        .map((environment) => retypedCommand(session.argv, { '--environment': environment }))
        .join('\n'),
    })
  }
  return { user, createUser, askProvider }
}

function makeServices(
  { session, options, given }: DoctorCall,
  workspace: Workspace,
  line: StatusLine,
): Services {
  const { rate, concurrency } = options
  const { signal, context } = session
  const authorities = readAuthorities(given.caFile, context.directory)
  const timeout = given.timeout ? options.timeout * 1000 : undefined
  const apiKey = context.env.JUNCTION_API_KEY
  const warned = new Set<string>()
  const quiet: Session = {
    ...session,
    warn: (warning) => {
      if (warned.has(warning)) return
      warned.add(warning)
      line.erase()
      session.warn(warning)
    },
  }
  return {
    management: findManagement(quiet, workspace),
    teamOf: (environment) => findTeam(workspace, environment),
    link: (environment) => connectLink(quiet, workspace, environment),
    managementKey: {
      source: context.env[managementKeyVariable] ? managementKeyVariable : undefined,
      login: !isCustomHost(workspace.managementUrl),
    },
    apiKey: apiKey ? { kind: keyKind(apiKey), source: 'JUNCTION_API_KEY' } : undefined,
    command: (environment, ...words) => suggestedCommand(workspace, environment, ...words),
    verify: { pace: () => createRateLimiter(rate, concurrency, signal), timeout, authorities },
    signal,
  }
}

/** The management API, or why it cannot be asked: that is a finding, not a failure of the command. */
function findManagement(session: Session, workspace: Workspace): ManagementService | ByooError {
  try {
    const { management } = connect(session, workspace)
    return { client: management, org: selectOrganisation(workspace) }
  } catch (error) {
    if (error instanceof ByooError) return error
    throw error
  }
}
