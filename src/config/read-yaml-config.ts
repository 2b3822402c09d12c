import { junctionEnvironments, splitEnvironment } from '../junction/environments.ts'
import { printable } from '../output/printable.ts'
import { servedEnvironments } from './callback.ts'
import { type Config, noConfig, type ReadConfig } from './config.ts'
import { dotted, toFaults } from './issues.ts'
import { toRoute } from './route-schema.ts'
import { type ConfigInput, configSchema, describeUnknownKey } from './schema.ts'
import { mostFaults, readYaml, type YamlText } from './yaml.ts'

// Both from one module: in a bundle it is a file of its own, which is loaded when there is YAML to read.
export { readYaml }

/** Of one fault; it may quote what stands in the file. */
const mostCharacters = 2000

/** A line break as two characters, where one is needed to begin a key or an entry of a list. */
const escapedBreak = /\\n *(?:- |[\w/]+:|#|$)/

/** What concerns the management commands alone: a fault in it must not keep the forwarder from serving logins. */
const managementSections = ['org', 'teams', 'credentials']

/**
 * Reads the text of a byoo.yaml, or only what the forwarder needs of it. Every fault has the place's `name`, line and
 * column.
 */
export function readYamlConfig(
  name: string,
  text: string,
  reader: 'forwarder' | 'management',
  yaml = readYaml(text),
): ReadConfig {
  const read = check(name, yaml, reader)
  if (read.faults.length === 0 || /[\n\r]/.test(text) || !escapedBreak.test(text)) return read
  return failed(
    `${name}: has \\n as two characters instead of line breaks: in a shell, write "$(cat byoo.yaml)"`,
  )
}

function check(name: string, yaml: YamlText, reader: 'forwarder' | 'management'): ReadConfig {
  if (yaml.faults.length > 0) {
    return failed(...yaml.faults.map(({ position, message }) => `${name}:${position.join(':')}: ${message}`))
  }
  if (yaml.value === null || yaml.value === undefined) return failed(`${name}: is empty`)
  if (name === 'BYOO_CONFIG' && typeof yaml.value === 'string') {
    return failed('BYOO_CONFIG: must hold the YAML text itself; for a file use --config <file>')
  }
  const value = reader === 'forwarder' ? withoutManagement(yaml.value) : yaml.value
  const parsed = configSchema.safeParse(value, { reportInput: true })
  if (parsed.success) {
    const config = toConfig(parsed.data)
    if (reader === 'management' || config.routes.length > 0) return { config, faults: [] }
    return failed(`${name}: has no routes, so there is nothing to forward: add one`)
  }
  const faults = toFaults(parsed.error.issues, describeUnknownKey).map(({ path, message }) => {
    const key = path.length > 0 ? ` ${dotted(path)}:` : ''
    const [line, column] = yaml.position(path)
    return { line, column, text: `${name}:${line}:${column}:${key} ${message}` }
  })
  faults.sort((left, right) => left.line - right.line || left.column - right.column)
  const listed = faults.slice(0, mostFaults).map(({ text }) => text)
  const rest = faults.length - listed.length
  return failed(...listed, ...(rest > 0 ? [`${name}: and ${rest} more`] : []))
}

function withoutManagement(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([key]) => !managementSections.includes(key)))
}

function toConfig(input: ConfigInput): Config {
  const routes = (input.routes ?? []).map(toRoute)
  const teams = junctionEnvironments.flatMap((environment) => {
    const team = input.teams?.[environment] ?? input.teams?.[splitEnvironment(environment).region]
    return team === undefined ? [] : [[environment, team] as const]
  })
  return {
    routes,
    siteVerification: new Map(Object.entries(input.site_verification ?? {})),
    org: input.org,
    teams: Object.fromEntries(teams),
    credentials: (input.credentials ?? []).map((credential) => ({
      provider: credential.provider,
      environments: credential.environments ?? servedEnvironments(routes, credential.provider),
      redirectUrl: credential.redirect_url,
      clientId: credential.client_id,
      clientSecret: credential.client_secret,
      details: credential.details,
    })),
  }
}

function failed(...faults: string[]): ReadConfig {
  return { config: noConfig, faults: faults.map((fault) => printable(fault, mostCharacters)) }
}
