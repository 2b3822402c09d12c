import type { Route } from './config.ts'

/** Does a route take the callbacks of this provider? */
export function accepts(
  { provider, providers }: Pick<Route, 'provider' | 'providers'>,
  slug: string,
): boolean {
  return provider === undefined ? (providers?.includes(slug) ?? true) : provider === slug
}

/** The public URL of a route for one provider; empty when the route has none. */
export function callbackUrl({ url }: Pick<Route, 'url'>, provider: string): string {
  return (url ?? '').replace('{provider}', () => provider)
}
