import type { ByooError } from '../../errors.ts'
import { latin1 } from '../../junction/oauth-url.ts'
import { printable } from '../../junction/printable.ts'
import { compareRedirectUri } from '../compare-redirect-uri.ts'
import type { Facts } from '../facts.ts'
import { type Check, type Finding, found, skipped, wrong } from '../finding.ts'
import type { Links, RealLink } from '../links.ts'
import { combination, type Entry, subjectOfEntry } from '../subjects.ts'

/** Does a link that Junction makes ask the provider for what Junction holds, and is its token for this place? */
export async function checkLink(entry: Entry, links: Links, facts: Facts): Promise<Finding[]> {
  const subject = subjectOfEntry(entry)
  const { value: link, problem } = await links(entry)
  if (problem) return [withoutLink('link', entry, problem, facts)]
  const findings = [
    ...audience(entry, link, facts),
    ...repeated(entry, link, facts),
    ...(await parameters(entry, link, facts)),
  ]
  if (findings.length > 0) return findings
  return [found('link-matches', subject, 'a link of Junction asks for the right redirect URI and client id')]
}

/** What it means that there is no link to look at. */
export function withoutLink(check: Check, entry: Entry, problem: ByooError, { services }: Facts): Finding {
  const { place, provider } = entry
  const subject = subjectOfEntry(entry)
  const { code, status, message, hint } = problem
  if (code === 'usage' && message === 'a link needs a user') {
    return skipped(check, subject, message, {
      advice: 'Add --user <uuid>, or --create-user for one that is removed again.',
    })
  }
  // Without a key, or with one for another place: the check of the keys tells more.
  if (code === 'usage' || code === 'wrong_key' || (code === 'not_authenticated' && status === undefined)) {
    return skipped(check, subject, message)
  }
  if (check !== 'link') return skipped(check, subject, 'there is no link')
  return wrong('link-refused', subject, message, {
    advice: `${hint === undefined ? 'Look at what Junction says' : oneLine(hint)}.`,
    command: services.command(place, 'link', provider),
  })
}

function audience(entry: Entry, link: RealLink, { services }: Facts): Finding[] {
  const { place, provider } = entry
  const where = link.audience?.combination
  if (where === undefined || where === combination(place)) return []
  const message = `the link token is for ${where} ("${printable(link.audience?.aud ?? '', 100)}"), not for ${combination(place)}`
  return [
    wrong('link-audience-differs', subjectOfEntry(entry), message, {
      advice: 'Use the API key, and the address of the API, of the environment and region of the route.',
      command: services.command(place, 'link', provider),
    }),
  ]
}

function repeated(entry: Entry, { oauth }: RealLink, { services }: Facts): Finding[] {
  const { place, provider } = entry
  if (oauth.repeated.length === 0) return []
  const message = `the link of ${provider} has more than one ${oauth.repeated.join(' and ')}`
  return [
    wrong('link-parameter-repeated', subjectOfEntry(entry), message, {
      advice: 'Ask the support of Junction: none may stand there more than once (RFC 6749 §3.1).',
      command: services.command(place, 'link', provider),
    }),
  ]
}

async function parameters(entry: Entry, { oauth }: RealLink, facts: Facts): Promise<Finding[]> {
  const { place, provider } = entry
  const subject = subjectOfEntry(entry)
  const { value: record, problem } = await facts.record(entry)
  // Without a management key there is byoo.yaml to compare with.
  const redirectUri = problem ? entry.url : record?.redirect_url_override
  const clientId = problem ? entry.credential?.clientId : record?.client_id
  const command = facts.services.command(place, 'set-credentials', provider)
  const findings: Finding[] = []
  if (!oauth.redirect_uri) {
    findings.push(
      found('link-redirect-uri-missing', subject, `the link of ${provider} names no redirect URI`, {
        advice: 'Compare the redirect URI that is registered at the provider: it takes that one.',
      }),
    )
  } else if (redirectUri && oauth.redirect_uri.value !== latin1(redirectUri)) {
    const received = printable(oauth.redirect_uri.value)
    const words = compareRedirectUri(redirectUri, oauth.redirect_uri.value)?.words ?? ''
    const message = `the link of ${provider} asks for the redirect URI "${received}", which ${printable(words, 200)}`
    findings.push(
      wrong('link-redirect-uri-differs', subject, message, {
        advice: 'Set the redirect URI again; if the link stays as it is, ask the support of Junction.',
        command,
        expected: printable(redirectUri),
        received,
      }),
    )
  }
  if (oauth.client_id && clientId && oauth.client_id.value !== latin1(clientId)) {
    const [expected, received] = [printable(clientId), printable(oauth.client_id.value)]
    const message = `the link of ${provider} has the client id "${received}", not "${expected}"`
    findings.push(
      wrong('link-client-id-differs', subject, message, {
        advice: 'Set client id and secret again; if the link stays as it is, ask the support of Junction.',
        command,
        expected,
        received,
      }),
    )
  }
  return findings
}

function oneLine(hint: string): string {
  return (hint.charAt(0).toUpperCase() + hint.slice(1)).replace(/\s*\n\s*/g, ' ').replace(/\.$/, '')
}
