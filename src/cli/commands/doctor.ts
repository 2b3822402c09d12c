import { givenOptions } from '../../config/given-options.ts'
import { type Examination, type Listener, runDoctor } from '../../doctor/doctor.ts'
import type { ManagementService, Services } from '../../doctor/facts.ts'
import type { Report } from '../../doctor/report.ts'
import { reportText } from '../../doctor/report-text.ts'
import { environmentsOf, selectRoutes, splitEnvironment } from '../../doctor/targets.ts'
import { ByooError } from '../../errors.ts'
import { keyKind } from '../../junction/keys.ts'
import { findProvider } from '../../junction/providers.ts'
import type { Style } from '../../output/style.ts'
import { createRateLimiter } from '../../verify/rate-limiter.ts'
import { commandLine, quoted } from '../command-line.ts'
import { connect } from '../connection/connection.ts'
import { isElsewhere } from '../connection/elsewhere.ts'
import { connectLink } from '../connection/link-connection.ts'
import { type DoctorProgress, showDoctorProgress } from '../doctor/doctor-progress.ts'
import type { ExitCode } from '../exit-code.ts'
import { requireUserId } from '../link/user-id.ts'
import type { Session } from '../session.ts'
import { followUp } from '../workspace/follow-up.ts'
import { managementKeyVariable } from '../workspace/management-key.ts'
import { findTeam, selectOrganisation } from '../workspace/selection.ts'
import { readVerifyFlags } from '../workspace/verify-options.ts'
import { readWorkspace, type Workspace } from '../workspace/workspace.ts'
import { noticeProxies } from './verify.ts'

/** Compares all the places that have to agree. */
export async function run(session: Session, operand: string): Promise<Report> {
  const workspace = await readWorkspace(session)
  const { file, options } = workspace
  if (!file) {
    throw new ByooError('usage', 'there is no byoo.yaml, so there is nothing to compare with', {
      hint: 'write one with: byoo init, or name one with --config <file>',
    })
  }
  if (file.unreadable !== undefined) {
    throw new ByooError('usage', file.unreadable, {
      hint: 'write one with: byoo init, or name another with --config <file>',
    })
  }
  const { environment, region } = options.values
  const scope = { environment, region, provider: readProvider(workspace, operand) }
  const permissions = readPermissions(session, workspace, scope)
  noticeProxies(session)
  const progress = showDoctorProgress(session)
  const { signal } = session
  const left: string[] = []
  /** Commands that remove the users that were made. */
  const made: string[] = []
  const listener: Listener = {
    ...progress,
    onFinding: (finding) => {
      progress.onFinding?.(finding)
      if (finding.id === 'user-not-deleted') left.push(`${finding.message}\n${finding.command}`)
    },
    onUser: ({ command }) => {
      made.push(command)
      if (signal.aborted) sayLeaving([command])
    },
  }
  const sayLeaving = (commands: readonly string[]) => {
    const text = ['Deleting the users that were created; Ctrl-C again leaves them, for', ...commands]
    progress.aside(() => session.notice(text.join('\n')))
  }
  signal.addEventListener('abort', () => made.length > 0 && sayLeaving(made), { once: true })
  try {
    const services = makeServices(session, workspace, progress)
    const examining = runDoctor({ file, ...scope, ...permissions }, services, listener)
    return await session.uninterrupted(examining)
  } catch (error) {
    if (!signal.aborted) throw error
    const hint = left.length === 0 ? undefined : left.join('\n')
    throw new ByooError('interrupted', 'interrupted', { hint })
  } finally {
    progress.close()
  }
}

export function text(data: Report, style: Style): string {
  return reportText(data, style)
}

export function exitCode({ passed, reached }: Report): ExitCode {
  if (passed) return 0
  return reached === false ? 6 : 7
}

/** A provider of Junction's, or one that a route to somewhere else names. */
function readProvider({ file }: Workspace, operand: string): string | undefined {
  if (operand === '') return undefined
  const named = file?.config.routes.some(
    ({ environment, provider, providers }) =>
      environment === undefined && (provider === operand || providers?.includes(operand)),
  )
  return named ? operand : findProvider(operand).slug
}

function readPermissions(
  session: Session,
  { file }: Workspace,
  scope: Pick<Examination, 'environment' | 'region' | 'provider'>,
): Pick<Examination, 'user' | 'createUser' | 'askProvider'> {
  const { flags, context } = session
  const { user: given } = givenOptions(['user'], flags, context.env)
  const user = given && requireUserId(given.value, given.source)
  const createUser = flags.createUser === true
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
        .map(splitEnvironment)
        .map(({ environment, region }) =>
          commandLine(session.argv, { '--environment': environment, '--region': region }),
        )
        .join('\n'),
    })
  }
  return { user, createUser, askProvider: flags.askProvider === true }
}

function makeServices(session: Session, workspace: Workspace, progress: DoctorProgress): Services {
  const { rate, concurrency, timeout, authorities } = readVerifyFlags(session)
  const { signal, context } = session
  const apiKey = context.env.JUNCTION_API_KEY
  const warned = new Set<string>()
  const quiet: Session = {
    ...session,
    warn: (warning) => {
      if (!warned.has(warning)) progress.aside(() => session.warn(warning))
      warned.add(warning)
    },
  }
  return {
    management: findManagement(quiet, workspace),
    teamOf: (environment) => findTeam(workspace, splitEnvironment(environment)),
    link: (environment) => connectLink(quiet, workspace, splitEnvironment(environment)),
    managementKey: {
      source: context.env[managementKeyVariable] ? managementKeyVariable : undefined,
      login: !isElsewhere(workspace.managementUrl),
    },
    apiKey: apiKey ? { kind: keyKind(apiKey), source: 'JUNCTION_API_KEY' } : undefined,
    command: (environment, ...words) => {
      if (environment) return followUp(workspace, splitEnvironment(environment), ...words)
      const { config } = workspace.options.given
      const repeated = config?.source.startsWith('--') ? ['--config', config.value] : []
      return ['byoo', ...words, ...repeated].map(quoted).join(' ')
    },
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
