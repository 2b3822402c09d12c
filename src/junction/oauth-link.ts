import { formDecode, partName, partValue } from '../query.ts'
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
export type OauthUrl = NonNullable<ReturnType<typeof readOauthUrl>>

/** Reads an `oauth_url`; undefined when it is no http(s) URL. */
export function readOauthUrl(oauthUrl: string) {
  const url = parseUrl(oauthUrl)
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return undefined
  const [beforeFragment = ''] = oauthUrl.split('#', 1)
  const query = beforeFragment.includes('?') ? beforeFragment.slice(beforeFragment.indexOf('?') + 1) : ''
  const parts = query.split('&')
  const named = (wanted: string): OauthParameter[] =>
    parts
      .filter((part) => formDecode(latin1(partName(part))) === wanted)
      .map(partValue)
      .map((raw) => ({ raw, value: formDecode(latin1(raw)) }))
  return {
    /** Scheme, host and path of the provider's authorization endpoint. */
    endpoint: `${url.origin}${url.pathname}`,
    redirect_uri: named('redirect_uri')[0],
    client_id: named('client_id')[0],
    state: named('state')[0],
    /** Which of them stand there more than once, as none may (RFC 6749 §3.1). */
    repeated: (['redirect_uri', 'client_id', 'state'] as const).filter((name) => named(name).length > 1),
  }
}

/** The bytes of a text, one character for each: what a decoded parameter can be compared with. */
export function latin1(text: string): string {
  return Buffer.from(text).toString('latin1')
}

/** Reads a link token, a JWT in its compact form (RFC 7519 §3), without verifying its signature. */
export function readLinkToken(token: string) {
  const [, payload = '', signature] = token.split('.')
  const claims =
    signature === undefined ? undefined : parseJson(Buffer.from(payload, 'base64url').toString()).value
  const aud = field(claims, 'aud')
  const team = field(claims, 'team_id')
  return {
    aud: typeof aud === 'string' ? aud : undefined,
    /** The environment that it names, by either host family; undefined when it is no API of Junction's. */
    environment: typeof aud === 'string' ? environmentOfHost(parseUrl(aud)?.hostname ?? '') : undefined,
    team: typeof team === 'string' ? team : undefined,
  }
}

/** One thing that must agree before a person is sent to the provider. */
export interface LinkCheck {
  readonly id: 'redirect_uri' | 'client_id' | 'audience' | 'team' | 'override' | 'route'
  readonly status: 'passed' | 'failed' | 'skipped'
  /** What agrees with what, what does not, or why it could not be told. */
  readonly message: string
  /** What to do when it failed. */
  readonly advice: string | null
  /** Whom `expected` comes from: "the one that Junction holds". */
  readonly compared_with: string | null
  /** Compared byte for byte; one character is one byte (Latin-1). */
  readonly expected: string | null
  readonly found: string | null
}

/** What is said of a comparison: why it is skipped, or what is right or wrong. */
interface Comparison extends Pick<LinkCheck, 'id' | 'compared_with' | 'expected' | 'found'> {
  readonly skip?: string | false | undefined
  readonly agrees: boolean
  readonly right: string
  readonly wrong: string
  readonly advice: string
}

function compare({ skip, agrees, right, wrong, advice, ...compared }: Comparison): LinkCheck {
  if (skip) return { ...compared, status: 'skipped', message: skip, advice: null }
  if (agrees) return { ...compared, status: 'passed', message: right, advice: null }
  return { ...compared, status: 'failed', message: wrong, advice }
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
interface LinkSources {
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
    const own = configured.own && id === 'redirect_uri'
    const source = own ? "Junction's own callback" : `the one in ${file}${missing}`
    return written ? { value: written, source, advice: advise(id, 'file') } : undefined
  }
  return {
    redirect_uri: expected('redirect_uri'),
    client_id: expected('client_id'),
    otherwise: `not compared: ${unknown ?? 'Junction holds none'}, and ${file} has none`,
  }
}

