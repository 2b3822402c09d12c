import { parseUrl } from '../url.ts'
import { environmentOfHost, type JunctionEnvironment } from './environments.ts'
import { field, parseJson } from './json.ts'
import type { Credential } from './management.ts'

// A link for a user to follow: its URL, its token, and what both should say.

/** One parameter of an authorization request. */
export interface OauthParameter {
  /** As it stands in the query. */
  readonly raw: string
  /** Decoded once, as `application/x-www-form-urlencoded`; one character per byte (Latin-1). */
  readonly value: string
}

/** What an authorization request says of its client (RFC 6749 §4.1.1). */
export interface OauthUrl {
  /** Scheme, host and path of the provider's authorization endpoint. */
  readonly endpoint: string
  readonly redirect_uri: OauthParameter | undefined
  readonly client_id: OauthParameter | undefined
  readonly state: OauthParameter | undefined
  /** Which of them stand there more than once, as none may (RFC 6749 §3.1). */
  readonly repeated: readonly ('redirect_uri' | 'client_id' | 'state')[]
}

/** Reads an `oauth_url`; undefined when it is no http(s) URL. */
export function readOauthUrl(oauthUrl: string): OauthUrl | undefined {
  const url = parseUrl(oauthUrl)
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return undefined
  const [beforeFragment = ''] = oauthUrl.split('#', 1)
  const query = beforeFragment.includes('?') ? beforeFragment.slice(beforeFragment.indexOf('?') + 1) : ''
  const parameters = query.split('&').map((pair) => {
    const equals = pair.indexOf('=')
    const [name, raw] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
    return { name: decodeForm(name), raw, value: decodeForm(raw) }
  })
  const named = (name: string): OauthParameter[] =>
    parameters.filter((one) => one.name === name).map(({ raw, value }) => ({ raw, value }))
  return {
    endpoint: `${url.origin}${url.pathname}`,
    redirect_uri: named('redirect_uri')[0],
    client_id: named('client_id')[0],
    state: named('state')[0],
    repeated: (['redirect_uri', 'client_id', 'state'] as const).filter((name) => named(name).length > 1),
  }
}

/** The bytes of a text, one character for each: what a decoded parameter can be compared with. */
export function latin1(text: string): string {
  return Buffer.from(text).toString('latin1')
}

/** Decodes a name or value once; a "%" that two digits do not follow stands for itself. */
function decodeForm(text: string): string {
  return latin1(text)
    .replaceAll('+', ' ')
    .replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
}

/** For whom a link token was made, as far as it says so. */
export interface LinkToken {
  /** The audience as it stands in the token; of several, one that names an environment. */
  readonly aud: string | undefined
  /** The environment that it names, by either host family; undefined when it is no API of Junction's. */
  readonly environment: JunctionEnvironment | undefined
  readonly team: string | undefined
}

/** Reads a link token, a JWT in its compact form (RFC 7519 §3), without verifying its signature. */
export function readLinkToken(token: string): LinkToken {
  const [, payload = '', signature] = token.split('.')
  const claims =
    signature === undefined ? undefined : parseJson(Buffer.from(payload, 'base64url').toString()).value
  const audiences = [field(claims, 'aud')].flat().filter((aud) => typeof aud === 'string')
  const environmentOf = (aud: string) => environmentOfHost(parseUrl(aud)?.hostname ?? '')
  const aud = audiences.find(environmentOf) ?? audiences[0]
  const team = field(claims, 'team_id')
  return {
    aud,
    environment: aud === undefined ? undefined : environmentOf(aud),
    team: typeof team === 'string' ? team : undefined,
  }
}

/** One thing that must agree before a person is sent to the provider. */
export interface LinkCheck {
  readonly id: 'redirect_uri' | 'client_id' | 'audience' | 'team' | 'override' | 'route'
  readonly status: 'passed' | 'failed' | 'skipped'
  /** What agrees with what, what does not, or why it could not be told. */
  readonly message: string
  /** Whom `expected` comes from: "the one that Junction holds". */
  readonly compared_with: string | null
  /** Compared byte for byte; one character is one byte (Latin-1). */
  readonly expected: string | null
  readonly found: string | null
  /** What to do when it failed. */
  readonly advice: string | null
}

