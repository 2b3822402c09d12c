import { printable } from '../../output/printable.ts'
import type { CertificateProblem } from '../../verify/connect.ts'
import type { Verification } from '../../verify/verification.ts'
import type { Facts } from '../facts.ts'
import { type Finding, found, skipped, wrong } from '../finding.ts'
import { type Callback, subjectOfRoute } from '../subjects.ts'
import { hostOf, resolves } from './dns.ts'

const problems = {
  'certificate-expired': 'tls-expired',
  'certificate-not-yet-valid': 'tls-not-yet-valid',
  'certificate-other-name': 'tls-other-name',
  'certificate-untrusted': 'tls-untrusted',
} as const satisfies Record<CertificateProblem, string>

const dayLength = 86_400_000

/** Would a browser accept the certificate, and for how long? The connections of `verify` have seen it. */
export async function checkTls(callback: Callback, facts: Facts): Promise<Finding[]> {
  const { route } = callback
  const subject = subjectOfRoute(route)
  const host = hostOf(route)
  if (!route.url.startsWith('https:')) return [skipped('tls', subject, 'plain http has no certificate')]
  if (!(await resolves(route, facts))) return [skipped('tls', subject, `${host} does not resolve`)]
  const verification = await facts.verification(callback)
  const command = facts.services.command(undefined, 'verify', route.url)
  const advice = (id: string) => verification.findings.find((finding) => finding.id === id)?.advice ?? ''
  const { certificate } = verification
  if (!certificate) {
    const failed = verification.findings.find(({ id }) => id === 'tls-failed')
    if (!failed) return [skipped('tls', subject, `no connection to ${host}`)]
    const why = failed.detail === undefined ? '' : ` (${printable(failed.detail, 100)})`
    return [
      wrong('tls-handshake-fails', subject, `the TLS handshake with ${host} fails${why}`, {
        advice: failed.advice,
        command,
      }),
    ]
  }
  const { validFrom, validTo, expiresSoon } = certificate
  const names = printable(certificate.names, 200)
  const messages: Record<CertificateProblem, string> = {
    'certificate-expired': `the certificate of ${host} expired on ${day(validTo)}`,
    'certificate-not-yet-valid': `the certificate of ${host} is valid from ${day(validFrom)} only`,
    'certificate-other-name': `the certificate of ${host} is for ${names}`,
    'certificate-untrusted': `the certificate of ${host} is not from a trusted authority`,
  }
  if (certificate.problems.length > 0) {
    return certificate.problems.map((id) =>
      wrong(problems[id], subject, messages[id], { advice: advice(id), command }),
    )
  }
  const left = Math.floor((validTo - Date.now()) / dayLength)
  const until = `is valid until ${day(validTo)}, ${left} day${left === 1 ? '' : 's'} from now`
  if (expiresSoon) {
    return [
      found('tls-expires-soon', subject, `the certificate of ${host} ${until}`, {
        advice: 'Renew it, and see why it was not renewed by itself.',
        command,
      }),
    ]
  }
  return [found('tls-valid', subject, `the certificate of ${host} ${until}`)]
}

/** Did a verification end before anything was asked, for a reason that `tls` tells? */
export function endedAtTls({ certificate, findings }: Verification): boolean {
  return (certificate?.problems.length ?? 0) > 0 || findings.some(({ id }) => id === 'tls-failed')
}

function day(time: number): string {
  return Number.isNaN(time) ? 'an unknown day' : new Date(time).toISOString().slice(0, 10)
}
