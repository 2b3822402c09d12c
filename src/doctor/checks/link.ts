import { ownRedirectUri } from '../../config/callback.ts'
import type { ByooError } from '../../errors.ts'
import { decisionOf } from '../../forwarder/shared-route.ts'
import type { JunctionEnvironment } from '../../junction/environments.ts'
import { checkLink as compareLink, expectLink, type LinkCheck } from '../../junction/oauth-link.ts'
import { printable } from '../../output/printable.ts'
import { describeDifference } from '../compare-redirect-uri.ts'
import type { Facts } from '../facts.ts'
import { type Check, type Finding, fail, notApplicable, note, pass, type Subject, skip } from '../findings.ts'
import type { Links, NoLink } from '../links.ts'
import { type ProviderTarget, subjectOf, subjectOfEnvironment } from '../targets.ts'
import { isNotSetUp } from './credentials.ts'
import { asSentence } from './key.ts'

/** Does a real link ask the provider for what it should, and is its token for this environment? */
export async function checkLink(target: ProviderTarget, links: Links, facts: Facts): Promise<Finding[]> {
  const subject = subjectOf(target)
  if (await isNotSetUp(target, facts)) return [skip('link', subject, `${target.provider} is not set up yet`)]
  const { value: link, missing } = await links.of(target)
  if (missing) return [explainNoLink('link', target, missing, links, facts)]
  const { value: record, problem } = await facts.record(target)
  const sources = {
    record,
    unknown: problem && 'it is not known what Junction holds',
    configured: {
      redirect_uri: wantedRedirectUri(target, link.oauth.redirect_uri?.value),
      client_id: target.credential?.clientId,
      own: target.ownCallback,
    },
    file: 'byoo.yaml',
  }
  const compared = compareLink(link.oauthUrl, link.linkToken, {
    ...expectLink(sources, (_, source) => (source === 'junction' || problem ? setAgain : set)),
    environment: target.environment,
    team: facts.services.teamOf(target.environment),
    decide: decisionOf(target.route),
  })
  const findings = compared
    .filter(({ status }) => status === 'failed')
    .map((check) => explainDifference(check, link.oauth.repeated, target, facts))
  if (!link.oauth.redirect_uri) {
    const message = `the link of ${target.provider} has no redirect URI`
    findings.push(note('link-redirect-uri-missing', subject, message))
  }
  return findings.length > 0 ? findings : matches(compared, subject)
}

/** What a link should name; Junction's own callback may have its older host. */
export function wantedRedirectUri(
  { ownCallback, environment, provider, url }: ProviderTarget,
  found: string | undefined,
): string {
  return ownCallback ? ownRedirectUri(environment, provider, found) : url
}

/** Only what was compared can match. */
function matches(compared: readonly LinkCheck[], subject: Subject): Finding[] {
  const parameters = compared.filter(({ id }) => id === 'redirect_uri' || id === 'client_id')
  const equal = parameters.filter(({ status }) => status === 'passed').map(({ message }) => message)
  const unknown = parameters.filter(({ status }) => status === 'skipped').map(({ message }) => message)
  return [
    ...(equal.length > 0 ? [pass('link', subject, equal.join(', and '))] : []),
    ...unknown.map((message) => skip('link', subject, message)),
  ]
}

/** Could a user be created for the links of an environment? Told once, not for every provider. */
export async function checkUser(
  environment: JunctionEnvironment,
  links: Links,
  { services }: Facts,
): Promise<Finding[]> {
  const missing = await links.userProblem(environment)
  if (missing?.reason !== 'user-refused') return []
  const command = services.command(environment, 'whoami')
  return [refused(missing.problem, subjectOfEnvironment(environment), command)]
}

/** Why a check that needs a link was not made. */
export function explainNoLink(
  check: Check,
  target: ProviderTarget,
  { reason, problem }: NoLink,
  links: Links,
  { services }: Facts,
): Finding {
  const { environment, provider } = target
  const subject = subjectOf(target)
  switch (reason) {
    case 'no-user':
      return notApplicable(check, subject, problem.message)
    case 'no-key':
      return skip(check, subject, problem.message)
    case 'user-refused':
      return skip(check, subject, 'there is no user to make a link for')
    case 'link-refused': {
      if (check !== 'link') return skip(check, subject, 'there is no link')
      const user = links.user === undefined ? [] : ['--user', links.user]
      return refused(problem, subject, services.command(environment, 'link', provider, ...user))
    }
  }
}

function refused({ message, hint }: ByooError, subject: Subject, command: string): Finding {
  const advice = hint === undefined ? {} : { advice: `${asSentence(hint)}.` }
  return fail('link-refused', subject, message, { ...advice, command })
}

const set = 'Set client id, secret and redirect URI: without them Junction uses an application of its own.'
const setAgain =
  "Set client id, secret and redirect URI again; if the link stays the same, ask Junction's support."

function explainDifference(
  { id, message, expected, found, advice }: LinkCheck,
  repeated: readonly string[],
  target: ProviderTarget,
  { services }: Facts,
): Finding {
  const { environment, provider } = target
  const subject = subjectOf(target)
  const link = services.command(environment, 'link', provider)
  if (id === 'route') return fail('link-goes-to-app', subject, message, { advice, command: link })
  if (id === 'audience' || id === 'team')
    return fail('link-token-mismatch', subject, message, { command: link })
  if (repeated.includes(id)) {
    return fail('link-differs', subject, message, {
      advice: "Ask Junction's support: byoo cannot repair this.",
      command: link,
    })
  }
  const [right, other] = [printable(expected ?? ''), printable(found ?? '')]
  const difference =
    id === 'redirect_uri' ? `, which ${printable(describeDifference(expected ?? '', found ?? ''), 200)}` : ''
  return fail('link-differs', subject, `${message}: "${other}"${difference}`, {
    advice: advice ?? setAgain,
    command: services.command(environment, 'set-credentials', provider),
    expected: right,
    received: other,
  })
}