/** A value that the link should hold, and who says so. */
export interface Expected {
  readonly value: string
  /** Follows "is": "the one that Junction holds". */
  readonly source: string
  /** What to do when the link holds another one. */
  readonly advice: string
}

/** What is known about a link before it is looked at. */
export interface LinkExpectation {
  readonly environment: JunctionEnvironment
  readonly redirect_uri: Expected | undefined
  readonly client_id: Expected | undefined
  /** Why there is nothing to compare the link with, where there is nothing. */
  readonly otherwise: string
  /** UUID, when it is known. */
  readonly team: string | undefined
  /** Where the callback arrives at a shared route: for which environment it takes a query; undefined for its app. */
  readonly decide?: ((query: string) => JunctionEnvironment | undefined) | undefined
}

/** What is known of the credentials that a link is made with. */
export interface LinkSources {
  /** What Junction holds; undefined when it holds nothing, or that is not known. */
  readonly record: Pick<Credential, 'redirect_url_override' | 'client_id'> | undefined
  /** Why it is not known what Junction holds. */
  readonly unknown: string | undefined
  /** What byoo.yaml says; `file` is its name. */
  readonly configured: {
    readonly redirect_uri: string | undefined
    readonly client_id: string | undefined
    /** Is Junction's own callback wanted, so that no override should be there? */
    readonly own?: boolean
  }
  readonly file: string
}

/** What a link should hold: as Junction has it, else as byoo.yaml says. `advise` says what to do when it does not. */
export function expectLink(
  { record, unknown, configured, file }: LinkSources,
  advise: (id: 'redirect_uri' | 'client_id', source: 'junction' | 'file') => string,
): Pick<LinkExpectation, 'redirect_uri' | 'client_id' | 'otherwise'> {
  const held = { redirect_uri: record?.redirect_url_override, client_id: record?.client_id }
  const missing = unknown === undefined ? ', since Junction holds none' : ''
  const expected = (id: 'redirect_uri' | 'client_id'): Expected | undefined => {
    const [stored, written] = [held[id], configured[id]]
    if (stored)
      return { value: stored, source: 'the one that Junction holds', advice: advise(id, 'junction') }
    return written
      ? { value: written, source: `the one in ${file}${missing}`, advice: advise(id, 'file') }
      : undefined
  }
  return {
    redirect_uri: expected('redirect_uri'),
    client_id: expected('client_id'),
    otherwise: `not compared: ${unknown ?? 'Junction holds none'}, and ${file} has none`,
  }
}

/** Is the override that Junction holds the one that is wanted? Nothing when one of them is not known. */
export function checkStoredOverride({ record, configured, file }: LinkSources, change: string): LinkCheck[] {
  const [found, expected] = [record?.redirect_url_override, configured.redirect_uri]
  if (found && configured.own) {
    const source = `"redirect_url: junction" in ${file}`
    const message = `Junction holds an override, in spite of ${source}`
    const facts = { id: 'override', status: 'failed', message, compared_with: source } as const
    return [{ ...facts, expected: null, found: latin1(found), advice: `take it away with: ${change}` }]
  }
  if (!found || !expected) return []
  const source = `the URL of the route in ${file}`
  const same = found === expected
  return [
    {
      id: 'override',
      status: same ? 'passed' : 'failed',
      message: `the override that Junction holds is ${same ? '' : 'not '}${source}`,
      compared_with: source,
      expected: latin1(expected),
      found: latin1(found),
      advice: same ? null : `set the URL of the route with: ${change}`,
    },
  ]
}

/** Compares a link and its token with what they should say; pure, and shows nothing secret. */
export function checkLink(oauthUrl: string, linkToken: string, expectation: LinkExpectation): LinkCheck[] {
  const link = readOauthUrl(oauthUrl)
  return [
    checkParameter('redirect_uri', link, expectation),
    checkParameter('client_id', link, expectation),
    checkAudience(linkToken, expectation.environment),
    ...checkTeam(linkToken, expectation.team),
    ...checkSharedRoute(link, expectation),
  ]
}

