import { isJunctionHost } from '../junction/environments.ts'
import { isLoopback, parseUrl } from '../url.ts'

const placeholder = '{provider}'
/** Takes the placeholder's place while a URL parser looks at a template. */
const standIn = 'provider-stands-here'

/** Of a URL or path: no portal takes more, and paths are compared by their segments. */
const mostCharacters = 2000
const tooLong = `must have at most ${mostCharacters} characters`

/** An absolute URL template taken apart; its parts mean something only when there are no faults. */
interface UrlTemplate {
  /** Scheme, host and port. */
  readonly origin: string
  readonly hostname: string
  readonly path: string
  readonly faults: readonly string[]
}

/** Reads an absolute URL in which `{provider}` may stand for the slug; the faults end with the URL that is meant. */
export function readUrlTemplate(text: string): UrlTemplate {
  const nothing = { origin: '', hostname: '', path: '' }
  if (text.length > mostCharacters) return { ...nothing, faults: [tooLong] }
  const [, host = '', rest = ''] = authorityAndRest.exec(text) ?? []
  const known = host.includes('{') ? ['must have {provider} in its path, not in its host'] : []
  const plain = text.replaceAll(placeholder, standIn)
  const { url, faults } = readUrl(plain, [...known, ...placeholderFaults(rest)])
  if (!url) return { ...nothing, faults }
  const { origin, hostname, pathname } = url
  if (faults.length > 0) {
    const corrected = correct(plain, false).replaceAll(standIn, placeholder)
    const helps = corrected !== text && !/[{}]/.test(plain) && readUrlTemplate(corrected).faults.length === 0
    if (helps) faults.push(`write ${JSON.stringify(corrected)}`)
  }
  return { origin, hostname, path: pathname.replace(standIn, placeholder), faults }
}

const authorityAndRest = /^\s*https?:\/\/([^/\\?#\s]+)(.*)$/is

/**
 * Reads an absolute URL without placeholder. It must be written as a browser sends it (WHATWG URL serialisation),
 * because redirect URIs are compared as strings (RFC 6749 §3.1.2.3). `known` are faults that were found before.
 */
function readUrl(text: string, known: readonly string[]): { readonly url?: URL; readonly faults: string[] } {
  const [, authority, rest = ''] = authorityAndRest.exec(text) ?? []
  const url = parseUrl(text)
  if (!authority || !url) return { faults: ['must be an absolute https URL'] }
  const faults = [...known]
  if (authority.includes('@')) faults.push('must not contain credentials')
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    faults.push('must use https: plain http is allowed to loopback only')
  }
  faults.push(...characterFaults(rest))
  if (url.hostname.endsWith('.')) faults.push('must not end its host with a dot')
  if (faults.length === 0 && url.origin + url.pathname !== text) {
    faults.push('must be written the way a browser sends it')
  }
  return { url, faults }
}

/** The URL that is probably meant: host, port and path as a browser sends them, with `secure` by https. */
function correct(text: string, secure: boolean): string {
  const url = parseUrl(text.trim())
  if (!url || /\s/.test(text.trim())) return text
  if (secure && url.protocol === 'http:' && url.port === '' && !isLoopback(url.hostname))
    url.protocol = 'https:'
  url.hostname = url.hostname.replace(/\.+$/, '')
  url.username = ''
  url.password = ''
  url.search = ''
  url.hash = ''
  return url.href
}

/** A URL as it may be shown: what stands before an `@` is a secret. */
export function withoutCredentials(text: string): string {
  return text.replace(/(:[\\/]{2})[^/?#\\]*@/, '$1…@')
}

/** What is wrong with a callback's path: `{provider}` at most once, as a whole segment, and no query. */
export function pathFaults(path: string): string[] {
  if (path.length > mostCharacters) return [tooLong]
  if (!path.startsWith('/')) return ['must start with "/"']
  const faults = [...characterFaults(path), ...placeholderFaults(path)]
  if (faults.length > 0) return faults
  const plain = path.replace(placeholder, standIn)
  const sent = new URL(`https://host.invalid${plain}`).pathname
  const corrected = sent.replace(standIn, placeholder)
  return sent === plain
    ? []
    : [`must be written the way a browser sends it: write ${JSON.stringify(corrected)}`]
}

/** Of what follows the host. */
function characterFaults(rest: string): string[] {
  return [
    ...(/[^\x21-\x7e]/.test(rest) ? ['must not contain white space, control or non-ASCII characters'] : []),
    ...(rest.includes('?') ? ['must not contain a query (?…): provider portals refuse it'] : []),
    ...(rest.includes('#') ? ['must not contain a fragment (#…)'] : []),
  ]
}

function placeholderFaults(path: string): string[] {
  const braced = (/^[^?#\s]*/.exec(path)?.[0] ?? '').split('/').filter((segment) => /[{}]/.test(segment))
  const [first] = braced
  if (braced.length > 1) return ['must contain {provider} only once']
  if (first === undefined || first === placeholder) return []
  return [`must have {provider} as a whole path segment, not ${JSON.stringify(first)}`]
}

/** Most characters of a redirect URI. */
const maxLength = 255

/** Everything that is wrong with a redirect URL override, and the URL that would be right, when there is one. */
interface RedirectUrlFaults {
  readonly faults: readonly string[]
  readonly corrected: string | undefined
}

/**
 * Checks a redirect URI the way providers do, which compare it as text (RFC 6749 §3.1.2). `loopback` allows plain
 * http to this machine, for a Junction that is on it too.
 */
export function checkRedirectUrl(text: string, loopback: boolean, provider: string): RedirectUrlFaults {
  const faults = redirectUrlFaults(text, loopback)
  const corrected = correct(text.replaceAll(placeholder, provider), true)
  const helps = faults.length > 0 && redirectUrlFaults(corrected, loopback).length === 0
  return { faults, corrected: helps ? corrected : undefined }
}

function redirectUrlFaults(text: string, loopback: boolean): string[] {
  const unnamed = /[{}]/.test(text) ? ['must name the provider in place of {provider}'] : []
  const { url, faults } = readUrl(text, unnamed)
  if (!url) return faults
  if (isJunctionHost(url.hostname)) {
    faults.push("must be on your own domain, not on Junction's: it is where Junction's own callback lives")
  }
  if (!(loopback && isLoopback(url.hostname))) {
    if (/^\[|^[\d.]+$/.test(url.hostname)) faults.push('must have a host name, not an IP address')
    if (/(?:^|\.)localhost\.?$/.test(url.hostname)) faults.push('must not be localhost')
  }
  if (text.length > maxLength) faults.push(`must have at most ${maxLength} characters, not ${text.length}`)
  return faults
}
