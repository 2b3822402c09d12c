import { type Answer, headerValues } from './answer.ts'

/** Because of what may a cache keep this answer? (RFC 9111 §3) Undefined when none may. */
export function keptBecause(answer: Answer, now: number): string | undefined {
  const control = headerValues(answer, 'cache-control').join(',').toLowerCase()
  const directives = control.split(',').map((directive) => directive.trim())
  if (directives.some((each) => /^no-store$|^no-cache$|^max-age="?0/.test(each))) return undefined
  const explicit = directives.find((each) => /^public$|^immutable$|^(s-maxage|max-age)=/.test(each))
  if (explicit) return `Cache-Control: ${explicit.slice(0, 40)}`
  const [expires] = headerValues(answer, 'expires')
  if (expires !== undefined && Date.parse(expires) > now) return 'Expires lies in the future'
  // RFC 9110 §15.1: caches may keep these two unless told otherwise; 302, 303 and 307 they may not.
  if (answer.status !== 301 && answer.status !== 308) return undefined
  return `a ${answer.status} may be kept unless told otherwise`
}

/** The headers that keep a code out of caches, of other sites and of guesses at the type, as far as they are missing. */
export function missingProtection(answer: Answer): string {
  const value = (name: string) => headerValues(answer, name).join(',').toLowerCase()
  const missing: string[] = []
  if (!value('cache-control').includes('no-store')) missing.push('Cache-Control: no-store')
  if (!/no-referrer(?!-when)|origin/.test(value('referrer-policy')))
    missing.push('Referrer-Policy: no-referrer')
  if (!value('x-content-type-options').includes('nosniff')) missing.push('X-Content-Type-Options: nosniff')
  return missing.join(', ')
}

/** Headers that tell the software and its version. */
export function softwareShown({ headers }: Answer): string[] {
  const reveals = ([name, value]: readonly [string, string]) =>
    /^x-(powered-by|aspnet-version)$/i.test(name) || (/^server$/i.test(name) && /\/\d/.test(value))
  return headers.filter(reveals).map(([name, value]) => `${name}: ${printableStart(value, 60)}`)
}

/** The start of a text from an answer, without what a terminal obeys. */
export function printableStart(text: string, length: number): string {
  return text.replace(/[^\x20-\x7e]/g, '').slice(0, length)
}
