import type { Sourced } from '../../config/options.ts'
import { checkManagementKey } from '../../junction/keys.ts'
import { pairs } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
import { warnCustomHost } from '../api-client.ts'
import { type Call, defineCommand } from '../command.ts'
import { exitCodes } from '../exit-code.ts'
import { findManagementKey, masked } from '../resolve/management-key.ts'
import { sourced } from '../resolve/selection.ts'
import { openWorkspace, targetOptions, type Workspace } from '../resolve/workspace.ts'

/** `byoo whoami` */
export const command = defineCommand({
  description:
    'Shows the key, masked, and the organisation and team, each with its source. Sends nothing. Without a key the exit code is 3.',
  examples: ['byoo whoami'],
  options: targetOptions,
  run,
  text,
  quiet: ({ management_key }) => `${management_key?.value ?? 'none'}\n`,
  exitCode: ({ management_key }) => (management_key ? 0 : exitCodes.not_authenticated),
})

type WhoamiData = Awaited<ReturnType<typeof run>>

/** Says which key would be used, and for what; nothing is sent. */
async function run(call: Call<typeof targetOptions>) {
  const { session } = call
  const workspace = await openWorkspace(call)
  const { managementUrl, login, file } = workspace
  warnCustomHost(session, [managementUrl])
  const key = findManagementKey(session, login)
  if (key) checkManagementKey(key.value, key.source)
  return {
    management_key: key && { value: masked(key.value), source: key.source },
    org: sourced(workspace, 'org', file?.config.org),
    teams: teams(workspace),
  }
}

function text({ management_key, org, teams }: WhoamiData, style: Style): string {
  const line = (found: Sourced | undefined, none = 'none') =>
    found ? `${found.value}  (from ${found.source})` : none
  return pairs(
    [
      ['key', line(management_key, 'none: run byoo login')],
      ['organisation', line(org)],
      ...Object.entries(teams).map(([environment, team]) => [`team ${environment}`, line(team)] as const),
    ],
    style,
  )
}

/** By environment, or `any` when one is meant for all. */
function teams(workspace: Workspace): Record<string, Sourced> {
  const { given, file } = workspace
  const fromFile = Object.entries(file?.config.teams ?? {})
  if (!given.team && file && fromFile.length > 0) {
    return Object.fromEntries(fromFile.map(([name, value]) => [name, { value, source: file.name }]))
  }
  const any = sourced(workspace, 'team', undefined)
  return any ? { any } : {}
}
