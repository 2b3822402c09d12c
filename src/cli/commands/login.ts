import { ByooError, usageError } from '../../errors.ts'
import { checkManagementKey } from '../../junction/keys.ts'
import { pairs } from '../../output/layout.ts'
import type { Style } from '../../output/style.ts'
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
  readonly org: string | null
  readonly team: string | null
  readonly environment: string | null
}

const loginOptions = {
  ...targetOptions,
  withFile: option('--with-file <path>', 'read the key from this file, or from stdin with -'),
}

/** `byoo login` */
export const command = defineCommand({
  description:
    'Asks for the management key and keeps it in $XDG_CONFIG_HOME/byoo/credentials.json, readable by you alone. ' +
    'With --org, --team or --environment these are kept as well.',
  examples: ['byoo login', 'byoo login --with-file - < key.txt'],
  options: loginOptions,
  run,
  text,
})

/** Keeps the management key, and what the options say to use it for. */
async function run({ session, options, given }: Call<typeof loginOptions>): Promise<LoginData> {
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
  const login: StoredLogin = { management_key: key }
  for (const name of ['org', 'team'] as const) {
    if (options[name] !== undefined) login[name] = options[name]
  }
  if (environment) login.environment = environment
  const path = writeLogin(login, session.context)
  if (session.context.env.JUNCTION_MANAGEMENT_KEY) {
    session.warn('JUNCTION_MANAGEMENT_KEY is set, and goes before the stored key')
  }
  const { org = null, team = null } = login
  return { path, management_key: masked(key), org, team, environment: environment ?? null }
}

function text({ path, management_key, org, team, environment }: LoginData, style: Style): string {
  const kept = { key: management_key, organisation: org, team, environment, 'kept in': path }
  return pairs(
    Object.entries(kept).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])),
    style,
  )
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
  const key = await askSecret('Management key', session)
  if (key === undefined) {
    throw new ByooError('usage', 'the management key cannot be asked for: there is no terminal', {
      hint: 'use --with-file <path>, or --with-file - and pipe it in',
    })
  }
  session.hide(key)
  checkManagementKey(key, what)
  return key
}
