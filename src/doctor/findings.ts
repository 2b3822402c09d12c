import type { JunctionEnvironment } from '../junction/environments.ts'
import type { FindingId as VerifyFindingId } from '../verify/findings.ts'

/**
 * `failed` needs a repair, a `note` is worth a look, `manual` is for a person to do or to know, `skipped` was not
 * checked. The most urgent first.
 */
export const statuses = ['failed', 'note', 'manual', 'skipped', 'passed'] as const
export type Status = (typeof statuses)[number]

/** What is checked, in the order of the report. */
export const checks = [
  'file',
  'key',
  'team',
  'routes',
  'verify',
  'credentials',
  'override',
  'prepare',
  'link',
  'ask-provider',
  'manual',
] as const
export type Check = (typeof checks)[number]

/** What an id means, and what to do about it in general; a finding's own advice is about its case. */
export interface FindingText {
  /** Undefined for ids that any check can have. */
  readonly check?: Check
  readonly status: Status
  readonly meaning: string
  readonly advice: string
}

function text<S extends Status>(status: S) {
  return (check: Check, meaning: string, advice: string) => ({ check, status, meaning, advice }) as const
}
const [failed, noted, manual] = [text('failed'), text('note'), text('manual')]

/**
 * What doctor can find; the ids are stable. Its check `verify` also has the ids of `byoo verify`, which mean the same
 * there.
 */
export const doctorFindings = {
  passed: { status: 'passed', meaning: 'The check passed.', advice: 'Nothing to do.' },
  skipped: {
    status: 'skipped',
    meaning: 'The check was not made; the message says why.',
    advice: 'Give byoo what the message says is missing, then run byoo doctor again.',
  },
  interrupted: {
    status: 'skipped',
    meaning: 'byoo doctor was interrupted before this check had a result.',
    advice: 'Run byoo doctor again.',
  },
  'not-applicable': {
    status: 'skipped',
    meaning: 'There is nothing to check here, or the option for this check was not given.',
    advice: 'Nothing to do.',
  },
  'file-invalid': failed(
    'file',
    'byoo.yaml has a mistake, so nothing else was checked.',
    'Correct this line, then run byoo doctor again.',
  ),
  'management-key-invalid': failed(
    'key',
    'The management key is not one, or Junction does not accept it.',
    'Log in with a management key of the Junction dashboard, or set JUNCTION_MANAGEMENT_KEY, which goes before a login.',
  ),
  'management-key-without-access': failed(
    'key',
    'The management key may not read the credentials of this organisation or team.',
    'Use a key that may see this team; if your plan has no management API, compare the dashboard.',
  ),
  'junction-unreachable': failed(
    'key',
    'Junction does not answer, or fails.',
    'Check the network and the proxy, then try again later.',
  ),
  'junction-unexpected': failed(
    'key',
    "Junction refuses the request, or the answer is not one of Junction's API.",
    'Compare organisation and team with the Junction dashboard.',
  ),
  'api-key-wrong-kind': failed(
    'key',
    'JUNCTION_API_KEY is not a team API key.',
    'Set it to the team API key of the environment; it starts with pk_ or sk_.',
  ),
  'api-key-other-environment': noted(
    'key',
    'JUNCTION_API_KEY is for another environment than the routes.',
    'Set it to the team API key of the same environment, or unset it to use the management key.',
  ),
  'team-not-found': failed(
    'team',
    'Junction has no team with the id in byoo.yaml or --team.',
    'Copy the id of the team from the Junction dashboard.',
  ),
  'team-mismatch': failed(
    'team',
    'The team is in another region than the route, or lacks its environment.',
    'Name the team of this environment, or correct the route.',
  ),
  'routes-primary-missing': noted(
    'routes',
    'Several routes serve one environment, and none is primary.',
    'Write "primary: true" into one of them in byoo.yaml.',
  ),
  'routes-without-provider': noted(
    'routes',
    'Nothing says which providers a route is for, so credentials cannot be checked.',
    'Name one, as in byoo doctor strava, or list them as "providers" of the route in byoo.yaml.',
  ),
  'redirect-uri-not-allowed': failed(
    'routes',
    "The provider's portal does not accept this redirect URI.",
    'Choose another address, and correct the URL of the route in byoo.yaml.',
  ),
  'redirect-uri-of-several': failed(
    'routes',
    'One URL is the redirect URI of several environments or providers, and no shared route serves all of them: one at most can be right.',
    'Give each a URL of its own, or describe one that tells environments apart by state as a route with "environments" and "otherwise".',
  ),
  'address-private': noted(
    'verify',
    'From here the host name leads to a private address, which browsers elsewhere cannot reach.',
    'Check from outside that the name resolves to a public address there.',
  ),
  'credentials-missing': failed(
    'credentials',
    'byoo.yaml has credentials for the provider, and Junction has none.',
    'Set client id, secret and redirect URI.',
  ),
  'credentials-not-set-up': noted(
    'credentials',
    'A route accepts the provider, but neither byoo.yaml nor Junction has credentials for it.',
    'Set client id, secret and redirect URI when you want to use this provider.',
  ),
  'credentials-incomplete': failed(
    'credentials',
    "Junction's record lacks the client id, the client secret or details.",
    'Set client id, secret, details and redirect URI together; write the details into byoo.yaml, or give them with --details-file.',
  ),
  'client-id-differs': failed(
    'credentials',
    'The client id at Junction is not the one in byoo.yaml, or has white space around it.',
    'Set the client id and the secret of the right application.',
  ),
  'details-differ': failed(
    'credentials',
    'The details at Junction are not those in byoo.yaml.',
    'Correct byoo.yaml, or set the details that it has.',
  ),
  'override-missing': failed(
    'override',
    'Junction has no redirect URL override, so its links name its own callback.',
    'Set it to the URL of the route.',
  ),
  'override-differs': failed(
    'override',
    'The redirect URL override at Junction is not the URL of the route, byte for byte.',
    'Set it to the URL of the route again; Junction needs the secret once more.',
  ),
  'environments-same-client-id': noted(
    'credentials',
    'Production and sandbox use one application at the provider.',
    'Unless this is intended, create a separate application for the sandbox: its tests count against the limits of real users.',
  ),
  'prepare-other-target': failed(
    'prepare',
    'Junction wants callbacks forwarded to another address than the route does.',
    'Correct the environment of the route, or ask Junction which one is right.',
  ),
  'link-differs': failed(
    'link',
    'A real link has another redirect URI or client id than it should, or has one of them twice.',
    "Set client id, secret and redirect URI again; if the link stays the same, ask Junction's support.",
  ),
  'link-redirect-uri-missing': noted(
    'link',
    'A real link has no redirect URI, so the provider uses the registered one.',
    'Compare the redirect URI that is registered at the provider.',
  ),
  'link-token-mismatch': failed(
    'link',
    'A link token is for another environment or team.',
    'Use the API key of the team and environment of the route.',
  ),
  'link-goes-to-app': failed(
    'link',
    'The shared route of a redirect URI would send the callback of a real link to its app, not to Junction.',
    'Give the provider a route of its own, or list the environment that the link is for.',
  ),
  'link-refused': failed('link', 'Junction did not create a user or a link.', "Read Junction's message."),
  'user-not-deleted': failed(
    'link',
    'The user that doctor created for a link could not be deleted.',
    'Delete it: the sandbox holds 50 users.',
  ),
  'provider-refuses': failed(
    'ask-provider',
    'The provider refuses the client id or the redirect URI.',
    'Register the redirect URI, exactly as it is, for the application of this client id.',
  ),
  'provider-undecided': manual(
    'ask-provider',
    'Before log-in the provider does not say whether it knows the redirect URI.',
    'Open a link and see whether the consent page appears.',
  ),
  'manual-registration': manual(
    'manual',
    "The redirect URI must be registered in the provider's portal, which byoo cannot read.",
    'Compare it with the portal.',
  ),
  'manual-note': manual(
    'manual',
    "The provider's own rules: activation, limits and peculiarities that can look like faults.",
    'Compare it with your application.',
  ),
} satisfies Record<string, FindingText>

