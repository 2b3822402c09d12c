import { BlockList, isIP, isIPv6 } from 'node:net'
import { isLoopback } from '../../loopback.ts'
import { verifyFindings } from '../../verify/findings.ts'
import type { Facts } from '../facts.ts'
import { type Finding, notApplicable, note, pass, verifyFinding } from '../findings.ts'
import { type PublicRoute, subjectOf } from '../targets.ts'

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
] as const) {
  notPublic.addSubnet(network, prefix, 'ipv4')
}
for (const [network, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  notPublic.addSubnet(network, prefix, 'ipv6')
}

/** Does the host of a route resolve, and to an address that users can reach? */
export async function checkDns(route: PublicRoute, facts: Facts): Promise<Finding[]> {
  const subject = subjectOf({ route })
  const host = hostOf(route)
  if (isLoopback(new URL(route.url).hostname)) {
    return [notApplicable('dns', subject, `${host} is this machine`)]
  }
  if (isIP(host) !== 0) return [notApplicable('dns', subject, `${host} is an address, not a name`)]
  const { value: addresses, problem } = await facts.addresses(host)
  if (problem || addresses.length === 0) {
    const message = `${host} does not resolve${problem ? ` (${problem.message})` : ''}`
    return [
      verifyFinding('unresolvable', 'dns', 'failed', subject, message, {
        advice: verifyFindings.unresolvable.advice,
        command: facts.services.command(undefined, 'verify', route.url),
      }),
    ]
  }
  const list = addresses.join(', ')
  return addresses.every(isPrivate)
    ? [note('dns-private', subject, `${host} resolves to private addresses only: ${list}`)]
    : [pass('dns', subject, `${host} resolves to ${list}`)]
}

/** Can a connection be tried at all? */
export async function resolves(route: PublicRoute, facts: Facts): Promise<boolean> {
  const host = hostOf(route)
  if (isLoopback(new URL(route.url).hostname) || isIP(host) !== 0) return true
  const { value } = await facts.addresses(host)
  return value !== undefined && value.length > 0
}

/** Host name or address of a route, without brackets and port. */
export function hostOf({ url }: PublicRoute): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '')
}

function isPrivate(address: string): boolean {
  return notPublic.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}
