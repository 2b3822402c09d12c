import type { ByooError } from '../errors.ts'
import type { KeyKind } from '../junction/keys.ts'
import type { Link } from '../junction/link.ts'
import type { Management } from '../junction/management.ts'
import type { Endpoint } from '../verify/endpoint.ts'
import type { RateLimiter } from '../verify/rate-limiter.ts'
import type { Place } from './subjects.ts'

/** A way to Junction's management API. */
export interface ManagementService {
  readonly client: Management
  /** UUID of the organisation. */
  readonly org: string
}

/** A way to the Link API of one environment and region. */
export interface LinkService {
  link(): Promise<Link>
  /** One that Ctrl-C does not cancel: what was created has to be removed all the same. */
  lastingLink(): Promise<Link>
}

/** Everything outside that the checks use; whoever calls them decides what there is. */
export interface Services {
  /** Or why it cannot be asked: `not_authenticated` without a key, `wrong_key`, `usage` without an organisation. */
  readonly management: ManagementService | ByooError
  /** UUID of the team of a place, if it is known. */
  readonly teamOf: (place: Place) => string | undefined
  /** Fails with a ByooError when there is no key for it. */
  readonly link: (place: Place) => LinkService
  /** The variable that holds the management key, if any, which outranks a login; and would a login be sent there? */
  readonly managementKey?: { readonly source: string | undefined; readonly login: boolean } | undefined
  /** What the team API key is by its prefix, when one was given; `source` says where. */
  readonly apiKey?: { readonly kind: KeyKind; readonly source: string } | undefined
  /** A command line about a place, or about none, ready to paste. */
  readonly command: (place: Place | undefined, ...words: string[]) => string
  readonly verify?: VerifyService | undefined
  /** IP addresses of a host name; rejects as `dns.lookup` does. */
  readonly lookup?: ((host: string) => Promise<readonly string[]>) | undefined
  readonly signal?: AbortSignal | undefined
}

/** How endpoints are asked. */
export interface VerifyService {
  /** A new pace for one host; 10 requests a second and 4 at once unless told otherwise. */
  readonly pace?: (() => RateLimiter) | undefined
  /** For one exchange, in milliseconds. */
  readonly timeout?: number | undefined
  /** PEM text of authorities to trust beside the usual ones. */
  readonly authorities?: string | Buffer | undefined
  /** IP address to connect to instead of asking the name service. */
  readonly address?: ((endpoint: Pick<Endpoint, 'host' | 'port'>) => string | undefined) | undefined
}
