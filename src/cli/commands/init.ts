import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { readYamlConfig } from '../../config/read-yaml-config.ts'
import { readUrlTemplate } from '../../config/url.ts'
import { ByooError } from '../../errors.ts'
import { type JunctionEnvironment, junctionEnvironments } from '../../junction/environments.ts'
import { findProvider } from '../../junction/providers.ts'
import type { Style } from '../../output/style.ts'
import { type Call, defineCommand, option } from '../command.ts'
import { askChoice, askText } from '../prompt.ts'
import { type Draft, draftConfig } from '../resolve/draft-config.ts'
import { chooseEnvironments, targetOptions } from '../resolve/workspace.ts'
import type { Session } from '../session.ts'

export interface InitData {
  readonly path: string
  readonly url: string
  readonly environment: string
  readonly next_steps: readonly string[]
}

const identifier = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

const initOptions = {
  ...targetOptions,
  url: option('--url <url>', 'public URL of the callbacks, with {provider} in its path'),
  providers: option('--providers <slugs>', 'forward these providers only, comma-separated'),
}

/** `byoo init` */
export const command = defineCommand({
  description: 'Asks, or takes the options, and writes a commented byoo.yaml. Never overwrites one.',
  examples: [
    'byoo init',
    'byoo init --environment sandbox/us \\\n    --url https://oauth.example.com/oauth_callback/{provider}',
  ],
  options: initOptions,
  run,
  text,
})

/** Asks, or takes the options, and writes a commented byoo.yaml; never overwrites one. */
async function run({ session, options, given }: Call<typeof initOptions>): Promise<InitData> {
  const { directory } = session.context
  const path = resolve(directory, options.config ?? 'byoo.yaml')
  if (existsSync(path)) throw alreadyThere(path)
  const providers = options.providers?.split(',').map((slug) => findProvider(slug.trim()).slug)

  const url = options.url ?? (await askUrl(session))
  const environment = await askEnvironment(session, chooseEnvironments(given))
  const asked = options.url === undefined
  const org = options.org ?? (asked ? await askIdentifier('Organisation id', session) : undefined)
  const team = options.team ?? (asked ? await askIdentifier('Team id', session) : undefined)

  const draft: Draft = { url, environment, org, team, providers, schema: installedSchema(dirname(path)) }
  const yaml = draftConfig(draft)
  const { faults } = readYamlConfig('byoo.yaml', yaml, 'management')
  if (faults.length > 0) {
    const lines = faults.map((fault) => fault.replace(/^byoo\.yaml:\d+:\d+: routes\[0\]\.(\w+):/, '--$1:'))
    throw new ByooError('usage', lines.join('\n'))
  }
  try {
    writeFileSync(path, yaml, { flag: 'wx' })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') throw alreadyThere(path)
    throw new ByooError('configuration', `${path} cannot be written (${code ?? 'unknown error'})`, {
      cause: error,
    })
  }
  return {
    path,
    url,
    environment,
    next_steps: [
      'byoo serve --config byoo.yaml',
      'byoo login',
      'byoo prepare <provider>',
      'byoo set-credentials <provider>',
    ],
  }
}

function text({ path, next_steps }: InitData, style: Style): string {
  return `${style.green('Wrote')} ${path}\n\nNext:\n${next_steps.map((step) => `  ${step}\n`).join('')}`
}

function alreadyThere(path: string): ByooError {
  return new ByooError('configuration', `${path} is there already, and is never overwritten`, {
    hint: 'edit it, or move it away first',
  })
}

/** The schema of the package that is installed next to byoo.yaml. */
function installedSchema(folder: string): string | undefined {
  const installed = 'node_modules/byoo/dist/byoo.schema.json'
  return existsSync(join(folder, installed)) ? `./${installed}` : undefined
}

async function askUrl(session: Session): Promise<string> {
  const url = await askText('Public URL of the callbacks', session, {
    initial: 'https://oauth.example.com/oauth_callback/{provider}',
    fault: (text) => {
      const { path, faults } = readUrlTemplate(text)
      if (faults.length > 0) return faults.join('; ')
      return path.includes('{provider}') ? undefined : 'It must have {provider} in its path.'
    },
  })
  return url ?? missing('url', '--url <url>')
}

async function askEnvironment(
  session: Session,
  choices: readonly JunctionEnvironment[] = junctionEnvironments,
): Promise<JunctionEnvironment> {
  if (choices.length === 1 && choices[0]) return choices[0]
  const labelled = choices.map((value) => ({ value, label: value }))
  const chosen = await askChoice('Junction environment', labelled, session)
  return (
    choices.find((name) => name === chosen) ?? missing('environment', `--environment ${choices.join(' or ')}`)
  )
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

function missing(what: string, option: string): never {
  throw new ByooError('usage', `the ${what} cannot be asked for: there is no terminal`, {
    hint: `add ${option}`,
  })
}
