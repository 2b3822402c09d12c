import type { Environment, Region } from '../junction/environments.ts'
import type { FindingId as VerifyFindingId } from '../verify/findings.ts'

/**
 * `failed` needs to be repaired, a `note` is worth a look, `person` is something that only a person can do or see,
 * `skipped` could not be looked at. The most pressing first.
 */
export const statuses = ['failed', 'note', 'person', 'skipped', 'passed'] as const
export type Status = (typeof statuses)[number]

/** What is looked at, in the order in which it is shown. */
export const checks = [
  'file',
  'key',
  'team',
  'routes',
  'dns',
  'tls',
  'verify',
  'credentials',
  'override',
  'environments',
  'prepare',
  'link',
  'ask-provider',
  'person',
] as const
export type Check = (typeof checks)[number]

/** What can be found; ids are stable, and README.md lists them. */
const catalogue = {
  'file-valid': ['file', 'passed'],
  'file-faulty': ['file', 'failed'],

  'management-key-accepted': ['key', 'passed'],
  'management-key-missing': ['key', 'skipped'],
  'management-key-wrong-kind': ['key', 'failed'],
  'management-key-refused': ['key', 'failed'],
  'management-key-without-role': ['key', 'failed'],
  'organisation-unknown': ['key', 'skipped'],
  'junction-unreachable': ['key', 'failed'],
  'junction-refuses': ['key', 'failed'],
  'junction-unclear': ['key', 'failed'],
  'api-key-usable': ['key', 'passed'],
  'api-key-wrong-kind': ['key', 'failed'],
  'api-key-other-place': ['key', 'note'],

  'team-matches': ['team', 'passed'],
  'team-other-region': ['team', 'failed'],
  'team-without-environment': ['team', 'failed'],
  'team-missing': ['team', 'failed'],

  'routes-primary-missing': ['routes', 'note'],
  'routes-without-provider': ['routes', 'note'],
  'routes-redirect-uri-refused': ['routes', 'failed'],

  'dns-resolves': ['dns', 'passed'],
  'dns-fails': ['dns', 'failed'],
  'dns-private': ['dns', 'note'],

  'tls-valid': ['tls', 'passed'],
  'tls-expires-soon': ['tls', 'note'],
  'tls-expired': ['tls', 'failed'],
  'tls-not-yet-valid': ['tls', 'failed'],
  'tls-other-name': ['tls', 'failed'],
  'tls-untrusted': ['tls', 'failed'],
  'tls-handshake-fails': ['tls', 'failed'],

  'verify-passed': ['verify', 'passed'],

  'credentials-present': ['credentials', 'passed'],
  'credentials-missing': ['credentials', 'failed'],
  'client-id-missing': ['credentials', 'failed'],
  'client-id-white-space': ['credentials', 'failed'],
  'client-id-differs': ['credentials', 'failed'],
  'client-secret-missing': ['credentials', 'failed'],
  'details-missing': ['credentials', 'failed'],
  'details-differ': ['credentials', 'failed'],

  'override-equal': ['override', 'passed'],
  'override-missing': ['override', 'failed'],
  'override-white-space': ['override', 'failed'],
  'override-scheme': ['override', 'failed'],
  'override-host': ['override', 'failed'],
  'override-www': ['override', 'failed'],
  'override-junction': ['override', 'failed'],
  'override-port': ['override', 'failed'],
  'override-case': ['override', 'failed'],
  'override-path': ['override', 'failed'],
  'override-trailing-slash': ['override', 'failed'],
  'override-query': ['override', 'failed'],
  'override-provider': ['override', 'failed'],
  'override-other-route': ['override', 'failed'],
  'override-other-environment': ['override', 'failed'],
  'override-spelling': ['override', 'failed'],

  'environments-apart': ['environments', 'passed'],
  'environments-same-client-id': ['environments', 'note'],
  'environments-one-forgotten': ['environments', 'note'],

  'prepare-matches': ['prepare', 'passed'],
  'prepare-other-target': ['prepare', 'failed'],
  'prepare-unclear': ['prepare', 'note'],

  'link-matches': ['link', 'passed'],
  'link-redirect-uri-differs': ['link', 'failed'],
  'link-redirect-uri-missing': ['link', 'note'],
  'link-client-id-differs': ['link', 'failed'],
  'link-audience-differs': ['link', 'failed'],
  'link-team-differs': ['link', 'failed'],
  'link-parameter-repeated': ['link', 'failed'],
  'link-refused': ['link', 'failed'],
  'link-user-kept': ['link', 'failed'],

  'provider-accepts': ['ask-provider', 'passed'],
  'provider-refuses': ['ask-provider', 'failed'],
  'provider-undecided': ['ask-provider', 'person'],

  'person-register': ['person', 'person'],
  'person-activation': ['person', 'person'],
  'person-cap': ['person', 'person'],
  'person-note': ['person', 'person'],
  'person-secret': ['person', 'person'],
} as const satisfies Record<string, readonly [Check, Status]>

type CatalogueId = keyof typeof catalogue
/** Ids of the catalogue; `verify-` and an id of `byoo verify`; a check's name and `-skipped`. */
export type FindingId = CatalogueId | `verify-${VerifyFindingId}` | `${Check}-skipped`

/** Every id of the catalogue. */
export const findingIds = Object.keys(catalogue) as CatalogueId[]

/** What a finding is about; undefined where it is about several, or about none. */
export interface Subject {
  /** URL of a route as byoo.yaml has it. */
  readonly route: string | undefined
  readonly provider: string | undefined
  readonly environment: Environment | undefined
  readonly region: Region | undefined
}

/** About the set-up as a whole. */
export const everything: Subject = {
  route: undefined,
  provider: undefined,
  environment: undefined,
  region: undefined,
}

/** One result of one check. Control characters of texts from elsewhere are escaped; no secret is in it. */
export interface Finding {
  readonly id: FindingId
  readonly check: Check
  readonly status: Status
  readonly subject: Subject
  /** What was found, as a sentence without a full stop. */
  readonly message: string
  /** What to do, as a sentence; never undefined when something failed. */
  readonly advice: string | undefined
  /** A command line that does it, or shows more; never undefined when something failed. */
  readonly command: string | undefined
  /** Two texts that should be the same; parts of them when they are long. */
  readonly expected: string | undefined
  readonly received: string | undefined
}

type Details = Partial<Pick<Finding, 'advice' | 'command' | 'expected' | 'received'>>

/** A finding that needs nothing to be done. */
export function found(id: CatalogueId, subject: Subject, message: string, details: Details = {}): Finding {
  const [check, status] = catalogue[id]
  return finding(id, check, status, subject, message, details)
}

/** Something that is wrong, and how to repair it. */
export function wrong(
  id: CatalogueId,
  subject: Subject,
  message: string,
  details: Details & { readonly advice: string; readonly command: string },
): Finding {
  return found(id, subject, message, details)
}

/** A check that could not be made. */
export function skipped(check: Check, subject: Subject, reason: string, details: Details = {}): Finding {
  return finding(`${check}-skipped`, check, 'skipped', subject, reason, details)
}

/** What `byoo verify` found. */
export function verified(
  id: VerifyFindingId,
  status: 'failed' | 'note',
  subject: Subject,
  message: string,
  details: Details,
): Finding {
  return finding(`verify-${id}`, 'verify', status, subject, message, details)
}

function finding(
  id: FindingId,
  check: Check,
  status: Status,
  subject: Subject,
  message: string,
  { advice, command, expected, received }: Details,
): Finding {
  return { id, check, status, subject, message, advice, command, expected, received }
}
