import type { FindingId } from './findings.ts'

/** Something that is known to happen to queries: a finding, and the function that does it. */
export interface Rewrite {
  readonly finding: FindingId
  /** Who does it, or how: the likely culprit. */
  readonly culprit: string
  apply(query: string): string
}

export function rewrite(finding: FindingId, culprit: string, apply: (query: string) => string): Rewrite {
  return { finding, culprit, apply }
}

/** Changes what follows the `?`, and leaves a query without one alone. */
export function inside(change: (text: string) => string): (query: string) => string {
  return (query) => (query.startsWith('?') ? `?${change(query.slice(1))}` : query)
}

/** Changes what follows the `?`, and drops the `?` when nothing is left. */
export function insideOrNothing(change: (text: string) => string): (query: string) => string {
  return (query) => {
    const changed = change(query.replace(/^\?/, ''))
    return changed === '' ? '' : `?${changed}`
  }
}

/** Changes the list of parts between `&`. */
export function parts(change: (parts: readonly string[]) => readonly string[]): (text: string) => string {
  return (text) => change(text.split('&')).join('&')
}

/** Keeps the parts that a rule accepts. */
export function keep(rule: (part: string) => boolean): (text: string) => string {
  return parts((all) => all.filter(rule))
}
