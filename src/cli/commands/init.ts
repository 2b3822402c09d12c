import { existsSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { noConfig } from '../../config/config.ts'
import { fileIn } from '../../config/find-config.ts'
import { listSchema } from '../../config/options.ts'
import { decodeText, explainRead, fileBound, readRegularFile } from '../../config/read-file.ts'
import { readYamlConfig } from '../../config/read-yaml-config.ts'
import { readUrlTemplate } from '../../config/url.ts'
import { ByooError, usageError } from '../../errors.ts'
import { type JunctionEnvironment, junctionEnvironments } from '../../junction/environments.ts'
import { findProvider } from '../../junction/providers.ts'
import { shellLine } from '../../output/shell.ts'
import type { Style } from '../../output/style.ts'
import { connect } from '../api-client.ts'
import { type Call, defineCommand, flag, option } from '../command.ts'
import { askConfirmation, askText } from '../prompt.ts'
import { describeHeld } from '../resolve/config-from-junction.ts'
import { draftConfig, withRoute, withSections } from '../resolve/draft-config.ts'
import { selectOrganisation } from '../resolve/selection.ts'
import { chooseEnvironments, readWorkspace, targetOptions } from '../resolve/workspace.ts'
import type { Session } from '../session.ts'

export interface InitData {
  readonly path: string
  readonly url: string | undefined
  readonly environment: string | undefined
  readonly next_steps: readonly string[]
}

const identifier = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

const initOptions = {
  ...targetOptions,
  url: option('--url <url>', 'public URL of the callbacks, with {provider} in its path'),
  providers: option('--providers <slugs>', 'forward these providers only, comma-separated', listSchema),
  fromJunction: flag('--from-junction', 'describe the credentials that Junction holds already'),
}

/** `byoo init` */
export const command = defineCommand({
  description:
    'Asks, or takes the options, and writes a commented byoo.yaml. Never overwrites one, but can add a route to it. ' +
    'With --from-junction it writes the teams and credentials that Junction holds, their secrets as references.',
  examples: [
    'byoo init',
    'byoo init --environment sandbox/us \\\n    --url https://oauth.example.com/oauth_callback/{provider}',
    'byoo init --from-junction --org <uuid>',
  ],
  options: initOptions,
  run,
  text,
  quiet: ({ path }) => `${path}\n`,
})

/** Asks, or takes the options, and writes a commented byoo.yaml, or adds a route to the one that is there. */
async function run(call: Call<typeof initOptions>): Promise<InitData> {
  const { session, options, given } = call
  const { directory } = session.context
  const path = resolve(directory, options.config ?? fileIn(directory) ?? 'byoo.yaml')
  const there = existsSync(path)
  if (options.fromJunction) return fromJunction(call, path, there)
  const providers = options.providers?.map((slug) => findProvider(slug).slug)
  if (there) await offer(session, path, 'a route')

  const url = options.url ?? (await askUrl(session))
  const environment = await askEnvironment(session, chooseEnvironments(given))
  const asks = options.url === undefined && !there
  const org = options.org ?? (asks ? await askIdentifier('Organisation id', session) : undefined)
  const team = options.team ?? (asks ? await askIdentifier('Team id', session) : undefined)

  const route = { url, environment, providers }
  const yaml = there
    ? withRoute(read(path), route)
    : draftConfig({ ...route, org, team, schema: installedSchema(dirname(path)) })
  const { faults } = readYamlConfig('byoo.yaml', yaml, 'management')
  if (faults.length > 0) {
    const lines = faults.map((fault) => fault.replace(/^byoo\.yaml:\d+:\d+: routes\[0\]\.(\w+):/, '--$1:'))
    throw usageError(lines.join('\n'), barePath(url))
  }
  write(path, yaml, there)
  const config = shellLine(['byoo', 'serve', '--config', relative(directory, path)])
  const next_steps = [config, 'byoo login', 'byoo prepare <provider>', 'byoo set-credentials <provider>']
  return { path, url, environment, next_steps }
}

function text({ path, next_steps }: InitData, style: Style): string {
  return `${style.green('Wrote')} ${path}\n\nNext:\n${next_steps.map((step) => `  ${step}\n`).join('')}`
}

/** Describes what Junction holds; routes come from the options or from the file that is there. */
async function fromJunction(call: Call<typeof initOptions>, path: string, there: boolean): Promise<InitData> {
  const { session, options } = call
  if (there) await offer(session, path, 'teams and credentials')
  const [environment] = chooseEnvironments(call.given) ?? []
  const base = there
    ? read(path)
    : options.url && environment
      ? withRoute(heading, { url: options.url, environment, providers: undefined })
      : heading
  const { config, faults } =
    base === heading ? { config: noConfig, faults: [] } : readYamlConfig(basename(path), base, 'management')
  if (faults.length > 0) throw new ByooError('configuration', faults.join('\n'))
  const workspace = await readWorkspace(call)
  const org = config.org ?? selectOrganisation(workspace)
  const { management } = connect(session, workspace)
  const reading = (workspace.environments ?? junctionEnvironments).map(async (name) => {
    const records = await management.listCredentials({ org, environment: name })
    return { environment: name, records }
  })
  const held = await session.progress('Asking Junction what it holds', Promise.all(reading))
  const { left, teams, credentials: found } = describeHeld(held, config.routes, options.team)
  const credentials = found.filter((credential) => {
    const [fault] = readYamlConfig('', withSections(base, { credentials: [credential] }), 'management').faults
    if (fault) left.push(`${credential.provider}: ${fault.replace(/^[\d:]* credentials\[0\]\./, '')}`)
    return !fault
  })
  for (const fault of left) session.warn(`left out: ${fault}`)
  write(path, withSections(base, { org, teams, credentials }), there)
  const missing = credentials.map(
    ({ provider, client_secret }) =>
      `put the secret of ${provider} into ${(client_secret as { file: string }).file}`,
  )
  return {
    path,
    url: options.url,
    environment,
    next_steps: [...new Set(missing), 'byoo diff', 'byoo doctor'],
  }
}

const heading =
  '# byoo: what Junction holds. It has no secrets: keep it in version control, and secrets/ out of it.\n'

function read(path: string): string {
  try {
    return decodeText(readRegularFile(path, fileBound))
  } catch (error) {
    throw new ByooError('configuration', `${path}: ${explainRead(error)}`, { cause: error })
  }
}

function write(path: string, yaml: string, there: boolean): void {
  try {
    writeFileSync(path, yaml, { flag: there ? 'w' : 'wx' })
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    throw new ByooError('configuration', `${path} cannot be written (${code})`, { cause: error })
  }
}

/** A byoo.yaml is never overwritten, but may get more of something. */
async function offer(session: Session, path: string, what: string): Promise<void> {
  const adds = await askConfirmation(`${path} is there already: add ${what} to it?`, session)
  if (adds) return
  if (adds === false) throw new ByooError('interrupted', 'stopped: nothing was changed')
  throw new ByooError('configuration', `${path} is there already, and is never overwritten`, {
    hint: `add ${what} with an editor, or on a terminal with this command;\nor give another file with --config <file>`,
  })
}

/** The URL that is meant when only the domain is given. */
function barePath(url: string): string | undefined {
  return /^https:\/\/[^/?#]+\/?$/.test(url)
    ? `write ${url.replace(/\/?$/, '')}/oauth_callback/{provider}`
    : undefined
}

/** The schema of the package that is installed next to byoo.yaml. */
function installedSchema(folder: string): string | undefined {
  const installed = 'node_modules/byoo/dist/byoo.schema.json'
  return existsSync(join(folder, installed)) ? `./${installed}` : undefined
}

async function askUrl(session: Session): Promise<string> {
  const fault = (text: string) => {
    const { path, faults } = readUrlTemplate(text)
    if (faults.length > 0) return faults.join('; ')
    return path.includes('{provider}') ? undefined : 'It must have {provider} in its path.'
  }
  const example = 'https://<your domain>/oauth_callback/{provider}'
  const url = await askText(`Public URL of the callbacks, such as ${example}`, session, {
    fault: (text) => (barePath(text) ? undefined : fault(text)),
  })
  if (url === undefined) return missing('--url', '--url <url>')
  const proposed = barePath(url)?.replace('write ', '')
  if (proposed === undefined) return url
  return (await askText('With the path', session, { initial: proposed, fault })) ?? proposed
}

async function askEnvironment(
  session: Session,
  choices: readonly JunctionEnvironment[] = junctionEnvironments,
): Promise<JunctionEnvironment> {
  if (choices.length === 1 && choices[0]) return choices[0]
  const find = (text: string | undefined) => choices.find((name) => name === text)
  const answer = await askText(`Junction environment: ${choices.join(', ')}`, session, {
    fault: (text) => (find(text) ? undefined : `It must be one of ${choices.join(', ')}.`),
  })
  return find(answer) ?? missing('--environment', `--environment ${choices.join(' or ')}`)
}

async function askIdentifier(message: string, session: Session): Promise<string | undefined> {
  const answer = await askText(`${message} (empty to leave it out)`, session, {
    fault: (text) =>
      text === '' || identifier.test(text)
        ? undefined
        : 'It must be the UUID that the Junction dashboard shows.',
  })
  return answer || undefined
}

function missing(option: string, advice: string): never {
  throw usageError(`${option} is missing, and there is no terminal to ask on`, `add ${advice}`)
}
