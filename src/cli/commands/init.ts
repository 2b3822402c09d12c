import { existsSync, writeFileSync } from 'node:fs'
import { basename, relative, resolve } from 'node:path'
import { parseDocument } from 'yaml'
import { noConfig } from '../../config/config.ts'
import { team as teamSchema } from '../../config/credential-schema.ts'
import { fileIn } from '../../config/find-config.ts'
import { listSchema } from '../../config/options.ts'
import { decodeText, explainRead, fileBound, readRegularFile } from '../../config/read-file.ts'
import { readYamlConfig } from '../../config/read-yaml-config.ts'
import { readUrlTemplate } from '../../config/url.ts'
import { ByooError, usageError } from '../../errors.ts'
import {
  type JunctionEnvironment,
  junctionEnvironments,
  splitEnvironment,
} from '../../junction/environments.ts'
import { findProvider } from '../../junction/providers.ts'
import { shellLine } from '../../output/shell.ts'
import type { Style } from '../../output/style.ts'
import { connect } from '../api-client.ts'
import { type Call, defineCommand, flag, option } from '../command.ts'
import { askText, confirm } from '../prompt.ts'
import { describeHeld } from '../resolve/config-from-junction.ts'
import { selectOrganisation } from '../resolve/selection.ts'
import { chooseEnvironments, readWorkspace, targetOptions } from '../resolve/workspace.ts'
import type { Session } from '../session.ts'

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
async function run(call: Call<typeof initOptions>) {
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
  const yaml = there ? withRoute(read(path), route) : draftConfig(route, org, team)
  const { faults } = readYamlConfig('byoo.yaml', yaml, 'management')
  if (faults.length > 0) {
    const lines = faults.map((fault) => fault.replace(/^byoo\.yaml:\d+:\d+: routes\[0\]\.(\w+):/, '--$1:'))
    const meant = meantUrl(url)
    throw usageError(lines.join('\n'), meant && `write ${meant}`)
  }
  write(path, yaml, there)
  const config = shellLine(['byoo', 'serve', '--config', relative(directory, path)])
  const next_steps = [config, 'byoo login', 'byoo prepare <provider>', 'byoo set-credentials <provider>']
  return { path, url, environment, next_steps }
}

function text({ path, next_steps }: Awaited<ReturnType<typeof run>>, style: Style): string {
  return `${style.green('Wrote')} ${path}\n\nNext:\n${next_steps.map((step) => `  ${step}\n`).join('')}`
}

/** Describes what Junction holds; routes come from the options or from the file that is there. */
async function fromJunction(call: Call<typeof initOptions>, path: string, there: boolean) {
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
  const unread: ByooError[] = []
  const names = workspace.environments ?? junctionEnvironments
  const reading = names.map(async (name) => {
    try {
      return [{ environment: name, records: await management.listCredentials({ org, environment: name }) }]
    } catch (error) {
      if (!(error instanceof ByooError) || error.code === 'interrupted') throw error
      unread.push(error)
      session.warn(`left out: ${name}: ${error.message}`)
      return []
    }
  })
  const held = (await session.progress('Asking Junction what it holds', Promise.all(reading))).flat()
  if (held.length === 0 && unread[0]) throw unread[0]
  const { left, teams, credentials: found } = describeHeld(held, config.routes, options.team)
  const credentials = found.filter((credential) => {
    const [fault] = readYamlConfig('', withSections(base, { credentials: [credential] }), 'management').faults
    if (fault) left.push(`${credential.provider}: ${fault.replace(/^[\d:]* credentials\[0\]\./, '')}`)
    return !fault
  })
  for (const fault of left) session.warn(`left out: ${fault}`)
  write(path, withSections(base, { org, teams, credentials }), there)
  const missing = credentials.flatMap(({ provider, client_secret, details }) => {
    const files = [client_secret.file, ...JSON.stringify(details ?? {}).matchAll(/"file":"([^"]+)"/g)].map(
      (found) => (typeof found === 'string' ? found : found[1]),
    )
    return files.map((file) => `put the secret of ${provider} into ${file}`)
  })
  const next_steps = [...new Set(missing), 'byoo diff', 'byoo doctor']
  return { path, url: options.url, environment, next_steps }
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
  const unasked = new ByooError('configuration', `${path} is there already, and is never overwritten`, {
    hint: `add ${what} with an editor, or on a terminal with this command;\nor give another file with --config <file>`,
  })
  await confirm(`${path} is there already: add ${what} to it?`, session, unasked)
}