/** Is the override that Junction holds the one that is wanted? Nothing when one of them is not known. */
export function checkStoredOverride({ record, configured, file }: LinkSources, change: string): LinkCheck[] {
  const { own } = configured
  const found = record?.redirect_url_override
  const wanted = own ? null : configured.redirect_uri
  if (!found || wanted === undefined) return []
  const compared_with = own ? `"redirect_url: junction" in ${file}` : `the URL of the route in ${file}`
  const held = 'the override that Junction holds is'
  return [
    compare({
      id: 'override',
      compared_with,
      expected: wanted && latin1(wanted),
      found: latin1(found),
      agrees: found === wanted,
      right: `${held} ${compared_with}`,
      wrong: own
        ? `Junction holds an override, in spite of ${compared_with}`
        : `${held} not ${compared_with}`,
      advice: `${own ? 'take it away' : 'set the URL of the route'} with: ${change}`,
    }),
  ]
}

/** Compares a link and its token with what they should say; pure, and shows nothing secret. */
export function checkLink(oauthUrl: string, linkToken: string, expectation: LinkExpectation): LinkCheck[] {
  const link = readOauthUrl(oauthUrl)
  const token = readLinkToken(linkToken)
  return [
    checkParameter('redirect_uri', link, expectation),
    checkParameter('client_id', link, expectation),
    checkAudience(token, expectation.environment),
    ...checkTeam(token, expectation.team),
    ...checkSharedRoute(link, expectation),
  ]
}

const here = 'the environment of this command'
const names = { redirect_uri: 'redirect URI', client_id: 'client id' } as const

function checkParameter(
  id: 'redirect_uri' | 'client_id',
  link: OauthUrl | undefined,
  { [id]: wanted, otherwise }: LinkExpectation,
): LinkCheck {
  const found = link?.[id]?.value ?? null
  const expected = wanted === undefined ? null : latin1(wanted.value)
  const what = `the ${names[id]} in the link`
  const repeated = link?.repeated.includes(id) ?? false
  const missing = found === null && `the link has no ${id}, so there is nothing to compare`
  const more = `${what} stands there more than once, which providers need not accept (RFC 6749 §3.1)`
  return compare({
    id,
    compared_with: wanted?.source ?? null,
    expected,
    found,
    skip: !repeated && (missing || (wanted === undefined && otherwise)),
    agrees: !repeated && found === expected,
    right: `${what} is ${wanted?.source}`,
    wrong: repeated ? more : `${what} is not ${wanted?.source}`,
    advice: (!repeated && wanted?.advice) || "ask Junction's support: byoo cannot mend this",
  })
}

function checkAudience(
  { aud, environment }: ReturnType<typeof readLinkToken>,
  expected: JunctionEnvironment,
): LinkCheck {
  const silent = aud === undefined && 'the link token does not say for which environment it is'
  const foreign = "the link token names an API that byoo does not know as one of Junction's"
  return compare({
    id: 'audience',
    compared_with: here,
    expected,
    found: environment ?? aud ?? null,
    skip: silent || (environment === undefined && foreign),
    agrees: environment === expected,
    right: `the link token is for ${expected}`,
    wrong: `the link token is for ${environment}, not for ${expected}`,
    advice: `forward its callbacks to ${environment}, or create the link in ${expected}: check --environment, --region and the key`,
  })
}

function checkTeam(
  { team: found }: ReturnType<typeof readLinkToken>,
  expected: string | undefined,
): LinkCheck[] {
  if (expected === undefined || found === undefined) return []
  return [
    compare({
      id: 'team',
      compared_with: 'the team of this command',
      expected,
      found,
      agrees: found.toLowerCase() === expected.toLowerCase(),
      right: 'the link token is for this team',
      wrong: 'the link token is for another team',
      advice: 'use an API key of this team, or name the other one with --team',
    }),
  ]
}

/** Does the shared route at the redirect URI send this link's callback to Junction, not to the app? */
function checkSharedRoute(link: OauthUrl | undefined, { environment, decide }: LinkExpectation): LinkCheck[] {
  if (!decide) return []
  const state = link?.state?.raw
  const found = state === undefined ? undefined : decide(`?code=made-up&state=${state}`)
  const sends = 'the shared route sends its callback to'
  const why = state === undefined ? ', since the link has no state' : ''
  return [
    compare({
      id: 'route',
      compared_with: here,
      expected: environment,
      found: found ?? 'otherwise',
      agrees: found === environment,
      right: `${sends} ${environment}`,
      wrong: `${sends} ${found ?? 'its otherwise'}, not to ${environment}${why}`,
      advice: 'give this provider a route of its own, which needs no state to decide by',
    }),
  ]
}
