import { type Answer, headerValues } from './answer.ts'

/** May a cache keep this answer, and because of what? (RFC 9111 §3) */
export function judgeCaching(answer: Answer, now: number): { readonly kept: boolean; readonly note: string } {
  const directives = headerValues(answer, 'cache-control')
    .join(',')
    .toLowerCase()
    .split(',')
    .map((directive) => directive.trim())
  const has = (pattern: RegExp) => directives.find((directive) => pattern.test(directive))
  if (has(/^no-store$/)) return { kept: false, note: 'no-store' }
  const asksAgain = has(/^no-cache$|^max-age="?0/)
  if (asksAgain) return { kept: false, note: asksAgain }
  const explicit = has(/^public$|^immutable$|^(s-maxage|max-age)=/)
  if (explicit) return { kept: true, note: `Cache-Control: ${explicit.slice(0, 40)}` }
  const [expires] = headerValues(answer, 'expires')
  if (expires !== undefined && Date.parse(expires) > now) {
    return { kept: true, note: 'Expires lies in the future' }
  }
  // RFC 9110 §15.1: caches may keep these two unless told otherwise; 302, 303 and 307 they may not.
  if (answer.status === 301 || answer.status === 308) {
    return { kept: true, note: `a ${answer.status} may be kept unless told otherwise` }
  }
  return { kept: false, note: 'nothing allows it' }
}

/** The headers that keep a code out of caches, of other sites and of guesses at the type, as far as they are missing. */
export function judgeProtection(answer: Answer): string[] {
  const value = (name: string) => headerValues(answer, name).join(',').toLowerCase()
  const missing: string[] = []
  if (!value('cache-control').includes('no-store')) missing.push('Cache-Control: no-store')
  if (!/no-referrer(?!-when)|origin/.test(value('referrer-policy')))
    missing.push('Referrer-Policy: no-referrer')
  if (!value('x-content-type-options').includes('nosniff')) missing.push('X-Content-Type-Options: nosniff')
  return missing
}

/** Headers that tell the software and its version. */
export function softwareShown(answer: Answer): string[] {
  const revealing: Record<string, RegExp> = {
    server: /\/\d/,
    'x-powered-by': /./,
    'x-aspnet-version': /./,
  }
  return Object.entries(revealing).flatMap(([name, pattern]) =>
    headerValues(answer, name)
      .filter((value) => pattern.test(value))
      .map((value) => `${name}: ${value.replace(/[^\x20-\x7e]/g, '').slice(0, 60)}`),
  )
}
