import { latin1 } from '../../junction/oauth-link.ts'
import { isLoopback } from '../../loopback.ts'
import { printable } from '../../output/printable.ts'
import { type Answer, headerValues } from '../../verify/answer.ts'
import { createTrust } from '../../verify/connect.ts'

import { type Exchange, failureFacts, probe } from '../../verify/probe.ts'
import type { Facts } from '../facts.ts'
import { type Finding, fail, note, pass, skip } from '../findings.ts'
import type { Links, RealLink } from '../links.ts'
import { type ProviderTarget, subjectOf } from '../targets.ts'
import { isNotSetUp } from './credentials.ts'
import { explainNoLink } from './link.ts'

/** Stands in place of the link token, which only the user's browser may carry to the provider. */
const madeUpState = 'byoo-made-up-state'

/** What the provider's answer says of the redirect URI before anyone has logged in. */
export interface ProviderVerdict {
  readonly verdict: 'accepts' | 'refuses' | 'undecided'
  readonly words: string
}

/** Asks the provider's authorization endpoint once, without following redirects. */
export async function askProvider(target: ProviderTarget, links: Links, facts: Facts): Promise<Finding[]> {
  const { environment, provider } = target
  const { command } = facts.services
  const subject = subjectOf(target)
  if (await isNotSetUp(target, facts)) return [skip('ask-provider', subject, `${provider} is not set up yet`)]
  const { value: link, missing } = await links.of(target)
  if (missing) return [explainNoLink('ask-provider', target, missing, links, facts)]
  const { oauthUrl, oauth } = link
  const { redirect_uri: redirectUri } = oauth
  if (!redirectUri) return [skip('ask-provider', subject, 'the link has no redirect URI')]
  const url = new URL(oauthUrl)
  const host = printable(url.host, 200)
  if (url.protocol !== 'https:' && !isLoopback(url.hostname)) {
    return [skip('ask-provider', subject, `${host} does not use https`)]
  }
  const { verdict, words } = judgeProvider(await ask(withoutToken(link), facts), redirectUri.value)
  if (verdict === 'accepts') {
    return [pass('ask-provider', subject, `${host} accepts the redirect URI: ${words}`)]
  }
  if (verdict === 'undecided') {
    const message = `before log-in ${host} does not say whether it knows the redirect URI: ${words}`
    return [
      note('provider-undecided', subject, message, {
        command: command(environment, 'link', provider, '--open'),
      }),
    ]
  }
  const refusal = `${host} refuses the client id or the redirect URI: ${words}`
  if (redirectUri.value !== latin1(target.url)) {
    // Whoever registered this one would make the wrong URI the right one.
    const { value: record } = await facts.record(target)
    return [
      fail('provider-refuses', subject, refusal, {
        advice:
          'The link has another redirect URI than the route: correct the override first, then ask again.',
        command: command(environment, record ? 'set-redirect' : 'set-credentials', provider),
      }),
    ]
  }
  return [
    fail('provider-refuses', subject, refusal, {
      advice: `Register ${printable(redirectUri.value, 300)} there, exactly as it is, for the application of this client id.`,
      command: command(environment, 'prepare', provider),
    }),
  ]
}

async function ask(url: URL, { services }: Facts): Promise<Exchange> {
  const secure = url.protocol === 'https:'
  const peer = {
    secure,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || (secure ? 443 : 80)),
    address: undefined,
    trust: secure ? createTrust(services.verify?.authorities) : undefined,
  }
  const target = `${url.pathname}${url.search}`
  const lines = [
    `GET ${target} HTTP/1.1`,
    `Host: ${url.host}`,
    'User-Agent: byoo-doctor',
    'Accept: text/html,*/*;q=0.8',
    'Accept-Encoding: identity',
    'Connection: close',
  ]
  const request = { method: 'GET', target, bytes: `${lines.join('\r\n')}\r\n\r\n`, oldTls: false }
  const { signal } = services
  const exchange = await probe(peer, request, { timeout: services.verify?.timeout ?? 10_000, signal })
  signal?.throwIfAborted()
  return exchange
}

/** The address without the link token, wherever it stands; every other byte of the query is as it was. */
function withoutToken({ oauthUrl, oauth, linkToken }: RealLink): URL {
  const secrets = [oauth.state?.raw, linkToken, encodeURIComponent(linkToken)].filter(Boolean)
  const cleaned = secrets.reduce<string>(
    (text, secret) => text.replaceAll(secret ?? '', madeUpState),
    oauthUrl,
  )
  return new URL(cleaned)
}

/**
 * With a wrong redirect URI the server must not redirect to it but tell the person (RFC 6749 §4.1.2.1); any other
 * fault of the request comes back on it, as `error`.
 */
export function judgeProvider({ answer, failure }: Exchange, redirectUri: string): ProviderVerdict {
  if (!answer) return { verdict: 'undecided', words: failureFacts[failure ?? 'connection-lost'].note }
  const { status } = answer
  if (status >= 300 && status < 400) return judgeRedirect(answer, redirectUri)
  const page = `it answers ${status}${titleOf(answer)}`
  if (status === 429 || status >= 500) return { verdict: 'undecided', words: page }
  // RFC 6749 §5.2 names these two; other refusals may be those of a firewall, unless the page says otherwise.
  if (status === 400 || status === 401) return { verdict: 'refuses', words: page }
  const complains = complaint.test(answer.body.replace(/<[^<>]+>/g, ' '))
  return complains ? { verdict: 'refuses', words: page } : { verdict: 'undecided', words: page }
}

const complaint =
  /redirect[\s_-]?ur[il][\s_-]?mismatch|(?:invalid|wrong|unregistered|mismatch\w{0,9}|unknown)[^.<]{0,40}redirect[\s_-]?ur[il]|redirect[\s_-]?ur[il][^.<]{0,80}(?:invalid|mismatch|not (?:match|regist|allow|valid|whitelist)|does(?:n.t| not) match|unregistered)/i

function judgeRedirect(answer: Answer, redirectUri: string): ProviderVerdict {
  const [location = ''] = headerValues(answer, 'location')
  const cut = location.search(/[?#]/)
  const base = cut === -1 ? location : location.slice(0, cut)
  if (base === redirectUri) {
    const [, error] = /[?&#]error=([\w%.-]{1,60})/.exec(location) ?? []
    return {
      verdict: 'accepts',
      words: error === undefined ? 'it sends users back to it' : `it answers there with "${error}"`,
    }
  }
  const to = printable(base, 200)
  if (/redirect_uri_mismatch|invalid_redirect|[/?&#](?:auth)?_?error(?:[/?&#=]|$)/i.test(location)) {
    return { verdict: 'refuses', words: `it answers ${answer.status} to an error page, ${to}` }
  }
  return { verdict: 'undecided', words: `it answers ${answer.status} to ${to}` }
}

function titleOf({ body }: Answer): string {
  const [, title = ''] = /<title[^<>]*>([^<]{1,200})<\/title>/i.exec(body) ?? []
  return title.trim() === '' ? '' : ` ("${printable(title.trim().replace(/\s+/g, ' '), 100)}")`
}