/** The URL that is meant when only the domain is given. */
function meantUrl(url: string): string | undefined {
  const [, origin] = /^(https:\/\/[^/?#]+)\/?$/.exec(url) ?? []
  return origin && `${origin}/oauth_callback/{provider}`
}

async function askUrl(session: Session): Promise<string> {
  const fault = (text: string) => {
    const { path, faults } = readUrlTemplate(text)
    if (faults.length > 0) return faults.join('; ')
    return path.includes('{provider}') ? undefined : 'It must have {provider} in its path.'
  }
  const example = 'https://<your domain>/oauth_callback/{provider}'
  const url = await askText(`Public URL of the callbacks, such as ${example}`, session, {
    fault: (text) => (meantUrl(text) ? undefined : fault(text)),
  })
  if (url === undefined) return missing('--url', '--url <url>')
  const initial = meantUrl(url)
  if (initial === undefined) return url
  return (await askText('With the path', session, { initial, fault })) ?? initial
}

async function askEnvironment(
  session: Session,
  choices: readonly JunctionEnvironment[] = junctionEnvironments,
): Promise<JunctionEnvironment> {
  const find = (text: string | undefined) => choices.find((name) => name === text)
  const asked = () =>
    askText(`Junction environment: ${choices.join(', ')}`, session, {
      fault: (text) => (find(text) ? undefined : `It must be one of ${choices.join(', ')}.`),
    })
  const answer = choices.length === 1 ? choices[0] : await asked()
  return find(answer) ?? missing('--environment', `--environment ${choices.join(' or ')}`)
}

async function askIdentifier(message: string, session: Session): Promise<string | undefined> {
  const isNone = (text: string) => text !== '' && !teamSchema.safeParse(text).success
  const answer = await askText(`${message} (empty to leave it out)`, session, {
    fault: (text) => (isNone(text) ? 'It must be the UUID that the Junction dashboard shows.' : undefined),
  })
  return answer || undefined
}

function missing(option: string, advice: string): never {
  throw usageError(`${option} is missing, and there is no terminal to ask on`, `add ${advice}`)
}

/** What a new route is to say. */
interface DraftRoute {
  readonly url: string
  readonly environment: JunctionEnvironment
  readonly providers: readonly string[] | undefined
}

/** A commented byoo.yaml; what is not known is there as a comment. */
function draftConfig(
  { url, environment, providers }: DraftRoute,
  org: string | undefined,
  team: string | undefined,
): string {
  const { region } = splitEnvironment(environment)
  const made = '00000000-0000-4000-8000-000000000000'
  const allowed = providers ? `[${providers.join(', ')}]` : '[strava, google_health]'
  return `# byoo: one file for the forwarder, for Junction and for the provider. It holds no secrets: keep it in version control.

# Where users arrive from the provider. Register the URL there with the provider's slug in place of {provider}.
routes:
  - url: ${scalar(url)}
    environment: ${environment}
    ${providers ? '' : '# '}providers: ${allowed}  # forward these only

# Texts that prove to a provider that the domain is yours: exact path, then the text.
# site_verification:
#   /google0123456789abcdef.html: "google-site-verification: google0123456789abcdef.html"

# Who you are in Junction; its dashboard shows the ids.
${org ? '' : '# '}org: ${org ?? made}
${team ? '' : '# '}teams:
${team ? '' : '# '}  ${region}: ${team ?? made}  # a team has one region, and both environments of it

# What Junction should hold. Secrets are only referred to: { file: <path> } or { env: <variable> }.
# credentials:
#   - provider: strava
#     environments: [${environment}]  # default: every environment that has a route for the provider
#     client_id: "12345"
#     client_secret: { file: ./secrets/strava }
`
}

/** A byoo.yaml with one more route; its comments stay. */
function withRoute(yaml: string, { url, environment, providers }: DraftRoute): string {
  const document = parseDocument(yaml)
  const route = { url, environment, ...(providers && { providers: [...providers] }) }
  if (document.has('routes')) document.addIn(['routes'], document.createNode(route))
  else document.set('routes', document.createNode([route]))
  return document.toString({ lineWidth: 0 })
}

/** A byoo.yaml with these sections, which must not be there yet; its comments stay. */
function withSections(yaml: string, sections: Readonly<Record<string, unknown>>): string {
  const document = parseDocument(yaml)
  for (const [name, value] of Object.entries(sections)) {
    if (name !== 'org' && document.has(name))
      throw usageError(
        `byoo.yaml has ${name} already`,
        'see what differs with: byoo diff; or take its teams and credentials out and run this again',
      )
    document.set(name, document.createNode(value, { aliasDuplicateObjects: false }))
  }
  return document.toString({ lineWidth: 0 })
}

/** A text as YAML takes it literally: {provider} would otherwise be no plain scalar in some places. */
function scalar(text: string): string {
  return /^[\w:/.{}-]+$/.test(text) ? text : JSON.stringify(text)
}
