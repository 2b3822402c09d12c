import type { JunctionEnvironment } from './environments.ts'
import { linkTokenAudience, linkTokenTeam } from './link-token.ts'
import type { Credential } from './management.ts'
import { latin1, type OauthParameter, type OauthUrl, readOauthUrl } from './oauth-url.ts'

/** One thing that must agree before a person is sent to the provider. */
export interface LinkCheck {
  readonly id: 'redirect_uri' | 'client_id' | 'audience' | 'team' | 'override'
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
}

/** What is known of the credentials that a link is made with. */
export interface LinkSources {
  /** What Junction holds; undefined when it holds nothing, or that is not known. */
  readonly record: Pick<Credential, 'redirect_url_override' | 'client_id'> | undefined
  /** Why it is not known what Junction holds. */
  readonly unknown: string | undefined
  /** What byoo.yaml says; `file` is its name. */
  readonly configured: { readonly redirect_uri: string | undefined; readonly client_id: string | undefined }
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

/** Is the override that Junction holds the URL of the route? Nothing when one of them is not known. */
export function checkStoredOverride({ record, configured, file }: LinkSources, advice: string): LinkCheck[] {
  const [found, expected] = [record?.redirect_url_override, configured.redirect_uri]
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
      advice: same ? null : advice,
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
  ]
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

function checkAudience(linkToken: string, environment: JunctionEnvironment): LinkCheck {
  const audience = linkTokenAudience(linkToken)
  const facts = {
    id: 'audience',
    compared_with: 'the environment of this command',
    expected: environment,
    found: audience?.environment ?? null,
  } as const
  if (audience === undefined) {
    const message = 'the link token does not say for which environment it is'
    return { ...facts, status: 'skipped', message, advice: null }
  }
  if (audience.environment === undefined) {
    const message = "the link token names an API that byoo does not know as one of Junction's"
    return { ...facts, found: audience.aud, status: 'skipped', message, advice: null }
  }
  if (audience.environment === environment) {
    return { ...facts, status: 'passed', message: `the link token is for ${environment}`, advice: null }
  }
  return {
    ...facts,
    status: 'failed',
    message: `the link token is for ${audience.environment}, not for ${environment}`,
    advice: `forward its callbacks to ${audience.environment}, or create the link in ${environment}: check --environment, --region and the key`,
  }
}

function checkTeam(linkToken: string, expected: string | undefined): LinkCheck[] {
  const found = linkTokenTeam(linkToken)
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
