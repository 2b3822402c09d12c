import manifest from '../package.json' with { type: 'json' }

/** What this copy of byoo is, put in by the build. */
declare const BYOO_DISTRIBUTION: string | undefined

export const { version } = manifest

/** The answer to `--version`: the version comes first, so that scripts can cut it off at the first blank. */
export function describeVersion(nodeVersion: string): string {
  const distribution = typeof BYOO_DISTRIBUTION === 'string' ? BYOO_DISTRIBUTION : 'source'
  return `${version} (${distribution}, Node ${nodeVersion})`
}
