import { BlockList, isIP, isIPv6 } from 'node:net'
import { callbackUrl } from '../../config/callback.ts'
import { showDifference } from '../../output/difference.ts'
import { counted } from '../../output/layout.ts'
import { printable } from '../../output/printable.ts'
import { isLoopback } from '../../url.ts'
import { dayOf } from '../../verify/connect.ts'
import type { Finding as VerifyFinding } from '../../verify/findings.ts'
import { failures, type Verification } from '../../verify/verification.ts'
import type { Facts } from '../facts.ts'
import { note, pass, type Result, skip } from '../findings.ts'
import type { CallbackTarget, ProviderCallback, PublicRoute } from '../targets.ts'

/** Most characters of an address that a finding quotes. */
const maxQuoted = 400

/** What a route's host is to blame for, so that it is told once of all routes on it. */
const aboutHost = /^(?:unresolvable|tls-failed|certificate-.*|address-private)$/

/**
 * Does the live endpoint pass on every byte to the right place, at a host that browsers reach and trust? All that verify
 * requires. `firstOfHost` when no route before is on this host.
 */
export async function checkEndpoint(
  callback: CallbackTarget,
  firstOfHost: boolean,
  facts: Facts,
): Promise<Result[]> {
  const { route } = callback
  const verification = await facts.verification(callback)
  const all = [...explain(verification, callback, facts), ...checkAddress(verification, route, facts)]
  const findings = all.filter(({ id }) => firstOfHost || !aboutHost.test(id))
  if (findings.some(({ status }) => status === 'failed')) return findings
  if (all.some(({ status }) => status === 'failed')) {
    return [skip(`${new URL(route.url).host} does not answer`)]
  }
  const { cases, certificate } = verification
  const passed = cases.filter(({ verdict }) => verdict === 'passed').length
  const until = certificate ? dayOf(certificate.validTo) : ''
  const valid = until === '' ? '' : `, and the certificate is valid until ${until}`
  return [pass(`${counted(passed, 'case')} passed${valid}`), ...findings]
}

/** Can browsers elsewhere reach the address that the host name leads to here? */
function checkAddress({ address }: Verification, { url }: PublicRoute, { services }: Facts): Result[] {
  const { hostname, host } = new URL(url)
  const isPrivate = services.verify?.isPrivate ?? isPrivateAddress
  if (address === undefined || isLoopback(hostname) || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return []
  return isPrivate(address) ? [note('address-private', `${host} leads to ${address} from here`)] : []
}

/** Addresses that only some machines reach (IANA special-purpose registries; RFC 1918, 6598, 3927, 4193, 4291). */
const notPublic = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  notPublic.addSubnet(network, prefix, isIPv6(network) ? 'ipv6' : 'ipv4')
}

/** Can browsers elsewhere not reach it? */
export function isPrivateAddress(address: string): boolean {
  return notPublic.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** Does the route pass on a further provider's callback? What is wrong with the whole route is told only there. */
export async function checkFurther(
  { route, provider }: ProviderCallback,
  first: CallbackTarget,
  facts: Facts,
): Promise<Result[]> {
  const whole = await facts.verification(first)
  const known = new Set<string>(whole.findings.map(({ id }) => id))
  if (!whole.reached || (whole.certificate?.problems.length ?? 0) > 0) {
    return [skip(`${new URL(route.url).host} does not answer`)]
  }
  const verification = await facts.plainCallback(route, provider)
  const findings = explain(verification, { route, provider }, facts)
  const own = findings.filter(({ id }) => !known.has(id))
  return findings.length > 0 ? own : [pass('a callback is passed on')]
}

function explain(
  verification: Verification,
  { route, provider }: CallbackTarget,
  { services }: Facts,
): Result[] {
  const failing = new Set(failures(verification, false).map((result) => result.case.id))
  const url = provider === undefined ? route.url : callbackUrl(route, provider)
  const command = route.unserved
    ? services.command(route.environment, 'verify', url, '--provider', provider ?? '')
    : services.command(undefined, 'verify', url)
  return verification.findings.map((found) => {
    const { id, title, detail, advice } = found
    const status = found.cases.some((id) => failing.has(id)) ? 'failed' : 'note'
    const said = detail === undefined || title.includes(detail) ? '' : `: ${printable(detail, 200)}`
    const { where, ...texts } = evidenceOf(found)
    const message = `${title}${said}${where}`
    return { id, status, message, advice, command, ...texts }
  })
}

/** What should have come and what came, and the first byte in which they differ. */
function evidenceOf({ evidence }: VerifyFinding) {
  if (!evidence) return { where: '' }
  const { expected, received, offset } = showDifference(evidence.expected, evidence.received, maxQuoted)
  const what = evidence.what === 'query' ? 'the query' : evidence.what
  return { where: ` (${what} differs from byte ${offset} on)`, expected, received }
}
