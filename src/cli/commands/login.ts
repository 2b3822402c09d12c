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
import { loginPath, managementKeyVariable, masked, writeLogin } from '../resolve/management-key.ts'
import { readSecretFile, sourceOf } from '../resolve/secret.ts'
import { chooseEnvironments, targetOptions } from '../resolve/workspace.ts'
import type { Session } from '../session.ts'

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

type LoginData = Awaited<ReturnType<typeof run>>

/** Keeps the management key, and what the options say to use it for. */
async function run(call: Call<typeof loginOptions>) {
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
  const knownOrg = options.org ?? file?.config.org
  const checked = await checkKey(call, key, knownOrg)
  const { org, team } = options
  const path = writeLogin({ management_key: key, org, team, environment }, session.context)
  if (env[managementKeyVariable]) {
    session.warn(`${managementKeyVariable} is set, and goes before the stored key`)
  }
  const next_steps = [
    ...(knownOrg ? [] : ['byoo login --org <uuid>']),
    ...(file ? [] : ['byoo init']),
    'byoo prepare <provider>',
  ]
  return { path, management_key: masked(key), org, team, environment, ...checked, next_steps }
}

/**
 * The environments that the key may see, or why Junction was not asked. Its refusal ends the login; when it cannot be
 * asked, the key is kept unchecked.
 */
async function checkKey(
  { session, options }: Call<typeof loginOptions>,
  key: string,
  org: string | undefined,
) {
  if (org === undefined) return { sees: undefined, not_checked: 'the organisation is not known' }
  const { managementUrl: url = managementHost, team: team_id } = options
  warnCustomHost(session, [url])
  const management = createManagement(openHttp(session, { options }), { key, url })
  const look = async (environment: JunctionEnvironment) => {
    try {
      await management.listCredentials({ org, environment }, { team_id })
    } catch (error) {
      if (error instanceof ByooError && error.code === 'not_allowed') return []
      if (!(error instanceof EndlessListError)) throw error
    }
    return [environment]
  }
  try {
    const seen = await session.progress('Checking the key', Promise.all(junctionEnvironments.map(look)))
    return { sees: seen.flat(), not_checked: undefined }
  } catch (error) {
    const keeps = error instanceof ByooError && !['not_authenticated', 'interrupted'].includes(error.code)
    if (!keeps) throw error
    return { sees: undefined, not_checked: error.message }
  }
}

function text(data: LoginData, style: Style): string {
  const kept = {
    key: data.management_key,
    organisation: data.org,
    team: data.team,
    environment: data.environment,
    'may see': data.sees && (data.sees.join(', ') || 'the credentials of no environment'),
    'not checked': data.not_checked,
    'kept in': data.path,
  }
  return `${pairs(Object.entries(kept), style)}\nNext:\n${data.next_steps.map((step) => `  ${step}\n`).join('')}`
}

async function readKey(session: Session, withFile: string | undefined): Promise<string> {
  const what = 'the management key'
  const asking =
    withFile === undefined
      ? askSecret("Management key, from Junction's dashboard", session)
      : readSecretFile(withFile, what, session)
  const key = await asking
  if (key === undefined) {
    throw usageError(
      'the management key cannot be asked for: there is no terminal',
      'use --with-file <path>, or --with-file - and pipe it in',
    )
  }
  checkManagementKey(key, withFile === undefined ? what : sourceOf(withFile, what))
  return key
}
