import { parseDocument } from 'yaml'
import { usageError } from '../../errors.ts'
import { type JunctionEnvironment, splitEnvironment } from '../../junction/environments.ts'

/** What a new route is to say. */
interface DraftRoute {
  readonly url: string
  readonly environment: JunctionEnvironment
  readonly providers: readonly string[] | undefined
}

/** What a new byoo.yaml is to say. */
interface Draft extends DraftRoute {
  readonly org: string | undefined
  readonly team: string | undefined
  /** Path of the JSON Schema, for editors, where there is one. */
  readonly schema: string | undefined
}

/** A commented byoo.yaml; what is not known is there as a comment. */
export function draftConfig({ url, environment, org, team, providers, schema }: Draft): string {
  const { region } = splitEnvironment(environment)
  const made = '00000000-0000-4000-8000-000000000000'
  const allowed = providers ? `[${providers.join(', ')}]` : '[strava, google_health]'
  return `${schema ? `# yaml-language-server: $schema=${schema}\n` : ''}# byoo: one file for the forwarder, for Junction and for the provider. It holds no secrets: keep it in version control.

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
export function withRoute(yaml: string, { url, environment, providers }: DraftRoute): string {
  const document = parseDocument(yaml)
  const route = { url, environment, ...(providers && { providers: [...providers] }) }
  if (document.has('routes')) document.addIn(['routes'], document.createNode(route))
  else document.set('routes', document.createNode([route]))
  return document.toString({ lineWidth: 0 })
}

/** A byoo.yaml with these sections, which must not be there yet; its comments stay. */
export function withSections(yaml: string, sections: Readonly<Record<string, unknown>>): string {
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
