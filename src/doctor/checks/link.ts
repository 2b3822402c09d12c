import { ownRedirectUri } from '../../config/callback.ts'
import { decisionOf } from '../../forwarder/shared-route.ts'
import type { JunctionEnvironment } from '../../junction/environments.ts'
import { checkLink as compareLink, expectLink, type LinkCheck } from '../../junction/oauth-link.ts'
import { printable } from '../../output/printable.ts'
import { describeDifference } from '../compare-redirect-uri.ts'
import type { Facts } from '../facts.ts'
import { adviceOf, fail, note, pass, type Result, skip } from '../findings.ts'
import type { Links, NoLink } from '../links.ts'
import type { ProviderTarget } from '../targets.ts'

const set = 'Set client id, secret and redirect URI: without them Junction uses an application of its own'
const setAgain =
  "Set client id, secret and redirect URI again; if the link stays the same, ask Junction's support"

/** Does a real link ask the provider for what it should, and is its token for this environment? */
export async function checkLink(target: ProviderTarget, links: Links, facts: Facts): Promise<Result[]> {
  const { value: link, missing } = await links.of(target)
  if (missing) return [explainNoLink(missing)]
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
    .map((check) => explainDifference(check, target, facts))
  if (!link.oauth.redirect_uri) {
    const message = `the link of ${target.provider} has no redirect URI`
    findings.push(note('link-redirect-uri-missing', message))
  }
  if (findings.length > 0) return findings
  // Only what was compared can match.
  const parameters = compared.filter(({ id }) => id === 'redirect_uri' || id === 'client_id')
  const equal = parameters.filter(({ status }) => status === 'passed').map(({ message }) => message)
  return [
    ...(equal.length > 0 ? [pass(equal.join(', and '))] : []),
    ...parameters.filter(({ status }) => status === 'skipped').map(({ message }) => skip(message)),
  ]
}

/** What a link should name; Junction's own callback may have its older host. */
export function wantedRedirectUri(
  { ownCallback, environment, provider, url }: ProviderTarget,
  found: string | undefined,
): string {
  return ownCallback ? ownRedirectUri(environment, provider, found) : url
}

/** Can a user be created for the links of an environment, if one is wanted? Told once for all its providers. */
export async function checkUser(environment: JunctionEnvironment, links: Links): Promise<Result[]> {
  const missing = await links.userProblem(environment)
  return missing?.reason === 'user-refused' ? [refused(missing)] : []
}

/** Why there is no link to look at. */
export function explainNoLink(missing: NoLink): Result {
  switch (missing.reason) {
    case 'not-wanted':
      return skip(missing.problem.message, { id: 'not-applicable' })
    case 'not-ready':
      return skip(missing.problem.message)
    case 'user-refused':
      return skip('there is no user to make a link for')
    case 'link-refused':
      return refused(missing)
  }
}

function refused({ problem, command }: NoLink): Result {
  return fail('link-refused', problem.message, { ...adviceOf(problem), command })
}

function explainDifference(
  { id, message, expected, found, advice }: LinkCheck,
  target: ProviderTarget,
  { services }: Facts,
): Result {
  const { environment, provider } = target
  const details = {
    ...adviceOf({ hint: advice ?? setAgain }),
    command: services.command(environment, 'link', provider),
  }
  if (id === 'route') return fail('link-goes-to-app', message, details)
  if (id === 'audience' || id === 'team') return fail('link-token-mismatch', message, details)
  if (expected === null || found === null || expected === found) {
    return fail('link-differs', message, details)
  }
  const difference =
    id === 'redirect_uri' ? `, which ${printable(describeDifference(expected, found), 200)}` : ''
  return fail('link-differs', `${message}: "${printable(found)}"${difference}`, {
    ...details,
    command: services.command(environment, 'set-credentials', provider),
    expected: printable(expected),
    received: printable(found),
  })
}
