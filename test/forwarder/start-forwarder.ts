import { readConfig } from '../../src/config/read-config.ts'
import type { AccessEntry, Log } from '../../src/forwarder/log.ts'
import { compileRoutes } from '../../src/forwarder/routes.ts'
import { createForwarder, type Forwarder, type ForwarderOptions } from '../../src/forwarder/server.ts'
import { providerSlugs } from '../../src/junction/provider-slugs.ts'

export interface StartedForwarder extends Forwarder {
  readonly port: number
  readonly accessEntries: readonly AccessEntry[]
}

/** One route, which is all that most tests need. */
export const yaml =
  'routes: [{ url: "https://oauth.example.com/oauth_callback/{provider}", environment: sandbox/us }]'

/** The two ways in which a forwarder takes what clients send: as titles and options of tests that run with both. */
export const readings = [
  ['exposed to clients', { behindProxy: false }],
  ['behind a proxy', { behindProxy: true }],
] as const

/** A forwarder on a free port of a loopback address, configured by YAML text. */
export async function startForwarder(
  yaml: string,
  overrides: Partial<ForwarderOptions> = {},
  host = '127.0.0.1',
): Promise<StartedForwarder> {
  const { config, faults } = await readConfig({ route: {}, file: undefined, text: yaml, directory: '/' })
  if (faults.length > 0) throw new Error(faults.join('\n'))
  const accessEntries: AccessEntry[] = []
  const log: Log = {
    silent: false,
    access: (entry) => accessEntries.push(entry),
    event: () => {},
    close: async () => {},
    flush: () => {},
  }
  const forwarder = await createForwarder({
    table: compileRoutes(config, providerSlugs),
    certificate: undefined,
    log,
    metrics: undefined,
    maxTarget: 32_768,
    maxConnections: 10_000,
    headersTimeout: 10_000,
    requestTimeout: 15_000,
    keepAliveTimeout: 65_000,
    ...overrides,
  })
  const address = await forwarder.listen(0, host)
  return { ...forwarder, port: Number(address.split(':').at(-1)), accessEntries }
}
