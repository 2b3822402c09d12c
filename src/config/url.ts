import { isJunctionHost } from '../junction/environments.ts'
import { isLoopback, parseUrl } from '../url.ts'
import { slugPattern } from './config.ts'

export { isLoopback, parseUrl }

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

/**
 * Reads an absolute URL in which `{provider}` may stand for the slug. It must be written as a browser sends it
 * (WHATWG URL serialisation), because redirect URIs are compared as strings (RFC 6749 §3.1.2.3).
 */
export function readUrlTemplate(text: string): UrlTemplate {
  if (text.length > mostCharacters) {
    return { origin: '', hostname: '', path: '', faults: [tooLong] }
  }
  const [, scheme, authority, path = ''] = /^\s*(https?):\/\/([^/\\?#\s]+)(.*)$/is.exec(text) ?? []
  const plain = text.replaceAll(placeholder, standIn)
  const url = parseUrl(plain)
  if (!scheme || !authority || !url) {
    return { origin: '', hostname: '', path: '', faults: ['must be an absolute https URL'] }
  }
  const faults: string[] = []
  if (authority.includes('{')) faults.push('must have {provider} in its path, not in its host')
  if (authority.includes('@')) faults.push('must not contain credentials')
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    faults.push('must use https: plain http is allowed to loopback only')
  }
  faults.push(...shapeFaults(path || '/'))
  if (url.hostname.endsWith('.')) faults.push('must not end its host with a dot')
  const sent = `${url.origin.replace(/\.+(?=:\d+$|$)/, '')}${url.pathname}`
  if (faults.length === 0 && sent !== plain) faults.push('must be written the way a browser sends it')
  if (faults.length > 0) {
    const corrected = sent.replaceAll(standIn, placeholder)
    const helps = corrected !== text && !/[{}]/.test(plain) && readUrlTemplate(corrected).faults.length === 0
    if (helps) faults.push(`write ${JSON.stringify(corrected)}`)
  }
  const { origin, hostname, pathname } = url
  return { origin, hostname, path: pathname.replace(standIn, placeholder), faults }
}

/** A URL as it may be shown: what stands before an `@` is a secret. */
export function withoutCredentials(text: string): string {
  return text.replace(/(:[\\/]{2})[^/?#\\]*@/, '$1…@')
}

/** What is wrong with a callback's path: `{provider}` at most once, as a whole segment, and no query. */
export function pathFaults(path: string): string[] {
  if (path.length > mostCharacters) return [tooLong]
  if (!path.startsWith('/')) return ['must start with "/"']
  const faults = shapeFaults(path)
  if (faults.length > 0) return faults
  const plain = path.replace(placeholder, standIn)
  const sent = new URL(`https://host.invalid${plain}`).pathname
  const corrected = sent.replace(standIn, placeholder)
  return sent === plain
    ? []
    : [`must be written the way a browser sends it: write ${JSON.stringify(corrected)}`]
}

function shapeFaults(path: string): string[] {
  const faults: string[] = []
  if (/[^\x21-\x7e]/.test(path)) faults.push('must not contain white space, control or non-ASCII characters')
  if (path.includes('?')) faults.push('must not contain a query (?…): provider portals refuse it')
  if (path.includes('#')) faults.push('must not contain a fragment (#…)')
  const braced = (/^[^?#\s]*/.exec(path)?.[0] ?? '').split('/').filter((segment) => /[{}]/.test(segment))
  if (braced.length > 1) faults.push('must contain {provider} only once')
  if (braced.length === 1 && braced[0] !== placeholder) {
    faults.push(`must have {provider} as a whole path segment, not ${JSON.stringify(braced[0])}`)
  }
  return faults
}

/** A path template and the slugs that it takes; undefined takes all. */
export interface PathTemplate {
  readonly path: string
  readonly providers?: readonly string[] | undefined
}

/** Is there a path that both templates accept? */
export function pathsOverlap(left: PathTemplate, right: PathTemplate): boolean {
  const leftSegments = left.path.split('/')
  const rightSegments = right.path.split('/')
  if (leftSegments.length !== rightSegments.length) return false
  return leftSegments.every((leftSegment, index) => {
    const rightSegment = rightSegments[index] ?? ''
    if (leftSegment === placeholder && rightSegment === placeholder) {
      return !left.providers || !right.providers || left.providers.some((slug) => accepts(right, slug))
    }
    if (leftSegment === placeholder) return accepts(left, rightSegment)
    if (rightSegment === placeholder) return accepts(right, leftSegment)
    return leftSegment === rightSegment
  })
}

function accepts(template: PathTemplate, slug: string): boolean {
  return slugPattern.test(slug) && (template.providers?.includes(slug) ?? true)
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
  if (faults.length === 0) return { faults, corrected: undefined }
  const corrected = correctRedirectUrl(text, provider)
  const helps =
    corrected !== undefined && corrected !== text && redirectUrlFaults(corrected, loopback).length === 0
  return { faults, corrected: helps ? corrected : undefined }
}

function redirectUrlFaults(text: string, loopback: boolean): string[] {
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
  if (url.hostname.endsWith('.')) faults.push('must not end its host with a dot')
  if (text.length > maxLength) faults.push(`must have at most ${maxLength} characters, not ${text.length}`)
  if (faults.length === 0 && url.href !== text) faults.push('must be written the way a browser sends it')
  return faults
}

function correctRedirectUrl(text: string, provider: string): string | undefined {
  const candidate = text.trim().replaceAll('{provider}', provider)
  const url = parseUrl(candidate)
  if (!url || /\s/.test(candidate)) return undefined
  if (url.protocol === 'http:') {
    if (url.port !== '') return undefined
    url.protocol = 'https:'
  }
  url.hostname = url.hostname.replace(/\.+$/, '')
  url.username = ''
  url.password = ''
  url.search = ''
  url.hash = ''
  return url.href
}
