import { isJunctionHost } from '../../junction/environments.ts'
import { isLoopback } from '../../loopback.ts'
import type { Session } from '../session.ts'

/** Is this not one of Junction's own APIs? Only keys that were given explicitly go there. */
export function isElsewhere(url: string): boolean {
  return !isJunctionHost(new URL(url).hostname)
}

/** Says on stderr, whatever the options, when results do not come from Junction. */
export function warnElsewhere(session: Session, urls: readonly string[]): void {
  const found = new Map(urls.filter(isElsewhere).map((url) => [new URL(url).host, new URL(url).hostname]))
  if (found.size === 0) return
  const hosts = [...found.keys()].join(' and ')
  if ([...found.values()].every(isLoopback)) {
    session.warn(`this talks to the demo at ${hosts}, not to Junction`)
  } else session.warn(`this does not come from Junction but from ${hosts}`)
}
