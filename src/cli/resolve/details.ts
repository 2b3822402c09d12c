import { junctionUri } from '../../config/callback.ts'
import type { Credential as ConfiguredCredential } from '../../config/config.ts'
import { replaceReferences, shapeFaults } from '../../config/detail-references.ts'
import { dotted } from '../../config/issues.ts'
import { commaSeparated } from '../../config/options.ts'
import { readYaml } from '../../config/yaml.ts'
import { usageError } from '../../errors.ts'
import { redirectField, withRedirectUri } from '../../junction/details.ts'
import type { JunctionEnvironment } from '../../junction/environments.ts'
import { secretFault } from '../../junction/keys.ts'
import type { Credential } from '../../junction/management.ts'
import type { DetailField, Provider } from '../../junction/providers.ts'
import { redacted } from '../../junction/redact.ts'
import { askSecret, askText } from '../prompt.ts'

import type { Session } from '../session.ts'
import { readInput, resolveReference } from './secret.ts'
import type { Workspace } from './workspace.ts'

type Details = Readonly<Record<string, unknown>>

/** The record that details belong to; without a redirect URL it has Junction's own callback. */
interface DetailsOwner {
  readonly provider: Provider
  readonly environment: JunctionEnvironment
  readonly redirectUrl: string | undefined
}

/**
 * The provider's details: from `--details-file`, byoo.yaml, or as Junction holds them now, since a write that leaves
 * them out may clear them; a redirect URI in them is that of the record. Undefined when none of them has any.
 */
export async function findDetails(
  session: Session,
  workspace: Workspace,
  { provider, environment, redirectUrl }: DetailsOwner,
  configured: ConfiguredCredential | undefined,
  before: Credential | undefined,
): Promise<Details | undefined> {
  const { detailsFile, clientSecretFile } = workspace.given
  const redirectUri = redirectUrl ?? junctionUri(environment, provider.slug)
  if (detailsFile) {
    const details = await readDetailsFile(detailsFile.value, clientSecretFile?.value, session)
    const source = detailsFile.value === '-' ? 'stdin' : detailsFile.value
    return checked(details, provider, redirectUri, source, session)
  }
  if (configured?.details) {
    const resolved = replaceReferences(configured.details, (reference, path) =>
      resolveReference(reference, path.join('.'), session, workspace),
    )
    return checked(resolved, provider, redirectUri, workspace.file?.name ?? 'byoo.yaml', session)
  }
  if (!before?.details) return undefined
  if (provider.details.length === 0) return before.details
  const faults = shapeFaults(provider.slug, before.details)
  const hidden = detailSecrets(provider, before.details).some(({ value }) => isMask(value))
  if (faults.length === 0 && !hidden) return followed(before, redirectUri)
  throw usageError(
    `the details that Junction shows of ${provider.slug} are not complete`,
    `give them again: ${detailsAdvice(provider)}`,
  )
}

/** A redirect URI in the details goes where the record's goes. */
function followed({ source, details, redirect_url_override: held }: Credential, redirectUri: string) {
  if (held !== undefined && held !== redirectUri && details?.[redirectField] === held)
    return { ...details, [redirectField]: redirectUri }
  return details && withRedirectUri(source, details, redirectUri)
}

/** Does nobody know the provider's details without these? */
export function needsDetails({ details }: Provider): boolean {
  return details.some(({ required }) => required)
}

/** Is this a field that a person has to give? */
function isToGive({ name, required }: DetailField): boolean {
  return required && name !== redirectField
}

/** How to give the details without being asked. */
export function detailsAdvice({ slug, details }: Provider): string {
  const names = details.filter(isToGive).map(({ name }) => name)
  return `put ${names.join(', ')} into a JSON or YAML file and add --details-file <path>, or write them into byoo.yaml;\nsee byoo providers ${slug}`
}

async function readDetailsFile(
  path: string,
  clientSecretFile: string | undefined,
  session: Session,
): Promise<unknown> {
  if (path === '-' && clientSecretFile === '-') {
    throw usageError(
      '--client-secret-file and --details-file cannot both read stdin',
      'give one of them as a file',
    )
  }
  const text = await readInput(path, 'the details', session)
  const { value, faults } = readYaml(text)
  const [fault] = faults
  if (!fault) return value
  const place = `${path === '-' ? 'stdin' : path}:${fault.position.join(':')}`
  throw usageError(`${place}: ${fault.message}`, 'the details must be JSON or YAML')
}

function checked(
  given: unknown,
  provider: Provider,
  redirectUri: string,
  source: string,
  session: Session,
): Details {
  const faults = shapeFaults(provider.slug, given)
  const lines = faults.map(({ path, message }) => `${dotted(['details', ...path])} ${message}`)
  const details = faults.length === 0 ? (given as Details) : {}
  for (const { name, value } of detailSecrets(provider, details)) {
    session.hide(value)
    const fault = secretFault(value)
    if (fault !== undefined) lines.push(`details.${name} ${fault}`)
  }
  if (lines.length === 0) return withRedirectUri(provider.slug, details, redirectUri)
  throw usageError(`${source}: ${lines.join('; ')}`)
}

/** The secrets within details, each with its path. */
export function detailSecrets(
  { details: known }: Provider,
  details: Details,
): { name: string; value: string }[] {
  return known.flatMap(({ name, secret }) => {
    const value = name
      .split('.')
      .reduce<unknown>((found, key) => (found as Details | undefined)?.[key], details)
    return secret && typeof value === 'string' ? [{ name, value }] : []
  })
}

/** Text that an API shows in place of a secret. */
function isMask(text: string): boolean {
  return text === redacted || /^[*•.xX…]+$/.test(text) || /\*{3}/.test(text)
}

/** Asks for the details that a provider requires, secrets without showing them. */
export async function askDetails(
  session: Session,
  { provider, environment, redirectUrl }: DetailsOwner,
): Promise<Details> {
  const redirectUri = redirectUrl ?? junctionUri(environment, provider.slug)
  let details: Details = {}
  for (const field of provider.details.filter(isToGive)) {
    const path = field.name.split('.')
    const given = details
    const fault = (answer: string) =>
      shapeFaults(provider.slug, put(given, path, read(field, answer))).find(
        (found) => found.path.slice(0, path.length).join('.') === field.name,
      )?.message
    const question = `${field.name}${field.list ? ', with commas between' : ''}: ${field.where}`
    const answer = await (field.secret ? askSecret(question, session) : askText(question, session, { fault }))
    details = put(details, path, read(field, answer ?? ''))
  }
  return checked(details, provider, redirectUri, 'the answers', session)
}

function read({ list }: DetailField, answer: string): unknown {
  return list ? commaSeparated(answer) : answer
}

function put(details: Details, [key = '', ...rest]: readonly string[], value: unknown): Details {
  const inner = (details[key] ?? {}) as Details
  return { ...details, [key]: rest.length === 0 ? value : put(inner, rest, value) }
}
