import type { ByooError } from '../../errors.ts'
import { checkLink as compareLink, type Expected, type LinkCheck } from '../../junction/link-checks.ts'
import { printable } from '../../output/printable.ts'
import { compareRedirectUri } from '../compare-redirect-uri.ts'
import type { Facts } from '../facts.ts'
import { type Check, type Finding, found, type Subject, skipped, wrong } from '../finding.ts'
import type { Links } from '../links.ts'
import { combination, type Entry, type Place, subjectOfEntry, subjectOfPlace } from '../subjects.ts'
import { asSentence } from '../trouble.ts'
import { needsUser, type Users } from '../users.ts'

/** Does a link that Junction makes ask the provider for what it should, and is its token for this place? */
export async function checkLink(entry: Entry, links: Links, users: Users, facts: Facts): Promise<Finding[]> {
  const subject = subjectOfEntry(entry)
  const { value: link, problem } = await links(entry)
  if (problem) return [await withoutLink('link', entry, problem, users, facts)]
  const compared = compareLink(link.oauthUrl, link.linkToken, {
    combination: combination(entry.place),
    ...(await expectations(entry, facts)),
    otherwise: 'byoo.yaml says no client id to compare the link with',
    team: facts.services.teamOf(entry.place),
  })
  const findings = compared
    .filter(({ status }) => status === 'failed')
    .map((check) => explain(check, link.oauth.repeated, entry, facts))
  if (!link.oauth.redirect_uri) {
    findings.push(
      found('link-redirect-uri-missing', subject, `the link of ${entry.provider} names no redirect URI`, {
        advice: 'Compare the redirect URI that is registered at the provider: it takes that one.',
      }),
    )
  }
  if (findings.length > 0) return findings
  return whatAgrees(compared, subject)
}

/** Only what was compared can agree. */
function whatAgrees(compared: readonly LinkCheck[], subject: Subject): Finding[] {
  const parameters = compared.filter(({ id }) => id === 'redirect_uri' || id === 'client_id')
  const agrees = parameters.filter(({ status }) => status === 'passed').map(({ message }) => message)
  const unknown = parameters.filter(({ status }) => status === 'skipped').map(({ message }) => message)
  return [
    ...(agrees.length > 0 ? [found('link-matches', subject, agrees.join(', and '))] : []),
    ...unknown.map((message) => skipped('link', subject, message)),
  ]
}

/** Could a user be made for the links of a place? Told once, not for every provider. */
export async function checkUser(place: Place, users: Users, { services }: Facts): Promise<Finding[]> {
  const { problem } = await users.of(place)
  if (!problem || isChoice(problem)) return []
  return [
    refused(problem, subjectOfPlace(place), services.command(undefined, 'explain', exitCodeOf(problem))),
  ]
}

/** The exit code that another command ends with for the same reason; `byoo explain` knows it. */
export function exitCodeOf({ code }: Pick<ByooError, 'code'>): string {
  switch (code) {
    case 'not_authenticated':
    case 'not_allowed':
      return '3'
    case 'not_found':
      return '4'
    case 'unreachable':
    case 'unexpected_answer':
      return '6'
    default:
      return '5'
  }
}

/** What it means that there is no link to look at. */
export async function withoutLink(
  check: Check,
  entry: Entry,
  problem: ByooError,
  users: Users,
  { services }: Facts,
): Promise<Finding> {
  const { place, provider } = entry
  const subject = subjectOfEntry(entry)
  const { problem: withoutUser } = await users.of(place)
  if (withoutUser && isChoice(withoutUser)) {
    const advice =
      withoutUser.message === needsUser
        ? 'Add --user <uuid>, or --create-user for one that is removed again.'
        : undefined
    return skipped(check, subject, withoutUser.message, { advice })
  }
  if (withoutUser) return skipped(check, subject, 'there is no user to make a link for')
  if (check !== 'link') return skipped(check, subject, 'there is no link')
  const user = users.given === undefined ? [] : ['--user', users.given]
  return refused(problem, subject, services.command(place, 'link', provider, ...user))
}

/** Nobody asked for it, or there is no key, about which the check of the keys tells more. */
function isChoice({ code, status }: ByooError): boolean {
  return code === 'usage' || code === 'wrong_key' || (code === 'not_authenticated' && status === undefined)
}

function refused({ message, hint }: ByooError, subject: Subject, command: string): Finding {
  const advice = hint === undefined ? 'Look at what Junction says.' : `${asSentence(hint)}.`
  return wrong('link-refused', subject, message, { advice, command })
}

/** What the link should hold: as Junction has it, else as byoo.yaml says. */
async function expectations(entry: Entry, facts: Facts) {
  const { value: record, problem } = await facts.record(entry)
  const fromFile = problem ? 'the one of byoo.yaml' : 'the one of byoo.yaml, since Junction holds none'
  const expected = (
    held: string | null | undefined,
    configured: string | undefined,
  ): Expected | undefined => {
    if (held) return { value: held, source: 'the one that Junction holds', advice: setAgain }
    return configured ? { value: configured, source: fromFile, advice: problem ? setAgain : set } : undefined
  }
  return {
    redirect_uri: expected(record?.redirect_url_override, entry.url),
    client_id: expected(record?.client_id, entry.credential?.clientId),
  }
}

const set = 'Set client id, secret and redirect URI: without them Junction makes links of its own.'
const setAgain =
  'Set client id, secret and redirect URI again; if the link stays as it is, ask the support of Junction.'

const ids = {
  redirect_uri: 'link-redirect-uri-differs',
  client_id: 'link-client-id-differs',
  audience: 'link-audience-differs',
  team: 'link-team-differs',
} as const

function explain(check: LinkCheck, repeated: readonly string[], entry: Entry, { services }: Facts): Finding {
  const { id, message, expected, found: received, advice } = check
  const { place, provider } = entry
  const subject = subjectOfEntry(entry)
  if (id === 'audience' || id === 'team') {
    return wrong(ids[id], subject, message, {
      advice: 'Use the API key of the team, environment and region of the route.',
      command: services.command(place, 'link', provider),
    })
  }
  if (repeated.includes(id)) {
    return wrong('link-parameter-repeated', subject, message, {
      advice: 'Ask the support of Junction: byoo cannot mend this.',
      command: services.command(place, 'link', provider),
    })
  }
  const difference =
    id === 'redirect_uri' ? compareRedirectUri(expected ?? '', received ?? '')?.words : undefined
  const [wanted, is] = [printable(expected ?? ''), printable(received ?? '')]
  return wrong(
    ids[id],
    subject,
    `${message}: "${is}"${difference ? `, which ${printable(difference, 200)}` : ''}`,
    {
      advice: advice ?? setAgain,
      command: services.command(place, 'set-credentials', provider),
      expected: wanted,
      received: is,
    },
  )
}
