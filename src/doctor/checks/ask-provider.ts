import { latin1 } from '../../junction/oauth-link.ts'
import { printable } from '../../output/printable.ts'
import { isLoopback } from '../../url.ts'
import { type Answer, headerValues } from '../../verify/answer.ts'
import { createTrust } from '../../verify/connect.ts'
import { type Exchange, failureFacts, probe } from '../../verify/probe.ts'
import type { Facts } from '../facts.ts'
import { fail, note, pass, type Result, skip } from '../findings.ts'
import type { Links, RealLink } from '../links.ts'
import type { ProviderTarget } from '../targets.ts'
import { explainNoLink, wantedRedirectUri } from './link.ts'

/** Stands in place of the link token, which only the user's browser may carry to the provider. */
const madeUpState = 'byoo-made-up-state'

/** What the provider's answer says of the redirect URI before anyone has logged in. */
interface ProviderVerdict {
  readonly verdict: 'accepts' | 'refuses' | 'undecided'
  readonly words: string
}

/**
 * Asks the provider's authorization endpoint about the redirect URI of the link, and about that of the route where it is
 * another one: what the provider says before a change is what helps. Redirects are not followed.
 */
export async function askProvider(target: ProviderTarget, links: Links, facts: Facts): Promise<Result[]> {
  const skipped = (reason: string) => [skip(reason)]
  const { value: link, missing } = await links.of(target)
  if (missing)
    return missing.reason === 'link-refused' ? skipped('there is no link') : [explainNoLink(missing)]
  const { redirect_uri: redirectUri } = link.oauth
  if (!redirectUri) return skipped('the link has no redirect URI')
  const { protocol, host, hostname } = new URL(link.oauthUrl)
  if (protocol !== 'https:' && !isLoopback(hostname))
    return skipped(`${printable(host, 200)} does not use https`)
  const address = withoutToken(link)
  const wanted = wantedRedirectUri(target, redirectUri.value)
  const right = latin1(wanted)
  const verdict = judgeProvider(await ask(address, facts), redirectUri.value)
  if (redirectUri.value === right) return [explain(verdict, host, 'the redirect URI', target, facts)]

  const { value: record } = await facts.record(target)
  const change = facts.services.command(
    target.environment,
    record ? 'set-redirect' : 'set-credentials',
    target.provider,
  )
  // Whoever registered the wrong one would make it the right one.
  const advice =
    'The link has another redirect URI than the route: correct the override first, then ask again.'
  const held = explain(verdict, host, 'the redirect URI', target, facts, { advice, command: change })
  const changed = address.replace(
    `redirect_uri=${redirectUri.raw}`,
    () => `redirect_uri=${encodeURIComponent(wanted)}`,
  )
  // Without a record the link has the client id of Junction's own application.
  if (!record || changed === address) return [held]
  const next = judgeProvider(await ask(changed, facts), right)
  const register = `Register ${printable(wanted, 300)} there before you change the override.`
  return [held, explain(next, host, 'the URL of the route', target, facts, { advice: register })]
}

/** What the provider says of one redirect URI; `details` are about a refusal. */
function explain(
  { verdict, words }: ProviderVerdict,
  rawHost: string,
  what: string,
  target: ProviderTarget,
  { services: { command } }: Facts,
  details: { readonly advice?: string; readonly command?: string } = {},
): Result {
  const { environment, provider, url } = target
  const host = printable(rawHost, 200)
  switch (verdict) {
    case 'accepts':
      return pass(`${host} accepts ${what}: ${words}`)
    case 'undecided':
      return note(
        'provider-undecided',
        `before log-in ${host} does not say whether it knows ${what}: ${words}`,
        { command: command(environment, 'link', provider, '--open') },
      )
    case 'refuses':
      return fail('provider-refuses', `${host} refuses the client id or ${what}: ${words}`, {
        advice: `Register ${printable(url, 300)} there, exactly as it is, for the application of this client id.`,
        command: command(environment, 'prepare', provider),
        ...details,
      })
  }
}

async function ask(address: string, { services, limiter }: Facts): Promise<Exchange> {
  const url = new URL(address)
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
  const timeout = services.verify?.timeout ?? 10_000
  const exchange = await limiter(url.host)(() => probe(peer, request, { timeout, signal }))
  signal?.throwIfAborted()
  return exchange
}

/** The address without the link token, wherever it stands; every other byte of the query is as it was. */
function withoutToken({ oauthUrl, oauth, linkToken }: RealLink): string {
  const secrets = [oauth.state?.raw, linkToken, encodeURIComponent(linkToken)].filter(Boolean)
  return secrets.reduce<string>((text, secret) => text.replaceAll(secret ?? '', madeUpState), oauthUrl)
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
