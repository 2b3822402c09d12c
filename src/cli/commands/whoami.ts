import { checkManagementKey } from '../../junction/keys.ts'
import { pairs } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
import { warnCustomHost } from '../api-client.ts'
import { type Call, defineCommand } from '../command.ts'
import { exitCodes } from '../exit-code.ts'
import { findManagementKey, masked } from '../resolve/management-key.ts'
import { openWorkspace, targetOptions, type Workspace } from '../resolve/workspace.ts'

interface Sourced {
  readonly value: string
  /** The option, variable or file that says so. */
  readonly source: string
}

export interface WhoamiData {
  /** Masked; undefined when there is none. */
  readonly management_key: Sourced | undefined
  readonly org: Sourced | undefined
  /** By environment, or `any` when one is meant for all. */
  readonly teams: Readonly<Record<string, Sourced>>
}

const options = { ...targetOptions }

/** `byoo whoami` */
export const command = defineCommand({
  description:
    'Shows the key, masked, and the organisation and team, each with its source. Sends nothing. Without a key the exit code is 3.',
  examples: ['byoo whoami'],
  options,
  run,
  text,
  quiet: ({ management_key }) => `${management_key?.value ?? 'none'}\n`,
  exitCode: ({ management_key }) => (management_key ? 0 : exitCodes.not_authenticated),
})

/** Says which key would be used, and for what; nothing is sent. */
async function run(call: Call<typeof options>): Promise<WhoamiData> {
  const { session } = call
  const workspace = await openWorkspace(call)
  warnCustomHost(session, [workspace.managementUrl])
  const key = findManagementKey(session, workspace.login)
  if (key) checkManagementKey(key.value, key.source)
  return {
    management_key: key && { value: masked(key.value), source: key.source },
    org: sourced(workspace, 'org', workspace.file?.config.org),
    teams: teams(workspace),
  }
}

function text({ management_key, org, teams }: WhoamiData, style: Style): string {
  const line = (found: Sourced | undefined) => (found ? `${found.value}  (from ${found.source})` : 'none')
  return pairs(
    [
      ['key', management_key ? line(management_key) : 'none: run byoo login'],
      ['organisation', line(org)],
      ...Object.entries(teams).map(([environment, team]) => [`team ${environment}`, line(team)] as const),
    ],
    style,
  )
}

function teams(workspace: Workspace): Record<string, Sourced> {
  const any = sourced(workspace, 'team', undefined)
  const { given, file } = workspace
  const fromFile = Object.entries(file?.config.teams ?? {})
  if (given.team || fromFile.length === 0) return any ? { any } : {}
  return Object.fromEntries(
    fromFile.map(([environment, value]) => [environment, { value: value ?? '', source: file?.name ?? '' }]),
  )
}

function sourced(
  { given: options, file, login }: Workspace,
  name: 'org' | 'team',
  fromFile: string | undefined,
): Sourced | undefined {
  const given = options[name]
  if (given) return { value: given.value, source: given.source }
  if (fromFile) return { value: fromFile, source: file?.name ?? '' }
  const stored = login?.[name]
  return stored ? { value: stored, source: 'byoo login' } : undefined
}
