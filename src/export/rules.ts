import type { ExportedRoute, Plan } from './plan.ts'

/**
 * A route as servers without byoo need it: the raw request target is matched as a whole, and answered with
 * `head`, the slug, `tail` and the raw query.
 */
export interface Rule {
  readonly host: string
  /** What the path has before and after the slug; the whole path in `before` when it has no slug. */
  readonly before: string
  readonly after: string
  /** Regular expression of the slugs that are accepted, without group; undefined when the path has none. */
  readonly slug: string | undefined
  readonly head: string
  readonly tail: string
}

/** Any provider slug: the forwarder's own rule, as a regular expression of every engine. */
export const anySlug = '[a-z0-9][a-z0-9_-]{0,63}'

/** The rules of all routes, in their order. */
export function toRules({ routes }: Plan): Rule[] {
  return routes.map(toRule)
}

function toRule({ host, path, provider, providers, target }: ExportedRoute): Rule {
  const [before = '', after] = path.split('{provider}')
  if (after === undefined) {
    const head = target.replace('{provider}', () => provider ?? '')
    return { host, before, after: '', slug: undefined, head, tail: '' }
  }
  const [head = '', tail = ''] = target.split('{provider}')
  return { host, before, after, slug: providers ? `(?:${providers.join('|')})` : anySlug, head, tail }
}

/** Text as a regular expression that matches just it, in PCRE and Go alike. */
export function literal(text: string): string {
  return text.replace(/[^\w/-]/g, (character) =>
    character === '.' ? '\\.' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}

/** A rule's path as a regular expression; `group` wraps the slug's. */
export function pathPattern({ before, after, slug }: Rule, group: (slug: string) => string): string {
  return `${literal(before)}${slug === undefined ? '' : group(slug)}${literal(after)}`
}

/** The type under which the forwarder serves a site verification, by its path. */
export { contentType } from '../forwarder/routes.ts'
