import { accepts, callbackUrl } from '../../config/callback.ts'
import { isLoopback, parseUrl, withoutCredentials } from '../../config/url.ts'
import { usageError } from '../../errors.ts'
import { isJunctionHost, type JunctionEnvironment } from '../../junction/environments.ts'
import { routesFor, servingRoute } from './selection.ts'
import type { Workspace } from './workspace.ts'

const maxLength = 255

/** Everything that is wrong with a redirect URL override, and the URL that would be right, when there is one. */
export interface RedirectUrlFaults {
  readonly faults: readonly string[]
  readonly corrected: string | undefined
}

/**
 * Checks a redirect URI the way providers do, which compare it as text (RFC 6749 §3.1.2). `loopback` allows plain
 * http to this machine, for a Junction that is on it too.
 */
export function checkRedirectUrl(text: string, loopback: boolean, provider: string): RedirectUrlFaults {
  const faults = faultsOf(text, loopback)
  if (faults.length === 0) return { faults, corrected: undefined }
  const corrected = correct(text, provider)
  const helps = corrected !== undefined && corrected !== text && faultsOf(corrected, loopback).length === 0
  return { faults, corrected: helps ? corrected : undefined }
}

/** Fails with all faults of a redirect URL override together. */
export function requireRedirectUrl(text: string, loopback: boolean, provider: string): string {
  const { faults, corrected } = checkRedirectUrl(text, loopback, provider)
  if (faults.length === 0) return text
  const shown = JSON.stringify(withoutCredentials(text).slice(0, maxLength))
  throw usageError(
    `${shown} ${faults.join('; ')}`,
    corrected === undefined ? undefined : `write ${JSON.stringify(corrected)}`,
  )
}

function faultsOf(text: string, loopback: boolean): string[] {
  const faults: string[] = []
  if (/\s/.test(text)) faults.push('must not contain white space')
  if (/[^\s\x21-\x7e]/.test(text)) faults.push('must not contain characters outside ASCII')
  if (/[{}]/.test(text)) faults.push('must name the provider in place of {provider}')
  const [, scheme = '', authority = '', rest = ''] = /^\s*([a-z]+):\/\/([^/?#\s]*)(.*)$/is.exec(text) ?? []
  const url = parseUrl(text)
  if (!url || !authority || !/^https?$/i.test(scheme)) return [...faults, 'must be an absolute https URL']
  const local = isLoopback(url.hostname)
  if (url.protocol === 'http:' && !(local && loopback)) faults.push('must use https')
  if (/#/.test(rest)) faults.push('must not contain a fragment (#…)')
  if (/\?/.test(rest)) faults.push('must not contain a query (?…)')
  if (/@/.test(authority)) faults.push('must not contain credentials')
  if (url.port === '' && /:\d*$/.test(authority)) faults.push("must not name the scheme's default port")
  if (isJunctionHost(url.hostname)) {
    faults.push("must be on your own domain, not on Junction's: it is where Junction's own callback lives")
  }
  if (!(local && loopback)) {
    if (/^\[|^[\d.]+$/.test(url.hostname)) faults.push('must have a host name, not an IP address')
    if (/(?:^|\.)localhost\.?$/.test(url.hostname)) faults.push('must not be localhost')
  }
  if (text.length > maxLength) faults.push(`must have at most ${maxLength} characters, not ${text.length}`)
  if (faults.length === 0 && url.href !== text) faults.push('must be written the way a browser sends it')
  return faults
}

function correct(text: string, provider: string): string | undefined {
  const candidate = text.trim().replaceAll('{provider}', provider)
  const url = parseUrl(candidate)
  if (!url || /\s/.test(candidate)) return undefined
  if (url.protocol === 'http:') {
    if (url.port !== '') return undefined
    url.protocol = 'https:'
  }
  url.username = ''
  url.password = ''
  url.search = ''
  url.hash = ''
  return url.href
}

/** What an option or operand says about the redirect URI. */
export interface RedirectChoice {
  readonly given: string | undefined
  /** May it be one that no route of byoo.yaml serves? */
  readonly unserved: boolean
  /** The command that chooses a URL. */
  suggest(url: string): string
}

/** The redirect URI as given, else the URL of the route; checked either way. Undefined when nothing says it. */
export function findRedirectUrl(
  workspace: Workspace,
  environment: JunctionEnvironment | undefined,
  provider: string,
  { given, unserved, suggest }: RedirectChoice,
): string | undefined {
  const { file, managementUrl } = workspace
  const urls =
    given === undefined
      ? routesFor(workspace, environment, provider).map((route) => callbackUrl(route, provider))
      : [given]
  if (urls.length > 1) {
    throw usageError(
      `${file?.name} has ${urls.length} routes of ${environment} for ${provider}: put "primary: true" on the one that Junction should hold, or choose one`,
      urls.map(suggest).join('\n'),
    )
  }
  const [url] = urls
  if (url === undefined) return undefined
  requireRedirectUrl(url, isLoopback(new URL(managementUrl).hostname), provider)
  if (given !== undefined && environment && !unserved) requireServed(workspace, environment, provider, url)
  return url
}

/** The redirect URI, or an error that says how to name it. `how` names the option or operand that takes it. */
export function chooseRedirectUrl(
  workspace: Workspace,
  environment: JunctionEnvironment,
  provider: string,
  choice: RedirectChoice & { readonly how: string },
): string {
  const { file } = workspace
  const url = findRedirectUrl(workspace, environment, provider, choice)
  if (url !== undefined) return url
  const why = file ? `${file.name} has no route` : 'there is no byoo.yaml with a route'
  throw usageError(
    `the redirect URI is not known: ${why} of ${environment} that accepts ${provider}`,
    `${choice.how}, or ${routeAdvice(workspace)}`,
  )
}

/** How to come to a route. */
export function routeAdvice({ file }: Pick<Workspace, 'file'>): string {
  return file ? `add a route to ${file.name}` : 'run byoo init'
}

/** Users who arrive at a URL that no route serves see an error page instead of Junction. */
function requireServed(
  workspace: Workspace,
  environment: JunctionEnvironment,
  provider: string,
  url: string,
): void {
  const { file } = workspace
  const routes = (file?.config.routes ?? []).filter((route) => route.environment === environment)
  if (routes.length === 0 || servingRoute(workspace, environment, provider, url)) return
  const served = routes
    .filter((route) => route.url !== undefined && accepts(route, provider))
    .map((route) => `it serves ${callbackUrl(route, provider)}\n`)
  throw usageError(
    `no route of ${file?.name} for ${environment} serves ${url}: users of ${provider} would end on an error page`,
    `${served.join('')}add a route for it, or add --unserved when something else serves it`,
  )
}
