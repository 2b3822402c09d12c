import type { JunctionEnvironment } from '../junction/environments.ts'

/** One callback: where users arrive, and where they are sent on to. */
export interface Route {
  /** The URL as registered at the provider, with `{provider}` unless `provider` is set; undefined when not known. */
  readonly url: string | undefined
  /** Host name of `url` in lower case, without port. */
  readonly host: string | undefined
  /** Path of `url`: `{provider}` as one whole segment, or none when `provider` is set. */
  readonly path: string
  /** The one provider of a path without `{provider}`. */
  readonly provider: string | undefined
  /** Allow-list; undefined accepts every well-formed slug. */
  readonly providers: readonly string[] | undefined
  readonly environment: JunctionEnvironment | undefined
  /** Of a route that is shared with an app or by several environments: those that it serves. */
  readonly environments?: readonly JunctionEnvironment[] | undefined
  /** Of a shared route: where all goes that is not for one of its `environments`. */
  readonly otherwise?: string | undefined
  /**
   * Where the query is sent: an absolute URL in which `{provider}` stands for the slug. Of a shared route it is
   * `otherwise`: only the request tells when an environment is meant.
   */
  readonly target: string
}

/** What `byoo serve` forwards, and the texts that prove who owns the domain. */
export interface ForwarderConfig {
  readonly routes: readonly Route[]
  /** Exact path → body. */
  readonly siteVerification: ReadonlyMap<string, string>
}

/** A route of byoo.yaml; of several for one environment the primary one is what Junction should hold. */
export interface ConfiguredRoute extends Route {
  readonly primary: boolean
}

/** Where a secret is kept: a file, by a path relative to byoo.yaml, or an environment variable. */
export type SecretReference = { readonly file: string } | { readonly env: string }

/** What Junction should hold for one provider. */
export interface Credential {
  readonly provider: string
  /** As written, else every environment with a route for the provider. */
  readonly environments: readonly JunctionEnvironment[]
  /** The override that no route gives: a URL, or `junction` for Junction's own callback; else undefined. */
  readonly redirectUrl: string | undefined
  readonly clientId: string | undefined
  readonly clientSecret: SecretReference | undefined
  /** As Junction wants it, with secret references in place of secrets. */
  readonly details: Readonly<Record<string, unknown>> | undefined
}

/** The whole of byoo.yaml. */
export interface Config extends ForwarderConfig {
  readonly routes: readonly ConfiguredRoute[]
  readonly org: string | undefined
  /** By environment, also where the file has one team for a region. */
  readonly teams: Readonly<Partial<Record<JunctionEnvironment, string>>>
  readonly credentials: readonly Credential[]
}

/** What stands where there is no configuration, or a faulty one. */
export const noConfig: Config = {
  routes: [],
  siteVerification: new Map(),
  org: undefined,
  teams: {},
  credentials: [],
}

/** A configuration, or every fault of it, each with its key and place. */
export interface ReadConfig {
  readonly config: Config
  readonly faults: readonly string[]
}

/** A provider slug as it stands in a path, never decoded. */
export const slugPattern = /^[a-z0-9][a-z0-9_-]{0,63}$/

/** Paths that the forwarder answers itself, on every host. */
export const healthPaths: readonly string[] = ['/health', '/healthz']
export const readyPaths: readonly string[] = ['/ready', '/readyz']
