import { findConfig } from '../../config/find-config.ts'
import { ByooError, usageError } from '../../errors.ts'
import {
  type JunctionEnvironment,
  junctionEnvironments,
  managementHost,
} from '../../junction/environments.ts'
import { checkManagementKey } from '../../junction/keys.ts'
import { createManagement, EndlessListError } from '../../junction/management.ts'
import { pairs } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
import { openHttp, warnCustomHost } from '../api-client.ts'
import { type Call, defineCommand, option } from '../command.ts'
import { askSecret } from '../prompt.ts'
import { readSecretFile } from '../read-secret.ts'
import { loginPath, masked, type StoredLogin, writeLogin } from '../resolve/management-key.ts'
import { chooseEnvironments, targetOptions } from '../resolve/workspace.ts'
import type { Session } from '../session.ts'

export interface LoginData {
  readonly path: string
  /** Masked. */
  readonly management_key: string
  readonly org: string | undefined
  readonly team: string | undefined
  readonly environment: string | undefined
  /** The environments whose credentials it may see; undefined when Junction could not be asked. */
  readonly sees: readonly string[] | undefined
  /** Why Junction was not asked. */
  readonly not_checked: string | undefined
  readonly next_steps: readonly string[]
}

const loginOptions = {
  ...targetOptions,
  withFile: option('--with-file <path>', 'read the key from this file, or from stdin with -'),
}

/** `byoo login` */
export const command = defineCommand({
  description:
    'Asks for the management key, checks it with Junction when the organisation is known, and keeps it in ' +
    '$XDG_CONFIG_HOME/byoo/credentials.json, readable by you alone. With --org, --team or --environment these are ' +
    'kept as well.',
  examples: ['byoo login', 'byoo login --with-file - < key.txt'],
  options: loginOptions,
  run,
  text,
  quiet: ({ path }) => `${path}\n`,
})

/** Keeps the management key, and what the options say to use it for. */
async function run(call: Call<typeof loginOptions>): Promise<LoginData> {
  const { session, options, given } = call
  const environments = chooseEnvironments(given)
  const [environment, another] = environments ?? []
  if (another) {
    throw usageError(
      'byoo login keeps one environment, with its region',
      `write --environment ${environments?.join(' or --environment ')}`,
    )
  }
  loginPath(session.context)
  const key = await readKey(session, options.withFile)
  const { env, directory } = session.context
  const file = await findConfig(options.config, env.BYOO_CONFIG, directory)
  const checked = await checkKey(call, key, options.org ?? file?.config.org)
  const { org, team } = options
  const login: StoredLogin = {
    management_key: key,
    ...(org && { org }),
    ...(team && { team }),
    ...(environment && { environment }),
  }
  const path = writeLogin(login, session.context)
  if (env.JUNCTION_MANAGEMENT_KEY) {
    session.warn('JUNCTION_MANAGEMENT_KEY is set, and goes before the stored key')
  }
  const next_steps = [
    ...((options.org ?? file?.config.org) ? [] : ['byoo login --org <uuid>']),
    ...(file ? [] : ['byoo init']),
    'byoo prepare <provider>',
  ]
  return { path, management_key: masked(key), org, team, environment, ...checked, next_steps }
}

/** What the key may see. Junction's refusal ends the login; when it cannot be asked, the key is kept unchecked. */
async function checkKey(
  { session, options }: Call<typeof loginOptions>,
  key: string,
  org: string | undefined,
): Promise<Pick<LoginData, 'sees' | 'not_checked'>> {
  if (org === undefined) return { sees: undefined, not_checked: 'the organisation is not known' }
  const url = options.managementUrl ?? managementHost
  warnCustomHost(session, [url])
  const management = createManagement(openHttp(session, { options }), { key, url })
  const { team: team_id } = options
  const look = async (environment: JunctionEnvironment) => {
    try {
      await management.listCredentials({ org, environment }, { team_id })
      return [environment]
    } catch (error) {
      if (error instanceof EndlessListError) return [environment]
      if (error instanceof ByooError && error.code === 'not_allowed') return []
      throw error
    }
  }
  try {
    const seen = await session.progress('Checking the key', Promise.all(junctionEnvironments.map(look)))
    return { sees: seen.flat(), not_checked: undefined }
  } catch (error) {
    const refused = error instanceof ByooError && ['not_authenticated', 'interrupted'].includes(error.code)
    if (refused || !(error instanceof ByooError)) throw error
    return { sees: undefined, not_checked: error.message }
  }
}

function text(data: LoginData, style: Style): string {
  const { path, management_key, org, team, environment, sees, not_checked, next_steps } = data
  const may = sees?.join(', ') || 'the credentials of no environment'
  const kept = {
    key: management_key,
    organisation: org,
    team,
    environment,
    'may see': sees ? may : undefined,
    'not checked': not_checked,
    'kept in': path,
  }
  const lines = Object.entries(kept).flatMap(([name, value]) => (value ? [[name, value] as const] : []))
  return `${pairs(lines, style)}\nNext:\n${next_steps.map((step) => `  ${step}\n`).join('')}`
}

async function readKey(session: Session, withFile: string | undefined): Promise<string> {
  const what = 'the management key'
  if (withFile !== undefined) {
    const key = await readSecretFile(withFile, what, session)
    checkManagementKey(
      key,
      withFile === '-' ? `${what} from stdin` : `${what} in ${JSON.stringify(withFile)}`,
    )
    return key
  }
  const key = await askSecret("Management key, from Junction's dashboard", session)
  if (key === undefined) {
    throw usageError(
      'the management key cannot be asked for: there is no terminal',
      'use --with-file <path>, or --with-file - and pipe it in',
    )
  }
  session.hide(key)
  checkManagementKey(key, what)
  return key
}