/** Does the shared route at the redirect URI send this link's callback to Junction, not to the app? */
function checkSharedRoute(link: OauthUrl | undefined, { environment, decide }: LinkExpectation): LinkCheck[] {
  if (!decide) return []
  const state = link?.state?.raw
  const found = state === undefined ? undefined : decide(`?code=made-up&state=${state}`)
  const same = found === environment
  const facts = {
    id: 'route',
    compared_with: 'the environment of this command',
    expected: environment,
    found: found ?? 'otherwise',
  } as const
  if (same) {
    const message = `the shared route sends its callback to ${environment}`
    return [{ ...facts, status: 'passed', message, advice: null }]
  }
  const why = state === undefined ? ', since the link has no state' : ''
  const message = `the shared route sends its callback to ${found ?? 'its otherwise'}, not to ${environment}${why}`
  const advice = 'give this provider a route of its own, which needs no state to decide by'
  return [{ ...facts, status: 'failed', message, advice }]
}

const names = { redirect_uri: 'redirect URI', client_id: 'client id' } as const

function checkParameter(
  id: 'redirect_uri' | 'client_id',
  link: OauthUrl | undefined,
  expectation: LinkExpectation,
): LinkCheck {
  const parameter: OauthParameter | undefined = link?.[id]
  const wanted = expectation[id]
  const found = parameter?.value ?? null
  const expected = wanted === undefined ? null : latin1(wanted.value)
  const facts = { id, compared_with: wanted?.source ?? null, expected, found, advice: null }
  if (link?.repeated.includes(id)) {
    const message = `the ${names[id]} stands in the link more than once, which providers need not accept (RFC 6749 §3.1)`
    return { ...facts, status: 'failed', message, advice: "ask Junction's support: byoo cannot mend this" }
  }
  if (found === null) {
    return { ...facts, status: 'skipped', message: `the link has no ${id}, so there is nothing to compare` }
  }
  if (wanted === undefined) return { ...facts, status: 'skipped', message: expectation.otherwise }
  const what = `the ${names[id]} in the link`
  if (found === expected) return { ...facts, status: 'passed', message: `${what} is ${wanted.source}` }
  const message = `${what} is not ${wanted.source}`
  return { ...facts, status: 'failed', message, advice: wanted.advice }
}

function checkAudience(linkToken: string, expected: JunctionEnvironment): LinkCheck {
  const { aud, environment } = readLinkToken(linkToken)
  const facts = {
    id: 'audience',
    compared_with: 'the environment of this command',
    expected,
    found: environment ?? aud ?? null,
    advice: null,
  } as const
  if (aud === undefined) {
    const message = 'the link token does not say for which environment it is'
    return { ...facts, status: 'skipped', message }
  }
  if (environment === undefined) {
    const message = "the link token names an API that byoo does not know as one of Junction's"
    return { ...facts, status: 'skipped', message }
  }
  if (environment === expected) {
    return { ...facts, status: 'passed', message: `the link token is for ${expected}` }
  }
  return {
    ...facts,
    status: 'failed',
    message: `the link token is for ${environment}, not for ${expected}`,
    advice: `forward its callbacks to ${environment}, or create the link in ${expected}: check --environment, --region and the key`,
  }
}

function checkTeam(linkToken: string, expected: string | undefined): LinkCheck[] {
  const { team: found } = readLinkToken(linkToken)
  if (expected === undefined || found === undefined) return []
  const same = found.toLowerCase() === expected.toLowerCase()
  return [
    {
      id: 'team',
      status: same ? 'passed' : 'failed',
      compared_with: 'the team of this command',
      message: same ? 'the link token is for this team' : 'the link token is for another team',
      expected,
      found,
      advice: same ? null : 'use an API key of this team, or name the other one with --team',
    },
  ]
}