type DoctorFindingId = keyof typeof doctorFindings
type IdOf<S extends Status> = {
  [Id in DoctorFindingId]: (typeof doctorFindings)[Id] extends { check: Check; status: S } ? Id : never
}[DoctorFindingId]

export type FindingId = DoctorFindingId | VerifyFindingId

/** What a finding is about; null where it is about several, or about none. */
export interface Subject {
  /** URL of a route as byoo.yaml has it. */
  readonly route: string | null
  readonly provider: string | null
  readonly environment: JunctionEnvironment | null
}

/** About the set-up as a whole. */
export const noSubject: Subject = { route: null, provider: null, environment: null }

/** One result of one check. Control characters of texts from elsewhere are escaped; no secret is in it. */
export interface Finding {
  readonly id: FindingId
  readonly check: Check
  readonly status: Status
  readonly subject: Subject
  /** What was found, as a sentence without a full stop. */
  readonly message: string
  /** What to do, as a sentence; never null when something failed. */
  readonly advice: string | null
  /** A command line that does it, or shows more; never null when something failed. */
  readonly command: string | null
  /** Two texts that should be the same; parts of them when they are long. */
  readonly expected: string | null
  readonly received: string | null
}

type Details = Partial<Pick<Finding, 'advice' | 'command' | 'expected' | 'received' | 'subject'>>

/** What a check says; it is about what the check is about, unless it has a subject of its own. */
export type Result = Pick<Finding, 'id' | 'status' | 'message'> & Details

/** What is right. */
export function pass(message: string, details: Details = {}): Result {
  return { id: 'passed', status: 'passed', message, ...details }
}

/** What was not checked, and why. */
export function skip(
  message: string,
  details: Details & { readonly id?: 'skipped' | 'interrupted' | 'not-applicable' } = {},
): Result {
  return { id: 'skipped', status: 'skipped', message, ...details }
}

/** What needs a repair; its advice is the general one unless a better one is given. */
export function fail(
  id: IdOf<'failed'>,
  message: string,
  details: Details & { readonly command: string },
): Result {
  const { status, advice } = doctorFindings[id]
  return { id, status, message, advice, ...details }
}

/** What is worth a look, or only a person can do. */
export function note(id: IdOf<'note' | 'manual'>, message: string, details: Details = {}): Result {
  const { status, advice } = doctorFindings[id]
  return { id, status, message, advice, ...details }
}

/** A result of a check with all its fields; null stands where there is no detail. */
export function findingOf(check: Check, about: Subject, result: Result): Finding {
  const { id, status, subject = about, message } = result
  const { advice = null, command = null, expected = null, received = null } = result
  return { id, check, status, subject, message, advice, command, expected, received }
}

/** The hint of an error as the advice of a finding, without its line breaks. */
export function adviceOf({ hint }: { readonly hint?: string | undefined }): Pick<Details, 'advice'> {
  if (hint === undefined) return {}
  const sentence = hint.charAt(0).toUpperCase() + hint.slice(1)
  return { advice: `${sentence.replace(/\s*\n\s*/g, ' ').replace(/\.$/, '')}.` }
}
